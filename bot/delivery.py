"""Notices out: claim an address, render, send, record. The one place through which everything is said.

A channel says what its errors mean (bot/channels), and that is acted upon: who cannot be reached is owed, who moved is
followed, what is refused is given up, and what may arrive later is tried again, when the channel says so or after a
growing, jittered pause. A message may repeat only when the process is killed between send and record, or when the
connection is cut before the channel's answer has come back.

Where a channel has a pace, we keep within it by ourselves: its messages follow one another through one limiter, and an
address that was written to stands back for a while, so that whoever is told much at once delays nobody else.
"""

import asyncio
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import structlog
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from bot.channels import Channel, Moved, Refused, Temporary, Undelivered, Unreachable
from bot.channels.pace import Pace
from bot.deps import Deps
from bot.runtime.leases import Lease
from bot.wording import compose
from bot.wording.speech import Speech, Telling, words_of
from storage.batching import Batching
from storage.database import is_trouble_of_the_database
from storage.outbox import (
    Ended,
    Returned,
    Turn,
    Waiting,
    claim,
    count_attempt,
    follow,
    give_back,
    outbox_topic,
    pause_channel,
    record,
)
from storage.people import change_address
from storage.unit import Unit

log = structlog.get_logger("delivery")

SENDERS = 4
ADDRESSES_AT_ONCE = 64  # to which a sender writes side by side, where the channel has no pace
MOST_IN_A_TURN = 10
LONGEST_MESSAGE = 4096  # UTF-16 code units, Telegram's limit
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 300.0
# Of the lease of an address: in its first part new notices are begun; what was begun is cut off before it ends, so that
# nobody else writes to the address meanwhile.
BEGIN_WITHIN, CUT_OFF_AT = 0.5, 0.9
# Two addresses that are told to wait within this time mean that the whole channel is.
SAME_MOMENT_SECONDS = 1.0


@dataclass(slots=True)
class Saying:
    """A notice on its way out: the parts of its text, and how many of them have been said."""

    speech: Speech
    parts: tuple[str, ...]
    said: int = 0
    message_id: int | None = None


