"""Whose turn it is: the one column `not_before` of a lane or an address is its lease, its back-off and its pace.

It goes by a clock that somebody may set. So what may be taken at once says so without a date, and a moment further
ahead than anybody ever waits was written by a clock that has been set back since, and counts for nothing.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import Column, ColumnElement, and_, bindparam, not_

AT_ONCE = datetime.fromtimestamp(0, UTC)
LONGEST_WAIT = timedelta(minutes=10)  # longer than any lease; who is told to wait longer asks again after it


def may_be_taken(not_before: Column[datetime]) -> ColumnElement[bool]:
    """Whether it is the turn of a lane or an address; a statement with this in it runs with the values of `at`."""
    return not_(and_(not_before > bindparam("now"), not_before <= bindparam("latest")))


def at(now: datetime) -> Mapping[str, datetime]:
    """The values for `may_be_taken`."""
    return {"now": now, "latest": now + LONGEST_WAIT}


def moment_after(now: datetime, wait: timedelta) -> datetime:
    """The `not_before` of what is to stand back for `wait`, if at all."""
    return now + min(wait, LONGEST_WAIT) if wait > timedelta(0) else AT_ONCE
