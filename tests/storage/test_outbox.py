"""Notices out: in order per address, each once, by one sender at a time."""

import asyncio
from collections import defaultdict
from datetime import timedelta

from sqlalchemy import select

from storage.database import Database
from storage.outbox import (
    ANSWER,
    DIGEST,
    REMINDER,
    Ended,
    Notice,
    Returned,
    Turn,
    claim,
    count_attempt,
    give_back,
    outbox_topic,
    pause_channel,
    purge,
    record,
    release_all_addresses,
    said_in,
    tell,
    waiting_by_channel,
)
from storage.people import change_address
from storage.tables import notices
from storage.webchat import put_message
from tests.storage.opened import CHANNEL, found_address, found_bureau, until_somebody_waits_for_a_lock
from tests.support.house import Clock

LEASE = timedelta(seconds=30)


async def addresses_for(database: Database, count: int, channel: str = CHANNEL) -> list[int]:
    async with database.unit() as unit:
        await found_bureau(unit)
        return [await found_address(unit, channel=channel) for _ in range(count)]


async def write(database: Database, address_id: int, *what: str, priority: int = ANSWER) -> list[int]:
    async with database.unit() as unit:
        for text in what:
            tell(unit, address_id, Notice("test", {"text": text}, priority))
    async with database.reader() as reader:
        newest = select(notices.c.id).where(notices.c.address_id == address_id).order_by(notices.c.id.desc())
        return [row.id for row in await reader.all(newest.limit(len(what)))][::-1]


async def take(database: Database, holder: str = "sender", *, channel: str = CHANNEL, most: int = 10) -> Turn | None:
    async with database.unit() as unit:
        return next(iter(await claim(unit, channel, holder, LEASE, in_a_turn=most)), None)


async def must_take(database: Database, holder: str = "sender", *, most: int = 10) -> Turn:
    turn = await take(database, holder, most=most)
    assert turn is not None
    return turn


async def say_all(database: Database, turn: Turn) -> list[str]:
    """Say what waits, one unit for each notice, and end the turn."""
    for notice in turn.notices:
        async with database.unit() as unit:
            await record(unit, Ended(notice.id, "sent", str(notice.payload["text"]), notice.id))
    async with database.unit() as unit:
        await give_back(unit, Returned(turn))
    return texts(turn)


def texts(turn: Turn) -> list[str]:
    return [notice.payload["text"] for notice in turn.notices]


async def test_an_address_hears_answers_before_reminders_before_digests_and_each_in_order(database: Database) -> None:
    [address_id] = await addresses_for(database, 1)
    await write(database, address_id, "digest", priority=DIGEST)
    await write(database, address_id, "reminder 1", "reminder 2", priority=REMINDER)
    await write(database, address_id, "answer 1", "answer 2")
    turn = await must_take(database)
    assert (turn.address_id, turn.language) == (address_id, "zh")
    assert await say_all(database, turn) == ["answer 1", "answer 2", "reminder 1", "reminder 2", "digest"]
    assert await take(database) is None


async def test_the_most_urgent_address_comes_first(database: Database) -> None:
    first, second = await addresses_for(database, 2)
    await write(database, first, "reminder", priority=REMINDER)
    await write(database, second, "answer")
    assert texts(await must_take(database, "one")) == ["answer"]
    assert texts(await must_take(database, "two")) == ["reminder"]


async def test_a_turn_takes_no_more_than_it_may_and_the_rest_follows(database: Database) -> None:
    [address_id] = await addresses_for(database, 1)
    await write(database, address_id, *"abcde")
    assert await say_all(database, await must_take(database, most=3)) == ["a", "b", "c"]
    assert await say_all(database, await must_take(database, most=3)) == ["d", "e"]


async def test_a_channel_hears_only_its_own_notices(database: Database) -> None:
    [address_id] = await addresses_for(database, 1, "web")
    await write(database, address_id, "网页")
    assert await take(database, channel="telegram") is None
    turn = await take(database, channel="web")
    assert turn is not None
    assert texts(turn) == ["网页"]


async def test_a_notice_of_the_same_key_exists_once(database: Database) -> None:
    [address_id] = await addresses_for(database, 1)
    once = Notice("test", {"text": "一次"}, once_key="receipt:1")
    async with database.unit() as unit:
        tell(unit, address_id, once)
        tell(unit, address_id, once)

    async def again() -> None:
        async with database.unit() as unit:
            tell(unit, address_id, Notice("test", {"text": "同时"}, once_key="receipt:2"))

    await asyncio.gather(*(again() for _ in range(4)))
    assert await say_all(database, await must_take(database)) == ["一次", "同时"]
    async with database.unit() as unit:
        tell(unit, address_id, once)
    assert await take(database) is None  # even when it has been said


