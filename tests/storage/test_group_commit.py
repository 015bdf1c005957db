"""Units on SQLite share commits, fail alone, and never half happen."""

import asyncio
import random
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from storage.database import Database, is_trouble_of_the_database
from storage.group_commit import MOST_UNITS_IN_A_GROUP, CommitLostError
from storage.inline_sqlite import InlineConnection
from storage.installation import fact, put_fact

SLOW = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) SELECT max(i) FROM n"
SOON = 20  # seconds, on a busy machine

Then = Callable[[], object]


class Statements:
    """Every statement that reaches the database, in order; `when` does something at the next one of its kind."""

    def __init__(self, database: Database) -> None:
        self.seen: list[str] = []
        self._before: dict[str, Then] = {}
        self._after: dict[str, Then] = {}
        event.listen(database.engine.sync_engine, "before_cursor_execute", self._hear_before)
        event.listen(database.engine.sync_engine, "after_cursor_execute", self._hear_after)

    def count(self, sql: str) -> int:
        return self.seen.count(sql)

    def before(self, sql: str, then: Then) -> None:
        self._before[sql] = then

    def after(self, sql: str, then: Then) -> None:
        self._after[sql] = then

    def _hear_before(self, _connection: object, _cursor: object, sql: str, *_: Any) -> None:
        self.seen.append(sql)
        if then := self._before.pop(sql, None):
            then()

    def _hear_after(self, _connection: object, _cursor: object, sql: str, *_: Any) -> None:
        if then := self._after.pop(sql, None):
            then()


async def keep(database: Database, name: str, value: str = "kept") -> None:
    async with database.unit() as unit:
        await put_fact(unit, name, value)


async def kept(database: Database, name: str) -> str | None:
    async with database.reader() as reader:
        return await fact(reader, name)


def start(work: Awaitable[None]) -> asyncio.Task[None]:
    async def run() -> None:
        async with asyncio.timeout(SOON):
            await work

    return asyncio.get_running_loop().create_task(run())


async def end(*tasks: asyncio.Task[None]) -> list[BaseException | None]:
    """What each task raised, or none."""
    return list(await asyncio.gather(*tasks, return_exceptions=True))


class Gate:
    """A unit that stands still inside until it is let go."""

    def __init__(self, database: Database, name: str) -> None:
        self._database, self._name = database, name
        self.inside = asyncio.Event()
        self.go = asyncio.Event()

    async def run(self) -> None:
        async with self._database.unit() as unit:
            await put_fact(unit, self._name, "kept")
            self.inside.set()
            await self.go.wait()


async def test_units_that_stand_in_line_share_a_commit(sqlite: Database) -> None:
    statements = Statements(sqlite)
    await asyncio.gather(*(keep(sqlite, f"unit {number}") for number in range(50)))
    assert statements.count("SAVEPOINT unit") == 50
    assert statements.count("COMMIT") == 1
    assert all([await kept(sqlite, f"unit {number}") for number in range(50)])


async def test_a_group_does_not_grow_without_end(sqlite: Database) -> None:
    statements = Statements(sqlite)
    many = 2 * MOST_UNITS_IN_A_GROUP + 10
    await asyncio.gather(*(keep(sqlite, f"unit {number}") for number in range(many)))
    assert statements.count("COMMIT") == 3


async def test_a_unit_alone_does_not_wait_for_company(sqlite: Database) -> None:
    statements = Statements(sqlite)
    await keep(sqlite, "first")
    await keep(sqlite, "second")
    assert statements.count("COMMIT") == 2


async def test_who_comes_first_is_served_first(sqlite: Database) -> None:
    served = []

    async def be_served(number: int) -> None:
        async with sqlite.unit() as unit:
            served.append(number)
            await put_fact(unit, "last", str(number))

    await asyncio.gather(*(be_served(number) for number in range(100)))
    assert served == list(range(100))
    assert await kept(sqlite, "last") == "99"


