"""A named lease that this process keeps while it lives, so that of several processes one polls, and one sends.

It is taken and renewed on the database's clock. What this process believes runs on a clock of its own that nobody can
set, begins before the database is asked, and ends a little early: two processes never believe it at once.
"""

import asyncio
from datetime import timedelta

from bot.runtime.nursery import Nursery
from storage.database import Database
from storage.installation import release_lease, take_lease

RENEWALS_PER_LENGTH = 3
TRUSTED_SHARE = 0.9


class Lease:
    """One name, for which all processes of the installation compete."""

    def __init__(self, database: Database, nursery: Nursery, name: str, holder: str, length: timedelta) -> None:
        self._database = database
        self._nursery = nursery
        self._name = name
        self._holder = holder
        self._length = length
        self._until = 0.0  # on the event loop's clock
        self._renewed = asyncio.Event()

    @property
    def held(self) -> bool:
        return asyncio.get_running_loop().time() < self._until

    async def wait(self) -> None:
        """Return when the lease is ours, or the house closes."""
        while not (self.held or self._nursery.stopping.is_set()):
            self._renewed.clear()
            await self._nursery.unless_stopping(self._renewed.wait())

    async def keep(self) -> None:
        """Take the lease as soon as it is free and renew it, until the house closes; then somebody else may have it."""
        pause = self._length.total_seconds() / RENEWALS_PER_LENGTH
        try:
            while not self._nursery.stopping.is_set():
                await self._renew()
                await self._nursery.unless_stopping(asyncio.sleep(pause))
        finally:
            self._until = 0.0
            async with self._database.unit() as unit:
                await release_lease(unit, self._name, self._holder)

    async def _renew(self) -> None:
        asked_at = asyncio.get_running_loop().time()
        async with self._database.unit() as unit:
            ours = await take_lease(unit, self._name, self._holder, self._length)
        if ours:
            self._until = asked_at + self._length.total_seconds() * TRUSTED_SHARE
            self._renewed.set()
        else:
            self._until = 0.0
