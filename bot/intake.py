"""Updates in: workers lease a lane, hand its lowest update to the dispatcher, and let nothing fall.

An update that raises is tried again with a growing pause; after three exceptions or ten claims it is set aside, its
sender is told, and somebody has a duty. Trouble of the database does not count against an update.
"""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from aiogram import Dispatcher
from aiogram.dispatcher.event.bases import UNHANDLED
from aiogram.types import Message, Update

from bot.channels.telegram import kind_of
from bot.deps import Deps
from bot.metrics import DATABASE, DEADLINE, EXCEPTION, HANDLED, SET_ASIDE
from escalation.duties import held_by_role, open_duty, region_of
from escalation.permissions import Role
from escalation.rulebook import SET_ASIDE as SET_ASIDE_DUTY
from escalation.terms import Terms
from escalation.terms import Unit as Span
from storage.database import is_trouble_of_the_database
from storage.inbox import INBOX, Claimed, claim, put_back, settle
from storage.outbox import Notice, tell
from storage.people import find_party, home_bureau
from storage.unit import Unit, UnitAbandonedError

log = structlog.get_logger("intake")

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
            if not await self.handle_next(holder):
                await bell.wait()

    async def handle_next(self, holder: str) -> bool:
        """Handle the next update of the lane that has waited longest; False where nothing waits."""
        async with self._deps.database.unit() as unit:
            claimed = await claim(unit, holder, self._lease)
        if claimed is None:
            return False
        structlog.contextvars.bind_contextvars(update=claimed.ids[0])
        try:
            if claimed.claims > MOST_CLAIMS:
                await self._set_aside(claimed)
            else:
                await self._handle(claimed)
        finally:
            structlog.contextvars.unbind_contextvars("update")
        return True

    async def _handle(self, claimed: Claimed) -> None:
        deadline = asyncio.timeout(None)
        try:
            with self._deps.metrics.handling(claimed.channel, kind_of(claimed.bodies[0])):
                async with self._deps.database.unit() as unit, deadline:
                    deadline.reschedule(asyncio.get_running_loop().time() + self._deps.settings.handler_seconds)
                    await settle(unit, claimed)
                    await self._dispatch(unit, claimed)
        except UnitAbandonedError:
            log.info("abandoned")
            self._deps.metrics.abandoned(claimed.channel)
        except Exception as error:  # noqa: BLE001  whatever a handler raises is counted, told and logged
            # A handler that was cut off counts like one that raised, whatever kept it; but waiting for its turn to
            # write, while the database is locked or others write, is no fault of the update.
            await self._failed(claimed, error, DEADLINE if deadline.expired() else _cause(error))
        else:
            self._deps.metrics.settled(claimed.channel, HANDLED, len(claimed.ids))
            for courtesy in unit.afterwards:
                self._deps.nursery.send("courtesy", courtesy)

    async def _dispatch(self, unit: Unit, claimed: Claimed) -> None:
        bot = self._deps.bots[claimed.channel]
        updates = [Update.model_validate(body, context={"bot": bot}) for body in claimed.bodies]
        album = tuple(message for message in (update.message for update in updates[1:]) if isinstance(message, Message))
        result = await self._dispatcher.feed_update(bot, updates[0], unit=unit, claimed=claimed, album=album)
        if result is UNHANDLED:
            log.info("nothing_to_say", kind=updates[0].event_type)

    async def _failed(self, claimed: Claimed, error: Exception, cause: str) -> None:
        """Count the exception, unless the database was to blame; then wait, or set the update aside."""
        self._deps.metrics.failed(claimed.channel, cause)
        if cause == DATABASE:
            log.warning("database_trouble", error=type(error).__name__)
            await self._put_back(claimed, TROUBLE_PAUSE, failed=False)
            return
        log.exception("handler_failed", failures=claimed.failures + 1)
        if claimed.failures + 1 >= MOST_FAILURES:
            await self._set_aside(claimed)
        else:
            await self._put_back(claimed, FIRST_PAUSE * 2**claimed.failures, failed=True)

    async def _put_back(self, claimed: Claimed, wait: timedelta, *, failed: bool) -> None:
        async with self._deps.database.unit() as unit:
            await put_back(unit, claimed, wait=wait, failed=failed)

    async def _set_aside(self, claimed: Claimed) -> None:
        """Out of the way of the lane, but not gone: the sender is told, and the administrators have a duty."""
        try:
            async with self._deps.database.unit() as unit:
                await settle(unit, claimed, SET_ASIDE)
                await self._tell_sender(unit, claimed)
                bureau_id = await home_bureau(unit)
                region = await region_of(unit, bureau_id)
                terms = Terms(unit.now, 1, Span.WORKING_DAYS, region, self._deps.rules.calendar_revision)
                holder = held_by_role(Role.ADMINISTRATOR)
                await open_duty(
                    unit,
                    self._deps.rules,
                    SET_ASIDE_DUTY,
                    claimed.ids[0],
                    holder=holder,
                    bureau_id=bureau_id,
                    terms=terms,
                )
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
            await tell(unit, party.address_id, Notice("talk.trouble", {}))


def _cause(error: Exception) -> str:
    return DATABASE if is_trouble_of_the_database(error) else EXCEPTION


def chat_of(body: Mapping[str, Any]) -> int | None:
    """The chat that a raw update came from, however odd the rest of it is."""
    for event in body.values():
        if isinstance(event, Mapping):
            message = event.get("message", event)
            chat = message.get("chat") if isinstance(message, Mapping) else None
            if isinstance(chat, Mapping) and isinstance(chat.get("id"), int):
                return int(chat["id"])
    return None
