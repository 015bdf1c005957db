"""What waits, for whoever watches: counted along the partial indexes, so that what was settled long ago costs nothing.

Counting stops at MOST_COUNTED, so that a look stays cheap when very much waits.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, case, distinct, func, select

from storage.leasing import at, may_be_taken
from storage.tables import addresses, notices, updates
from storage.unit import Reader

MOST_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class InboxBacklog:
    """Updates that are stored and not settled, the lanes they stand in, and when the oldest was stored."""

    updates: int
    lanes: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class OutboxBacklog:
    """Notices of one channel that were not said yet. `unreachable` ones are kept for addresses that nobody can write
    to; of the others, `since` says from when on the oldest could have been said, and `sayable_since` the same of those
    whose address neither is being written to nor has to be left alone for a while.
    """

    waiting: int
    unreachable: int
    since: datetime | None
    sayable_since: datetime | None


async def inbox_backlog(reader: Reader, *, most: int = MOST_COUNTED) -> InboxBacklog:
    """In the order of the partial index: left to itself, SQLite takes another one and looks at every row."""
    oldest = (
        select(updates.c.lane_id, updates.c.stored_at)
        .where(updates.c.settled_at.is_(None))
        .order_by(updates.c.id)
        .limit(most)
        .subquery()
    )
    counted = select(func.count(), func.count(distinct(oldest.c.lane_id)), func.min(oldest.c.stored_at))
    row = await reader.one(counted.select_from(oldest))
    assert row is not None  # noqa: S101  an aggregate has a row
    return InboxBacklog(*tuple(row))


async def outbox_backlog(reader: Reader, channel: str, *, most: int = MOST_COUNTED) -> OutboxBacklog:
    """The most urgent first, as senders see them."""
    wanted_at = case((notices.c.not_before > notices.c.created_at, notices.c.not_before), else_=notices.c.created_at)
    urgent = (
        select(
            wanted_at.label("wanted_at"), addresses.c.blocked_at, may_be_taken(addresses.c.not_before).label("is_free")
        )
        .join(addresses, addresses.c.id == notices.c.address_id)
        .where(notices.c.settled_at.is_(None), notices.c.channel == channel)
        .order_by(notices.c.priority, notices.c.id)
        .limit(most)
        .subquery()
    )
    reachable = urgent.c.blocked_at.is_(None)
    sayable = reachable & urgent.c.is_free & (urgent.c.wanted_at <= bindparam("now"))
    row = await reader.one(
        select(
            func.count(case((reachable, 1))),
            func.count(urgent.c.blocked_at),
            func.min(case((reachable, urgent.c.wanted_at))),
            func.min(case((sayable, urgent.c.wanted_at))),
        ),
        at(reader.now),
    )
    assert row is not None  # noqa: S101  an aggregate has a row
    return OutboxBacklog(*tuple(row))
