"""How many messages Telegram takes from a bot: 30 a second in all, one a second in a chat, 20 a minute in a group."""

import math
from collections import deque
from dataclasses import dataclass, field

JITTER_SECONDS = 0.005  # on the way here
BUSY_JITTER_SECONDS = 0.25  # the same, from processes on a busy machine: a message may overtake the one before it


@dataclass(slots=True)
class Window:
    """At most `most` messages within `seconds`."""

    most: int
    seconds: float
    _taken: deque[float] = field(default_factory=deque)

    def wait(self, now: float) -> float:
        """How many seconds until another one fits in; 0 where it does now."""
        while self._taken and self._taken[0] <= now - self.seconds:
            self._taken.popleft()
        return 0.0 if len(self._taken) < self.most else self._taken[0] + self.seconds - now

    def take(self, now: float) -> None:
        self._taken.append(now)


class Limits:
    """Strict ones; `jitter` seconds is all that a message may be early."""

    def __init__(self, jitter: float = JITTER_SECONDS) -> None:
        self._jitter = jitter
        self._all = Window(30, 1.0 - jitter)
        self._chats: dict[int, list[Window]] = {}

    def take(self, chat_id: int, now: float) -> int:
        """Count a message to a chat at `now` (seconds); gives back after how many seconds to try again, 0 if taken."""
        windows = [self._all, *self._of(chat_id)]
        if wait := max(window.wait(now) for window in windows):
            return math.ceil(wait)
        for window in windows:
            window.take(now)
        return 0

    def _of(self, chat_id: int) -> list[Window]:
        if chat_id not in self._chats:
            group = [Window(20, 60.0 - self._jitter)] if chat_id < 0 else []
            self._chats[chat_id] = [Window(1, 1.0 - self._jitter), *group]
        return self._chats[chat_id]
