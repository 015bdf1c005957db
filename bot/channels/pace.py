"""How fast a channel may be written to. Whoever keeps within it is not told to wait, and nobody's words hold up others.

It goes by the event loop's clock, which nobody can set, and by the time at which an address may be written to again,
which is in the database: the one process that sends for all, and whichever follows it, keep the same pace.
"""

import asyncio
from datetime import timedelta

from aiolimiter import AsyncLimiter


class Pace:
    """So many messages a second in all, evenly; and a rest for each chat after a message to it."""

    def __init__(self, *, per_second: float, chat_rest: timedelta, group_rest: timedelta) -> None:
        self._limiter = AsyncLimiter(1, 1 / per_second)
        self._chat_rest = chat_rest
        self._group_rest = group_rest
        self._free_at: dict[int, float] = {}  # by chat

    async def turn(self) -> None:
        """Wait until the channel may have the next message."""
        await self._limiter.acquire()

    def took(self, chat_id: int) -> None:
        """A chat was written to, whether the message has arrived or not; a group's number is below 0."""
        now = _now()
        self._free_at = {chat: free_at for chat, free_at in self._free_at.items() if free_at > now}
        self._free_at[chat_id] = now + (self._chat_rest if chat_id > 0 else self._group_rest).total_seconds()

    def rest(self, chat_id: int) -> timedelta:
        """How long a chat is not to be written to yet."""
        return timedelta(seconds=max(0.0, self._free_at.get(chat_id, 0.0) - _now()))


def _now() -> float:
    return asyncio.get_running_loop().time()
