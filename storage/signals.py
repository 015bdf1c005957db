"""Tells other tasks and processes that there is work.

Within a process a signal rings the bells that listen to its topic. Between processes on PostgreSQL the same topics
travel by NOTIFY, which the database delivers when the transaction commits. A signal may be lost: whoever waits also
looks by himself once a second.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import asyncpg
from sqlalchemy import URL

LOOK_ANYWAY_SECONDS = 1.0
PG_CHANNEL = "shuiqiao"


class Bell:
    """Rings for one topic; several rings before somebody looks are one."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        self._rung.set()

    async def wait(self, seconds: float = LOOK_ANYWAY_SECONDS) -> None:
        """Return when rung, or after `seconds` at the latest."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        self._rung.clear()


class Signals:
    def __init__(self) -> None:
        self._bells: defaultdict[str, set[Bell]] = defaultdict(set)

    @contextmanager
    def listen(self, topic: str) -> Iterator[Bell]:
        bell = Bell()
        self._bells[topic].add(bell)
        try:
            yield bell
        finally:
            self._bells[topic].discard(bell)
            if not self._bells[topic]:
                del self._bells[topic]

    def ring(self, topic: str) -> None:
        for bell in tuple(self._bells.get(topic, ())):
            bell.ring()


async def relay(url: URL, signals: Signals) -> None:
    """Ring here what other processes announce through PostgreSQL, until cancelled or the connection breaks."""
    connection = await asyncpg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False))
    lost = asyncio.Event()
    connection.add_termination_listener(lambda _: lost.set())
    try:
        await connection.add_listener(PG_CHANNEL, lambda _c, _pid, _channel, topic: signals.ring(str(topic)))
        await lost.wait()
    finally:
        connection.terminate()