async def test_what_is_rolled_back_is_never_said(database: Database) -> None:
    [address_id] = await addresses_for(database, 1)
    try:
        async with database.unit() as unit:
            tell(unit, address_id, Notice("test", {"text": "未提交"}))
            raise ValueError("the handler failed")
    except ValueError:
        assert await take(database) is None


async def test_an_address_is_leased_to_one_sender_until_the_lease_ends(database: Database, clock: Clock) -> None:
    [address_id] = await addresses_for(database, 1)
    await write(database, address_id, "a")
    killed = await must_take(database, "killed")
    await write(database, address_id, "b")
    assert await take(database, "next") is None
    clock.advance(seconds=LEASE.total_seconds())
    turn = await must_take(database, "next")
    assert texts(turn) == ["a", "b"]
    async with database.unit() as unit:
        await give_back(unit, Returned(killed))  # it is no longer the killed one's to give back
    assert await take(database, "third") is None
    await say_all(database, turn)


async def test_a_turn_given_back_with_a_pause_waits_for_it(database: Database, clock: Clock) -> None:
    first, second = await addresses_for(database, 2)
    await write(database, first, "a")
    turn = await must_take(database)
    async with database.unit() as unit:
        await count_attempt(unit, turn.notices[0].id)
        await give_back(unit, Returned(turn, timedelta(seconds=5)))
    await write(database, first, "urgent")
    assert await take(database) is None
    await write(database, second, "other people's")
    assert await say_all(database, await must_take(database)) == ["other people's"]
    clock.advance(seconds=5)
    turn = await must_take(database)
    assert texts(turn) == ["a", "urgent"]
    assert [notice.attempts for notice in turn.notices] == [1, 0]


async def test_a_paused_channel_is_silent_and_others_speak(database: Database, clock: Clock) -> None:
    [telegram, busy] = await addresses_for(database, 2)
    async with database.unit() as unit:
        web = await found_address(unit, channel="web")
    await write(database, busy, "in hand")
    turn = await must_take(database)
    await write(database, telegram, "a")
    await write(database, web, "b")
    async with database.unit() as unit:
        await pause_channel(unit, CHANNEL, timedelta(seconds=10))
    assert await take(database) is None
    assert await take(database, channel="web") is not None
    await say_all(database, turn)  # what was in hand is ended by its holder
    clock.advance(seconds=10)
    assert texts(await must_take(database)) == ["a"]


async def test_a_shorter_pause_does_not_end_a_longer_one(database: Database, clock: Clock) -> None:
    [address_id] = await addresses_for(database, 1)
    await write(database, address_id, "a")
    turn = await must_take(database)
    async with database.unit() as unit:
        await give_back(unit, Returned(turn, timedelta(minutes=5)))
        await pause_channel(unit, CHANNEL, timedelta(seconds=10))
    clock.advance(minutes=1)
    assert await take(database) is None


async def test_what_is_owed_to_a_blocked_address_is_kept_until_it_comes_back(database: Database) -> None:
    blocked, open_address = await addresses_for(database, 2)
    await write(database, blocked, "kept 1")
    async with database.unit() as unit:
        await change_address(unit, blocked, blocked_at=unit.now)
    await write(database, blocked, "kept 2")
    await write(database, open_address, "open")
    assert await say_all(database, await must_take(database)) == ["open"]
    assert await take(database) is None
    async with database.reader() as reader:
        assert await waiting_by_channel(reader) == [(CHANNEL, 2)]
    async with database.unit() as unit:
        await change_address(unit, blocked, blocked_at=None)
    assert await say_all(database, await must_take(database)) == ["kept 1", "kept 2"]


async def test_a_reply_finds_the_notice_that_was_said(database: Database) -> None:
    mine, other = await addresses_for(database, 2)
    await write(database, mine, "收件回执")
    await write(database, other, "别人的")
    for holder in ("one", "two"):
        turn = await must_take(database, holder)
        async with database.unit() as unit:
            await record(unit, Ended(turn.notices[0].id, "sent", "……", 501))
    async with database.reader() as reader:
        assert await said_in(reader, mine, 501) == ("test", {"text": "收件回执"})
        assert await said_in(reader, other, 501) == ("test", {"text": "别人的"})
        assert await said_in(reader, mine, 502) is None


