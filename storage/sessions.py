"""The browsers of officers: whose a session is, which are open, and the end of one or of all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

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


async def end_sessions(unit: Unit, officer_id: int, audience: str, session_id: int | None = None) -> bool:
    """End one session of the officer's own, or all of them; False where there was none to end."""
    own = select(addresses.c.id).where(addresses.c.officer_id == officer_id)
    ended = update(sessions).where(
        sessions.c.address_id.in_(own), sessions.c.audience == audience, sessions.c.ended_at.is_(None)
    )
    if session_id is not None:
        ended = ended.where(sessions.c.id == session_id)
    return (await unit.run(ended.values(ended_at=unit.now))).rowcount > 0