async def test_a_failing_unit_leaves_its_neighbours_alone(sqlite: Database) -> None:
    async def fail(number: int) -> None:
        async with sqlite.unit() as unit:
            await put_fact(unit, f"unit {number}", "half")
            raise ValueError("what a handler may raise")

    statements = Statements(sqlite)
    tasks = [start(fail(n) if n % 3 == 0 else keep(sqlite, f"unit {n}")) for n in range(30)]
    raised = await end(*tasks)
    assert [isinstance(error, ValueError) for error in raised] == [n % 3 == 0 for n in range(30)]
    assert [await kept(sqlite, f"unit {n}") for n in range(30)] == [None if n % 3 == 0 else "kept" for n in range(30)]
    assert statements.count("COMMIT") < 20


async def test_a_failing_unit_that_is_last_in_line_still_commits_for_the_others(sqlite: Database) -> None:
    gate = Gate(sqlite, "good")

    async def fail() -> None:
        async with sqlite.unit():
            raise ValueError("last in line")

    good = start(gate.run())
    await gate.inside.wait()
    bad = start(fail())
    await asyncio.sleep(0)
    gate.go.set()
    raised = await end(good, bad)
    assert raised[0] is None
    assert isinstance(raised[1], ValueError)
    assert await kept(sqlite, "good") == "kept"


async def test_a_reader_sees_only_what_has_been_committed(sqlite: Database) -> None:
    first, second = Gate(sqlite, "first"), Gate(sqlite, "second")
    tasks = [start(first.run()), start(second.run())]
    await first.inside.wait()
    assert await kept(sqlite, "first") is None
    first.go.set()
    await second.inside.wait()  # the first has ended its unit, and waits for the commit of the group
    assert await kept(sqlite, "first") is None
    assert not tasks[0].done()
    second.go.set()
    assert await end(*tasks) == [None, None]
    assert await kept(sqlite, "first") == await kept(sqlite, "second") == "kept"


async def test_a_unit_cancelled_between_statements_is_undone_alone(sqlite: Database) -> None:
    before, gate = Gate(sqlite, "before"), Gate(sqlite, "cancelled")
    first, cancelled = start(before.run()), start(gate.run())
    await before.inside.wait()
    before.go.set()
    await gate.inside.wait()
    last = start(keep(sqlite, "after"))
    cancelled.cancel()
    raised = await end(first, cancelled, last)
    assert raised[0] is None
    assert isinstance(raised[1], asyncio.CancelledError)
    assert raised[2] is None
    assert [await kept(sqlite, name) for name in ("before", "cancelled", "after")] == ["kept", None, "kept"]


async def test_a_unit_cancelled_half_way_leaves_nothing_and_its_neighbours_unharmed(sqlite: Database) -> None:
    gate = Gate(sqlite, "neighbour")
    statements = Statements(sqlite)

    async def outlast_its_deadline() -> None:
        async with sqlite.unit() as unit:
            await put_fact(unit, "cancelled", "half")
            await unit.connection.exec_driver_sql(SLOW)
            await asyncio.sleep(0)

    neighbour = start(gate.run())
    await gate.inside.wait()
    cancelled = start(outlast_its_deadline())
    later = start(keep(sqlite, "later"))
    statements.before(SLOW, lambda: asyncio.get_running_loop().call_soon(cancelled.cancel))
    gate.go.set()
    raised = await end(neighbour, cancelled, later)
    assert [type(one) for one in raised] == [type(None), asyncio.CancelledError, type(None)]
    assert [await kept(sqlite, name) for name in ("neighbour", "cancelled", "later")] == ["kept", None, "kept"]


async def test_a_deadline_inside_a_unit_leaves_the_writer_usable(sqlite: Database) -> None:
    statements = Statements(sqlite)

    async def be_late() -> None:
        async with sqlite.unit() as unit, asyncio.timeout(SOON) as deadline:
            await put_fact(unit, "late", "half")
            loop = asyncio.get_running_loop()
            statements.before(SLOW, lambda: deadline.reschedule(loop.time()))
            await unit.connection.exec_driver_sql(SLOW)
            await asyncio.sleep(0)

    with pytest.raises(TimeoutError):
        await be_late()
    await keep(sqlite, "next")
    assert await kept(sqlite, "late") is None
    assert await kept(sqlite, "next") == "kept"


