"""Where a database is, and whether it was the database that failed or our statement."""

import asyncio
import errno
import sqlite3
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoFreeConnectionError

from storage.database import Database, DatabaseError, is_trouble_of_the_database, parse_url
from storage.group_commit import CommitLostError
from storage.installation import fact, put_fact
from storage.tables import bureaus, facts
from storage.unit import Unit, UnitAbandonedError
from tests.storage.opened import found_bureau, until_somebody_waits_for_a_lock


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://root@127.0.0.1/x"])
def test_a_database_that_would_not_remember_is_refused(url: str) -> None:
    with pytest.raises(DatabaseError, match=r"sqlite:///|postgresql://"):
        parse_url(url)


@pytest.mark.parametrize(
    "error",
    [
        CommitLostError("lost"),
        ConnectionRefusedError(errno.ECONNREFUSED, "refused"),
        TimeoutError(errno.ETIMEDOUT, "the network's"),
        sqlite3.OperationalError("database is locked"),
        NoFreeConnectionError(),
        asyncpg.CannotConnectNowError("the database system is starting up"),  # which nobody wraps
        asyncpg.TooManyConnectionsError("sorry, too many clients already"),
        asyncpg.InterfaceError("connection is closed"),  # neither
        asyncpg.InternalClientError("cannot switch to state 12"),
    ],
)
def test_lost_commits_networks_and_locks_are_the_databases_trouble(error: Exception) -> None:
    assert is_trouble_of_the_database(error)


@pytest.mark.parametrize(
    "error",
    [TimeoutError(), ValueError("x"), KeyError("x"), UnitAbandonedError(), asyncpg.UniqueViolationError("x")],
)
def test_a_deadline_of_our_own_and_errors_of_handlers_are_not(error: Exception) -> None:
    assert not is_trouble_of_the_database(error)


async def failing(database: Database, statement: str) -> Exception:
    """What a unit raises in which the statement comes second; the first one has not happened."""

    async def fail() -> None:
        async with database.unit() as unit:
            await put_fact(unit, "half", "x")
            await unit.run(text(statement))

    with pytest.raises(DBAPIError) as caught:
        await fail()
    async with database.reader() as reader:
        assert await fact(reader, "half") is None
    return caught.value


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO facts (name, value) VALUES ('half', 'again')",
        "INSERT INTO facts (name, value) VALUES ('y', NULL)",
        "INSERT INTO departments (bureau_id, code, name, internal, sealed, names, words) "
        "VALUES (99, 'd', 'd', false, false, '[]', '{}')",
    ],
)
async def test_a_broken_constraint_is_our_statements_fault(database: Database, statement: str) -> None:
    assert not is_trouble_of_the_database(await failing(database, statement))


@pytest.mark.parametrize(
    "statement", ["SELECT 1 / 0", "SELECT * FROM nowhere", "INSERT INTO facts VALUES (repeat('x', 61), 'too long')"]
)
async def test_what_postgresql_refuses_to_do_is_our_statements_fault(postgresql: Database, statement: str) -> None:
    assert not is_trouble_of_the_database(await failing(postgresql, statement))


async def test_a_zero_character_is_our_statements_fault_on_postgresql(postgresql: Database) -> None:
    with pytest.raises(Exception, match="0x00") as caught:
        async with postgresql.unit() as unit:
            await put_fact(unit, "x", "a\x00b")
    assert not is_trouble_of_the_database(caught.value)


async def test_a_connection_that_is_cut_is_the_databases_trouble(postgresql: Database) -> None:
    error = await failing(postgresql, "SELECT pg_terminate_backend(pg_backend_pid())")
    assert is_trouble_of_the_database(error)
    async with postgresql.unit() as unit:
        await put_fact(unit, "afterwards", "works")


async def test_a_deadlock_is_the_databases_trouble(postgresql: Database) -> None:
    async with postgresql.unit() as unit:
        for name in ("a", "b"):
            await put_fact(unit, name, "0")
    both_hold_one = asyncio.Barrier(2)

    async def cross(first: str, second: str) -> None:
        async with postgresql.unit() as unit:
            await put_fact(unit, first, "1")
            await both_hold_one.wait()
            await put_fact(unit, second, "1")

    async with asyncio.timeout(30):
        raised = await asyncio.gather(cross("a", "b"), cross("b", "a"), return_exceptions=True)
    assert [error is None for error in raised].count(True) == 1
    assert all(is_trouble_of_the_database(error) for error in raised if error is not None)


async def test_a_file_that_somebody_else_has_locked_is_the_databases_trouble(sqlite: Database, tmp_path: Path) -> None:
    async with sqlite.unit() as unit:
        await unit.connection.exec_driver_sql("PRAGMA busy_timeout=0")
    other = sqlite3.connect(tmp_path / "test.db", isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Exception, match="locked") as caught:
            async with sqlite.unit():
                pass
        assert is_trouble_of_the_database(caught.value)
    finally:
        other.close()
    async with sqlite.unit() as unit:
        await put_fact(unit, "afterwards", "works")


async def test_a_unit_cancelled_in_the_middle_of_a_statement_half_writes_nothing(postgresql: Database) -> None:
    async with postgresql.unit() as unit:
        await put_fact(unit, "a", "0")

    async def wait_in_vain() -> None:
        async with postgresql.unit() as unit:
            await put_fact(unit, "b", "half")
            await put_fact(unit, "a", "1")

    async with postgresql.unit() as holds:
        await put_fact(holds, "a", "2")
        waiting = asyncio.get_running_loop().create_task(wait_in_vain())
        await until_somebody_waits_for_a_lock(postgresql)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    async with postgresql.reader() as reader:
        assert [await fact(reader, name) for name in ("a", "b")] == ["2", None]


async def test_a_unit_speaks_for_one_moment(database: Database) -> None:
    moment = database.clock()
    async with database.unit() as unit:
        assert unit.now == moment
    async with database.unit(moment.replace(year=2030)) as unit:
        assert unit.now.year == 2030


async def test_a_conditional_update_says_whether_somebody_else_was_first(database: Database) -> None:
    async def rename(unit: Unit, old: str, new: str) -> bool:
        return await unit.moved(update(bureaus).where(bureaus.c.name == old).values(name=new))

    async with database.unit() as unit:
        await found_bureau(unit)
        assert await rename(unit, "测试税务局", "新名")
        assert not await rename(unit, "测试税务局", "别名")
        assert await unit.value(select(bureaus.c.name)) == "新名"
        assert await unit.one(select(facts).where(facts.c.name == "nothing")) is None
        assert await unit.inserted(insert(bureaus).values(code="2", name="n", region="r").returning(bureaus.c.id)) > 0
