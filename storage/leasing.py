"""Whose turn it is: the one column `not_before` of a lane or an address is its lease, its back-off and its pace.

It goes by a clock that somebody may set. So what may be taken at once says so without a date, and a moment further
ahead than anybody ever waits was written by a clock that has been set back since, and counts for nothing. Whoever
notices that the clock was set, or has just been started, ends the shorter waits, too.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy import Column, ColumnElement, and_, bindparam, not_, update

from storage.tables import addresses, lanes
from storage.unit import Unit

AT_ONCE = datetime.fromtimestamp(0, UTC)
LONGEST_WAIT = timedelta(minutes=10)  # longer than any lease; who is told to wait longer asks again after it


def may_be_taken(not_before: Column[datetime]) -> ColumnElement[bool]:
    """Whether it is the turn of a lane or an address; a statement with this in it runs with the values of `at`."""
    return not_(and_(not_before > bindparam("now"), not_before <= bindparam("latest")))


def at(now: datetime) -> Mapping[str, datetime]:
    """The values for `may_be_taken`."""
    return {"now": now, "latest": now + LONGEST_WAIT}


async def end_waits(unit: Unit, longest: timedelta) -> None:
    """Whatever would stand back for longer than any lease lasts may be taken at once: it was written by a clock that
    has been set back since, or it is a back-off, which may begin anew.
    """
    for table in (lanes, addresses):
        await unit.run(update(table).where(table.c.not_before > unit.now + longest).values(not_before=AT_ONCE))


def moment_after(now: datetime, wait: timedelta) -> datetime:
    """The `not_before` of what is to stand back for `wait`, if at all."""
    return now + min(wait, LONGEST_WAIT) if wait > timedelta(0) else AT_ONCE