async def test_who_is_cancelled_during_the_commit_hears_of_it_after_the_commit(sqlite: Database) -> None:
    gate = Gate(sqlite, "neighbour")
    statements = Statements(sqlite)
    neighbour = start(gate.run())
    await gate.inside.wait()
    committing = start(keep(sqlite, "committing"))
    statements.before("COMMIT", lambda: asyncio.get_running_loop().call_soon(committing.cancel))
    gate.go.set()
    raised = await end(neighbour, committing)
    assert raised[0] is None  # nobody is told that something was lost which was not
    assert isinstance(raised[1], asyncio.CancelledError)
    assert [await kept(sqlite, name) for name in ("neighbour", "committing")] == ["kept", "kept"]
    await keep(sqlite, "later")


async def test_who_is_cancelled_in_line_leaves_nobody_waiting(sqlite: Database) -> None:
    """The first has left the commit to the second, whose turn has come, and who is cancelled before taking it."""
    gate = Gate(sqlite, "first")
    statements = Statements(sqlite)
    first = start(gate.run())
    await gate.inside.wait()
    second = start(keep(sqlite, "second"))
    await asyncio.sleep(0)
    statements.after("RELEASE unit", lambda: asyncio.get_running_loop().call_soon(second.cancel))
    gate.go.set()
    raised = await end(first, second)
    assert raised[0] is None
    assert isinstance(raised[1], asyncio.CancelledError)
    assert [await kept(sqlite, name) for name in ("first", "second")] == ["kept", None]


async def test_who_is_cancelled_while_waiting_for_the_others_waits_for_the_commit(sqlite: Database) -> None:
    first_gate, second_gate = Gate(sqlite, "first"), Gate(sqlite, "second")
    first, second = start(first_gate.run()), start(second_gate.run())
    await first_gate.inside.wait()
    first_gate.go.set()
    await second_gate.inside.wait()
    first.cancel()
    await asyncio.sleep(0)
    assert not first.done()
    second_gate.go.set()
    raised = await end(first, second)
    assert isinstance(raised[0], asyncio.CancelledError)
    assert raised[1] is None
    assert [await kept(sqlite, name) for name in ("first", "second")] == ["kept", "kept"]


