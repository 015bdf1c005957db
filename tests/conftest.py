"""Fixtures for every room: both databases, and an open house on each.

Founding has tests of its own; the others begin with a copy of a sample bureau that was founded once.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from hypothesis import settings
from pytest_socket import socket_allow_hosts

from testbed.postgres import copied_database, drop_database, fresh_database, postgres_server
from tests.support.botapi import BotApi
from tests.support.house import HouseUnderTest, open_test_house, sqlite_url

settings.register_profile("untimed", deadline=None)  # a busy machine is no fault of the code
settings.load_profile("untimed")


def pytest_runtest_setup() -> None:
    """No test reaches beyond this machine."""
    socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a real PostgreSQL server."""
    with postgres_server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """An empty database of either kind."""
    if request.param == "sqlite":
        yield sqlite_url(tmp_path)
        return
    url = await fresh_database(request.getfixturevalue("postgres"))
    yield url
    await drop_database(url)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def session() -> AsyncIterator[AiohttpSession]:
    """One for all tests of a module: aiogram takes a quarter of a second to close it."""
    async with AiohttpSession() as session:
        yield session


@pytest.fixture
def bot(api: BotApi, session: AiohttpSession) -> Bot:
    """A bot at the Telegram that the module has made."""
    session.api = TelegramAPIServer.from_base(api.url)
    return Bot(api.token, session=session)


@pytest.fixture(scope="session")
def founded_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sample bureau on SQLite, which nobody has open, and its key."""
    folder = tmp_path_factory.mktemp("founded")
    asyncio.run(_found(sqlite_url(folder), folder))
    return folder


@pytest.fixture(scope="session")
def founded_postgresql(postgres: str, founded_folder: Path) -> Iterator[str]:
    """The same on PostgreSQL, under the same key."""
    url = asyncio.run(fresh_database(postgres))
    asyncio.run(_found(url, founded_folder))
    yield url
    asyncio.run(drop_database(url))


async def _found(url: str, folder: Path) -> None:
    async with open_test_house(url, folder):
        pass


@pytest.fixture
async def house(founded_folder: Path, tmp_path: Path) -> AsyncIterator[HouseUnderTest]:
    """The sample bureau on SQLite."""
    async with _open_copy(sqlite_url(founded_folder), founded_folder, tmp_path) as under_test:
        yield under_test


@pytest.fixture(params=["sqlite", "postgresql"])
def founded_url(request: pytest.FixtureRequest, founded_folder: Path) -> str:
    """Where the founded bureau of either kind is."""
    return (
        sqlite_url(founded_folder) if request.param == "sqlite" else str(request.getfixturevalue("founded_postgresql"))
    )


@pytest.fixture
async def either_house(founded_url: str, founded_folder: Path, tmp_path: Path) -> AsyncIterator[HouseUnderTest]:
    """The sample bureau on SQLite and on PostgreSQL."""
    async with _open_copy(founded_url, founded_folder, tmp_path) as under_test:
        yield under_test


@asynccontextmanager
async def _open_copy(url: str, folder: Path, tmp_path: Path) -> AsyncIterator[HouseUnderTest]:
    """A house on a copy of what was founded at `url`, under the key of `folder`."""
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    if url.startswith("sqlite"):
        async with open_test_house(sqlite_url(tmp_path), tmp_path) as under_test:
            yield under_test
        return
    copy = await copied_database(url)
    async with open_test_house(copy, tmp_path) as under_test:
        yield under_test
    await drop_database(copy)
