"""Bells within a process, and between processes on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from storage.database import Database
from storage.installation import put_fact
from storage.signals import Bell, Signals, relay
from tests.storage.opened import opened

TOPIC = "inbox"
SOON = 20  # seconds, on a busy machine
LONG = 600.0  # longer than any test


async def rung(bell: Bell) -> None:
    """Return when the bell has been rung; fail where it stays silent."""
    async with asyncio.timeout(SOON):
        await bell.wait(LONG)


async def silent(bell: Bell) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await bell.wait(LONG)


async def test_a_bell_rings_for_its_topic_only() -> None:
    signals = Signals()
    with signals.listen(TOPIC) as bell, signals.listen("other") as other:
        signals.ring(TOPIC)
        await rung(bell)
        await silent(other)


async def test_a_ring_before_the_waiting_is_not_lost() -> None:
    signals = Signals()
    with signals.listen(TOPIC) as bell:
        signals.ring(TOPIC)
        signals.ring(TOPIC)
        await rung(bell)
        await silent(bell)  # several rings before somebody looks are one


async def test_everybody_who_listens_hears_it() -> None:
    signals = Signals()
    with signals.listen(TOPIC) as one, signals.listen(TOPIC) as two:
        signals.ring(TOPIC)
        await rung(one)
        await rung(two)


async def test_who_listens_no_longer_is_forgotten_and_others_still_hear() -> None:
    signals = Signals()
    with signals.listen(TOPIC) as stays:
        with signals.listen(TOPIC) as leaves:
            pass
        signals.ring(TOPIC)
        await rung(stays)
        await silent(leaves)


async def test_a_bell_that_nobody_rings_ends_the_waiting_by_itself() -> None:
    async with asyncio.timeout(SOON):
        await Bell().wait(0.01)


async def announce(database: Database, *, fails: bool = False) -> None:
    async with database.unit() as unit:
        await put_fact(unit, "news", "1")
        unit.wake.add(TOPIC)
        if fails:
            raise ValueError("rolled back")


async def test_a_unit_rings_after_its_commit_and_not_when_it_fails(database: Database) -> None:
    with database.signals.listen(TOPIC) as bell:
        with pytest.raises(ValueError, match="rolled back"):
            await announce(database, fails=True)
        await silent(bell)
        await announce(database)
        await rung(bell)


@asynccontextmanager
async def relayed(url: str) -> AsyncIterator[Signals]:
    """What another process hears; it listens before the block begins."""
    signals = Signals()
    async with opened(url) as other:
        relaying = asyncio.get_running_loop().create_task(relay(other.url, signals))
        with signals.listen("ready") as ready:
            async with asyncio.timeout(SOON):
                hears = asyncio.get_running_loop().create_task(ready.wait(LONG))
                while not hears.done():
                    async with other.unit() as unit:
                        unit.wake.add("ready")
                    await asyncio.wait((hears, relaying), timeout=0.1, return_when=asyncio.FIRST_COMPLETED)
        try:
            yield signals
        finally:
            relaying.cancel()
            await asyncio.wait((relaying,))


async def test_another_process_hears_what_was_committed(postgresql: Database, postgresql_url: str) -> None:
    async with relayed(postgresql_url) as elsewhere:
        with elsewhere.listen(TOPIC) as bell:
            with pytest.raises(ValueError, match="rolled back"):
                await announce(postgresql, fails=True)
            await silent(bell)
            await announce(postgresql)
            await rung(bell)


async def test_a_relay_that_is_cut_off_ends_so_that_it_can_be_started_again(postgresql: Database) -> None:
    others = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'idle' AND query LIKE 'LISTEN%'"
    )
    relaying = asyncio.get_running_loop().create_task(relay(postgresql.url, Signals()))
    async with asyncio.timeout(SOON):
        while not relaying.done():
            async with postgresql.engine.connect() as connection:
                await connection.exec_driver_sql(others)
            await asyncio.wait((relaying,), timeout=0.05)
    assert relaying.exception() is None
