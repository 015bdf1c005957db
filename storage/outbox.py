"""Notices out: written in the unit that decided them, delivered in order, one address at a time.

A sender leases an address, says what waits for it, and records each message as it is said. What cannot be delivered
stays here.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, Update, bindparam, delete, func, select, update

from storage.dialects import among, for_both
from storage.leasing import AT_ONCE, at, may_be_taken, moment_after
from storage.people import address_hash, change_address, find_party, party_at
from storage.tables import addresses, notices
from storage.unit import Reader, Rows, Unit

ANSWER, REMINDER, DIGEST = 0, 1, 2

# Statements that every notice needs are made once: to make one anew costs more than to run it.
CHANNELS = select(addresses.c.id, addresses.c.channel).where(among(addresses.c.id, "addresses"))
TELL = for_both(lambda insert: insert(notices).on_conflict_do_nothing(index_elements=["once_key"]))
READY = (
    select(addresses.c.id)
    .join(notices, notices.c.address_id == addresses.c.id)
    .where(
        notices.c.settled_at.is_(None),
        notices.c.channel == bindparam("of_channel"),
        notices.c.not_before <= bindparam("now"),
        may_be_taken(addresses.c.not_before),
        addresses.c.blocked_at.is_(None),
        ~among(addresses.c.id, "except_for"),
    )
    .order_by(notices.c.priority, notices.c.id)
    .limit(bindparam("most"))
)


def _taking(ready: Select[Any]) -> Update:
    return (
        update(addresses)
        .where(addresses.c.id.in_(select(ready.cte("ready").c.id)), may_be_taken(addresses.c.not_before))
        .values(holder=bindparam("by"), not_before=bindparam("until"))
        .returning(addresses.c.id, addresses.c.chat_id, addresses.c.language)
    )


# On PostgreSQL addresses that others are about to take are passed over; SQLite has one writer, and leaves it out.
TAKE = _taking(READY.with_for_update(of=addresses, skip_locked=True))
TAKE_PATIENTLY = _taking(READY)
READY_FOR = (
    select(
        notices.c.address_id,
        notices.c.id,
        notices.c.kind,
        notices.c.payload,
        notices.c.duty_id,
        notices.c.attempts,
        notices.c.priority,
        notices.c.created_at,
    )
    .where(
        among(notices.c.address_id, "addresses"),
        notices.c.settled_at.is_(None),
        notices.c.not_before <= bindparam("now"),
    )
    .order_by(notices.c.priority, notices.c.id)
    .limit(bindparam("most"))
)
RECORD = (
    update(notices)
    .where(notices.c.id == bindparam("notice"), notices.c.settled_at.is_(None))
    .values(
        settled_at=bindparam("now"),
        outcome=bindparam("came_to"),
        said=bindparam("words"),
        message_id=bindparam("number"),
        attempts=notices.c.attempts + 1,
    )
)
GIVE_BACK = (
    update(addresses)
    .where(addresses.c.id == bindparam("address"), addresses.c.holder == bindparam("by"))
    .values(holder=None, not_before=bindparam("until"))
)


def outbox_topic(channel: str) -> str:
    return f"outbox:{channel}"


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell one address: which wording, and the facts it is made of."""

    kind: str
    payload: Mapping[str, Any]
    priority: int = ANSWER
    duty_id: int | None = None
    once_key: str | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notice that waits to be said."""

    id: int
    kind: str
    payload: Mapping[str, Any]
    duty_id: int | None
    attempts: int
    priority: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Turn:
    """A leased address and what waits for it, in order."""

    address_id: int
    chat_id: int
    language: str
    holder: str
    notices: tuple[Waiting, ...]


@dataclass(frozen=True, slots=True)
class Returned:
    """An address that is no longer written to, and how long it is to be left alone."""

    turn: Turn
    rest: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a notice: "sent", "moot" (no longer true when its turn came) or "failed" (to be seen)."""

    notice_id: int
    outcome: str
    said: str | None = None
    message_id: int | None = None


def tell(unit: Unit, address_id: int, notice: Notice) -> None:
    """Write a notice; nothing is written where one of the same `once_key` exists."""
    unit.defer(
        _tell,
        {
            "address_id": address_id,
            "kind": notice.kind,
            "payload": dict(notice.payload),
            "priority": notice.priority,
            "duty_id": notice.duty_id,
            "once_key": notice.once_key,
            "created_at": unit.now,
            "not_before": AT_ONCE,
        },
    )


async def _tell(unit: Unit, rows: Rows) -> None:
    found = await unit.all(CHANNELS, {"addresses": list({row["address_id"] for row in rows})})
    channels = {address.id: address.channel for address in found}
    await unit.run(TELL[unit.dialect], [{**row, "channel": channels[row["address_id"]]} for row in rows])
    unit.wake.update(map(outbox_topic, channels.values()))


