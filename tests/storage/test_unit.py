"""Rows for whose result nobody waits: written together, and as if each had been written when it was said."""

import pytest
from sqlalchemy import select

from storage.database import Database
from storage.installation import fact
from storage.tables import facts
from storage.unit import Rows, Unit


async def write(unit: Unit, rows: Rows) -> None:
    await unit.run(facts.insert(), rows)


async def test_what_is_deferred_is_there_for_the_next_statement(database: Database) -> None:
    async with database.unit() as unit:
        unit.defer(write, {"name": "one", "value": "1"})
        unit.defer(write, {"name": "two", "value": "2"})
        assert await fact(unit, "two") == "2"
        unit.defer(write, {"name": "three", "value": "3"})
    async with database.reader() as reader:
        rows = await reader.all(select(facts.c.name).where(facts.c.name.in_(["one", "two", "three"])))
    assert {row.name for row in rows} == {"one", "two", "three"}


async def test_what_is_deferred_does_not_happen_where_the_unit_fails(database: Database) -> None:
    async def fail() -> None:
        async with database.unit() as unit:
            unit.defer(write, {"name": "one", "value": "1"})
            raise ValueError("the handler failed")

    with pytest.raises(ValueError, match="the handler failed"):
        await fail()
    async with database.reader() as reader:
        assert await fact(reader, "one") is None


async def test_a_reader_who_asks_nothing_takes_no_connection(database: Database) -> None:
    before = database.engine.pool.status()
    async with database.reader() as reader:
        assert reader.dialect in database.url.get_backend_name()
        assert database.engine.pool.status() == before
        assert await fact(reader, "none") is None
        assert database.engine.pool.status() != before
