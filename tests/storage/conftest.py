"""An open database of either kind, and of each kind.

Migrations have tests of their own; the others begin with a copy of a migrated SQLite file, or share one migrated
PostgreSQL database, which is emptied before each of them.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from storage.database import Database
from storage.tables import metadata
from testbed.postgres import drop_database, fresh_database
from tests.storage.opened import opened
from tests.support.house import Clock, sqlite_url

ALONE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
EMPTY = "; ".join(f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables))  # noqa: S608  our own names


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def shared_postgresql(postgres: str) -> Iterator[str]:
    """A migrated database for all tests of this room."""
    url = asyncio.run(fresh_database(postgres))
    asyncio.run(_migrate(url))
    yield url
    asyncio.run(drop_database(url))


async def _migrate(url: str) -> None:
    async with opened(url):
        pass


async def _emptied(url: str) -> str:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        await connection.execute(ALONE)
        await connection.execute(EMPTY)
    finally:
        await connection.close()
    return url


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file that nobody has open."""
    folder = tmp_path_factory.mktemp("migrated")
    asyncio.run(_migrate(sqlite_url(folder)))
    return next(folder.glob("*.db"))


@pytest.fixture
def file_url(migrated_file: Path, tmp_path: Path) -> str:
    """A migrated and empty SQLite file of one's own."""
    shutil.copy(migrated_file, tmp_path / migrated_file.name)
    return sqlite_url(tmp_path)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest) -> str:
    """Where a test of both kinds has its database."""
    url: str = request.getfixturevalue("file_url" if request.param == "sqlite" else "shared_postgresql")
    return url


@pytest.fixture
async def database(place: str, clock: Clock) -> AsyncIterator[Database]:
    """An open, empty database: SQLite and PostgreSQL."""
    if place.startswith("postgresql"):
        await _emptied(place)
    async with opened(place, clock) as database:
        yield database


@pytest.fixture
async def sqlite(file_url: str, clock: Clock) -> AsyncIterator[Database]:
    async with opened(file_url, clock) as database:
        yield database


@pytest.fixture
async def postgresql_url(shared_postgresql: str) -> str:
    """A migrated and empty PostgreSQL database."""
    return await _emptied(shared_postgresql)


@pytest.fixture
async def postgresql(postgresql_url: str, clock: Clock) -> AsyncIterator[Database]:
    async with opened(postgresql_url, clock) as database:
        yield database


@pytest.fixture
async def postgresql_empty(postgres: str) -> AsyncIterator[str]:
    """A PostgreSQL database in which there is nothing yet."""
    url = await fresh_database(postgres)
    yield url
    await drop_database(url)
