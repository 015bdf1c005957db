"""The small Telegram delivers to a webhook as the real one does."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
import pytest_asyncio
from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest, TelegramConflictError
from aiohttp import web

from testbed.processes import comes_true
from tests.support.botapi import BotApi
from tests.support.botapi_faults import Rates
from tests.support.botapi_rules import Json
from tests.support.botapi_webhook import SECRET_HEADER

pytestmark = pytest.mark.asyncio(loop_scope="module")


SECRET = "a-word_between_us"


@dataclass
class Door:
    """What a bot has at its webhook; answers with the next of `statuses`, else 200, and only while `open` is set."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    delivered: list[Json] = field(default_factory=list)
    secrets: list[str | None] = field(default_factory=list)
    open: asyncio.Event = field(default_factory=asyncio.Event)
    inside: int = 0
    most_inside: int = 0

    async def take(self, request: web.Request) -> web.Response:
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        self.delivered.append(await request.json())
        self.secrets.append(request.headers.get(SECRET_HEADER))
        try:
            await self.open.wait()
        finally:
            self.inside -= 1
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)

    @property
    def texts(self) -> list[str]:
        return [update["message"]["text"] for update in self.delivered]


@pytest_asyncio.fixture(loop_scope="module")
async def door() -> AsyncIterator[Door]:
    door = Door()
    door.open.set()
    app = web.Application()
    app.router.add_post("/hook", door.take)
    runner = web.AppRunner(app, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    door.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield door
    door.open.set()
    await runner.cleanup()


@pytest_asyncio.fixture(loop_scope="module")
async def api() -> AsyncIterator[BotApi]:
    async with BotApi() as server:
        yield server


async def test_what_waits_is_delivered_with_the_secret_and_then_confirmed(api: BotApi, bot: Bot, door: Door) -> None:
    aliya = api.person(1, "阿丽娅")
    aliya.says("一")
    assert await bot.set_webhook(door.url, secret_token=SECRET, allowed_updates=["message"], max_connections=3)
    aliya.edits(aliya.says("二"), "改过的二")
    assert await api.comes_true(lambda: not api.unconfirmed)
    assert door.texts == ["一", "二"]
    assert set(door.secrets) == {SECRET}
    info = await bot.get_webhook_info()
    assert (info.url, info.pending_update_count, info.max_connections) == (door.url, 0, 3)
    assert (info.last_error_message, info.allowed_updates) == (None, ["message"])


async def test_one_chat_is_delivered_in_order_though_the_bot_fails(api: BotApi, bot: Bot, door: Door) -> None:
    door.statuses = [500, 503, 200, 302, 404]
    await bot.set_webhook(door.url)
    for text in ("一", "二", "三"):
        api.person(1, "阿丽娅").says(text)
    assert await api.comes_true(lambda: not api.unconfirmed)
    assert door.texts == ["一", "一", "一", "二", "二", "二", "三"]
    info = await bot.get_webhook_info()
    assert info.last_error_message == "Wrong response from the webhook: 404 Not Found"
    assert info.last_error_date is not None


async def test_one_chat_that_fails_holds_up_no_other(api: BotApi, bot: Bot, door: Door) -> None:
    await bot.set_webhook(door.url)
    door.open.clear()
    api.person(1, "阿丽娅").says("一")
    await comes_true("the door was come to", lambda: door.texts == ["一"])
    api.person(2, "王").says("二")
    await comes_true("the door was come to", lambda: door.texts == ["一", "二"])
    assert len(api.unconfirmed) == 2
    door.open.set()
    assert await api.comes_true(lambda: not api.unconfirmed)


async def test_no_more_are_delivered_at_once_than_the_bot_asked_for(api: BotApi, bot: Bot, door: Door) -> None:
    await bot.set_webhook(door.url, max_connections=2)
    door.open.clear()
    for number in range(1, 6):
        api.person(number, "某人").says("你好")
    await comes_true("the door was come to", lambda: door.inside == 2)
    door.open.set()
    assert await api.comes_true(lambda: not api.unconfirmed)
    assert (len(door.delivered), door.most_inside) == (5, 2)


async def test_a_bot_that_is_down_gets_everything_when_it_comes_back(api: BotApi, bot: Bot, door: Door) -> None:
    await bot.set_webhook(door.url.replace("/hook", "/nothing"))
    api.person(1, "阿丽娅").says("在吗")
    assert await api.comes_true(lambda: "404" in api.webhook.info().get("last_error_message", ""))
    await bot.set_webhook("http://127.0.0.1:1/hook")
    assert await api.comes_true(lambda: api.webhook.info().get("last_error_message") == "Connection refused")
    assert (await bot.get_webhook_info()).pending_update_count == 1
    await bot.set_webhook(door.url)
    assert await api.comes_true(lambda: not api.unconfirmed)
    assert door.texts == ["在吗"]


async def test_a_delivery_whose_connection_is_cut_comes_again(api: BotApi, bot: Bot, door: Door) -> None:
    await bot.set_webhook(door.url)
    door.open.clear()
    api.storm(random.Random(1), Rates(delivery_cut=1.0))  # noqa: S311 — a test repeats what it did
    api.person(1, "阿丽娅").says("在吗")
    await comes_true("it was delivered in vain", lambda: len(door.delivered) > 1)
    api.calm()
    door.open.set()
    assert await api.comes_true(lambda: not api.unconfirmed)
    assert all(one == other for one, other in pairwise(door.delivered))


async def test_who_polls_while_a_webhook_is_set_is_told_so(api: BotApi, bot: Bot, door: Door) -> None:
    async with asyncio.TaskGroup() as group:
        poll = group.create_task(_conflict(bot))
        assert await api.comes_true(lambda: len(api.calls) == 1)
        await bot.set_webhook(door.url)
    assert "terminated by setWebhook request" in poll.result()
    assert "can't use getUpdates method while webhook is active" in await _conflict(bot)


async def _conflict(bot: Bot) -> str:
    with pytest.raises(TelegramConflictError) as caught:
        await bot.get_updates(timeout=20)
    return str(caught.value)


async def test_changing_doors_loses_nothing_unless_it_is_asked_for(api: BotApi, bot: Bot, door: Door) -> None:
    await bot.set_webhook(door.url)
    door.open.clear()
    aliya = api.person(1, "阿丽娅")
    aliya.says("一")
    await comes_true("the door was come to", lambda: door.texts == ["一"])
    await bot.delete_webhook()
    assert (await bot.get_webhook_info()).url == ""
    aliya.says("二")
    assert [update.message.text for update in await bot.get_updates() if update.message] == ["一", "二"]
    door.open.set()
    await bot.set_webhook(door.url)
    assert await api.comes_true(lambda: not api.unconfirmed)
    assert door.texts == ["一", "一", "二"]
    await bot.delete_webhook()
    aliya.says("三")
    assert await bot.set_webhook(door.url, drop_pending_updates=True)
    assert (api.unconfirmed, door.texts) == ([], ["一", "一", "二"])
    await bot.set_webhook("")
    assert await bot.get_updates() == []


@pytest.mark.parametrize(
    ("url", "secret"), [("ftp://a.example/", "s"), ("http://a.example/", "空 格"), ("nowhere", "s")]
)
async def test_what_telegram_cannot_deliver_to_is_refused(bot: Bot, url: str, secret: str) -> None:
    with pytest.raises(TelegramBadRequest):
        await bot.set_webhook(url, secret_token=secret)
