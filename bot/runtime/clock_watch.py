"""A watch over the clock: somebody may set it while the house runs.

What waits by the wall clock, in libraries, registers here and is woken when the clock was set.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bot.runtime.clock import Clock
from bot.runtime.nursery import Nursery

log = structlog.get_logger("clock")

LOOK_SECONDS = 1.0
LEAST_JUMP_SECONDS = 2.0  # less is correction by NTP, or a busy machine


class ClockWatch:
    """Compares the clock with the event loop's, once a second."""

    def __init__(self, clock: Clock, nursery: Nursery) -> None:
        self._clock = clock
        self._nursery = nursery
        self._woken: list[Callable[[], Awaitable[None]]] = []
        self._was_ahead = self._ahead()
        self.times_set = 0

    def when_set(self, wake: Callable[[], Awaitable[None]]) -> None:
        """Call `wake` whenever the clock was set, forward or back."""
        self._woken.append(wake)

    async def run(self) -> None:
        while not self._nursery.stopping.is_set():
            await self._nursery.unless_stopping(asyncio.sleep(LOOK_SECONDS))
            await self.look()

    async def look(self) -> None:
        """Whether the clock was set since the last look."""
        before, self._was_ahead = self._was_ahead, self._ahead()
        jump = self._was_ahead - before
        if abs(jump) >= LEAST_JUMP_SECONDS:
            self.times_set += 1
            log.warning("clock_set", seconds=round(jump), advice="系统时间被调整过，请核对时间和自动校时")
            for wake in self._woken:  # each for itself: one that fails does not keep the others asleep
                await self._nursery.send("clock_set", wake)

    def _ahead(self) -> float:
        """By how many seconds the clock is ahead of the event loop's."""
        return self._clock().timestamp() - asyncio.get_running_loop().time()
