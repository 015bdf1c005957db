"""Updates in: stored before the channel is told, then handed out lane by lane.

A lane is the updates of one channel, chat and person. A worker leases the lane, never a single update: on PostgreSQL
id 1 may commit after id 2, and two workers on two updates of one person would answer out of order. Lease, back-off and
album wait of a lane are one column (storage/turns.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, func, select, update

from storage.house import for_both, insert_for
from storage.tables import conversations, lanes, updates
from storage.turns import AT_ONCE, at, may_be_taken, moment_after
from storage.unit import Reader, Unit, UnitAbandonedError

ALBUM_WAIT = timedelta(seconds=1.5)
INBOX = "inbox"

# Statements that every update needs are made once: to make one anew costs more than to run it.
LANE = select(lanes.c.id).where(lanes.c.key == bindparam("wanted"))
NEW_LANE = for_both(lambda insert: insert(lanes).on_conflict_do_nothing(index_elements=["key"]))
STORE = for_both(
    lambda insert: (
        insert(updates).on_conflict_do_nothing(index_elements=["channel", "external_id"]).returning(updates.c.id)
    )
)
# On PostgreSQL lanes that others are about to take are passed over; SQLite has one writer, and leaves it out.
WAITING = (
    select(lanes.c.id)
    .join(updates, updates.c.lane_id == lanes.c.id)
    .where(updates.c.settled_at.is_(None), may_be_taken(lanes.c.not_before))
    .order_by(updates.c.id)
    .limit(1)
    .with_for_update(of=lanes, skip_locked=True)
)
TAKE = (
    update(lanes)
    .where(lanes.c.id == WAITING.scalar_subquery(), may_be_taken(lanes.c.not_before))
    .values(holder=bindparam("by"), not_before=bindparam("until"))
    .returning(lanes.c.id, lanes.c.key)
)
UNSETTLED = (
    select(updates).where(updates.c.lane_id == bindparam("lane"), updates.c.settled_at.is_(None)).order_by(updates.c.id)
)
FIRST = UNSETTLED.limit(1)
ALBUM = UNSETTLED.where(updates.c.album == bindparam("of_album"))
COUNT_CLAIM = (
    update(updates).where(updates.c.id.in_(bindparam("ids", expanding=True))).values(claims=updates.c.claims + 1)
)
SETTLE = (
    update(updates)
    .where(updates.c.id.in_(bindparam("ids", expanding=True)), updates.c.settled_at.is_(None))
    .values(settled_at=bindparam("now"), outcome=bindparam("came_to"))
)
RELEASE = (
    update(lanes)
    .where(lanes.c.id == bindparam("lane"), lanes.c.holder == bindparam("by"))
    .values(holder=None, not_before=bindparam("until"))
)
CONVERSATION = select(conversations.c.state, conversations.c.data).where(conversations.c.key == bindparam("wanted"))


@dataclass(frozen=True, slots=True)
class Incoming:
    """One raw event from a channel. `lane` are the parts that name the lane: channel, bot, chat, person."""

    channel: str
    external_id: str
    lane: tuple[str | int, ...]
    received_at: datetime
    body: Mapping[str, Any]
    album: str | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A leased lane and the updates of it that are to be handled as one: a single one, or the parts of an album."""

    lane_id: int
    lane_key: str
    holder: str
    ids: tuple[int, ...]
    channel: str
    received_at: datetime
    bodies: tuple[Mapping[str, Any], ...]
    claims: int
    failures: int


async def is_stored(reader: Reader, channel: str, external_id: str) -> bool:
    """Whether an update has been delivered before."""
    found = select(updates.c.id).where(updates.c.channel == channel, updates.c.external_id == external_id)
    return await reader.value(found) is not None


async def store(unit: Unit, incoming: Incoming) -> int | None:
    """Keep an update; None where it has been delivered before."""
    key = unit.hasher("lane", *incoming.lane)
    lane_id = await unit.value(LANE, {"wanted": key})
    if lane_id is None:
        await unit.run(NEW_LANE[unit.dialect], {"key": key, "not_before": AT_ONCE})
        lane_id = await unit.value(LANE, {"wanted": key})
    stored: int | None = await unit.value(
        STORE[unit.dialect],
        {
            "lane_id": lane_id,
            "channel": incoming.channel,
            "external_id": incoming.external_id,
            "received_at": min(incoming.received_at, unit.now),
            "stored_at": unit.now,
            "album": None if incoming.album is None else unit.hasher("album", incoming.channel, incoming.album),
            "body": dict(incoming.body),
        },
    )
    unit.wake.add(INBOX)
    return stored


