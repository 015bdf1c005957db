"""The database goes away and comes back: nothing is lost, nothing is held against an update, nothing is said twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import CursorResult, Executable, select

from bot.intake import Intake
from storage.database import Database, make_engine
from storage.tables import updates
from storage.tables.columns import vault_of
from storage.unit import Rows, Unit, Values
from testbed.postgres import fresh_database, own_postgres
from testbed.processes import Installation
from tests.flows.cast import KNOWN
from tests.support.botapi import BotApi
from tests.support.house import open_test_house, sqlite_url

HANDLER_SECONDS = 1.0


class CrowdedDatabase(Database):
    """One in which everybody stands in line for a while before they may write: others write, or the file is locked."""

    @asynccontextmanager
    async def unit(self, now: datetime | None = None) -> AsyncIterator[Unit]:
        await asyncio.sleep(1.2 * HANDLER_SECONDS)
        async with super().unit(now) as unit:
            yield unit


@dataclass(slots=True)
class HesitantUnit(Unit):
    """One whose first statement is answered late: somebody holds the row, or PostgreSQL is stopping."""

    asked: bool = False

    async def run(self, statement: Executable, values: Values | Rows = None) -> CursorResult[Any]:
        if not self.asked:
            self.asked = True
            await asyncio.sleep(1.2 * HANDLER_SECONDS)
        return await Unit.run(self, statement, values)


class HesitantDatabase(Database):
    @asynccontextmanager
    async def unit(self, now: datetime | None = None) -> AsyncIterator[Unit]:
        async with super().unit(now) as unit:
            hesitant = HesitantUnit(unit.connection, unit.now, unit.hasher, unit.wake, unit.afterwards)
            yield hesitant
            await hesitant.write_deferred()


@pytest.mark.parametrize("slow", [CrowdedDatabase, HesitantDatabase])
@pytest.mark.parametrize("people", [1, 2])
async def test_waiting_for_the_database_is_not_held_against_an_update(
    tmp_path: Path, slow: type[Database], people: int
) -> None:
    async with open_test_house(sqlite_url(tmp_path), tmp_path, handler_seconds=HANDLER_SECONDS) as house:
        visitors = [await house.visitor(f"visitor {number}") for number in range(people)]
        for visitor in visitors:
            await visitor.say(KNOWN)  # what is made at first use has been made
        async with house.database.unit() as unit:
            for visitor in visitors:
                await visitor.page.write(unit, "00000000-0000-0000-0000-000000000001", KNOWN, None)
        real = house.database
        engine = make_engine(real.url, vault_of(real.engine.dialect))
        crowded = slow(real.url, engine, real.hasher, real.signals, real.clock)
        assert await Intake(replace(house.deps, database=crowded), house.house.dispatcher).handle_next("worker")
        await crowded.close()
        async with house.database.reader() as reader:
            rows = await reader.all(select(updates.c.outcome, updates.c.failures))
        assert {(row.outcome, row.failures) for row in rows} == {("handled", 0)}
        await house.settle()
        for visitor in visitors:
            assert "依据：" in (await visitor.heard())[-1].text


async def test_a_database_that_goes_away_while_the_house_is_opened_is_told_in_one_sentence(tmp_path: Path) -> None:
    """The house is open and meets Telegram; then nobody answers any more at the database's port."""
    token = f"4242:{'t' * 30}"
    with own_postgres() as server:
        database_url = (await fresh_database(server.url)).replace("+asyncpg", "")
        async with BotApi() as api:
            api.token = token
            api.slow_next("getMe", 3.0, after_effect=False)
            with Installation(tmp_path, database_url, telegram_token=token, telegram_api=api.url) as installation:
                run = installation.start()
                assert await api.comes_true(lambda: any(call.method == "getMe" for call in api.calls), within=60)
                server.stop()
                assert await run.ended() == 1
    assert "无法使用数据库" in run.complained.splitlines()[-1]
    assert "Traceback" not in run.complained
