"""A short storm over the whole house: killed, cut off, locked out, out of disk and out of time; nobody loses a word."""

import os
import random
from pathlib import Path

import pytest

from tests.storm.course import Storm
from tests.storm.plan import short


def seed() -> int:
    """Another one each time; `STORM_SEED` repeats a storm."""
    chosen = int(os.environ.get("STORM_SEED") or random.SystemRandom().randrange(2**32))
    print(f"STORM_SEED={chosen}")  # noqa: T201 — pytest shows it with a failure
    return chosen


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_nothing_is_lost_or_doubled_in_a_storm(database: str, tmp_path: Path) -> None:
    account = await Storm(short(database, seed()), tmp_path).blow()
    assert account.findings == []
    assert (account.lost, account.doubled, account.over_limit) == (0, 0, 0)
    assert account.sent >= 300
    assert account.kills >= 3
    assert all(account.disasters.values())
