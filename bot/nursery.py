"""Owns every background task: logs its failure, starts a service again, and ends them all."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog

log = structlog.get_logger("nursery")

RESTART_SECONDS = 1.0


class Nursery:
    """Services run until told to stop; errands run once. Nothing runs outside of it."""

    def __init__(self) -> None:
        self.stopping = asyncio.Event()
        self._services: set[asyncio.Task[None]] = set()
        self._interruptible: set[asyncio.Task[None]] = set()
        self._errands: set[asyncio.Task[None]] = set()

    def keep(self, name: str, service: Callable[[], Awaitable[None]], *, interruptible: bool = False) -> None:
        """Run a service, again after a pause if it fails. One that waits for the outside world is `interruptible`:
        it is cancelled at once when the house closes; the others are let finish what they have in hand.
        """
        group = self._interruptible if interruptible else self._services
        group.add(self._start(self._keep(name, service), name, group))

    def send(self, name: str, errand: Awaitable[object]) -> None:
        """Run something once; it may fail, and is logged if it does."""
        self._errands.add(self._start(self._errand(name, errand), name, self._errands))

    async def close(self, grace: float) -> None:
        """Tell services to stop, give them `grace` seconds to finish, then cancel what is left."""
        self.stopping.set()
        for task in self._interruptible:
            task.cancel()
        pending = self._services | self._interruptible | self._errands
        if pending:
            _, late = await asyncio.wait(pending, timeout=grace)
            for task in late:
                log.warning("cancelled_late", task=task.get_name())
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=1)

    def _start(
        self, coroutine: Coroutine[Any, Any, None], name: str, group: set[asyncio.Task[None]]
    ) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(coroutine, name=name)
        task.add_done_callback(group.discard)
        return task

    async def _keep(self, name: str, service: Callable[[], Awaitable[None]]) -> None:
        while not self.stopping.is_set():
            try:
                await service()
            except Exception:  # whatever it is, the service must come back, and the log must know
                log.exception("service_failed", service=name)
                await asyncio.sleep(RESTART_SECONDS)

    async def _errand(self, name: str, errand: Awaitable[object]) -> None:
        try:
            await errand
        except Exception as error:  # noqa: BLE001  an errand may be lost, but not silently
            log.info("errand_failed", errand=name, error=type(error).__name__)
