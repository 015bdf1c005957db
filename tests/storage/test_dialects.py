"""One of many values, however many they are: found on either database, and by an index."""

from typing import Any

import pytest
from sqlalchemy import bindparam, select

from storage.database import Database
from storage.dialects import among
from storage.inbox import FIRST, LANES, SETTLE
from storage.installation import put_fact
from storage.tables import facts, updates

NAMES = select(facts.c.name).where(among(facts.c.name, "names")).order_by(facts.c.name)
OTHERS = select(facts.c.name).where(~among(facts.c.name, "names"), facts.c.value == bindparam("kept"))
KEPT = ("a", "a,b", "b", "o'“引号”\"")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [((), []), (("a",), ["a"]), (("b", "a", "missing"), ["a", "b"]), ((KEPT[3], "a,b"), ["a,b", KEPT[3]])],
)
async def test_what_has_one_of_many_values_is_found(
    database: Database, wanted: tuple[str, ...], found: list[str]
) -> None:
    async with database.unit() as unit:
        for name in KEPT:
            await put_fact(unit, name, "kept")
        assert [row.name for row in await unit.all(NAMES, {"names": wanted})] == found
        others = {row.name for row in await unit.all(OTHERS, {"names": wanted, "kept": "kept"})}
        assert others == set(KEPT) - set(found)


async def test_numbers_beyond_32_bits_are_numbers(database: Database) -> None:
    async with database.reader() as reader:
        assert await reader.all(select(updates.c.id).where(among(updates.c.id, "ids")), {"ids": [1, 2**40]}) == []


@pytest.mark.parametrize(("statement", "parameters"), [(LANES, 1), (FIRST, 1), (SETTLE, 3)])
async def test_an_index_leads_to_them(sqlite: Database, statement: Any, parameters: int) -> None:
    plan = f"EXPLAIN QUERY PLAN {statement.compile(dialect=sqlite.engine.dialect)}"
    async with sqlite.engine.connect() as connection:
        steps = [row.detail for row in await connection.exec_driver_sql(plan, (None,) * parameters)]
    assert any(step.startswith("SEARCH") for step in steps), steps
    assert not {"SCAN lanes", "SCAN updates"} & set(steps)
