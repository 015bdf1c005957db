"""Facts, running numbers, and named leases."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError, StatementError

from storage.database import Database
from storage.installation import database_now, fact, next_number, put_fact, put_fact_once, release_lease, take_lease
from storage.tables import facts, leases
from tests.storage.opened import opened
from tests.support.house import Clock

MINUTE = timedelta(minutes=1)


async def takes(database: Database, holder: str, length: timedelta = MINUTE, *, name: str = "jobs") -> bool:
    async with database.unit() as unit:
        return await take_lease(unit, name, holder, length)


async def number(database: Database, name: str = "case:2026") -> int:
    async with database.unit() as unit:
        return await next_number(unit, name)


async def test_a_lease_is_taken_kept_and_refused_to_others(database: Database) -> None:
    assert await takes(database, "one")
    assert await takes(database, "one")
    assert not await takes(database, "two")
    assert await takes(database, "two", name="poller:telegram")


async def test_a_lease_ends_on_the_databases_clock_whatever_ours_says(database: Database, clock: Clock) -> None:
    assert await takes(database, "one")
    clock.advance(days=365)
    assert not await takes(database, "two")
    async with database.unit() as unit:
        now = await database_now(unit)
        await unit.run(update(leases).values(until_at=now - timedelta(milliseconds=1)))
    assert await takes(database, "two")
    assert not await takes(database, "one")


async def test_a_lease_of_no_length_is_over_at_once(database: Database) -> None:
    assert await takes(database, "one", timedelta(seconds=-1))
    assert await takes(database, "two")


async def test_only_the_holder_gives_a_lease_up(database: Database) -> None:
    assert await takes(database, "one")
    async with database.unit() as unit:
        await release_lease(unit, "jobs", "two")
    assert not await takes(database, "two")
    async with database.unit() as unit:
        await release_lease(unit, "jobs", "one")
    assert await takes(database, "two")


async def test_of_many_that_ask_at_once_one_gets_the_lease(database: Database) -> None:
    got = await asyncio.gather(*(takes(database, f"process {n}") for n in range(6)))
    assert got.count(True) == 1


async def test_the_databases_clock_is_in_utc_and_does_not_run_backwards(database: Database) -> None:
    async with database.reader() as reader:
        first, second = await database_now(reader), await database_now(reader)
    assert first.utcoffset() == timedelta(0)
    assert first <= second


async def test_numbers_run_without_gaps_from_one(database: Database) -> None:
    assert [await number(database), await number(database), await number(database, "case:2027")] == [1, 2, 1]


async def test_numbers_have_no_gaps_when_units_fail_or_run_at_once(database: Database) -> None:
    async def take_one(*, fails: bool) -> int:
        async with database.unit() as unit:
            taken = await next_number(unit, "case:2026")
            if fails:
                raise ValueError("the case was not opened")
            return taken

    taken = await asyncio.gather(*(take_one(fails=n % 4 == 0) for n in range(20)), return_exceptions=True)
    assert sorted(n for n in taken if isinstance(n, int)) == list(range(1, 16))


async def test_a_fact_is_kept_and_replaced(database: Database) -> None:
    async with database.reader() as reader:
        assert await fact(reader, "faq_revision") is None
    for value in ("1", "2"):
        async with database.unit() as unit:
            await put_fact(unit, "faq_revision", value)
        async with database.reader() as reader:
            assert await fact(reader, "faq_revision") == value


async def test_a_fact_that_is_put_once_stays_as_it_was(database: Database) -> None:
    async def put(value: str) -> None:
        async with database.unit() as unit:
            await put_fact_once(unit, "founded", value)

    await put("first")
    await asyncio.gather(*(put(str(n)) for n in range(3)))
    async with database.reader() as reader:
        assert await fact(reader, "founded") == "first"


async def test_what_people_wrote_does_not_appear_in_errors(database: Database) -> None:
    async def say_it_twice() -> None:
        async with database.unit() as unit:
            for _ in range(2):
                await unit.run(facts.insert().values(name="x", value="身份证号 1101…"))

    with pytest.raises(IntegrityError) as caught:
        await say_it_twice()
    assert "身份证" not in str(caught.value)


async def test_an_instant_without_a_time_zone_is_refused(database: Database, clock: Clock) -> None:
    with pytest.raises(StatementError, match="time zone"):
        async with database.unit() as unit:
            await unit.run(leases.insert().values(name="n", holder="h", until_at=clock.now.replace(tzinfo=None)))


async def test_two_processes_share_leases_and_numbers_on_postgresql(postgresql: Database, postgresql_url: str) -> None:
    async with opened(postgresql_url) as other:
        assert await takes(postgresql, "one")
        assert not await takes(other, "two")
        numbers = await asyncio.gather(*(number(house) for house in (postgresql, other) for _ in range(5)))
    assert sorted(numbers) == list(range(1, 11))
