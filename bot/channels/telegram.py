"""Telegram, by long polling or by webhook. aiogram's own ways acknowledge updates before they are handled, so we poll
ourselves (fetch, store, and only then move the offset), and our webhook (in bot/web) stores before it answers.
Changing from one to the other drops nothing: what Telegram holds it gives through the other door.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import PRODUCTION, TelegramAPIServer
from aiogram.exceptions import (
    AiogramError,
    ClientDecodeError,
    TelegramAPIError,
    TelegramBadRequest,
    TelegramConflictError,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiogram.methods import TelegramMethod
from aiogram.types import BotCommand, BotCommandScopeAllPrivateChats, InlineKeyboardMarkup, User, WebhookInfo
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_exponential_jitter

from bot.channels import Channel, Moved, Refused, Temporary, Undelivered, Unreachable
from bot.channels.pace import Pace
from bot.runtime.leases import Lease
from bot.runtime.metrics import Metrics
from bot.runtime.nursery import Nursery
from bot.settings import Settings
from storage.batching import Batching
from storage.database import Database
from storage.inbox import Incoming, store
from storage.unit import Unit
from storage.vault import Hasher

log = structlog.get_logger("telegram")

TELEGRAM = "telegram"
POLLER, SENDER = "poller:telegram", "sender:telegram"  # names of leases
LARGEST = 2**63  # Telegram counts its updates in far smaller numbers
POLL_SECONDS = 25
POLL_AGAIN_SECONDS = 2.0
LEAST_SECONDS = 1.0  # from one request to the next: a server that has nothing is to hold its answer back, and may not
INTRODUCTION_SECONDS = 5
HOOK_PATH = "/telegram"
DELIVERIES_AT_ONCE = 40  # that Telegram may have open to us; those of one chat come one after the other
UPDATE_KINDS = ["message", "edited_message", "callback_query", "my_chat_member", "channel_post"]
OTHER = "other"

# Of the bad requests those that are about the chat; all others are about one message.
ABOUT_THE_CHAT = ("chat not found", "peer_id_invalid", "not enough rights", "have no rights")


class TelegramBot(Channel):
    """The bot of one token, at a Bot API server."""

    async def say(self, chat_id: int, text: str, keyboard: InlineKeyboardMarkup | None = None) -> int:
        try:
            return (await self.send_message(chat_id, text, reply_markup=keyboard)).message_id
        except AiogramError as error:
            raise meaning_of(error) from error


def meaning_of(error: AiogramError) -> Undelivered:
    """What it means that a message did not arrive. A token that is refused for now is no fault of the message."""
    match error:
        case TelegramRetryAfter(retry_after=seconds):
            return Temporary(timedelta(seconds=seconds))
        case TelegramMigrateToChat(migrate_to_chat_id=chat_id):
            return Moved(chat_id)
        case TelegramForbiddenError():
            return Unreachable()
        case TelegramBadRequest() if any(words in error.message.lower() for words in ABOUT_THE_CHAT):
            return Unreachable()
        case TelegramBadRequest():
            return Refused(error.message)
        case _:
            return Temporary()


class TokenRefused(Refused):
    """Telegram does not know the token."""


class NoWay(Temporary):
    """The server cannot be reached."""


class NoBotApi(Temporary):
    """What answers is no Bot API server, or is one with a fault."""


def meaning_for_the_bot(error: AiogramError) -> Temporary | Refused:
    """What it means that a request about the bot itself, not about a chat, has failed."""
    match error:
        case TelegramUnauthorizedError() | TelegramNotFound():
            return TokenRefused(error.message)
        case TelegramRetryAfter(retry_after=seconds):
            return Temporary(timedelta(seconds=seconds))
        case TelegramNetworkError():
            return NoWay()
        case ClientDecodeError():
            return NoBotApi()
        case TelegramAPIError() if not isinstance(error, TelegramServerError):
            return Refused(error.message)
        case _:
            return Temporary()


def make_telegram_bot(settings: Settings) -> TelegramBot | None:
    """The bot of the configured token, at the official or a self-hosted Bot API server; None without a token."""
    if settings.telegram_token is None:
        return None
    api = PRODUCTION if settings.telegram_api is None else TelegramAPIServer.from_base(settings.telegram_api)
    return TelegramBot(settings.telegram_token.get_secret_value(), session=AiohttpSession(api=api))


def telegram_pace() -> Pace:
    """What Telegram asks of bots: 30 messages a second, 1 a second in a chat, 20 a minute in a group."""
    return Pace(per_second=30, chat_rest=timedelta(seconds=1), group_rest=timedelta(minutes=1) / 20)


class RawUpdates(TelegramMethod[list[dict[str, Any]]]):
    """`getUpdates`, with the updates as they are. One that aiogram cannot read must not hold up those around it: it is
    stored like the others, and its trouble is its own.
    """

    __returning__ = list[dict[str, Any]]
    __api_method__ = "getUpdates"

    offset: int | None
    timeout: int
    allowed_updates: list[str]


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where Telegram is to deliver, and the word by which it is known that Telegram does."""

    url: str
    secret: str


