"""What several tasks write at the same moment shares a unit, and nobody suffers for another."""

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy.exc import IntegrityError

from storage.batching import MOST_TOGETHER, Batching
from storage.database import Database
from storage.installation import fact
from storage.tables import facts
from storage.unit import Unit
from tests.storage.opened import until_somebody_waits_for_a_lock


class Notes(Batching[str, str]):
    """Keeps names as facts, of which a second one of the same name cannot exist; remembers what came together."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, self.write)
        self.together: list[list[str]] = []

    async def write(self, unit: Unit, names: Sequence[str]) -> Sequence[str]:
        self.together.append(list(names))
        for name in names:
            await unit.run(facts.insert(), {"name": name, "value": "kept"})
        return [f"{name} is kept" for name in names]


async def kept(database: Database, *names: str) -> list[bool]:
    async with database.reader() as reader:
        return [await fact(reader, name) == "kept" for name in names]


async def test_who_comes_alone_is_written_at_once_and_hears_what_came_of_it(database: Database) -> None:
    notes = Notes(database)
    assert await notes.add("one") == "one is kept"
    assert await notes.add("two") == "two is kept"
    assert notes.together == [["one"], ["two"]]
    assert await kept(database, "one", "two") == [True, True]


async def test_those_who_come_at_the_same_moment_share_a_unit(database: Database) -> None:
    notes, names = Notes(database), [f"name {number}" for number in range(MOST_TOGETHER + 5)]
    assert await asyncio.gather(*(notes.add(name) for name in names)) == [f"{name} is kept" for name in names]
    assert notes.together == [names[:MOST_TOGETHER], names[MOST_TOGETHER:]]
    assert all(await kept(database, *names))


async def test_one_that_cannot_be_written_keeps_nobody_elses_from_the_disk(database: Database) -> None:
    notes = Notes(database)
    await notes.add("taken")
    one, taken, other = await asyncio.gather(
        notes.add("one"), notes.add("taken"), notes.add("other"), return_exceptions=True
    )
    assert (one, other) == ("one is kept", "other is kept")
    assert isinstance(taken, IntegrityError)
    assert await kept(database, "one", "other") == [True, True]


async def test_trouble_of_the_database_is_told_to_all_and_tried_by_nobody_again(database: Database) -> None:
    tries = 0

    async def write(_unit: Unit, _items: Sequence[str]) -> Sequence[None]:
        nonlocal tries
        tries += 1
        raise ConnectionResetError("the database has gone")

    gathering: Batching[str, None] = Batching(database, write)
    ended = await asyncio.gather(*(gathering.add(name) for name in "abc"), return_exceptions=True)
    assert [type(error) for error in ended] == [ConnectionResetError] * 3
    assert tries == 1


async def test_who_is_cancelled_in_line_has_written_nothing_and_who_is_cancelled_later_has(
    postgresql: Database,
) -> None:
    notes, start = Notes(postgresql), asyncio.get_running_loop().create_task
    async with postgresql.unit() as unit:
        await unit.run(facts.insert(), {"name": "slow", "value": "another's"})
        under_way = start(notes.add("slow"))
        await until_somebody_waits_for_a_lock(postgresql)
        in_line, next_in_line = start(notes.add("gone")), start(notes.add("patient"))
        await asyncio.sleep(0)
        in_line.cancel()
        under_way.cancel()
        await asyncio.wait((in_line,))
        assert not under_way.done()
        await unit.connection.rollback()
    assert await next_in_line == "patient is kept"
    with pytest.raises(asyncio.CancelledError):
        await under_way
    assert await kept(postgresql, "slow", "gone", "patient") == [True, False, True]
