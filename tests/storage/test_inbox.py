"""Updates in: stored once, handled once, in the order of their lane."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func, select

from storage.database import Database
from storage.inbox import (
    ALBUM_WAIT,
    INBOX,
    Claimed,
    Incoming,
    claim,
    conversations_of,
    keep_conversation,
    purge,
    put_back,
    release_all_lanes,
    settle,
    store,
    waiting,
)
from storage.tables import lanes, updates
from storage.unit import UnitAbandonedError
from tests.storage.opened import opened, until_somebody_waits_for_a_lock
from tests.support.house import Clock

LEASE = timedelta(seconds=20)


def letter(number: int | str, person: int = 1, *, album: str | None = None, at: datetime | None = None) -> Incoming:
    return Incoming(
        channel="telegram",
        external_id=str(number),
        lane=("telegram", 7, person, person),
        received_at=at or Clock().now,
        body={"text": f"来信 {number}"},
        album=album,
    )


async def arrive(database: Database, *letters: Incoming) -> list[int | None]:
    async with database.unit() as unit:
        return list(await store(unit, *letters))


async def take(database: Database, holder: str = "worker") -> Claimed | None:
    async with database.unit() as unit:
        return next(iter(await claim(unit, holder, LEASE)), None)


async def must_take(database: Database, holder: str = "worker") -> Claimed:
    claimed = await take(database, holder)
    assert claimed is not None
    return claimed


async def finish(database: Database, claimed: Claimed, outcome: str = "handled") -> None:
    async with database.unit() as unit:
        await settle(unit, claimed, outcome=outcome)


async def give_back(database: Database, claimed: Claimed, *, seconds: float = 0, failed: bool = False) -> None:
    async with database.unit() as unit:
        await put_back(unit, claimed, wait=timedelta(seconds=seconds), failed=failed)


def texts(claimed: Claimed) -> list[str]:
    return [body["text"] for body in claimed.bodies]


async def test_a_redelivered_update_is_the_same_row(database: Database) -> None:
    assert [type(number) for number in await arrive(database, letter(1), letter(1))] == [int, type(None)]
    assert await arrive(database, letter(1)) == [None]
    async with database.reader() as reader:
        assert await waiting(reader) == 1
    await finish(database, await must_take(database))
    assert await arrive(database, letter(1)) == [None]
    assert await take(database) is None


async def test_an_update_of_the_same_number_on_another_channel_is_another_update(database: Database) -> None:
    elsewhere = Incoming("web", "1", ("web", 1, 1, 1), Clock().now, {"text": "网页"})
    assert None not in await arrive(database, letter(1), elsewhere)


async def test_the_same_update_stored_twice_at_once_is_one_row(database: Database) -> None:
    stored = await asyncio.gather(*(arrive(database, letter(1)) for _ in range(5)))
    assert sorted(number is None for [number] in stored) == [False, True, True, True, True]


async def test_an_update_is_claimed_once_and_settled_once(database: Database) -> None:
    await arrive(database, letter(1))
    claimed = await must_take(database)
    assert texts(claimed) == ["来信 1"]
    assert (claimed.claims, claimed.failures) == (1, 0)
    assert await take(database, "another") is None
    await finish(database, claimed)
    assert await take(database) is None
    with pytest.raises(UnitAbandonedError):
        await finish(database, claimed)


async def test_a_lane_is_handled_in_order_and_one_at_a_time(database: Database) -> None:
    await arrive(database, letter(1), letter(2), letter(3, person=2))
    first = await must_take(database, "one")
    other_lane = await must_take(database, "two")
    assert (texts(first), texts(other_lane)) == (["来信 1"], ["来信 3"])
    assert await take(database, "three") is None
    await finish(database, first)
    assert texts(await must_take(database, "three")) == ["来信 2"]


async def test_the_lane_that_has_waited_longest_comes_first(database: Database) -> None:
    await arrive(database, letter(1, person=2), letter(2, person=1), letter(3, person=2))
    assert texts(await must_take(database, "one")) == ["来信 1"]
    assert texts(await must_take(database, "two")) == ["来信 2"]


async def test_what_was_put_back_is_tried_again_first_and_after_its_pause(database: Database, clock: Clock) -> None:
    await arrive(database, letter(1), letter(2))
    await give_back(database, await must_take(database), seconds=5, failed=True)
    assert await take(database) is None
    clock.advance(seconds=5)
    again = await must_take(database)
    assert texts(again) == ["来信 1"]
    assert (again.claims, again.failures) == (2, 1)
    await give_back(database, again)
    again = await must_take(database)
    assert (again.claims, again.failures) == (3, 1)


async def test_an_expired_lease_hands_the_lane_over_and_the_first_worker_is_too_late(
    database: Database, clock: Clock
) -> None:
    await arrive(database, letter(1), letter(2))
    slow = await must_take(database, "slow")
    clock.advance(seconds=LEASE.total_seconds() - 1)
    assert await take(database, "quick") is None
    clock.advance(seconds=1)
    quick = await must_take(database, "quick")
    assert quick.ids == slow.ids
    assert quick.claims == 2
    with pytest.raises(UnitAbandonedError):
        await finish(database, slow)
    await give_back(database, slow)  # what is not ours is not given back
    assert await take(database, "third") is None
    await finish(database, quick)
    with pytest.raises(UnitAbandonedError):
        await finish(database, slow)
    assert texts(await must_take(database, "third")) == ["来信 2"]


async def test_a_lease_that_ran_out_unnoticed_still_counts(database: Database, clock: Clock) -> None:
    await arrive(database, letter(1))
    claimed = await must_take(database)
    clock.advance(minutes=5)
    await finish(database, claimed)
    assert await take(database) is None


async def test_an_abandoned_unit_leaves_no_effects(database: Database, clock: Clock) -> None:
    await arrive(database, letter(1))
    slow = await must_take(database, "slow")
    clock.advance(minutes=1)
    await must_take(database, "quick")

    async def handle() -> None:
        async with database.unit() as unit:
            await keep_conversation(unit, slow.lane_key, "asked", {"by": "slow"})
            await settle(unit, slow)

    with pytest.raises(UnitAbandonedError):
        await handle()
    async with database.reader() as reader:
        assert await conversations_of(reader, [slow.lane_key]) == {}


async def test_an_album_waits_for_its_newest_part(database: Database, clock: Clock) -> None:
    await arrive(database, letter(1, album="a"))
    assert await take(database) is None
    clock.advance(seconds=1)
    await arrive(database, letter(2, album="a"))
    clock.advance(seconds=1)
    assert await take(database) is None  # 1 s after the newest part
    clock.advance(seconds=ALBUM_WAIT.total_seconds() - 1)
    album = await must_take(database)
    assert texts(album) == ["来信 1", "来信 2"]
    await finish(database, album)
    async with database.reader() as reader:
        assert await waiting(reader) == 0


async def test_a_part_that_comes_too_late_is_handled_by_itself(database: Database, clock: Clock) -> None:
    await arrive(database, letter(1, album="a"))
    clock.advance(seconds=2)
    first = await must_take(database)
    await arrive(database, letter(2, album="a"))
    await finish(database, first)
    clock.advance(seconds=2)
    late = await must_take(database)
    assert texts(late) == ["来信 2"]


async def test_an_album_of_another_person_is_another_album(database: Database, clock: Clock) -> None:
    await arrive(database, letter(1, album="a"), letter(2, person=2, album="a"))
    clock.advance(seconds=2)
    assert [texts(await must_take(database, holder)) for holder in ("one", "two")] == [["来信 1"], ["来信 2"]]


async def test_an_album_in_the_waiting_does_not_hold_up_other_lanes(database: Database) -> None:
    await arrive(database, letter(1, album="a"), letter(2, person=2))
    assert await take(database) is None  # finds the album, and puts it off
    assert texts(await must_take(database)) == ["来信 2"]


async def test_nothing_is_received_later_than_it_was_stored(database: Database, clock: Clock) -> None:
    ahead, behind = clock.now + timedelta(hours=1), clock.now - timedelta(days=2)
    await arrive(database, letter(1, person=1, at=ahead), letter(2, person=2, at=behind))
    assert (await must_take(database, "one")).received_at == clock.now
    assert (await must_take(database, "two")).received_at == behind
    async with database.reader() as reader:
        late = select(func.count()).select_from(updates).where(updates.c.received_at > updates.c.stored_at)
        assert await reader.value(late) == 0


async def test_after_a_restart_every_lane_is_free(database: Database) -> None:
    await arrive(database, letter(1), letter(2, person=2))
    await must_take(database, "killed 1")
    await must_take(database, "killed 2")
    async with database.unit() as unit:
        await release_all_lanes(unit)
    assert [(await must_take(database, holder)).claims for holder in ("one", "two")] == [2, 2]


async def test_a_purge_forgets_what_was_handled_and_keeps_the_rest(database: Database, clock: Clock) -> None:
    await arrive(database, *(letter(number, person=number) for number in range(1, 5)))
    await finish(database, await must_take(database))
    await finish(database, await must_take(database), "set_aside")
    clock.advance(days=40)
    await finish(database, await must_take(database))
    async with database.unit() as unit:
        assert await purge(unit, clock.now - timedelta(days=30)) == 1
    async with database.reader() as reader:
        left = await reader.all(select(updates.c.external_id, updates.c.outcome).order_by(updates.c.id))
    assert [tuple(row) for row in left] == [("2", "set_aside"), ("3", "handled"), ("4", None)]


async def test_numbers_are_never_given_twice_even_after_a_purge(database: Database, clock: Clock) -> None:
    [first] = await arrive(database, letter(1))
    await finish(database, await must_take(database))
    async with database.unit() as unit:
        assert await purge(unit, clock.now + timedelta(seconds=1)) == 1
    [second] = await arrive(database, letter(2))
    assert first is not None
    assert second is not None
    assert second > first


async def test_what_is_stored_rings_for_the_workers(database: Database) -> None:
    with database.signals.listen(INBOX) as bell:
        ringing = asyncio.get_running_loop().create_task(bell.wait(60))
        await arrive(database, letter(1))
        async with asyncio.timeout(10):
            await ringing


async def test_a_conversation_is_kept_with_its_unit(database: Database) -> None:
    async with database.reader() as reader:
        assert await conversations_of(reader, ["key"]) == {}
    for state, data in (("choosing", {"entries": [1, 2]}), (None, {})):
        async with database.unit() as unit:
            await keep_conversation(unit, "key", state, data)
        async with database.reader() as reader:
            assert await conversations_of(reader, ["key", "another"]) == {"key": (state, data)}


async def test_two_claims_at_the_same_moment_take_two_lanes_and_neither_waits(postgresql: Database) -> None:
    await arrive(postgresql, letter(1), letter(2, person=2))
    async with postgresql.unit() as quick:
        [first] = await claim(quick, "quick", LEASE)
        async with asyncio.timeout(20):
            second, third = await take(postgresql, "slow"), await take(postgresql, "late")
    assert second is not None
    assert (texts(first), texts(second)) == (["来信 1"], ["来信 2"])
    assert third is None


async def test_who_settles_while_another_is_taking_the_lane_over_is_too_late(
    postgresql: Database, clock: Clock
) -> None:
    await arrive(postgresql, letter(1))
    slow = await must_take(postgresql, "slow")
    clock.advance(minutes=1)
    async with postgresql.unit() as quick:
        [taken] = await claim(quick, "quick", LEASE)
        settling = asyncio.get_running_loop().create_task(finish(postgresql, slow))
        await until_somebody_waits_for_a_lock(postgresql)
    with pytest.raises(UnitAbandonedError):
        await settling
    await finish(postgresql, taken)


@dataclass
class Ledger:
    """What was stored and what was handled, lane by lane."""

    stored: defaultdict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    handled: defaultdict[int, list[str]] = field(default_factory=lambda: defaultdict(list))


def person_of(body: Mapping[str, Any]) -> int:
    return int(body["person"])


def numbered(person: int, number: int) -> Incoming:
    name = f"{person}-{number}"
    lane = ("telegram", 7, person, person)
    return Incoming("telegram", name, lane, Clock().now, {"person": person, "name": name})


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("arrive"), st.integers(0, 2)),
        st.tuples(st.sampled_from(["claim", "settle", "fail", "vanish"]), st.integers(0, 2)),
        st.tuples(st.just("advance"), st.sampled_from([1, 10, 25])),
    ),
    max_size=30,
)


async def play(database: Database, clock: Clock, base: int, steps: list[tuple[str, int]]) -> Ledger:
    """Live through the steps with three workers and three lanes, and then handle whatever is left."""
    ledger = Ledger()
    hands: dict[int, Claimed] = {}

    async def settle_it(claimed: Claimed) -> None:
        try:
            await finish(database, claimed)
        except UnitAbandonedError:
            return
        ledger.handled[person_of(claimed.bodies[0])].extend(body["name"] for body in claimed.bodies)

    for step, which in steps:
        match step:
            case "arrive":
                incoming = numbered(base + which, len(ledger.stored[base + which]))
                await arrive(database, incoming)
                ledger.stored[base + which].append(incoming.external_id)
            case "claim" if which not in hands:
                claimed = await take(database, f"worker {which}")
                if claimed is not None:
                    hands[which] = claimed
            case "settle" if which in hands:
                await settle_it(hands.pop(which))
            case "fail" if which in hands:
                await give_back(database, hands.pop(which), seconds=1, failed=True)
            case "vanish":
                hands.pop(which, None)
            case "advance":
                clock.advance(seconds=which)
    clock.advance(minutes=1)
    while (claimed := await take(database, "last")) is not None:
        await settle_it(claimed)
    return ledger


def test_however_workers_interleave_a_lane_is_handled_once_and_in_order(file_url: str) -> None:
    _hold_on(file_url, examples=30)


def test_however_workers_interleave_on_postgresql_a_lane_is_handled_once_and_in_order(shared_postgresql: str) -> None:
    _hold_on(shared_postgresql, examples=20)


async def do_not_wait_for_the_disk(database: Database) -> None:
    """Thousands of commits, of which none has to survive a power failure."""
    if database.is_sqlite:
        event.listen(database.engine.sync_engine, "connect", _be_careless)
        await database.close()


def _be_careless(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous=OFF")
    cursor.close()


def _hold_on(url: str, *, examples: int) -> None:
    clock = Clock()
    people = 0

    with asyncio.Runner() as runner:
        house = opened(url, clock)
        database = runner.run(house.__aenter__())
        runner.run(do_not_wait_for_the_disk(database))

        @settings(max_examples=examples, deadline=None, database=None, derandomize=True)
        @given(STEPS)
        def hold(steps: list[tuple[str, int]]) -> None:
            nonlocal people
            people += 10  # lanes of one's own
            ledger = runner.run(play(database, clock, people, steps))
            assert ledger.handled == ledger.stored

        try:
            hold()
        finally:
            runner.run(house.__aexit__(None, None, None))


async def test_many_workers_at_once_handle_every_update_once_and_in_order(database: Database) -> None:
    """Real concurrency: what each unit did is kept in the conversation of its lane, so it rolls back with the unit."""
    chance = random.Random(7)  # noqa: S311  to be repeatable
    people, each = 6, 8
    await do_not_wait_for_the_disk(database)
    for number in range(each):
        await asyncio.gather(*(arrive(database, numbered(person, number)) for person in range(people)))

    async def work(name: str) -> None:
        while True:
            async with database.unit() as unit:
                claimed = await claim(unit, name, LEASE, most=3)
            if not claimed:
                async with database.reader() as reader:
                    if await waiting(reader) == 0:
                        return
                await asyncio.sleep(0)
                continue
            try:
                async with database.unit() as unit:
                    await settle(unit, *claimed)
                    talks = await conversations_of(unit, [one.lane_key for one in claimed])
                    for one in claimed:
                        _, data = talks.get(one.lane_key, (None, {}))
                        names = [*data.get("names", []), *(body["name"] for body in one.bodies)]
                        await keep_conversation(unit, one.lane_key, None, {"names": names})
                    if chance.random() < 0.2:
                        raise ValueError("a handler may fail")
            except ValueError:
                async with database.unit() as unit:
                    await put_back(unit, *claimed, wait=timedelta(0), failed=True)

    async with asyncio.timeout(60):
        await asyncio.gather(*(work(f"worker {number}") for number in range(5)))
    async with database.reader() as reader:
        keys = await reader.all(select(lanes.c.key))
        talks = await conversations_of(reader, [row.key for row in keys])
    handled = [data["names"] for _, data in talks.values()]
    assert sorted(handled) == [[f"{person}-{number}" for number in range(each)] for person in range(people)]
