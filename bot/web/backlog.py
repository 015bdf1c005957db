"""What waits in the database, read when somebody asks: once for all who ask together, and at most once a second."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.deps import Deps
from escalation.duties.duties import OpenDuties, open_by_kind, step_not_taken
from storage.backlog import InboxBacklog, OutboxBacklog, inbox_backlog, outbox_backlog
from storage.failures import TROUBLE

log = structlog.get_logger("backlog")

FRESH_SECONDS = 1.0
ANSWERS_WITHIN_SECONDS = 3.0  # or the database counts as away; whoever scrapes gives up after ten


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits at one moment: updates, notices by channel, duties by kind, and the oldest step not taken."""

    at: datetime
    inbox: InboxBacklog
    outbox: Mapping[str, OutboxBacklog]
    duties: Mapping[str, OpenDuties]
    step: datetime | None


class SharedBacklog:
    """The backlog of an open house, the same for all who ask within a second."""

    def __init__(
        self, deps: Deps, *, fresh_seconds: float = FRESH_SECONDS, answers_within: float = ANSWERS_WITHIN_SECONDS
    ) -> None:
        self._deps = deps
        self._fresh_seconds = fresh_seconds
        self._answers_within = answers_within
        self._reading = asyncio.Lock()
        self._fresh_until = 0.0  # on the event loop's clock
        self._latest: Backlog | None = None

    async def latest(self) -> Backlog | None:
        """None where the database does not answer."""
        clock = asyncio.get_running_loop().time
        async with self._reading:
            if clock() >= self._fresh_until:
                self._latest = await self._read()
                self._fresh_until = clock() + self._fresh_seconds
            return self._latest

    async def _read(self) -> Backlog | None:
        try:
            async with asyncio.timeout(self._answers_within), self._deps.database.reader() as reader:
                return Backlog(
                    at=reader.now,
                    inbox=await inbox_backlog(reader),
                    outbox={channel: await outbox_backlog(reader, channel) for channel in self._deps.bots},
                    duties=await open_by_kind(reader),
                    step=await step_not_taken(reader),
                )
        except TROUBLE as error:
            log.warning("database_trouble", error=type(error).__name__)
            return None