async def test_who_is_cancelled_again_and_again_while_the_file_is_locked_harms_nothing(
    sqlite: Database, tmp_path: Path
) -> None:
    """A thread is waiting for the lock on that connection: to close it now would end the process."""
    await keep(sqlite, "before")
    other = sqlite3.connect(tmp_path / "test.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waits_for_the_lock = asyncio.Event()
    Statements(sqlite).before("BEGIN IMMEDIATE", waits_for_the_lock.set)
    cancelled = start(keep(sqlite, "cancelled"))
    await waits_for_the_lock.wait()
    for _ in range(5):
        await asyncio.sleep(0.01)
        cancelled.cancel()
    assert not cancelled.done()
    other.close()
    assert isinstance((await end(cancelled))[0], asyncio.CancelledError)
    await keep(sqlite, "later")
    assert [await kept(sqlite, name) for name in ("before", "cancelled", "later")] == ["kept", None, "kept"]


async def fill_the_disk(database: Database) -> Then:
    """From now on the file may not grow; what is given back ends that."""
    full = True

    def limit(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA max_page_count={1 if full else 1_000_000}")  # never below what is there
        cursor.close()

    def make_room() -> None:
        nonlocal full
        full = False

    await database.engine.dispose()  # readers' connections; the writer's is limited here
    async with database.unit() as unit:
        await unit.connection.exec_driver_sql("PRAGMA max_page_count=1")
    event.listen(database.engine.sync_engine, "connect", limit)
    return make_room


async def test_a_full_disk_fails_the_group_and_nothing_else(sqlite: Database) -> None:
    big = "x" * 200_000
    await keep(sqlite, "before")
    make_room = await fill_the_disk(sqlite)

    gate = Gate(sqlite, "neighbour")
    neighbour = start(gate.run())
    await gate.inside.wait()
    too_big = start(keep(sqlite, "big", big))
    gate.go.set()
    raised = await end(neighbour, too_big)
    assert isinstance(raised[1], OperationalError)
    assert all(is_trouble_of_the_database(error) for error in raised if error is not None)
    assert await kept(sqlite, "big") is None
    assert await kept(sqlite, "neighbour") == (None if raised[0] else "kept")  # as it was told
    with pytest.raises(OperationalError, match="full"):
        await keep(sqlite, "big", big)

    make_room()
    await sqlite.close()  # where the disk was not so full that the connection was given up
    await keep(sqlite, "big", big)
    assert await kept(sqlite, "big") == big
    assert await kept(sqlite, "before") == "kept"


async def test_a_commit_that_fails_fails_everybody_in_the_group(sqlite: Database) -> None:
    def refuse() -> None:
        raise OperationalError("COMMIT", {}, Exception("disk I/O error"))

    statements = Statements(sqlite)
    statements.before("COMMIT", refuse)
    raised = await end(*(start(keep(sqlite, f"unit {number}")) for number in range(5)))
    assert [type(error) for error in raised] == [CommitLostError] * 5
    assert all(is_trouble_of_the_database(error) for error in raised if error is not None)
    assert [await kept(sqlite, f"unit {number}") for number in range(5)] == [None] * 5
    await asyncio.gather(*(keep(sqlite, f"unit {number}") for number in range(5)))
    assert await kept(sqlite, "unit 4") == "kept"


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_happens_to_a_unit_it_has_happened_as_it_was_told(sqlite: Database, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  to be repeatable

    async def live(number: int, *, fails: bool, slow: bool) -> None:
        async with sqlite.unit() as unit:
            await put_fact(unit, f"{number} a", "kept")
            if slow:
                await unit.connection.exec_driver_sql(SLOW)
            await put_fact(unit, f"{number} b", "kept")
            if fails:
                raise ValueError("as it was meant to")

    async def cancel_some(tasks: list[asyncio.Task[None]]) -> None:
        while any(not task.done() for task in tasks):
            for _ in range(chance.randrange(40)):
                await asyncio.sleep(0)
            chance.choice(tasks).cancel()

    tasks = [start(live(n, fails=chance.random() < 0.2, slow=chance.random() < 0.1)) for n in range(60)]
    canceller = start(cancel_some(tasks))
    raised = await end(*tasks)
    assert await end(canceller) == [None]
    for number, error in enumerate(raised):
        both = [await kept(sqlite, f"{number} a"), await kept(sqlite, f"{number} b")]
        assert both in ([None, None], ["kept", "kept"])
        match error:
            case None:
                assert both == ["kept", "kept"]
            case ValueError() | CommitLostError():
                assert both == [None, None]
            case _:
                assert isinstance(error, asyncio.CancelledError)
    await keep(sqlite, "afterwards")
    assert await kept(sqlite, "afterwards") == "kept"


class Slower(sqlite3.Connection):
    """A connection whose rollback is always later than the commit that is on its way in another thread."""

    def rollback(self) -> None:
        self.commit()
        self.execute("ROLLBACK")


async def test_a_rollback_that_comes_after_the_commit_undoes_nothing(tmp_path: Path) -> None:
    inner = sqlite3.connect(tmp_path / "raced.db", factory=Slower, isolation_level=None)
    connection = InlineConnection(inner)
    inner.execute("CREATE TABLE kept (word TEXT)")
    inner.execute("BEGIN IMMEDIATE")
    inner.execute("INSERT INTO kept VALUES ('stays')")
    await connection.rollback()
    assert inner.execute("SELECT word FROM kept").fetchall() == [("stays",)]
    await connection.close()