def webhook_url(settings: Settings) -> str:
    """The address for Telegram to deliver to: that of the pages, with the number that the token begins with."""
    token = "" if settings.telegram_token is None else settings.telegram_token.get_secret_value()
    return f"{settings.page_url}{HOOK_PATH}/{token.partition(':')[0]}"


def webhook_of(settings: Settings, hasher: Hasher) -> Webhook | None:
    """The webhook that the settings ask for; None where we poll. Its secret is the same in all processes."""
    if not settings.telegram_webhook:
        return None
    url = webhook_url(settings)
    return Webhook(url, hasher("webhook", url))


async def introduce(bot: Bot, webhook: Webhook | None) -> str:
    """Put up the commands menu, open the door that we want and close the other, and return the bot's user name.

    Raises Temporary where Telegram cannot be reached or is busy, and Refused where it refuses the token or the webhook.
    """
    try:
        return await _introduce(bot, webhook)
    except AiogramError as error:
        raise meaning_for_the_bot(error) from error


async def _introduce(bot: Bot, webhook: Webhook | None) -> str:
    me = await bot.get_me(request_timeout=INTRODUCTION_SECONDS)
    if webhook is None:
        await bot.delete_webhook(request_timeout=INTRODUCTION_SECONDS)
    else:
        await bot.set_webhook(
            webhook.url,
            secret_token=webhook.secret,
            allowed_updates=UPDATE_KINDS,
            max_connections=DELIVERIES_AT_ONCE,
            request_timeout=INTRODUCTION_SECONDS,
        )
    await bot.set_my_commands(
        [
            BotCommand(command="start", description="开始"),
            BotCommand(command="cases", description="我的办件"),
            BotCommand(command="lookup", description="凭查询码查询办件"),
            BotCommand(command="language", description="中文 / English"),
        ],
        scope=BotCommandScopeAllPrivateChats(),
        request_timeout=INTRODUCTION_SECONDS,
    )
    return me.username or ""


async def ask_about(bot: Bot) -> tuple[User, WebhookInfo]:
    """What Telegram knows of our bot and of its webhook. Raises Temporary or Refused, as `introduce` does."""
    try:
        me = await bot.get_me(request_timeout=INTRODUCTION_SECONDS)
        return me, await bot.get_webhook_info(request_timeout=INTRODUCTION_SECONDS)
    except AiogramError as error:
        raise meaning_for_the_bot(error) from error


async def introduce_patiently(bot: Bot, webhook: Webhook | None) -> str:
    """The same, tried until Telegram answers."""
    retrying = AsyncRetrying(retry=retry_if_exception_type(Temporary), wait=_pause, reraise=True)
    return await retrying(introduce, bot, webhook)


def _pause(state: RetryCallState) -> float:
    """As long as Telegram says, else longer each time (seconds)."""
    match state.outcome.exception() if state.outcome is not None else None:
        case Temporary(retry_after=timedelta() as rest):
            return rest.total_seconds()
        case _:
            return wait_exponential_jitter(initial=1, max=60)(state)


