"""Who writes and who works here: addresses, officers, departments, sessions and one-time invitations."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, bindparam, select, update
from sqlalchemy.exc import IntegrityError

from storage.dialects import among, insert_for
from storage.leasing import AT_ONCE
from storage.tables import (
    addresses,
    bureaus,
    departments,
    invitations,
    officer_departments,
    officers,
    sessions,
    taxpayers,
)
from storage.unit import Reader, Unit

_PARTIES = select(
    addresses.c.id,
    addresses.c.chat_hash,
    addresses.c.channel,
    addresses.c.language,
    addresses.c.taxpayer_id,
    addresses.c.officer_id,
    addresses.c.department_id,
    addresses.c.told_at,
    addresses.c.blocked_at,
    taxpayers.c.bureau_id,
).join(taxpayers, taxpayers.c.id == addresses.c.taxpayer_id, isouter=True)
PARTIES_IN_CHATS = _PARTIES.where(among(addresses.c.chat_hash, "wanted"))
PARTY_AT = _PARTIES.where(addresses.c.id == bindparam("wanted"))


class AlreadyAdmittedError(Exception):
    """Another unit has made the address known a moment ago; this one cannot go on."""


@dataclass(frozen=True, slots=True)
class Officer:
    """A member of staff who has not left, with the departments served and those headed (ids)."""

    id: int
    bureau_id: int
    name: str
    roles: frozenset[str]
    departments: frozenset[int]
    heads: frozenset[int]


@dataclass(frozen=True, slots=True)
class Party:
    """Who speaks at an address: a taxpayer, an officer, or a group that may be a department's."""

    address_id: int
    channel: str
    language: str
    taxpayer_id: int | None
    bureau_id: int
    officer: Officer | None
    department_id: int | None
    told_at: datetime | None
    blocked: bool


@dataclass(frozen=True, slots=True)
class Department:
    id: int
    bureau_id: int
    code: str
    name: str
    internal: bool
    sealed: bool
    names: tuple[str, ...]
    words: dict[str, float]


def address_hash(reader: Reader, channel: str, bot_id: int, chat_id: int) -> str:
    return reader.hasher("address", channel, bot_id, chat_id)


async def find_party(reader: Reader, channel: str, bot_id: int, chat_id: int) -> Party | None:
    """Who is known at a chat."""
    chat_hash = address_hash(reader, channel, bot_id, chat_id)
    return (await find_parties(reader, [chat_hash])).get(chat_hash)


async def find_parties(reader: Reader, chat_hashes: Collection[str]) -> Mapping[str, Party]:
    """Who is known at these chats, by `address_hash`."""
    rows = await reader.all(PARTIES_IN_CHATS, {"wanted": list(chat_hashes)})
    return {row.chat_hash: await _party(reader, row) for row in rows}


async def party_at(reader: Reader, address_id: int) -> Party | None:
    row = await reader.one(PARTY_AT, {"wanted": address_id})
    return None if row is None else await _party(reader, row)


async def _party(reader: Reader, row: Row[Any]) -> Party:
    officer = None if row.officer_id is None else await find_officer(reader, row.officer_id)
    bureau_id = officer.bureau_id if officer is not None else row.bureau_id
    return Party(
        address_id=row.id,
        channel=row.channel,
        language=row.language,
        taxpayer_id=row.taxpayer_id,
        bureau_id=bureau_id if bureau_id is not None else await home_bureau(reader),
        officer=officer,
        department_id=row.department_id,
        told_at=row.told_at,
        blocked=row.blocked_at is not None,
    )


async def bureau_name(reader: Reader, bureau_id: int) -> str:
    return str(await reader.value(select(bureaus.c.name).where(bureaus.c.id == bureau_id)))


async def home_bureau(reader: Reader) -> int:
    """The bureau at the root of the tree, to which a taxpayer belongs until another is chosen."""
    return int(
        await reader.value(select(bureaus.c.id).where(bureaus.c.parent_id.is_(None)).order_by(bureaus.c.id).limit(1))
    )


async def admit(
    unit: Unit,
    channel: str,
    bot_id: int,
    chat_id: int,
    *,
    language: str,
    officer_id: int | None = None,
    group: bool = False,
) -> int:
    """Make an address known and return its id; whoever is neither officer nor group is a taxpayer.

    Raises AlreadyAdmittedError where another unit was faster.
    """
    taxpayer_id = None
    if officer_id is None and not group:
        taxpayer_id = await unit.inserted(
            taxpayers.insert().values(bureau_id=await home_bureau(unit), created_at=unit.now).returning(taxpayers.c.id)
        )
    admitted = addresses.insert().values(
        channel=channel,
        chat_hash=address_hash(unit, channel, bot_id, chat_id),
        chat_id=str(chat_id),
        language=language,
        taxpayer_id=taxpayer_id,
        officer_id=officer_id,
        created_at=unit.now,
        not_before=AT_ONCE,
    )
    try:
        return await unit.inserted(admitted.returning(addresses.c.id))
    except IntegrityError as error:
        raise AlreadyAdmittedError from error


async def web_page_at(reader: Reader, address_id: int) -> Row[Any] | None:
    """Return what a page in a browser is known by: its chat_id, language and officer_id."""
    known = (addresses.c.chat_id, addresses.c.language, addresses.c.officer_id)
    return await reader.one(select(*known).where(addresses.c.id == address_id))


async def officer_address(reader: Reader, officer_id: int, channel: str) -> int | None:
    """Return the first address of an officer on a channel."""
    own = (addresses.c.officer_id == officer_id, addresses.c.channel == channel)
    address_id: int | None = await reader.value(select(addresses.c.id).where(*own).order_by(addresses.c.id).limit(1))
    return address_id


