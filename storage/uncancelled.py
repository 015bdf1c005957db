"""Waits that a cancellation, or several, cannot cut short: what has begun in the database is seen through."""

import asyncio
from collections.abc import Coroutine
from typing import Any


async def to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Do `work` whatever happens; a cancellation that comes meanwhile is passed on when it is done."""
    await wait_out(asyncio.get_running_loop().create_task(work))


async def wait_out(work: asyncio.Future[Any]) -> None:
    """Wait for `work` and raise what it raised; a cancellation that comes meanwhile is passed on when it is done."""
    cancelled: asyncio.CancelledError | None = None
    while not work.done():
        try:
            await asyncio.wait((work,))
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        work.exception()  # somebody has looked at it
        raise cancelled
    work.result()
