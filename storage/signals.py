"""Tells other tasks and processes that there is work.

Within a process a signal rings the bells that listen to its topic. Between processes on PostgreSQL the same topics
travel by NOTIFY, which the database delivers when the transaction commits. A signal may be lost: whoever waits also
looks by himself once a second.
"""

import asyncio
import secrets
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import asyncpg
from sqlalchemy import URL

LOOK_ANYWAY_SECONDS = 1.0
MOST_RINGS = 16  # that wait for a worker; who comes late finds all the work there is
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


class PoolBell:
    """Rings for several workers of one kind, of whom each ring wakes one: one piece of work needs no more."""

    def __init__(self) -> None:
        self._rings: asyncio.Queue[None] = asyncio.Queue(MOST_RINGS)

    def ring(self) -> None:
        with suppress(asyncio.QueueFull):
            self._rings.put_nowait(None)

    async def wait(self, seconds: float = LOOK_ANYWAY_SECONDS) -> None:
        """Return when it is this worker's turn to look, or after `seconds` at the latest."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._rings.get()


class Signals:
    """The bells of this process, by topic; and how it tells its own announcements from those of others."""

    def __init__(self) -> None:
        self._origin = secrets.token_hex(8)
        self._bells: defaultdict[str, set[Bell]] = defaultdict(set)
        self._pools: dict[str, PoolBell] = {}

    def pool(self, topic: str) -> PoolBell:
        """The bell that all workers on a topic share."""
        return self._pools.setdefault(topic, PoolBell())

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
        if topic in self._pools:
            self._pools[topic].ring()

    def announcement(self, topic: str) -> str:
        """What other processes are to hear when a topic has been rung here."""
        return f"{self._origin} {topic}"

    def hear(self, announcement: str) -> None:
        """Ring for what another process announced; what was announced here has been rung already."""
        origin, _, topic = announcement.partition(" ")
        if origin != self._origin:
            self.ring(topic)


async def relay(url: URL, signals: Signals) -> None:
    """Ring here what other processes announce through PostgreSQL, until cancelled or the connection breaks."""
    connection = await asyncpg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False))
    lost = asyncio.Event()
    connection.add_termination_listener(lambda _: lost.set())
    try:
        await connection.add_listener(PG_CHANNEL, lambda _c, _pid, _channel, said: signals.hear(str(said)))
        await lost.wait()
    finally:
        connection.terminate()
