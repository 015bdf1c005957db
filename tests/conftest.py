"""Fixtures for every room: both databases, and an open house on each."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from pytest_socket import socket_allow_hosts

from tests.botapi import BotApi
from tests.house import HouseUnderTest, open_test_house, sqlite_url
from tests.postgres import drop_database, fresh_database, postgres_server


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


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[HouseUnderTest]:
    """The sample bureau on SQLite."""
    async with open_test_house(sqlite_url(tmp_path), tmp_path) as under_test:
        yield under_test


@pytest.fixture
async def either_house(database_url: str, tmp_path: Path) -> AsyncIterator[HouseUnderTest]:
    """The sample bureau on SQLite and on PostgreSQL."""
    async with open_test_house(database_url, tmp_path) as under_test:
        yield under_test