class Delivery:
    """The senders of one channel in this process; where a lease is given, they send only while it is ours, and so all
    processes together keep the one pace.
    """

    def __init__(self, deps: Deps, channel: str, *, lease: Lease | None = None, pace: Pace | None = None) -> None:
        self._deps = deps
        self._channel = channel
        self._bot: Channel = deps.bots[channel]
        self._sole = lease
        self._pace = pace
        self._most_at_once, self._most_in_a_turn = (ADDRESSES_AT_ONCE, MOST_IN_A_TURN) if pace is None else (1, 1)
        self._account = Batching(deps.database, self._write_account)
        self._writing_to: set[int] = set()
        self._lease = timedelta(seconds=deps.settings.lease_seconds)
        # What was said at least in part and is not recorded yet: what was said of it is not said again.
        self._unrecorded: dict[int, Saying] = {}
        self._told_to_wait: tuple[int, float] | None = None
        self._silent_until = 0.0  # on the event loop's clock

    def start(self) -> None:
        for number in range(SENDERS):
            holder = f"{self._deps.holder}:{number}"
            self._deps.nursery.keep(f"sender:{self._channel}:{number}", partial(self._send, holder))

    async def _send(self, holder: str) -> None:
        bell = self._deps.database.signals.pool(outbox_topic(self._channel))
        while not self._deps.nursery.stopping.is_set():
            if self._sole is None or self._sole.held:
                await self.deliver_next(holder)
            await bell.wait()

    async def deliver_next(self, holder: str) -> bool:
        """Say what waits for the most urgent addresses; False where nothing waits, or the channel is to be silent.
        Where more may wait the bell is rung.
        """
        if self._silence():
            return False
        began = _now()
        async with self._deps.database.unit() as unit:
            turns = await claim(
                unit,
                self._channel,
                holder,
                self._lease,
                most=self._most_at_once,
                in_a_turn=self._most_in_a_turn,
                except_for=self._writing_to,
            )
        served = await asyncio.gather(*(self._serve(turn, began) for turn in turns), return_exceptions=True)
        if len(turns) == self._most_at_once or not all(finished is True for finished in served):
            self._deps.database.signals.ring(outbox_topic(self._channel))
        for failure in served:
            if isinstance(failure, BaseException):
                raise failure
        return bool(turns)

    async def _serve(self, turn: Turn, began: float) -> bool:
        """Say to one address what waits for it, as much as may be said now, and give it back; False where more of it
        may be said at once.
        """
        if rest := self._rest(turn):  # the clock was set, or nobody knows whether the last message arrived
            await self._give_back(turn, rest)
            return True
        self._writing_to.add(turn.address_id)
        wait: timedelta | None = None
        unsaid = list(turn.notices)
        try:
            while unsaid:
                wait = await self._say(turn, unsaid.pop(0), until=began + self._lease.total_seconds() * CUT_OFF_AT)
                if wait is not None or _now() > began + self._lease.total_seconds() * BEGIN_WITHIN or self._silence():
                    break
        finally:
            self._writing_to.discard(turn.address_id)
            await self._give_back(turn, max(wait or timedelta(0), self._silence(), self._rest(turn)))
        return wait is not None or (not unsaid and len(turn.notices) < self._most_in_a_turn)

    def _rest(self, turn: Turn) -> timedelta:
        """How long the pace has the address rest yet."""
        return timedelta(0) if self._pace is None else self._pace.rest(turn.chat_id)

    async def _give_back(self, turn: Turn, wait: timedelta) -> None:
        await self._account.add(Returned(turn, wait))
        if wait > timedelta(0):
            topic = outbox_topic(self._channel)
            asyncio.get_running_loop().call_later(wait.total_seconds(), self._deps.database.signals.ring, topic)

    async def _say(self, turn: Turn, notice: Waiting, *, until: float) -> timedelta | None:
        """Say one notice. None where the next one may follow, else how long the address is not to be written to."""
        try:
            return await self._deliver(turn, notice, until)
        except Undelivered as error:
            return await self._act_upon(turn, notice, error)
        except TimeoutError as error:
            return await self._back_off(turn, notice, error)
        except Exception as error:  # whatever it is, the notice is kept and tried again, and the log must know
            if not is_trouble_of_the_database(error):
                log.exception("delivery_broken", notice=notice.id, kind=notice.kind)
            return await self._back_off(turn, notice, error)

    async def _deliver(self, turn: Turn, notice: Waiting, until: float) -> timedelta | None:
        """Say a notice part by part, and record it; returns how long the address is to rest before anything more."""
        saying = self._unrecorded.get(notice.id) or await self._prepare(turn, notice)
        if saying is None:
            return None
        while saying.said < len(saying.parts):
            async with asyncio.timeout_at(until):
                await self._say_part(turn, saying)
            self._unrecorded[notice.id] = saying
            if saying.said < len(saying.parts) and (rest := self._rest(turn)):
                return rest
        await self._record(notice, "sent", saying.speech.text, saying.message_id)
        self._unrecorded.pop(notice.id, None)
        return self._rest(turn) or None

    async def _say_part(self, turn: Turn, saying: Saying) -> None:
        if self._pace is not None:
            await self._pace.turn()
        is_last = saying.said + 1 == len(saying.parts)
        markup = keyboard(saying.speech) if is_last else None
        try:
            message_id = await self._bot.say(turn.chat_id, saying.parts[saying.said], markup)
        finally:
            if self._pace is not None:
                self._pace.took(turn.chat_id)
        saying.said, saying.message_id = saying.said + 1, message_id

    async def _prepare(self, turn: Turn, notice: Waiting) -> Saying | None:
        """The words of a notice; None where there are none, which is recorded."""
        try:
            async with self._deps.database.reader() as reader:
                telling = Telling(notice.payload, words_of(turn.language), reader, self._deps.rules, turn.address_id)
                speech = await compose(notice.kind, telling)
        except Exception as error:
            if is_trouble_of_the_database(error):
                raise
            log.exception("rendering_failed", notice=notice.id, kind=notice.kind)
            await self._record(notice, "failed", None, None)
            return None
        if speech is None:
            await self._record(notice, "moot", None, None)
            return None
        return Saying(speech, tuple(split(speech.text)))

    async def _record(self, notice: Waiting, outcome: str, said: str | None, message_id: int | None) -> None:
        await self._account.add(Ended(notice.id, outcome, said, message_id))
        self._deps.metrics.notice_settled(self._channel, notice, outcome, self._deps.database.clock())

    async def _write_account(self, unit: Unit, entries: Sequence[Ended | Returned]) -> Sequence[None]:
        """What became of notices, and addresses that are given back, as they come from all senders."""
        if ended := [entry for entry in entries if isinstance(entry, Ended)]:
            await record(unit, *ended)
        if returned := [entry for entry in entries if isinstance(entry, Returned)]:
            await give_back(unit, *returned)
        return [None] * len(entries)

    def _silence(self) -> timedelta:
        """How long the whole channel is to be silent yet."""
        return timedelta(seconds=max(0.0, self._silent_until - _now()))

    async def _act_upon(self, turn: Turn, notice: Waiting, error: Undelivered) -> timedelta | None:
        """Do what the meaning of an error asks for; what is owed to an address is kept, should it come back."""
        match error:
            case Temporary(retry_after=timedelta() as wait):
                return await self._wait_as_told(turn, wait)
            case Temporary():
                return await self._back_off(turn, notice, error)
            case Moved(to=chat_id):
                async with self._deps.database.unit() as unit:
                    await follow(unit, self._channel, self._bot.id, turn.address_id, chat_id)
            case Refused():
                log.error("message_refused", notice=notice.id, kind=notice.kind)
                await self._record(notice, "failed", None, None)
                return None
            case Unreachable():
                async with self._deps.database.unit() as unit:
                    await change_address(unit, turn.address_id, blocked_at=unit.now)
                self._deps.metrics.blocked(self._channel)
        log.warning("cannot_be_reached", address=turn.address_id, error=_name(error))
        return timedelta(0)

    async def _wait_as_told(self, turn: Turn, wait: timedelta) -> timedelta:
        """The address waits; two addresses that are told so at the same moment mean that the channel waits."""
        now, last = _now(), self._told_to_wait
        self._told_to_wait = (turn.address_id, now)
        self._deps.metrics.told_to_wait(self._channel)
        log.warning("told_to_wait", address=turn.address_id, seconds=wait.total_seconds())
        if last is not None and last[0] != turn.address_id and now - last[1] <= SAME_MOMENT_SECONDS:
            log.warning("channel_waits", channel=self._channel, seconds=wait.total_seconds())
            self._silent_until = max(self._silent_until, now + wait.total_seconds())
            async with self._deps.database.unit() as unit:
                await pause_channel(unit, self._channel, wait)
        return wait

    async def _back_off(self, turn: Turn, notice: Waiting, error: Exception) -> timedelta:
        """A passing error: the address waits, longer each time, and never all addresses for the same time."""
        async with self._deps.database.unit() as unit:
            await count_attempt(unit, notice.id)
        self._deps.metrics.backed_off(self._channel)
        seconds = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** min(notice.attempts, 16))
        log.warning("delivery_failed", address=turn.address_id, attempts=notice.attempts + 1, error=_name(error))
        return timedelta(seconds=seconds * random.uniform(0.5, 1.5))  # noqa: S311  jitter is no secret


def _now() -> float:
    return asyncio.get_running_loop().time()


def _name(error: Exception) -> str:
    """What the log calls an error: the channel's own error behind a meaning, where there is one."""
    behind = error.__cause__ if isinstance(error, Undelivered) else None
    return type(behind or error).__name__


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
