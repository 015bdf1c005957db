"""Fetching: what is odd does not stop it, and a server that answers at once is not asked without end."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from aiogram.client.session.base import BaseSession
from aiogram.methods import TelegramMethod
from sqlalchemy import func, select

from bot.channels.telegram import Poller, TelegramBot
from bot.runtime.leases import Lease
from storage.tables import updates
from tests.flows.cast import letter
from tests.support.house import HouseUnderTest

TOKEN = f"4242:{'t' * 30}"


class Server(BaseSession):
    """A Bot API server that answers `getUpdates` at once: with this batch, and then with nothing."""

    def __init__(self, batch: list[dict[str, Any]]) -> None:
        super().__init__()
        self.batch = batch
        self.offsets: list[int | None] = []

    async def make_request(self, bot: object, method: TelegramMethod[Any], timeout: int | None = None) -> Any:  # noqa: ARG002, ASYNC109  aiogram's signature
        self.offsets.append(method.model_dump()["offset"])
        given, self.batch = self.batch, []
        return given

    async def close(self) -> None:
        """Nothing to close."""

    async def stream_content(self, *_: Any, **__: Any) -> AsyncGenerator[bytes, None]:
        yield b""


async def poll(house: HouseUnderTest, server: Server, *, seconds: float) -> float:
    """Poll for a while; returns how long it was."""
    deps = house.deps
    lease = Lease(deps.database, deps.nursery, "poller:test", deps.holder, timedelta(seconds=30))
    poller = Poller(TelegramBot(TOKEN, session=server), deps.database, deps.nursery, lease, deps.metrics)
    loop = asyncio.get_running_loop()
    began = loop.time()
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await asyncio.gather(lease.keep(), poller.run())
    return loop.time() - began


async def test_a_server_that_answers_at_once_is_asked_once_a_second(house: HouseUnderTest) -> None:
    server = Server([])
    lasted = await poll(house, server, seconds=2.5)
    assert 1 <= len(server.offsets) <= lasted + 1


async def test_what_is_null_is_not_there_and_the_offset_moves(house: HouseUnderTest) -> None:
    person = house.telegram_person(905)
    odd = {"update_id": 7, "message": None, "edited_message": None}
    good = {**letter(person, "你好"), "callback_query": None, "update_id": 8}
    worse = {"update_id": 9, "message": {"chat": None, "from": ["无"], "date": "昨天"}}
    server = Server([odd, good, worse])
    await poll(house, server, seconds=1.5)
    assert server.offsets[-1] == 10
    async with house.database.reader() as reader:
        assert await reader.value(select(func.count()).select_from(updates)) >= 3
    await house.settle()
    assert "您好！" in person.heard()[-1].text


@pytest.mark.parametrize(
    "odd", [{}, {"update_id": None}, {"update_id": 2**70}, {"update_id": 7, "message": {"date": 10**18}}]
)
async def test_an_update_that_makes_no_sense_keeps_no_other(house: HouseUnderTest, odd: dict[str, Any]) -> None:
    person = house.telegram_person(905)
    server = Server([odd, {**letter(person, "你好"), "update_id": 8}, odd])
    await poll(house, server, seconds=1.5)
    assert server.offsets[-1] == 9
    await house.settle()
    assert "您好！" in person.heard()[-1].text
