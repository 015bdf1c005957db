"""Notices out: claim an address, render, send, record. The one place through which everything is said.

Permanent errors (blocked, no such chat) are understood and acted upon; passing ones (429, 5xx, cut connections) are
tried again with a growing, jittered pause. A message may repeat only when the process is killed between send and
record.
"""

import random
from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import structlog
from aiogram import Bot
from aiogram.exceptions import (
    TelegramAPIError,
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
)
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from bot.deps import Deps
from bot.wording import Speech, Telling, compose, words_of
from storage.outbox import Turn, Waiting, claim, count_attempt, give_back, outbox_topic, record
from storage.people import change_address

log = structlog.get_logger("delivery")

SENDERS = 4
LEASE = timedelta(seconds=30)
LONGEST_MESSAGE = 4096  # UTF-16 code units, Telegram's limit
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 300.0
MOST_ATTEMPTS = 8


class Delivery:
    """The senders of one channel in this process."""

    def __init__(self, deps: Deps, channel: str) -> None:
        self._deps = deps
        self._channel = channel
        self._bot: Bot = deps.bots[channel]

    def start(self) -> None:
        for number in range(SENDERS):
            holder = f"{self._deps.holder}:{number}"
            self._deps.nursery.keep(f"sender:{self._channel}:{number}", partial(self._send, holder))

    async def _send(self, holder: str) -> None:
        with self._deps.database.signals.listen(outbox_topic(self._channel)) as bell:
            while not self._deps.nursery.stopping.is_set():
                if not await self.deliver_next(holder):
                    await bell.wait()

    async def deliver_next(self, holder: str) -> bool:
        """Say what waits for the most urgent address; False where nothing waits."""
        async with self._deps.database.unit() as unit:
            turn = await claim(unit, self._channel, holder, LEASE)
        if turn is None:
            return False
        pause = timedelta(0)
        try:
            for notice in turn.notices:
                await self._deliver(turn, notice)
        except TelegramRetryAfter as error:
            pause = timedelta(seconds=error.retry_after)
            log.warning("told_to_wait", address=turn.address_id, seconds=error.retry_after)
        except (TelegramNetworkError, TelegramServerError) as error:
            pause = await self._back_off(turn, error)
        except (TelegramForbiddenError, TelegramMigrateToChat, TelegramBadRequest) as error:
            await self._understand(turn, error)
        finally:
            async with self._deps.database.unit() as unit:
                await give_back(unit, turn, wait=pause)
        return True

    async def _deliver(self, turn: Turn, notice: Waiting) -> None:
        try:
            speech = await self._render(turn, notice)
        except Exception:
            log.exception("rendering_failed", notice=notice.id, kind=notice.kind)
            await self._record(notice, "failed", None, None)
            return
        if speech is None:
            await self._record(notice, "moot", None, None)
            return
        message_id = None
        parts = list(split(speech.text))
        for number, part in enumerate(parts, start=1):
            markup = keyboard(speech) if number == len(parts) else None
            message = await self._bot.send_message(turn.chat_id, part, reply_markup=markup)
            message_id = message.message_id
        await self._record(notice, "sent", speech.text, message_id)

    async def _render(self, turn: Turn, notice: Waiting) -> Speech | None:
        async with self._deps.database.reader() as reader:
            telling = Telling(notice.payload, words_of(turn.language), reader, self._deps.rules)
            return await compose(notice.kind, telling)

    async def _record(self, notice: Waiting, outcome: str, said: str | None, message_id: int | None) -> None:
        async with self._deps.database.unit() as unit:
            await record(unit, notice.id, outcome, said=said, message_id=message_id)

    async def _back_off(self, turn: Turn, error: TelegramAPIError) -> timedelta:
        """A passing error: the address waits, longer each time, and never all addresses for the same time."""
        attempts = turn.notices[0].attempts
        async with self._deps.database.unit() as unit:
            await count_attempt(unit, turn.notices[0].id)
        seconds = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**attempts)
        log.warning("delivery_failed", address=turn.address_id, attempts=attempts + 1, error=type(error).__name__)
        return timedelta(seconds=seconds * random.uniform(0.5, 1.5))  # noqa: S311  jitter is no secret

    async def _understand(self, turn: Turn, error: TelegramAPIError) -> None:
        """A permanent error: what is owed to the address is kept, and delivered should it come back."""
        async with self._deps.database.unit() as unit:
            match error:
                case TelegramMigrateToChat(migrate_to_chat_id=chat_id):
                    chat_hash = unit.hasher("address", self._channel, self._bot.id, chat_id)
                    await change_address(unit, turn.address_id, chat_id=str(chat_id), chat_hash=chat_hash)
                case TelegramBadRequest() if "chat not found" not in error.message:
                    await record(unit, turn.notices[0].id, "failed", said=None, message_id=None)
                case _:
                    await change_address(unit, turn.address_id, blocked_at=unit.now)
        log.warning("cannot_be_reached", address=turn.address_id, error=type(error).__name__)


def keyboard(speech: Speech) -> InlineKeyboardMarkup | None:
    if not speech.buttons:
        return None
    rows = [
        [InlineKeyboardButton(text=one.text, callback_data=one.data, url=one.url) for one in row]
        for row in speech.buttons
    ]
    return InlineKeyboardMarkup(inline_keyboard=rows)


def split(text: str, longest: int = LONGEST_MESSAGE) -> Iterator[str]:
    """The text in parts of at most `longest` UTF-16 code units, broken at line ends where there are any."""
    while _length(text) > longest:
        head = text[:longest]
        while _length(head) > longest:
            head = head[:-1]
        cut = head.rfind("\n")
        head = head[:cut] if cut > 0 else head
        yield head
        text = text[len(head) :].lstrip("\n")
    if text:
        yield text


def _length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
