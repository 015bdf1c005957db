"""Who is asked: the house, a bot that only echoes, and a bot written plainly with an ORM. None does more than it must.

Each is opened with a bot whose Telegram answers at once, and gives back what takes an update in.
"""

import gc
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiogram import Bot, Dispatcher, F
from aiogram.types import Message, Update
from sqlalchemy import func, select

from bench.crowd import TakeIn
from bench.telegram import BOT_ID, TOKEN, AtOnce
from bot.app import GRACE_SECONDS, House, open_house
from bot.channels import Channel
from bot.channels.telegram import TELEGRAM, Arrivals, TelegramBot
from bot.channels.webchat import WEB, make_web_bot
from bot.delivery import Delivery
from bot.intake import Intake
from bot.runtime import startup
from bot.runtime.logs import set_up_logs
from bot.settings import Settings, read_settings
from intents import Interpreter
from storage.database import Database
from storage.signals import relay
from storage.tables import notices, updates


def ordinary_garbage_collection() -> None:
    """As it is in a process that has just begun, whoever was measured before."""
    gc.enable()
    gc.unfreeze()
    gc.collect()


def settings_of(database_url: str, folder: Path, **overrides: Any) -> Settings:
    return read_settings({}, database_url=database_url, key_file=folder / "key", log_level="ERROR", **overrides)


@asynccontextmanager
async def the_house(settings: Settings, telegram: AtOnce, interpreter: Interpreter) -> AsyncIterator[House]:
    """Open, with everything running in it; on leaving, everything that was asked must have been answered, once."""

    def bots(database: Database) -> dict[str, Channel]:
        return {WEB: make_web_bot(database), TELEGRAM: TelegramBot(TOKEN, session=telegram)}

    set_up_logs(settings)
    ordinary_garbage_collection()
    async with open_house(settings, say=lambda _: None, interpreter=interpreter, make_bots=bots) as house:
        async with _working(house):
            yield house
        await _check(house)


@asynccontextmanager
async def _working(house: House) -> AsyncIterator[None]:
    """As `run_house` lets it work, but at no channel's pace: what Telegram allows a second is not the house's speed."""
    deps = house.deps
    if not deps.database.is_sqlite:
        deps.nursery.keep("signals", lambda: relay(deps.database.url, deps.database.signals), interruptible=True)
    Intake(deps, house.dispatcher).start()
    for channel in deps.bots:
        Delivery(deps, channel).start()
    startup.opened()
    try:
        yield
    finally:
        await deps.nursery.close(GRACE_SECONDS)


@asynccontextmanager
async def ours(settings: Settings, telegram: AtOnce, interpreter: Interpreter) -> AsyncIterator[TakeIn]:
    async with the_house(settings, telegram, interpreter) as house:
        arrivals = Arrivals(house.deps.database, BOT_ID)

        async def take_in(update: Mapping[str, Any]) -> None:
            await arrivals.keep(update)

        yield take_in


async def _check(house: House) -> None:
    """A bench that counts what was not done would be quick indeed."""
    async with house.deps.database.reader() as reader:
        telegram = updates.c.channel == TELEGRAM
        stored = await reader.value(select(func.count()).select_from(updates).where(telegram))
        answered = await reader.value(
            select(func.count())
            .select_from(notices)
            .where(notices.c.channel == TELEGRAM, notices.c.kind == "faq.answer", notices.c.outcome == "sent")
        )
    if stored != answered:
        raise RuntimeError(f"{stored} questions were stored, {answered} answered")


@asynccontextmanager
async def echo(telegram: AtOnce) -> AsyncIterator[TakeIn]:
    dispatcher, bot = make_echo(telegram)

    async def take_in(update: Mapping[str, Any]) -> None:
        await dispatcher.feed_update(bot, Update.model_validate(update, context={"bot": bot}))

    ordinary_garbage_collection()
    yield take_in


def make_echo(telegram: AtOnce) -> tuple[Dispatcher, Bot]:
    """aiogram alone: no database, no understanding, what is said comes back."""
    dispatcher = Dispatcher()

    @dispatcher.message(F.text)
    async def say_it_again(message: Message) -> None:
        await message.answer(message.text or "")

    return dispatcher, Bot(TOKEN, session=telegram)


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  the plain bot's own clock
