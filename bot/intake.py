"""Updates in: workers lease lanes, hand the lowest update of each to the dispatcher, and let nothing fall.

What several taxpayers wrote shares a unit, which costs little more than the unit of one. Where one of them fails,
nothing of the unit has happened, and each is handled by itself.

An update that raises is tried again with a growing pause; after three exceptions or ten claims it is set aside, its
sender is told, and somebody has a duty. Trouble of the database does not count against an update.
"""

import asyncio
from collections.abc import Collection, Sequence
from datetime import timedelta
from functools import partial

import structlog
from aiogram import Dispatcher
from aiogram.dispatcher.event.bases import UNHANDLED
from aiogram.types import Message

from bot.channels.telegram import kind_of
from bot.channels.updates import read_update
from bot.deps import Deps
from bot.runtime.metrics import DATABASE, DEADLINE, EXCEPTION, HANDLED, SET_ASIDE
from bot.senders import Sender, chat_of, find_senders
from escalation.watches.stuck import owe_set_aside
from storage.database import is_trouble_of_the_database
from storage.inbox import INBOX, Claimed, claim, put_back, settle
from storage.outbox import Notice, tell
from storage.people import find_party
from storage.unit import Unit, UnitAbandonedError

log = structlog.get_logger("intake")

MOST_AT_ONCE = 64  # lanes that a worker leases together
FEWEST_TOGETHER = 2
MOST_FAILURES = 3
MOST_CLAIMS = 10
FIRST_PAUSE = timedelta(seconds=1)
TROUBLE_PAUSE = timedelta(seconds=1)


