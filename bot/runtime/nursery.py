"""Owns every background task: logs its failure, starts a service again, and ends them all."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import structlog

from storage.database import is_trouble_of_the_database

log = structlog.get_logger("nursery")

RESTART_SECONDS = 1.0

Result = TypeVar("Result")


class Nursery:
    """Services run until told to stop; errands run once. Nothing runs outside of it."""

    def __init__(self) -> None:
        self.stopping = asyncio.Event()
        self._services: set[asyncio.Task[None]] = set()
        self._interruptible: set[asyncio.Task[None]] = set()
        self._errands: set[asyncio.Task[None]] = set()

    def keep(self, name: str, service: Callable[[], Awaitable[None]], *, interruptible: bool = False) -> None:
        """Run a service, again after a pause if it fails. One that only waits for others is `interruptible`: it is
        cancelled at once when the house closes; the rest are let finish what they have in hand.
        """
        self._start(self._keep(name, service), name, self._interruptible if interruptible else self._services)

    def send(self, name: str, errand: Callable[[], Awaitable[object]]) -> asyncio.Task[None]:
        """Run something once; it may fail, and is logged if it does."""
        return self._start(self._errand(name, errand), name, self._errands)

    async def unless_stopping(self, work: Coroutine[Any, Any, Result]) -> Result | None:
        """What `work` comes to; None where the house is told to stop before, and then `work` is cancelled.

        For waiting within a service that also writes: a unit is never cut off for the house to close.
        """
        loop = asyncio.get_running_loop()
        working, told = loop.create_task(work), loop.create_task(self.stopping.wait())
        try:
            await asyncio.wait((working, told), return_when=asyncio.FIRST_COMPLETED)
        finally:
            told.cancel()
            if not working.done():
                working.cancel()
                await asyncio.wait((working,))
        return None if working.cancelled() else working.result()

    async def close(self, grace: float) -> None:
        """Tell services to stop, give them `grace` seconds to finish, then cancel what is left."""
        clock = asyncio.get_running_loop().time
        until = clock() + grace
        self.stopping.set()
        for task in self._interruptible:
            task.cancel()
        while (running := self._running()) and clock() < until:  # who finishes may send another errand
            await asyncio.wait(running, timeout=until - clock())
        for task in running:
            log.warning("cancelled_late", task=task.get_name())
            task.cancel()
        if running:
            await asyncio.wait(running, timeout=1)

    def _running(self) -> set[asyncio.Task[None]]:
        return {task for task in self._services | self._interruptible | self._errands if not task.done()}

    def _start(
        self, coroutine: Coroutine[Any, Any, None], name: str, group: set[asyncio.Task[None]]
    ) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(coroutine, name=name)
        group.add(task)
        task.add_done_callback(group.discard)
        return task

    async def _keep(self, name: str, service: Callable[[], Awaitable[None]]) -> None:
        while not self.stopping.is_set():
            try:
                await service()
            except asyncio.CancelledError:
                if _is_cancelled():
                    raise
                log.exception("service_cut_off", service=name)  # by something that it waited for
            except Exception as error:  # whatever it is, the service must come back, and the log must know
                if is_trouble_of_the_database(error):
                    log.warning("database_trouble", service=name, error=type(error).__name__)
                else:
                    log.exception("service_failed", service=name)
                await asyncio.sleep(RESTART_SECONDS)

    async def _errand(self, name: str, errand: Callable[[], Awaitable[object]]) -> None:
        try:
            await errand()
        except Exception as error:  # noqa: BLE001  an errand may be lost, but not silently
            log.info("errand_failed", errand=name, error=type(error).__name__)


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
