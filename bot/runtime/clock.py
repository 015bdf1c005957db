"""The house's one clock. What must not depend on it goes by the event loop's clock, which nobody can set."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  the one clock