class Intake:
    """The workers of this process."""

    def __init__(self, deps: Deps, dispatcher: Dispatcher) -> None:
        self._deps = deps
        self._dispatcher = dispatcher
        self._lease = timedelta(seconds=deps.settings.lease_seconds)

    def start(self) -> None:
        for number in range(self._deps.settings.workers):
            holder = f"{self._deps.holder}:{number}"
            self._deps.nursery.keep(f"worker:{number}", partial(self._work, holder))

    async def _work(self, holder: str) -> None:
        bell = self._deps.database.signals.pool(INBOX)
        while not self._deps.nursery.stopping.is_set():
            await self.handle_next(holder)
            await bell.wait()

    async def handle_next(self, holder: str) -> bool:
        """Handle the next update of the lanes that have waited longest; False where nothing waits. Where more waits the
        bell is rung.
        """
        async with self._deps.database.unit() as unit:
            claimed = await claim(unit, holder, self._lease, most=MOST_AT_ONCE)
        done = await self._handle_together([one for one in claimed if one.untried])
        for one in claimed:
            if one.lane_id not in done:
                with structlog.contextvars.bound_contextvars(update=one.ids[0]):
                    await self._handle_alone(one)
        if len(claimed) == MOST_AT_ONCE or any(one.more for one in claimed):
            self._deps.database.signals.ring(INBOX)
        return bool(claimed)

    async def _handle_together(self, claimed: Sequence[Claimed]) -> Collection[int]:
        """Handle what is from taxpayers in one unit; returns the lanes that need nothing more: all, or none."""
        if len(claimed) < FEWEST_TOGETHER:
            return ()
        deadline = asyncio.timeout(None)
        try:
            async with self._deps.database.unit() as unit, deadline:
                known = await find_senders(unit, self._deps, claimed)
                together = [(one, who) for one, who in zip(claimed, known, strict=True) if who.taxpayer]
                if together:
                    await settle(unit, *(one for one, _ in together))
                self._begin(deadline)
                for one, who in together:
                    with structlog.contextvars.bound_contextvars(update=one.ids[0]):
                        await self._dispatch(unit, one, who)
        except Exception as error:  # noqa: BLE001  each is tried by itself, and what is wrong with it counted there
            if _cause(error, deadline) == DATABASE:
                await self._wait_for_the_database(error, *claimed)
                return {one.lane_id for one in claimed}
            log.info("handled_apart", updates=len(claimed), error=type(error).__name__)
            return ()
        self._handled(unit, *(one for one, _ in together))
        return {one.lane_id for one, _ in together}

    async def _handle_alone(self, claimed: Claimed) -> None:
        if claimed.claims > MOST_CLAIMS:
            await self._set_aside(claimed)
            return
        deadline = asyncio.timeout(None)
        try:
            async with self._deps.database.unit() as unit, deadline:
                await settle(unit, claimed)
                [who] = await find_senders(unit, self._deps, [claimed])
                self._begin(deadline)
                await self._dispatch(unit, claimed, who)
        except UnitAbandonedError:
            log.info("abandoned")
            self._deps.metrics.abandoned(claimed.channel)
        except Exception as error:  # noqa: BLE001  whatever a handler raises is counted, told and logged
            await self._failed(claimed, error, _cause(error, deadline))
        else:
            self._handled(unit, claimed)

    def _begin(self, deadline: asyncio.Timeout) -> None:
        """From here on time counts against the handlers."""
        deadline.reschedule(asyncio.get_running_loop().time() + self._deps.settings.handler_seconds)

    def _handled(self, unit: Unit, *claimed: Claimed) -> None:
        """It is on the disk."""
        for one in claimed:
            self._deps.metrics.settled(one.channel, HANDLED, len(one.ids))
        for courtesy in unit.afterwards:
            self._deps.nursery.send("courtesy", courtesy)

    async def _dispatch(self, unit: Unit, claimed: Claimed, who: Sender) -> None:
        bot = self._deps.bots[claimed.channel]
        with self._deps.metrics.handling(claimed.channel, kind_of(claimed.bodies[0])):
            updates = [read_update(body, bot) for body in claimed.bodies]
            album = tuple(one.message for one in updates[1:] if isinstance(one.message, Message))
            result = await self._dispatcher.feed_update(
                bot, updates[0], unit=unit, claimed=claimed, sender=who, album=album
            )
        if result is UNHANDLED:
            log.info("nothing_to_say", kind=updates[0].event_type)

    async def _failed(self, claimed: Claimed, error: Exception, cause: str) -> None:
        """Count the exception, unless the database was to blame; then wait, or set the update aside."""
        if cause == DATABASE:
            await self._wait_for_the_database(error, claimed)
            return
        self._deps.metrics.failed(claimed.channel, cause)
        log.exception("handler_failed", failures=claimed.failures + 1)
        if claimed.failures + 1 >= MOST_FAILURES:
            await self._set_aside(claimed)
        else:
            await self._put_back(claimed, wait=FIRST_PAUSE * 2**claimed.failures, failed=True)

    async def _wait_for_the_database(self, error: Exception, *claimed: Claimed) -> None:
        for one in claimed:
            self._deps.metrics.failed(one.channel, DATABASE)
        log.warning("database_trouble", error=type(error).__name__, updates=len(claimed))
        await self._put_back(*claimed, wait=TROUBLE_PAUSE, failed=False)

    async def _put_back(self, *claimed: Claimed, wait: timedelta, failed: bool) -> None:
        async with self._deps.database.unit() as unit:
            await put_back(unit, *claimed, wait=wait, failed=failed)

    async def _set_aside(self, claimed: Claimed) -> None:
        """Out of the way of the lane, but not gone: the sender is told, and the administrators have a duty."""
        try:
            async with self._deps.database.unit() as unit:
                await settle(unit, claimed, outcome=SET_ASIDE)
                await self._tell_sender(unit, claimed)
                await owe_set_aside(unit, self._deps.rules, claimed.ids[0])
        except UnitAbandonedError:
            return
        self._deps.metrics.settled(claimed.channel, SET_ASIDE, len(claimed.ids))
        log.error("set_aside", claims=claimed.claims, failures=claimed.failures)

    async def _tell_sender(self, unit: Unit, claimed: Claimed) -> None:
        chat_id = chat_of(claimed.bodies[0])
        if chat_id is None:
            return
        bot = self._deps.bots.get(claimed.channel)  # none where a channel was switched off with updates in the inbox
        party = None if bot is None else await find_party(unit, claimed.channel, bot.id, chat_id)
        if party is not None:
            tell(unit, party.address_id, Notice("talk.trouble", {}))


def _cause(error: Exception, deadline: asyncio.Timeout) -> str:
    """A handler that was cut off counts like one that raised, whatever kept it; but waiting for its turn to write,
    while the database is locked or others write, is no fault of the update.
    """
    if deadline.expired():
        return DEADLINE
    return DATABASE if is_trouble_of_the_database(error) else EXCEPTION
