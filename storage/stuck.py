"""What nobody tries again by itself: updates that were set aside, and notices that were given up.

An operator has looked at the log, and either has them tried once more or closes them; until then they are kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select, update

from storage.inbox import INBOX
from storage.leasing import AT_ONCE
from storage.outbox import outbox_topic
from storage.tables import notices, updates
from storage.unit import Reader, Unit

CLOSED = "closed"
TRIED_BEFORE = 1  # claims: it is handled alone, lest it take others with it


class Way(StrEnum):
    """Which way it did not get on."""

    IN = "updates"
    OUT = "notices"


@dataclass(frozen=True, slots=True)
class Stuck:
    """One of them; nothing in it says who wrote what."""

    way: Way
    id: int
    channel: str
    since: datetime  # when it was stored
    tries: int


async def stuck(reader: Reader, way: Way) -> Sequence[Stuck]:
    """All that went this way and is neither done nor closed, the newest first."""
    if way is Way.IN:
        rows = await reader.all(
            select(updates.c.id, updates.c.channel, updates.c.stored_at, updates.c.claims)
            .where(updates.c.outcome == "set_aside")
            .order_by(updates.c.id.desc())
        )
    else:
        rows = await reader.all(
            select(notices.c.id, notices.c.channel, notices.c.created_at, notices.c.attempts)
            .where(notices.c.outcome == "failed")
            .order_by(notices.c.id.desc())
        )
    return [Stuck(way, *tuple(row)) for row in rows]


async def try_again(unit: Unit, one: Stuck) -> bool:
    """Have it tried as if for the first time; whether it was still stuck."""
    if one.way is Way.IN:
        unit.wake.add(INBOX)
        statement = update(updates).where(updates.c.id == one.id, updates.c.outcome == "set_aside")
        again = statement.values(settled_at=None, outcome=None, claims=TRIED_BEFORE, failures=0)
    else:
        unit.wake.add(outbox_topic(one.channel))
        statement = update(notices).where(notices.c.id == one.id, notices.c.outcome == "failed")
        again = statement.values(settled_at=None, outcome=None, attempts=0, not_before=AT_ONCE)
    return (await unit.run(again)).rowcount > 0


async def close(unit: Unit, one: Stuck) -> bool:
    """Leave it at that; whether it was still stuck."""
    if one.way is Way.IN:
        statement = update(updates).where(updates.c.id == one.id, updates.c.outcome == "set_aside")
    else:
        statement = update(notices).where(notices.c.id == one.id, notices.c.outcome == "failed")
    return (await unit.run(statement.values(outcome=CLOSED))).rowcount > 0