async def claim(
    unit: Unit,
    channel: str,
    holder: str,
    lease: timedelta,
    *,
    most: int = 1,
    in_a_turn: int = 1,
    except_for: Collection[int] = (),
) -> Sequence[Turn]:
    """Lease up to `most` addresses, those whose notices are most urgent and have waited longest, each with at most
    `in_a_turn` notices.

    `except_for` are addresses that this process is writing to: however the clock jumps, no two write to one.
    """
    until = moment_after(unit.now, lease)
    values = {"of_channel": channel, "except_for": list(except_for), "by": holder, "until": until, **at(unit.now)}
    leased = await unit.all(TAKE, {**values, "most": most})
    if not leased and unit.dialect != "sqlite":
        # It may only have been locked: a page that is told something new has its number counted in the same row.
        leased = await unit.all(TAKE_PATIENTLY, {**values, "most": 1})
    if not leased:
        return ()
    # The addresses were found by their most urgent notices, so the first `most` hold one for each of them.
    values = {"addresses": [address.id for address in leased], "now": unit.now, "most": most * in_a_turn}
    waiting: dict[int, list[Waiting]] = {address.id: [] for address in leased}
    for row in await unit.all(READY_FOR, values):
        address_id, *notice = tuple(row)
        if len(waiting[address_id]) < in_a_turn:
            waiting[address_id].append(Waiting(*notice))
    turns = [
        Turn(address.id, int(address.chat_id), address.language, holder, tuple(waiting[address.id]))
        for address in leased
    ]
    return sorted(turns, key=lambda turn: [(notice.priority, notice.id) for notice in turn.notices])


async def record(unit: Unit, *ends: Ended) -> None:
    """These notices have come to their end."""
    await unit.run(
        RECORD,
        [
            {
                "notice": end.notice_id,
                "now": unit.now,
                "came_to": end.outcome,
                "words": end.said,
                "number": end.message_id,
            }
            for end in ends
        ],
    )


async def count_attempt(unit: Unit, notice_id: int) -> None:
    await unit.run(update(notices).where(notices.c.id == notice_id).values(attempts=notices.c.attempts + 1))


async def give_back(unit: Unit, *returned: Returned) -> None:
    """End leases."""
    await unit.run(
        GIVE_BACK,
        [
            {"address": one.turn.address_id, "by": one.turn.holder, "until": moment_after(unit.now, one.rest)}
            for one in returned
        ],
    )


async def move_notices(unit: Unit, old_address_id: int, address_id: int) -> None:
    """What waits at one address waits at another from now on."""
    waiting = (notices.c.address_id == old_address_id, notices.c.settled_at.is_(None))
    await unit.run(update(notices).where(*waiting).values(address_id=address_id))


async def pause_channel(unit: Unit, channel: str, wait: timedelta) -> None:
    """The whole channel is to be silent for a while; leases in use are left to their holders."""
    until = moment_after(unit.now, wait)
    at_rest = update(addresses).where(
        addresses.c.channel == channel, addresses.c.holder.is_(None), addresses.c.not_before < until
    )
    await unit.run(at_rest.values(not_before=until))


async def release_all_addresses(unit: Unit) -> None:
    """After a restart on SQLite nobody else can be sending."""
    await unit.run(update(addresses).where(addresses.c.holder.is_not(None)).values(holder=None, not_before=AT_ONCE))


async def said_in(reader: Reader, address_id: int, message_id: int) -> tuple[str, Mapping[str, Any]] | None:
    """Kind and payload of the notice that became this message, so that a reply to it is understood."""
    row = await reader.one(
        select(notices.c.kind, notices.c.payload)
        .where(notices.c.address_id == address_id, notices.c.message_id == message_id)
        .order_by(notices.c.id.desc())
        .limit(1)
    )
    return None if row is None else (row.kind, row.payload)


async def follow(unit: Unit, channel: str, bot_id: int, address_id: int, chat_id: int) -> None:
    """A group has become another chat. Where that one has written before us, it takes over what the old one had."""
    known = await find_party(unit, channel, bot_id, chat_id)
    if known is None:
        chat_hash = address_hash(unit, channel, bot_id, chat_id)
        await change_address(unit, address_id, chat_id=str(chat_id), chat_hash=chat_hash)
        return
    old = await party_at(unit, address_id)
    if known.department_id is None and old is not None:
        await change_address(unit, known.address_id, department_id=old.department_id)
    await change_address(unit, address_id, department_id=None, blocked_at=unit.now)
    await move_notices(unit, address_id, known.address_id)
    unit.wake.add(outbox_topic(channel))


async def said_since(reader: Reader, address_id: int, moment: datetime) -> bool:
    """Whether anything was written to an address after an instant (UTC)."""
    later = select(notices.c.id).where(notices.c.address_id == address_id, notices.c.created_at > moment).limit(1)
    return await reader.one(later) is not None


async def waiting_by_channel(reader: Reader) -> Sequence[tuple[str, int]]:
    rows = await reader.all(
        select(notices.c.channel, func.count()).where(notices.c.settled_at.is_(None)).group_by(notices.c.channel)
    )
    return [(channel, int(count)) for channel, count in (tuple(row) for row in rows)]


async def purge(unit: Unit, before: datetime) -> int:
    """Forget what was said long ago; what failed is kept (storage/stuck.py)."""
    done = notices.c.outcome.in_(("sent", "moot", "closed"))
    gone = await unit.run(delete(notices).where(notices.c.settled_at < before, done))
    return gone.rowcount
