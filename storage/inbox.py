"""Updates in: stored before the channel is told, then handed out lane by lane.

A lane is the updates of one channel, chat and person. A worker leases the lane, never a single update: on PostgreSQL
id 1 may commit after id 2, and two workers on two updates of one person would answer out of order. Lease, back-off and
album wait of a lane are one column (storage/leasing.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, select, update

from storage.dialects import among, for_both, insert_for
from storage.leasing import AT_ONCE, at, may_be_taken, moment_after
from storage.tables import conversations, lanes, updates
from storage.unit import Reader, Unit, UnitAbandonedError

ALBUM_WAIT = timedelta(seconds=1.5)
INBOX = "inbox"

# Statements that every update needs are made once: to make one anew costs more than to run it.
LANES = select(lanes.c.key, lanes.c.id).where(among(lanes.c.key, "wanted"))
NEW_LANE = for_both(lambda insert: insert(lanes).on_conflict_do_nothing(index_elements=["key"]))
STORE = for_both(
    lambda insert: (
        insert(updates)
        .on_conflict_do_nothing(index_elements=["channel", "external_id"])
        .returning(updates.c.channel, updates.c.external_id, updates.c.id)
    )
)
# On PostgreSQL lanes that others are about to take are passed over; SQLite has one writer, and leaves it out.
WAITING = (
    select(lanes.c.id)
    .join(updates, updates.c.lane_id == lanes.c.id)
    .where(updates.c.settled_at.is_(None), may_be_taken(lanes.c.not_before))
    .order_by(updates.c.id)
    .limit(bindparam("most"))
    .with_for_update(of=lanes, skip_locked=True)
    .cte("waiting")
)
TAKE = (
    update(lanes)
    .where(lanes.c.id.in_(select(WAITING.c.id)), may_be_taken(lanes.c.not_before))
    .values(holder=bindparam("by"), not_before=bindparam("until"))
    .returning(lanes.c.id, lanes.c.key)
)
LANES_IN_HAND = (
    select(func.min(updates.c.id).label("lowest"), func.count().label("waiting"))
    .where(among(updates.c.lane_id, "lanes"), updates.c.settled_at.is_(None))
    .group_by(updates.c.lane_id)
    .subquery()
)
IN_HAND = select(
    updates.c.id,
    updates.c.lane_id,
    updates.c.channel,
    updates.c.received_at,
    updates.c.stored_at,
    updates.c.album,
    updates.c.body,
    updates.c.claims,
    updates.c.failures,
)
FIRST = (
    IN_HAND.add_columns(LANES_IN_HAND.c.waiting)
    .join(LANES_IN_HAND, LANES_IN_HAND.c.lowest == updates.c.id)
    .order_by(updates.c.id)
)
ALBUM = IN_HAND.where(
    updates.c.lane_id == bindparam("lane"),
    updates.c.settled_at.is_(None),
    updates.c.album == bindparam("of_album"),
).order_by(updates.c.id)
COUNT_CLAIM = update(updates).where(among(updates.c.id, "ids")).values(claims=updates.c.claims + 1)
SETTLE = (
    update(updates)
    .where(among(updates.c.id, "ids"), updates.c.settled_at.is_(None))
    .values(settled_at=bindparam("now"), outcome=bindparam("came_to"))
)
RELEASE = (
    update(lanes)
    .where(among(lanes.c.id, "lanes"), lanes.c.holder == bindparam("by"))
    .values(holder=None, not_before=bindparam("until"))
)
CONVERSATIONS = select(conversations.c.key, conversations.c.state, conversations.c.data).where(
    among(conversations.c.key, "wanted")
)


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
    """A leased lane and the updates of it that are to be handled as one: a single one, or the parts of an album.

    Updates of several lanes may share a unit only while all are `untried`: one that has failed, or was in somebody's
    hands when he was killed, is not to take others with it.
    """

    lane_id: int
    lane_key: str
    holder: str
    ids: tuple[int, ...]
    channel: str
    received_at: datetime
    bodies: tuple[Mapping[str, Any], ...]
    claims: int
    failures: int
    more: bool  # whether more waits in the lane

    @property
    def untried(self) -> bool:
        return self.claims == 1 and len(self.ids) == 1


async def is_stored(reader: Reader, channel: str, external_id: str) -> bool:
    """Whether an update has been delivered before."""
    found = select(updates.c.id).where(updates.c.channel == channel, updates.c.external_id == external_id)
    return await reader.value(found) is not None


async def store(unit: Unit, *arrivals: Incoming) -> Sequence[int | None]:
    """Keep updates in the order in which they came; None in place of the id of one that has been delivered before."""
    keys = [unit.hasher("lane", *incoming.lane) for incoming in arrivals]
    lane_ids = await _lanes(unit, keys)
    rows = [
        {
            "lane_id": lane_ids[key],
            "channel": incoming.channel,
            "external_id": incoming.external_id,
            "received_at": min(incoming.received_at, unit.now),
            "stored_at": unit.now,
            "album": None if incoming.album is None else unit.hasher("album", incoming.channel, incoming.album),
            "body": dict(incoming.body),
        }
        for key, incoming in zip(keys, arrivals, strict=True)
    ]
    stored = {(row.channel, row.external_id): row.id for row in await unit.all(STORE[unit.dialect], rows)}
    unit.wake.add(INBOX)
    return [stored.pop((incoming.channel, incoming.external_id), None) for incoming in arrivals]


async def _lanes(unit: Unit, keys: Sequence[str]) -> Mapping[str, int]:
    """The lanes of these keys, made where they are missing; in a fixed order, so that no two wait for each other."""
    wanted = sorted(set(keys))
    found = {row.key: row.id for row in await unit.all(LANES, {"wanted": wanted})}
    missing = [key for key in wanted if key not in found]
    if missing:
        await unit.run(NEW_LANE[unit.dialect], [{"key": key, "not_before": AT_ONCE} for key in missing])
        found |= {row.key: row.id for row in await unit.all(LANES, {"wanted": missing})}
    return found


async def claim(unit: Unit, holder: str, lease: timedelta, *, most: int = 1) -> Sequence[Claimed]:
    """Lease up to `most` lanes, those that have waited longest, and take the lowest unsettled update of each."""
    leased = await unit.all(TAKE, {"by": holder, "until": moment_after(unit.now, lease), "most": most, **at(unit.now)})
    if not leased:
        return ()
    keys = {lane.id: lane.key for lane in leased}
    firsts = await unit.all(FIRST, {"lanes": list(keys)})
    if nothing_left := keys.keys() - {first.lane_id for first in firsts}:
        await _release(unit, list(nothing_left), holder, AT_ONCE)
    claimed = []
    for first in firsts:
        parts = await _parts(unit, first, holder)
        if parts:
            claimed.append(_claimed(keys[first.lane_id], holder, first, parts))
    if claimed:
        await unit.run(COUNT_CLAIM, {"ids": [number for one in claimed for number in one.ids]})
    return claimed


async def _parts(unit: Unit, first: Row[Any], holder: str) -> Sequence[Row[Any]]:
    """The update, or all of its album; none, and the lane given back, while more of the album may come."""
    if first.album is None:
        return (first,)
    parts = await unit.all(ALBUM, {"lane": first.lane_id, "of_album": first.album})
    wait = max(part.stored_at for part in parts) + ALBUM_WAIT - unit.now
    if timedelta(0) < wait <= ALBUM_WAIT:  # longer only by a clock that has been set back
        await _release(unit, [first.lane_id], holder, moment_after(unit.now, wait))
        return ()
    return parts


def _claimed(lane_key: str, holder: str, first: Row[Any], parts: Sequence[Row[Any]]) -> Claimed:
    return Claimed(
        lane_id=first.lane_id,
        lane_key=lane_key,
        holder=holder,
        ids=tuple(part.id for part in parts),
        channel=first.channel,
        received_at=first.received_at,
        bodies=tuple(part.body for part in parts),
        claims=first.claims + 1,
        failures=first.failures,
        more=first.waiting > len(parts),
    )


async def settle(unit: Unit, *claimed: Claimed, outcome: str = "handled") -> None:
    """Before anything is written: settle the updates of the unit and give their lanes back, or abandon the unit.

    Raises UnitAbandonedError where an update has been settled already or a lane is no longer ours.
    """
    lane_ids = [one.lane_id for one in claimed]
    if await _release(unit, lane_ids, claimed[0].holder, AT_ONCE) != len(lane_ids):  # held by us until the unit ends
        raise UnitAbandonedError("the lane has passed to another worker")
    ids = [number for one in claimed for number in one.ids]
    settled = await unit.run(SETTLE, {"ids": ids, "now": unit.now, "came_to": outcome})
    if settled.rowcount != len(ids):
        raise UnitAbandonedError("the update has been settled already")


async def put_back(unit: Unit, *claimed: Claimed, wait: timedelta, failed: bool) -> None:
    """Give lanes back unhandled, to be tried again after `wait`; `failed` counts an exception against the updates."""
    until = moment_after(unit.now, wait)
    await _release(unit, [one.lane_id for one in claimed], claimed[0].holder, until)  # the lanes first, as claims do
    if failed:
        ids = [number for one in claimed for number in one.ids]
        await unit.run(update(updates).where(updates.c.id.in_(ids)).values(failures=updates.c.failures + 1))


async def release_all_lanes(unit: Unit) -> None:
    """After a restart on SQLite nobody else can be holding a lane."""
    await unit.run(update(lanes).where(lanes.c.holder.is_not(None)).values(holder=None, not_before=AT_ONCE))


async def _release(unit: Unit, lane_ids: Sequence[int], holder: str, not_before: datetime) -> int:
    """Give lanes back; returns how many of them were still ours."""
    return (await unit.run(RELEASE, {"lanes": lane_ids, "by": holder, "until": not_before})).rowcount


async def conversations_of(reader: Reader, keys: Sequence[str]) -> Mapping[str, tuple[str | None, Mapping[str, Any]]]:
    """Where the conversations of these lanes stand, state and data; nothing for one that has not begun."""
    return {row.key: (row.state, row.data) for row in await reader.all(CONVERSATIONS, {"wanted": keys})}


async def keep_conversation(unit: Unit, key: str, state: str | None, data: Mapping[str, Any]) -> None:
    values = {"state": state, "data": dict(data), "changed_at": unit.now}
    statement = insert_for(unit, conversations).values(key=key, **values)
    await unit.run(statement.on_conflict_do_update(index_elements=["key"], set_=values))


async def waiting(reader: Reader) -> int:
    """How many updates are stored and not yet settled."""
    return int(await reader.value(select(func.count()).select_from(updates).where(updates.c.settled_at.is_(None))))


async def purge(unit: Unit, before: datetime) -> int:
    """Forget settled updates, except those set aside, which somebody still has to look at (storage/stuck.py)."""
    done = updates.c.outcome.in_(("handled", "closed"))
    gone = await unit.run(delete(updates).where(updates.c.settled_at < before, done))
    return gone.rowcount