async def test_what_was_said_is_recorded_once(database: Database) -> None:
    [address_id] = await addresses_for(database, 1)
    [notice_id] = await write(database, address_id, "a")
    async with database.unit() as unit:
        await record(unit, Ended(notice_id, "sent", "first", 1), Ended(notice_id, "failed"))
    async with database.reader() as reader:
        row = await reader.one(select(notices).where(notices.c.id == notice_id))
    assert row is not None
    assert (row.outcome, row.said, row.message_id, row.attempts) == ("sent", "first", 1, 1)


async def test_after_a_restart_every_address_is_free(database: Database) -> None:
    [address_id] = await addresses_for(database, 1)
    await write(database, address_id, "a")
    await must_take(database, "killed")
    async with database.unit() as unit:
        await release_all_addresses(unit)
    assert texts(await must_take(database, "next")) == ["a"]


async def test_a_purge_keeps_what_waits_and_what_failed(database: Database, clock: Clock) -> None:
    [address_id] = await addresses_for(database, 1)
    ids = await write(database, address_id, "sent", "moot", "failed", "waits", "recent")
    async with database.unit() as unit:
        ended = zip(ids, ("sent", "moot", "failed"), strict=False)
        await record(unit, *(Ended(number, outcome) for number, outcome in ended))
    clock.advance(days=40)
    async with database.unit() as unit:
        await record(unit, Ended(ids[-1], "sent"))
        assert await purge(unit, clock.now - timedelta(days=30)) == 2
    async with database.reader() as reader:
        left = await reader.all(select(notices.c.payload).order_by(notices.c.id))
    assert [row.payload["text"] for row in left] == ["failed", "waits", "recent"]


async def test_a_notice_rings_for_the_senders_of_its_channel(database: Database) -> None:
    [address_id] = await addresses_for(database, 1)
    with database.signals.listen(outbox_topic(CHANNEL)) as bell:
        ringing = asyncio.get_running_loop().create_task(bell.wait(60))
        await write(database, address_id, "a")
        async with asyncio.timeout(10):
            await ringing


async def test_two_senders_at_the_same_moment_take_two_addresses_and_neither_waits(postgresql: Database) -> None:
    first, second = await addresses_for(postgresql, 2)
    await write(postgresql, first, "a")
    await write(postgresql, second, "b")
    async with postgresql.unit() as quick:
        [turn] = await claim(quick, CHANNEL, "quick", LEASE)
        async with asyncio.timeout(20):
            other = await take(postgresql, "slow")
    assert other is not None
    assert (texts(turn), texts(other)) == (["a"], ["b"])
    assert await take(postgresql, "late") is None


async def test_an_address_that_is_only_locked_for_its_pages_number_is_waited_for(postgresql: Database) -> None:
    [address_id] = await addresses_for(postgresql, 1)
    await write(postgresql, address_id, "a")
    async with postgresql.unit() as page:
        await put_message(page, address_id, author="me", text="网页", at=page.now)
        sender = asyncio.get_running_loop().create_task(take(postgresql))
        await until_somebody_waits_for_a_lock(postgresql)
    turn = await sender
    assert turn is not None
    assert texts(turn) == ["a"]


async def test_two_senders_never_hold_one_address_and_everybody_hears_all_in_order(database: Database) -> None:
    people = await addresses_for(database, 5)
    held: set[int] = set()
    heard: defaultdict[int, list[str]] = defaultdict(list)
    done = asyncio.Event()

    async def send(holder: str) -> None:
        while True:
            turn = await take(database, holder, most=2)
            if turn is None:
                if done.is_set():
                    return
                await asyncio.sleep(0)
                continue
            assert turn.address_id not in held
            held.add(turn.address_id)
            await asyncio.sleep(0)
            heard[turn.address_id].extend(texts(turn))
            held.discard(turn.address_id)
            await say_all(database, turn)

    async def write_all() -> None:
        for number in range(8):
            await asyncio.gather(*(write(database, address_id, str(number)) for address_id in people))
        done.set()

    async with asyncio.timeout(60):
        await asyncio.gather(write_all(), *(send(f"sender {number}") for number in range(4)))
    assert heard == {address_id: [str(number) for number in range(8)] for address_id in people}
