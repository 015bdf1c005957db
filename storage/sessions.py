"""The browsers of officers: whose a session is, which are open, and the end of one or of all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from storage.tables import addresses, officers, sessions
from storage.unit import Reader, Unit


@dataclass(frozen=True, slots=True)
class OfficerSession:
    """A browser in which an officer has come in; it lasts until `expires_at`."""

    id: int
    officer_id: int
    created_at: datetime
    expires_at: datetime


_OPEN = (
    select(sessions.c.id, sessions.c.created_at, sessions.c.expires_at, addresses.c.officer_id)
    .join(addresses, addresses.c.id == sessions.c.address_id)
    .join(officers, officers.c.id == addresses.c.officer_id)
    .where(sessions.c.ended_at.is_(None), officers.c.left_at.is_(None))
)


async def session_of(reader: Reader, token: str, audience: str) -> OfficerSession | None:
    """The session behind a cookie, while it lasts and the officer has not left."""
    behind = (sessions.c.token_hash == reader.hasher("session", token), sessions.c.audience == audience)
    row = await reader.one(_OPEN.where(*behind, sessions.c.expires_at > reader.now))
    return None if row is None else OfficerSession(row.id, row.officer_id, row.created_at, row.expires_at)


async def open_sessions(reader: Reader, officer_id: int, audience: str) -> Sequence[OfficerSession]:
    """An officer's sessions that last, the newest first."""
    own = (addresses.c.officer_id == officer_id, sessions.c.audience == audience)
    lasting = _OPEN.where(*own, sessions.c.expires_at > reader.now).order_by(sessions.c.id.desc())
    return [OfficerSession(row.id, row.officer_id, row.created_at, row.expires_at) for row in await reader.all(lasting)]


async def is_known(reader: Reader, token: str) -> bool:
    """Tell whether a session was ever begun with this cookie, be it over or not."""
    known = select(sessions.c.id).where(sessions.c.token_hash == reader.hasher("session", token))
    return await reader.value(known) is not None


async def lengthen(unit: Unit, token: str, length: timedelta) -> None:
    """Begin a session anew, half-way through: a visitor who keeps coming back does not become a stranger."""
    half_over = (sessions.c.expires_at > unit.now, sessions.c.expires_at < unit.now + length / 2)
    behind = sessions.c.token_hash == unit.hasher("session", token)
    await unit.run(update(sessions).where(behind, *half_over).values(expires_at=unit.now + length))


async def end_session(unit: Unit, token: str) -> None:
    """End the session behind a cookie, which opens nothing from now on."""
    behind = sessions.c.token_hash == unit.hasher("session", token)
    await unit.run(update(sessions).where(behind, sessions.c.ended_at.is_(None)).values(ended_at=unit.now))


async def end_sessions(unit: Unit, officer_id: int, audience: str, session_id: int | None = None) -> bool:
    """End one session of the officer's own, or all of them; False where there was none to end."""
    own = select(addresses.c.id).where(addresses.c.officer_id == officer_id)
    ended = update(sessions).where(
        sessions.c.address_id.in_(own), sessions.c.audience == audience, sessions.c.ended_at.is_(None)
    )
    if session_id is not None:
        ended = ended.where(sessions.c.id == session_id)
    return (await unit.run(ended.values(ended_at=unit.now))).rowcount > 0
