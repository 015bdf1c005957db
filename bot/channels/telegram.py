"""Telegram by long polling. aiogram's own polling acknowledges updates before they are handled, so we poll ourselves:
fetch, store, and only then move the offset.
"""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import PRODUCTION, TelegramAPIServer
from aiogram.exceptions import TelegramAPIError, TelegramConflictError, TelegramNetworkError, TelegramUnauthorizedError
from aiogram.methods import GetUpdates
from aiogram.types import BotCommand, BotCommandScopeAllPrivateChats, Update
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from bot.settings import Settings
from storage.database import Database
from storage.house import release_lease, take_lease
from storage.inbox import Incoming, store
from storage.unit import Unit

log = structlog.get_logger("telegram")

TELEGRAM = "telegram"
POLLER = "poller:telegram"
POLL_SECONDS = 25
LEASE = timedelta(seconds=60)
WAIT_FOR_LEASE_SECONDS = 2.0
UPDATE_KINDS = ["message", "edited_message", "callback_query", "my_chat_member", "channel_post"]


def make_telegram_bot(settings: Settings) -> Bot | None:
    """The bot of the configured token, at the official or a self-hosted Bot API server; None without a token."""
    if settings.telegram_token is None:
        return None
    api = PRODUCTION if settings.telegram_api is None else TelegramAPIServer.from_base(settings.telegram_api)
    return Bot(settings.telegram_token.get_secret_value(), session=AiohttpSession(api=api))


async def introduce(bot: Bot) -> str:
    """Put up the commands menu and give back the bot's user name.

    Network trouble is tried again a few times and then raised (TelegramNetworkError); a token that Telegram does not
    know raises TelegramUnauthorizedError at once.
    """
    retrying = AsyncRetrying(
        retry=retry_if_exception_type(TelegramNetworkError),
        stop=stop_after_attempt(3),
        wait=wait_exponential_jitter(multiplier=0.5, max=5),
        reraise=True,
    )
    async for attempt in retrying:
        with attempt:
            me = await bot.get_me()
            await bot.set_my_commands(
                [
                    BotCommand(command="start", description="开始"),
                    BotCommand(command="cases", description="我的办件"),
                    BotCommand(command="lookup", description="凭查询码查询办件"),
                    BotCommand(command="language", description="中文 / English"),
                ],
                scope=BotCommandScopeAllPrivateChats(),
            )
    return me.username or ""


class Poller:
    """Fetches updates for the whole installation: whoever holds the named lease polls, all others wait."""

    def __init__(self, bot: Bot, database: Database, holder: str) -> None:
        self._bot = bot
        self._database = database
        self._holder = holder

    async def run(self) -> None:
        """Until cancelled."""
        offset: int | None = None
        try:
            while True:
                if not await self._lease():
                    offset = None
                    await asyncio.sleep(WAIT_FOR_LEASE_SECONDS)
                    continue
                offset = await self._poll(offset)
        finally:
            async with self._database.unit() as unit:
                await release_lease(unit, POLLER, self._holder)

    async def _lease(self) -> bool:
        async with self._database.unit() as unit:
            return await take_lease(unit, POLLER, self._holder, LEASE)

    async def _poll(self, offset: int | None) -> int | None:
        """One fetch; gives back the next offset, which is what tells Telegram that these have arrived."""
        request = GetUpdates(offset=offset, timeout=POLL_SECONDS, allowed_updates=UPDATE_KINDS)
        try:
            updates: list[Update] = await self._bot(request, request_timeout=POLL_SECONDS + 10)
        except TelegramConflictError:
            log.warning("another_poller", advice="另有程序在用同一个令牌收取消息，请只保留一个")
            await asyncio.sleep(WAIT_FOR_LEASE_SECONDS)
            return offset
        except TelegramUnauthorizedError:
            log.error("token_refused", advice="Telegram 不认这个令牌，请核对 SHUIQIAO_TELEGRAM_TOKEN")
            await asyncio.sleep(POLL_SECONDS)
            return offset
        except TelegramAPIError as error:
            log.warning("poll_failed", error=type(error).__name__)
            await asyncio.sleep(WAIT_FOR_LEASE_SECONDS)
            return offset
        if updates:
            async with self._database.unit() as unit:
                await keep(unit, self._bot.id, updates)
            offset = updates[-1].update_id + 1
        return offset


async def keep(unit: Unit, bot_id: int, updates: Iterable[Update]) -> None:
    """Store what was fetched, before Telegram is told that it has arrived."""
    for update in updates:
        await store(unit, incoming(bot_id, update.model_dump(mode="json", by_alias=True, exclude_none=True), unit.now))


def incoming(bot_id: int, raw: Mapping[str, Any], now: datetime) -> Incoming:
    """A raw Telegram update as the inbox keeps it."""
    event: Mapping[str, Any] = next((raw[kind] for kind in UPDATE_KINDS if kind in raw), {})
    message = event.get("message", event)
    chat_id = message.get("chat", {}).get("id", 0)
    person_id = event.get("from", {}).get("id", 0)
    stamp = event.get("date")
    return Incoming(
        channel=TELEGRAM,
        external_id=f"{bot_id}:{raw['update_id']}",
        lane=(TELEGRAM, bot_id, chat_id, person_id),
        received_at=_instant(stamp, now),
        body=raw,
        album=event.get("media_group_id"),
    )


def _instant(stamp: object, now: datetime) -> datetime:
    """The channel's own timestamp; a press of a button carries none."""
    match stamp:
        case int():
            return datetime.fromtimestamp(stamp, UTC)
        case str():
            return datetime.fromisoformat(stamp)
        case _:
            return now