async def claim(unit: Unit, holder: str, lease: timedelta) -> Claimed | None:
    """Lease the lane that has waited longest and take its lowest unsettled update; None where nothing waits."""
    lane = await unit.one(TAKE, {"by": holder, "until": moment_after(unit.now, lease), **at(unit.now)})
    if lane is None:
        return None
    first = await unit.one(FIRST, {"lane": lane.id})
    if first is None:
        await _release(unit, lane.id, holder, AT_ONCE)
        return None
    parts = [first]
    if first.album is not None:
        parts = list(await unit.all(ALBUM, {"lane": lane.id, "of_album": first.album}))
        wait = max(part.stored_at for part in parts) + ALBUM_WAIT - unit.now
        if timedelta(0) < wait <= ALBUM_WAIT:  # longer only by a clock that has been set back
            await _release(unit, lane.id, holder, moment_after(unit.now, wait))
            return None
    ids = tuple(part.id for part in parts)
    await unit.run(COUNT_CLAIM, {"ids": ids})
    return Claimed(
        lane_id=lane.id,
        lane_key=lane.key,
        holder=holder,
        ids=ids,
        channel=first.channel,
        received_at=first.received_at,
        bodies=tuple(part.body for part in parts),
        claims=first.claims + 1,
        failures=first.failures,
    )


async def settle(unit: Unit, claimed: Claimed, outcome: str = "handled") -> None:
    """The first statement of a unit: settle its updates and give the lane back, or abandon the unit.

    Raises UnitAbandonedError where an update has been settled already or the lane is no longer ours.
    """
    if not await _release(unit, claimed.lane_id, claimed.holder, AT_ONCE):  # held by us until the unit ends
        raise UnitAbandonedError("the lane has passed to another worker")
    settled = await unit.run(SETTLE, {"ids": claimed.ids, "now": unit.now, "came_to": outcome})
    if settled.rowcount != len(claimed.ids):
        raise UnitAbandonedError("the update has been settled already")


async def put_back(unit: Unit, claimed: Claimed, *, wait: timedelta, failed: bool) -> None:
    """Give the lane back unhandled, to be tried again after `wait`; `failed` counts an exception against the update."""
    await _release(unit, claimed.lane_id, claimed.holder, moment_after(unit.now, wait))  # the lane first, as claims do
    if failed:
        await unit.run(update(updates).where(updates.c.id.in_(claimed.ids)).values(failures=updates.c.failures + 1))


async def release_all_lanes(unit: Unit) -> None:
    """After a restart on SQLite nobody else can be holding a lane."""
    await unit.run(update(lanes).where(lanes.c.holder.is_not(None)).values(holder=None, not_before=AT_ONCE))


async def _release(unit: Unit, lane_id: int, holder: str, not_before: datetime) -> bool:
    return await unit.moved(RELEASE, {"lane": lane_id, "by": holder, "until": not_before})


async def conversation(reader: Reader, key: str) -> tuple[str | None, dict[str, Any]]:
    """Where the conversation of a lane stands: its state and its data."""
    row = await reader.one(CONVERSATION, {"wanted": key})
    return (None, {}) if row is None else (row.state, row.data)


async def keep_conversation(unit: Unit, key: str, state: str | None, data: Mapping[str, Any]) -> None:
    values = {"state": state, "data": dict(data), "changed_at": unit.now}
    statement = insert_for(unit, conversations).values(key=key, **values)
    await unit.run(statement.on_conflict_do_update(index_elements=["key"], set_=values))


async def waiting(reader: Reader) -> int:
    """How many updates are stored and not yet settled."""
    return int(await reader.value(select(func.count()).select_from(updates).where(updates.c.settled_at.is_(None))))


async def set_aside(reader: Reader) -> Sequence[int]:
    """The updates that were set aside, the newest first."""
    aside = select(updates.c.id).where(updates.c.outcome == "set_aside").order_by(updates.c.id.desc())
    return [row.id for row in await reader.all(aside)]


async def purge(unit: Unit, before: datetime) -> int:
    """Forget settled updates, except those set aside, which somebody still has to look at."""
    gone = await unit.run(delete(updates).where(updates.c.settled_at < before, updates.c.outcome == "handled"))
    return gone.rowcount
