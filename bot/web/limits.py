"""How often a browser and a network address may post."""

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from bot.settings import Settings


class PostLimits:
    """A moving minute for each visitor and for each network address."""

    def __init__(self, settings: Settings) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._by_visitor = RateLimitItemPerMinute(settings.posts_per_minute)
        self._by_address = RateLimitItemPerMinute(settings.posts_per_minute_per_address)

    async def admit(self, visitor: str, address: str) -> bool:
        """Count one post; False where it is one too many."""
        if not await self._limiter.hit(self._by_address, "address", address):
            return False
        return await self._limiter.hit(self._by_visitor, "visitor", visitor)

    async def admit_address(self, address: str) -> bool:
        """Count one try from somebody who is nobody yet."""
        return await self._limiter.hit(self._by_address, "address", address)

    async def forget(self) -> None:
        """Begin anew: what was counted goes by the wall clock, and after it was set back the minute would not end.

        The store is not emptied but replaced: it may be looking through itself for what is over.
        """
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
