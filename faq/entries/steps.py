"""What every act upon an entry begins and ends with: the entry held, the right looked up, the event noted."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from sqlalchemy import Update, case, select, update

from escalation.rules.permissions import Action, EntrySubject, may
from faq.entries.content import Content
from faq.entries.queries import Kept, Revision, kept, subject_of
from faq.entries.results import Denied, Outdated, Why
from faq.lifecycle import APPROVED, ENTRY_MOVES, REVISION_MOVES, Happening, Move, RevisionState
from storage.people import Officer
from storage.tables import entries, entry_events, revisions
from storage.unit import Unit


async def hold(unit: Unit, entry_id: int) -> Kept | None:
    """The entry, nobody else's to change until the unit ends: whoever comes second waits, and finds what was done."""
    row = await unit.one(select(entries).where(entries.c.id == entry_id).with_for_update())
    return None if row is None else await kept(unit, row)


async def take(unit: Unit, actor: Officer, action: Action, entry_id: int) -> Kept | Denied:
    """The entry, held, for somebody who may do this with it."""
    entry = await hold(unit, entry_id)
    if not await allowed(unit, actor, action, entry):
        return Denied(Why.NOT_ALLOWED)
    return entry or Denied(Why.NOT_FOUND)


async def take_at(unit: Unit, actor: Officer, action: Action, entry_id: int, head: int) -> Kept | Outdated | Denied:
    """The entry, held, as the officer saw it at `head`."""
    entry = await take(unit, actor, action, entry_id)
    return entry if isinstance(entry, Denied) or entry.head == head else outdated(entry)


async def allowed(unit: Unit, actor: Officer, action: Action, entry: Kept | None = None) -> bool:
    """Whether the officer may do this with the entry or, without one, with the FAQ."""
    subject: EntrySubject = await subject_of(unit, entry)
    return may(actor, action, subject)


def authors_after(state: RevisionState, authors: Iterable[int], actor: Officer) -> list[int]:
    """Whose the next text is: the actor's, and theirs who wrote what nobody has approved yet."""
    return sorted({actor.id} if state in APPROVED else {actor.id, *authors})


def outdated(entry: Kept) -> Outdated:
    """Somebody was first, and here is who."""
    return Outdated(entry.id, entry.head, entry.latest.author)


async def note(unit: Unit, entry_id: int, what: Happening, actor: Officer, details: str | None = None) -> None:
    """Something was done with an entry."""
    await unit.run(
        entry_events.insert().values(
            entry_id=entry_id, what=what, officer_id=actor.id, officer=actor.name, details=details, at=unit.now
        )
    )


async def change_entry(unit: Unit, entry_id: int, **values: Any) -> None:
    await unit.run(update(entries).where(entries.c.id == entry_id).values(changed_at=unit.now, **values))


async def move_entry(unit: Unit, entry: Kept, move: Move) -> None:
    """Move an entry that is held to where the table says."""
    await change_entry(unit, entry.id, state=ENTRY_MOVES[move][entry.state])


async def move_revision(unit: Unit, text: Revision, move: Move, **values: Any) -> bool:
    """Move a text to where the table says; False where it is no longer in the state in which it was read."""
    where = (revisions.c.id == text.id, revisions.c.state == text.state)
    state = REVISION_MOVES[move][text.state]
    return await unit.moved(update(revisions).where(*where).values(state=state, **values))


def moving(move: Move) -> Update:
    """The UPDATE that moves every text it is narrowed down to, where the table lets the move begin."""
    leads_to = REVISION_MOVES[move]
    begins = update(revisions).where(revisions.c.state.in_(leads_to))
    return begins.values(state=case(leads_to, value=revisions.c.state))


async def write(unit: Unit, actor: Officer, entry_id: int, number: int, content: Content, **values: Any) -> None:
    """Write a text of an entry, in the officer's name."""
    columns = {**asdict(content), "phrasings": list(content.phrasings)}
    written = {"written_at": unit.now, "author": actor.name, "author_id": actor.id, "sample": False}
    row = {"entry_id": entry_id, "number": number, **columns, **written, **values}
    await unit.run(revisions.insert().values(row))
