"""Each channel says in the house's terms why a message did not arrive."""

import random
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest
import pytest_asyncio
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer

from bot.channels import Moved, Refused, Temporary, Undelivered, Unreachable
from bot.channels.telegram import NoWay, TelegramBot, TokenRefused, ask_about, introduce
from bot.channels.webchat import WEB
from tests.support.botapi import BotApi
from tests.support.botapi_faults import Rates
from tests.support.house import HouseUnderTest

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHAT = 1


@pytest_asyncio.fixture(loop_scope="module")
async def api() -> AsyncIterator[BotApi]:
    async with BotApi() as server:
        server.person(CHAT, "阿丽娅").says("/start")
        yield server


@pytest.fixture
def telegram(api: BotApi, session: AiohttpSession) -> TelegramBot:
    session.api = TelegramAPIServer.from_base(api.url)
    return TelegramBot(api.token, session=session)


async def meaning(telegram: TelegramBot, chat_id: int = CHAT) -> tuple[type[Undelivered], object]:
    """What it meant that nothing arrived, and what was said about it."""
    with pytest.raises(Undelivered) as undelivered:
        await telegram.say(chat_id, "您好")
    assert undelivered.value.__cause__ is not None
    match undelivered.value:
        case Temporary(retry_after=about) | Moved(to=about) | Refused(why=about):
            return type(undelivered.value), about
    return type(undelivered.value), None


async def test_what_arrives_has_a_number(api: BotApi, telegram: TelegramBot) -> None:
    number = await telegram.say(CHAT, "您好")
    assert [(heard.message_id, heard.text) for heard in api.heard] == [(number, "您好")]


@pytest.mark.parametrize(
    ("goes_wrong", "means"),
    [
        (lambda api: api.fail_next("sendMessage", retry_after=7), (Temporary, timedelta(seconds=7))),
        (lambda api: api.fail_next("sendMessage", status=500), (Temporary, None)),
        (lambda api: api.cut_next("sendMessage", after_effect=False), (Temporary, None)),
        (lambda api: api.cut_next("sendMessage", after_effect=True), (Temporary, None)),
        (lambda api: api.fail_next("sendMessage", status=401, description="Unauthorized"), (Temporary, None)),
        (lambda api: api.person(CHAT, "阿丽娅").blocks(), (Unreachable, None)),
        (lambda api: api.person(CHAT, "阿丽娅").vanishes(), (Unreachable, None)),
        (
            lambda api: api.fail_next(
                "sendMessage", status=400, description="Bad Request: not enough rights to send text messages"
            ),
            (Unreachable, None),
        ),
        (lambda api: api.fail_next("sendMessage", migrate_to_chat_id=-1005), (Moved, -1005)),
        (
            lambda api: api.fail_next("sendMessage", status=400, description="Bad Request: message is too strange"),
            (Refused, "Bad Request: message is too strange"),
        ),
    ],
    ids=[
        "told to wait",
        "a fault of the server",
        "cut off before it arrived",
        "cut off after it arrived",
        "the token is refused",
        "blocked",
        "deleted",
        "may not write there",
        "a group was upgraded",
        "this one message",
    ],
)
async def test_telegram_says_what_its_errors_mean(
    api: BotApi, telegram: TelegramBot, goes_wrong: Callable[[BotApi], object], means: tuple[type[Undelivered], object]
) -> None:
    goes_wrong(api)
    assert await meaning(telegram) == means


async def test_a_machine_before_telegram_that_is_broken_means_that_it_may_arrive_later(
    api: BotApi, telegram: TelegramBot
) -> None:
    api.storm(random.Random(1), Rates(broken=1.0))  # noqa: S311  a test repeats what it did
    while api.met["502"] == 0:
        assert await meaning(telegram) == (Temporary, None)


async def test_a_text_that_telegram_refuses_is_refused_and_the_next_one_arrives(telegram: TelegramBot) -> None:
    with pytest.raises(Refused):
        await telegram.say(CHAT, "长" * 5000)
    assert await telegram.say(CHAT, "短")


async def test_a_token_that_is_refused_and_a_server_that_is_away_are_told_apart(
    api: BotApi, session: AiohttpSession, telegram: TelegramBot
) -> None:
    stranger = TelegramBot(f"4242:{'x' * 30}", session=session)
    for request in (introduce(stranger, None), ask_about(stranger)):
        with pytest.raises(TokenRefused):
            await request
    api.cut_next("getMe", after_effect=False)
    with pytest.raises(NoWay):
        await introduce(telegram, None)
    api.fail_next("getMe", retry_after=3)
    with pytest.raises(Temporary) as busy:
        await ask_about(telegram)
    assert busy.value.retry_after == timedelta(seconds=3)
    assert await introduce(telegram, None)


async def test_a_page_that_nobody_has_cannot_be_reached(house: HouseUnderTest) -> None:
    with pytest.raises(Unreachable):
        await house.deps.bots[WEB].say(99, "您好")
