"""Databases opened as the house opens them, and the few people that a table needs to point to."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from cryptography.fernet import Fernet

from storage.database import Database
from storage.opening import Keys, open_database
from storage.people import admit
from storage.signals import Signals
from storage.tables import bureaus, officers
from storage.unit import Unit
from tests.support.house import Clock

KEY = Fernet.generate_key().decode("ascii")
CHANNEL = "telegram"
BOT_ID = 7

_chats = itertools.count(1)


@asynccontextmanager
async def opened(url: str, clock: Clock | None = None, *, key: str = KEY) -> AsyncIterator[Database]:
    """A migrated database, closed afterwards. Two of the same `url` are as good as two processes."""
    database = await open_database(
        url, Keys(key, Path("never-made")), signals=Signals(), clock=clock or Clock(), say=lambda _sentence: None
    )
    try:
        yield database
    finally:
        await database.close()


async def found_bureau(unit: Unit) -> int:
    """A bureau, without which there are no taxpayers."""
    row = bureaus.insert().values(code="test", name="测试税务局", region="national")
    return await unit.inserted(row.returning(bureaus.c.id))


async def found_address(unit: Unit, *, officer_id: int | None = None, channel: str = CHANNEL) -> int:
    """Somebody new who can be reached."""
    return await admit(unit, channel, BOT_ID, next(_chats), language="zh", officer_id=officer_id)


async def found_officer(unit: Unit, bureau_id: int, code: str = "li") -> int:
    row = officers.insert().values(bureau_id=bureau_id, code=code, name="李明", roles=[])
    return await unit.inserted(row.returning(officers.c.id))


async def until_somebody_waits_for_a_lock(database: Database) -> None:
    """Return when some statement on PostgreSQL stands still because another transaction is open."""
    waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    async with asyncio.timeout(20):
        while True:
            async with (
                database.engine.connect() as connection
            ):  # a new one each time: one transaction sees one picture of it
                if (await connection.exec_driver_sql(waiting)).first() is not None:
                    return
            await asyncio.sleep(0.01)
