"""The small Telegram fails as the real one does: late, by chance, and where a bot is faster than it may be."""

import asyncio
import random
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiogram import Bot
from aiogram.exceptions import (
    AiogramError,
    ClientDecodeError,
    TelegramBadRequest,
    TelegramConflictError,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
)

from tests.support.botapi import BotApi
from tests.support.botapi_faults import Rates
from tests.support.botapi_limits import Limits

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def api() -> AsyncIterator[BotApi]:
    """Its limits count a minute longer than Telegram's, so that no machine is too slow to exceed them."""
    async with BotApi(limits=Limits(jitter=-60.0)) as server:
        yield server


def chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 — a test repeats what it did


@pytest.mark.parametrize("after_effect", [False, True])
async def test_an_answer_that_is_late_reaches_nobody_who_has_gone(api: BotApi, bot: Bot, *, after_effect: bool) -> None:
    api.person(1, "阿丽娅").says("/start")
    api.slow_next("sendMessage", 0.5, after_effect=after_effect)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await bot.send_message(1, "您好")
    assert len(api.heard) == after_effect
    assert await api.comes_true(lambda: bool(api.heard) and not api.heard[0].answered)


async def test_an_answer_that_was_lost_is_known(api: BotApi, bot: Bot) -> None:
    for user_id in (1, 2, 3):
        api.person(user_id, "某人").says("/start")
    api.cut_next("sendMessage", after_effect=True)
    api.fail_next("sendMessage", status=500, after_effect=True)
    with pytest.raises(TelegramNetworkError):
        await bot.send_message(1, "一")
    with pytest.raises(TelegramServerError):
        await bot.send_message(2, "二")
    await bot.send_message(3, "三")
    assert [message.answered for message in api.heard] == [False, False, True]


@pytest.mark.parametrize(
    ("rates", "error", "met"),
    [
        (Rates(told_to_wait=1.0), TelegramRetryAfter, "429"),
        (Rates(broken=1.0), (TelegramServerError, ClientDecodeError), "50"),
        (Rates(cut_before=1.0), TelegramNetworkError, "cut before the effect"),
        (Rates(cut_after=1.0), TelegramNetworkError, "cut after the effect"),
        (Rates(second_poller=1.0), TelegramConflictError, "409"),
    ],
)
async def test_a_storm_meets_polls_with_every_kind_of_fault_until_it_is_over(
    api: BotApi, bot: Bot, rates: Rates, error: type[AiogramError], met: str
) -> None:
    api.storm(chance(1), rates)
    with pytest.raises(error):
        await bot.get_updates()
    assert [name[: len(met)] for name in api.met] == [met]
    api.calm()
    assert await bot.get_updates() == []


async def test_the_same_storm_does_the_same(api: BotApi, bot: Bot) -> None:
    seen = []
    for _ in range(2):
        api.storm(chance(7), Rates(told_to_wait=0.3, broken=0.2, second_poller=0.9))
        outcomes = list[type[AiogramError] | None]()
        for _ in range(20):
            try:
                await bot.get_me()
            except AiogramError as error:
                outcomes.append(type(error))
            else:
                outcomes.append(None)
        seen.append(outcomes)
    assert seen[0] == seen[1]
    assert None in seen[0]
    assert TelegramConflictError not in seen[0]  # only who polls has rivals


async def test_a_chat_takes_one_message_a_second_and_all_together_thirty(api: BotApi, bot: Bot) -> None:
    for user_id in range(1, 33):
        api.person(user_id, "某人").says("/start")
    await bot.send_message(1, "一")
    with pytest.raises(TelegramRetryAfter) as told:
        await bot.send_message(1, "二")
    assert (0 < told.value.retry_after <= 61, api.over_limit) == (True, 1)
    for user_id in range(2, 31):
        await bot.send_message(user_id, "好")
    with pytest.raises(TelegramRetryAfter):
        await bot.send_message(31, "好")
    assert (len(api.heard), api.over_limit) == (30, 2)


async def test_the_windows_of_the_limits_slide() -> None:
    limits = Limits()
    assert [limits.take(1, now) for now in (0.0, 0.9, 1.0, 1.99, 2.0)] == [0, 1, 0, 1, 0]
    assert [limits.take(-1, float(second)) for second in range(100, 122)] == [0] * 20 + [40, 39]
    assert limits.take(-1, 160.0) == 0
    assert {limits.take(chat_id, 200.0 + chat_id / 100) for chat_id in range(10, 40)} == {0}
    assert limits.take(40, 200.5) == 1
    assert limits.take(40, 201.1) == 0


async def test_a_chat_that_is_gone_comes_back_when_somebody_writes(api: BotApi, bot: Bot) -> None:
    aliya = api.person(1, "阿丽娅")
    aliya.says("/start")
    aliya.vanishes()
    with pytest.raises(TelegramBadRequest, match="chat not found"):
        await bot.send_message(1, "您好")
    aliya.says("我回来了")
    assert (await bot.send_message(1, "您好")).text == "您好"


async def test_a_blocked_bot_and_a_limit_do_not_add_up(api: BotApi, bot: Bot) -> None:
    aliya = api.person(1, "阿丽娅")
    aliya.says("/start")
    aliya.blocks()
    for _ in range(3):
        with pytest.raises(TelegramForbiddenError):
            await bot.send_message(1, "您好")
    assert api.over_limit == 0


async def test_a_group_that_is_upgraded_tells_both_chats_and_whoever_writes_to_the_old_one(
    api: BotApi, bot: Bot
) -> None:
    member = api.person(1, "阿丽娅").in_group(-5)
    upgraded = member.upgrades(-1005)
    with pytest.raises(TelegramMigrateToChat) as moved:
        await bot.send_message(-5, "大家好")
    assert moved.value.migrate_to_chat_id == -1005
    await bot.send_message(-1005, "大家好")
    assert (await upgraded.hears("大家好")).chat_id == -1005
    told = [update.message for update in await bot.get_updates() if update.message]
    assert [(one.chat.id, one.migrate_to_chat_id, one.migrate_from_chat_id) for one in told] == [
        (-5, -1005, None),
        (-1005, None, -5),
    ]