class Poller:
    """Fetches updates for the whole installation: whoever holds the lease polls, all others wait."""

    def __init__(self, bot: Bot, database: Database, nursery: Nursery, lease: Lease, metrics: Metrics) -> None:
        self._bot = bot
        self._database = database
        self._nursery = nursery
        self._lease = lease
        self._metrics = metrics

    async def run(self) -> None:
        """Until the house closes: then waiting ends at once, and storing is let finish."""
        offset: int | None = None
        while not self._nursery.stopping.is_set():
            if not self._lease.held:
                offset = None  # whoever polled meanwhile has gone further
                await self._lease.wait()
                continue
            offset = await self._poll(offset)

    async def _poll(self, offset: int | None) -> int | None:
        """One fetch; returns the next offset, which is what tells Telegram that these have arrived."""
        loop = asyncio.get_running_loop()
        asked_at = loop.time()
        request = RawUpdates(offset=offset, timeout=POLL_SECONDS, allowed_updates=UPDATE_KINDS)
        try:
            updates = await self._nursery.unless_stopping(self._bot(request, request_timeout=POLL_SECONDS + 10))
        except AiogramError as error:
            self._metrics.poll_failed()
            await self._nursery.unless_stopping(asyncio.sleep(_told(error)))
            return offset
        arrived = updates or []
        numbered = [update for update in arrived if is_numbered(update)]
        if len(numbered) < len(arrived):
            log.warning("updates_without_a_number", count=len(arrived) - len(numbered))
        if numbered:
            async with self._database.unit() as unit:
                stored = await store(unit, *(incoming(self._bot.id, update, unit.now) for update in numbered))
            self._metrics.stored(TELEGRAM, len(stored) - stored.count(None))
            return max(int(update["update_id"]) for update in numbered) + 1
        rest = LEAST_SECONDS - (loop.time() - asked_at)
        if rest > 0:
            await self._nursery.unless_stopping(asyncio.sleep(rest))
        return offset


def _told(error: AiogramError) -> float:
    """Tell the log why nothing was fetched; returns after how many seconds to try again."""
    match error:
        case TelegramConflictError() if "webhook" in error.message:
            log.warning("webhook_is_set", advice="Telegram 正在把消息推送到一个网址，请把用同一个令牌的进程设成一样")
        case TelegramConflictError():
            log.warning("another_poller", advice="另有程序在用同一个令牌收取消息，请只保留一个")
        case TelegramUnauthorizedError():
            log.error("token_refused", advice="Telegram 不认这个令牌，请核对 SHUIQIAO_TELEGRAM_TOKEN")
            return POLL_SECONDS
        case TelegramRetryAfter(retry_after=seconds):
            log.warning("told_to_wait", seconds=seconds)
            return seconds
        case _:
            log.warning("poll_failed", error=type(error).__name__)
    return POLL_AGAIN_SECONDS


class Arrivals:
    """Updates that Telegram brings to our door: each is stored before Telegram is told that it has arrived."""

    def __init__(self, database: Database, bot_id: int) -> None:
        self._bot_id = bot_id
        self._gathering = Batching(database, self._store)

    async def keep(self, update: Mapping[str, Any]) -> bool:
        """Store an update; False where it has been delivered before."""
        return await self._gathering.add(update) is not None

    async def _store(self, unit: Unit, updates: Sequence[Mapping[str, Any]]) -> Sequence[int | None]:
        return await store(unit, *(incoming(self._bot_id, update, unit.now) for update in updates))


def is_numbered(raw: Mapping[str, Any]) -> bool:
    """Whether an update has what tells it from all others; without it, it cannot be kept once and once only."""
    number = raw.get("update_id")
    return isinstance(number, int) and 0 <= number < LARGEST


def kind_of(raw: Mapping[str, Any]) -> str:
    """The kind of a raw update, one of those that we ask for; "other" where it is none of them. Some gateways write
    what is not there as null.
    """
    return next((kind for kind in UPDATE_KINDS if raw.get(kind) is not None), OTHER)


def incoming(bot_id: int, raw: Mapping[str, Any], now: datetime) -> Incoming:
    """A raw Telegram update as the inbox keeps it, however odd it is: what cannot be read is set aside later."""
    event = _part(raw, kind_of(raw))
    message = _part(event, "message") or event
    chat_id, person_id = _part(message, "chat").get("id"), _part(event, "from").get("id")
    album = event.get("media_group_id")
    return Incoming(
        channel=TELEGRAM,
        external_id=f"{bot_id}:{raw['update_id']}",
        lane=(TELEGRAM, bot_id, _number(chat_id), _number(person_id)),
        received_at=_instant(event.get("date"), now),
        body=raw,
        album=None if album is None else str(album),
    )


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _part(whole: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = whole.get(name)
    return part if isinstance(part, Mapping) else {}


def _instant(stamp: object, now: datetime) -> datetime:
    """The channel's own timestamp; a press of a button carries none, and one that is no date of this world counts as
    none.
    """
    if isinstance(stamp, int) and 0 < stamp <= now.timestamp():
        return datetime.fromtimestamp(stamp, UTC)
    return now
