"""Writes together what several tasks have to write at the same time, each of whom waits until it is on the disk.

One at a time each would pay for a transaction of its own. What comes while one is under way waits for the next, and so
the more there is to do, the less each costs; whoever comes alone waits for nobody.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

from storage.database import Database, is_trouble_of_the_database
from storage.uncancelled import wait_out
from storage.unit import Unit

MOST_TOGETHER = 64

Item = TypeVar("Item")
Result = TypeVar("Result")


class Batching(Generic[Item, Result]):
    """Calls `write` with a unit and the items that have come; it returns a result for each, in their order."""

    def __init__(
        self, database: Database, write: Callable[[Unit, Sequence[Item]], Awaitable[Sequence[Result]]]
    ) -> None:
        self._database = database
        self._write = write
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def add(self, item: Item) -> Result:
        """Return when the item is on the disk; raises what kept it from there.

        Who is cancelled before the item's unit has begun has written nothing; afterwards he hears of it when it has
        ended.
        """
        loop = asyncio.get_running_loop()
        written: asyncio.Future[Result] = loop.create_future()
        mine = (item, written)
        self._waiting.append(mine)
        if self._writing is None or self._writing.done():
            self._writing = loop.create_task(self._write_waiting())
        try:
            return await asyncio.shield(written)
        except asyncio.CancelledError:
            if mine in self._waiting:
                self._waiting.remove(mine)
            else:
                with suppress(Exception):
                    await wait_out(written)
            raise

    async def _write_waiting(self) -> None:
        while self._waiting:
            together = self._waiting[:MOST_TOGETHER]
            del self._waiting[:MOST_TOGETHER]
            await self._write_together(together)

    async def _write_together(self, together: Sequence[tuple[Item, asyncio.Future[Result]]]) -> None:
        """In one unit. Where one of the items fails, each has a unit of its own: none suffers for another."""
        try:
            async with self._database.unit() as unit:
                results = await self._write(unit, [item for item, _ in together])
        except Exception as error:  # noqa: BLE001  whoever waits is told, whatever it was
            if len(together) > 1 and not is_trouble_of_the_database(error):
                for one in together:
                    await self._write_together([one])
                return
            for _, written in together:
                written.set_exception(error)
        else:
            for (_, written), result in zip(together, results, strict=True):
                written.set_result(result)