async def change_address(unit: Unit, address_id: int, **values: Any) -> None:
    await unit.run(update(addresses).where(addresses.c.id == address_id).values(**values))


async def find_officer(reader: Reader, officer_id: int) -> Officer | None:
    """The officer, unless he or she has left: leavers may do nothing from that moment on."""
    found = await _officers(reader, select(officers).where(officers.c.id == officer_id))
    return found[0] if found else None


async def officers_of(reader: Reader, department_id: int) -> Sequence[Officer]:
    """Everybody who serves a department, in a fixed order."""
    return await _officers(
        reader,
        select(officers)
        .join(officer_departments, officer_departments.c.officer_id == officers.c.id)
        .where(officer_departments.c.department_id == department_id),
    )


async def officers_in(reader: Reader, bureau_id: int) -> Sequence[Officer]:
    return await _officers(reader, select(officers).where(officers.c.bureau_id == bureau_id))


async def _officers(reader: Reader, query: Select[Any]) -> list[Officer]:
    rows = await reader.all(query.where(officers.c.left_at.is_(None)).order_by(officers.c.id))
    serves: dict[int, list[Row[Any]]] = {row.id: [] for row in rows}
    for link in await reader.all(select(officer_departments).where(officer_departments.c.officer_id.in_(serves))):
        serves[link.officer_id].append(link)
    return [
        Officer(
            id=row.id,
            bureau_id=row.bureau_id,
            name=row.name,
            roles=frozenset(row.roles),
            departments=frozenset(link.department_id for link in serves[row.id]),
            heads=frozenset(link.department_id for link in serves[row.id] if link.head),
        )
        for row in rows
    ]


async def addresses_of(reader: Reader, officer_id: int) -> Sequence[int]:
    """The addresses at which an officer is reached: the desk, and chats that were bound."""
    rows = await reader.all(select(addresses.c.id).where(addresses.c.officer_id == officer_id).order_by(addresses.c.id))
    return [row.id for row in rows]


async def group_of(reader: Reader, department_id: int) -> Sequence[int]:
    """The group chats that belong to a department."""
    rows = await reader.all(select(addresses.c.id).where(addresses.c.department_id == department_id))
    return [row.id for row in rows]


async def departments_of(reader: Reader, bureau_id: int) -> Sequence[Department]:
    rows = await reader.all(select(departments).where(departments.c.bureau_id == bureau_id).order_by(departments.c.id))
    return [_department(row) for row in rows]


async def find_department(reader: Reader, department_id: int) -> Department | None:
    row = await reader.one(select(departments).where(departments.c.id == department_id))
    return None if row is None else _department(row)


def _department(row: Row[Any]) -> Department:
    return Department(row.id, row.bureau_id, row.code, row.name, row.internal, row.sealed, tuple(row.names), row.words)


async def bureau_ids(reader: Reader) -> Sequence[int]:
    return [row.id for row in await reader.all(select(bureaus.c.id).order_by(bureaus.c.id))]


async def begin_session(unit: Unit, token: str, address_id: int, audience: str, length: timedelta) -> None:
    """Remember a browser by the hash of its cookie."""
    statement = insert_for(unit, sessions).values(
        token_hash=unit.hasher("session", token),
        address_id=address_id,
        audience=audience,
        created_at=unit.now,
        expires_at=unit.now + length,
    )
    await unit.run(statement.on_conflict_do_nothing(index_elements=["token_hash"]))


async def session_address(reader: Reader, token: str, audience: str) -> int | None:
    """The address behind a cookie, while its session lasts and, for an officer, while the officer has not left."""
    address_id: int | None = await reader.value(
        select(sessions.c.address_id)
        .join(addresses, addresses.c.id == sessions.c.address_id)
        .join(officers, officers.c.id == addresses.c.officer_id, isouter=True)
        .where(
            sessions.c.token_hash == reader.hasher("session", token),
            sessions.c.audience == audience,
            sessions.c.ended_at.is_(None),
            sessions.c.expires_at > reader.now,
            officers.c.left_at.is_(None),
        )
    )
    return address_id


async def invite(
    unit: Unit, officer_id: int, purpose: str, length: timedelta, *, department_id: int | None = None
) -> str:
    """A one-time token: "desk" opens a browser session, "bind" makes a chat the officer's or the department's own."""
    token = secrets.token_urlsafe(24)
    await unit.run(
        invitations.insert().values(
            token_hash=unit.hasher("invitation", token),
            officer_id=officer_id,
            purpose=purpose,
            department_id=department_id,
            created_at=unit.now,
            expires_at=unit.now + length,
        )
    )
    return token


async def is_invitation(reader: Reader, token: str) -> bool:
    """Whether a token was ever given out, however long ago."""
    found = select(invitations.c.id).where(invitations.c.token_hash == reader.hasher("invitation", token))
    return await reader.one(found) is not None


async def open_invitation(reader: Reader, token: str, purpose: str) -> Row[Any] | None:
    """The invitation (officer_id, department_id) behind a token that is neither used nor expired."""
    return await reader.one(
        select(invitations)
        .join(officers, officers.c.id == invitations.c.officer_id)
        .where(
            invitations.c.token_hash == reader.hasher("invitation", token),
            invitations.c.purpose == purpose,
            invitations.c.used_at.is_(None),
            invitations.c.expires_at > reader.now,
            officers.c.left_at.is_(None),
        )
    )


async def use_invitation(unit: Unit, invitation_id: int) -> bool:
    """False where somebody used it a moment ago."""
    return await unit.moved(
        update(invitations)
        .where(invitations.c.id == invitation_id, invitations.c.used_at.is_(None))
        .values(used_at=unit.now)
    )
