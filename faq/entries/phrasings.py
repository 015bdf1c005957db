"""Ways of asking, laid down one at a time: a phrasing that the index learns, or an exact override that always wins.

Neither is information that is published: what is said is the approved text, word for word. So both take effect at once
and need no second person; who did it and when is kept, and each can be undone. See docs/decisions/0016.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select, update

from escalation.rules.permissions import Action
from faq.catalog import published_anew
from faq.entries.content import MOST_PHRASINGS, Finding, Flaw, check_wording
from faq.entries.results import Denied, Done, Saved, Why, Wrong
from faq.entries.steps import allowed, change_entry, note, take
from faq.lifecycle import REVISION_MOVES, EntryState, Happening, Move, RevisionState, can
from faq.matching.features import plain_view
from faq.secrecy import NEVER_OVERRIDDEN
from intents import Interpreter
from storage.dialects import insert_for
from storage.people import Officer
from storage.tables import overrides, revisions
from storage.unit import Unit

REPHRASED = REVISION_MOVES[Move.REPHRASE]


async def add_phrasings(
    unit: Unit, actor: Officer, entry_id: int, added_phrasings: Sequence[str]
) -> Saved | Denied | Wrong:
    """Add ways of asking to an entry: to what is published, and to what is being written or waits for approval.

    Each becomes a revision that differs in its phrasings alone, and keeps the reviewers of the text it repeats.
    """
    entry = await take(unit, actor, Action.EDIT_ENTRY, entry_id)
    if isinstance(entry, Denied):
        return entry
    if findings := tuple(finding for wording in added_phrasings for finding in check_wording(wording)):
        return Wrong(findings)
    where = (revisions.c.entry_id == entry_id, revisions.c.state.in_(REPHRASED))
    head, changed = entry.head, set[RevisionState]()
    for row in await unit.all(select(revisions).where(*where).order_by(revisions.c.number)):
        phrasings = _with(row, added_phrasings)
        if len(phrasings) > MOST_PHRASINGS:
            return Wrong((Finding("phrasings", Flaw.FULL, (("most", MOST_PHRASINGS),)),))
        if phrasings != row.phrasings or head > entry.head:  # a later text keeps the higher number
            head += 1
            changed.add(RevisionState(row.state))
            await _write_again(unit, actor, row, head, phrasings)
    if not changed:
        return Denied(Why.UNCHANGED)
    await change_entry(unit, entry_id, head=head)
    if RevisionState.PUBLISHED in changed and entry.state is EntryState.PUBLISHED:
        await published_anew(unit)
    return Saved(entry_id, entry.code, head)


def _with(row: Row[Any], added_phrasings: Sequence[str]) -> list[str]:
    """The phrasings of a text with these added, but for those by which it is asked for already."""
    known = {plain_view(text) for text in (row.question, *row.phrasings)}
    added = {plain_view(wording): wording.strip() for wording in added_phrasings}
    return [*row.phrasings, *(text for view, text in added.items() if view not in known)]


async def _write_again(unit: Unit, actor: Officer, row: Row[Any], number: int, phrasings: list[str]) -> None:
    added = "、".join(f"「{text}」" for text in phrasings[len(row.phrasings) :])
    new = {"number": number, "phrasings": phrasings, "note": f"增加问法{added}" if added else row.note}
    by = {"author": actor.name, "author_id": actor.id, "written_at": unit.now}
    await unit.run(update(revisions).where(revisions.c.id == row.id).values(state=REPHRASED[row.state]))
    kept = {name: value for name, value in row._asdict().items() if name != "id"}
    await unit.run(revisions.insert().values({**kept, **new, **by}))


async def override(
    unit: Unit, actor: Officer, entry_id: int, wording: str, interpreter: Interpreter
) -> Saved | Denied | Wrong:
    """Lay down that just this wording is answered by this entry, whatever was laid down for it before.

    What the `interpreter` takes for a complaint, a tip-off and the like is refused: no entry answers that.
    """
    entry = await take(unit, actor, Action.EDIT_ENTRY, entry_id)
    if isinstance(entry, Denied):
        return entry
    if not can(Move.OVERRIDE, entry.state):
        return Denied(Why.NOT_PUBLISHED)
    wording = wording.strip()
    if findings := check_wording(wording):
        return Wrong(findings)
    if interpreter.understand(wording).kind in NEVER_OVERRIDDEN:
        return Denied(Why.NOT_FOR_THE_FAQ)
    view = plain_view(wording)
    await _clear(unit, actor, overrides.c.view == view)
    row = {"wording": wording, "view": view, "entry_id": entry_id, "set_by": actor.id, "set_at": unit.now}
    laid_down = insert_for(unit, overrides).values(row).on_conflict_do_nothing()
    if not await unit.moved(laid_down):
        return Denied(Why.MEANWHILE)
    await note(unit, entry_id, Happening.OVERRIDE, actor, wording)
    await published_anew(unit)
    return Saved(entry_id, entry.code, entry.head)


async def clear_override(unit: Unit, actor: Officer, override_id: int) -> Done | Denied:
    """Undo it: the index decides again."""
    if not await allowed(unit, actor, Action.EDIT_ENTRY):
        return Denied(Why.NOT_ALLOWED)
    if not await _clear(unit, actor, overrides.c.id == override_id):
        return Denied(Why.NO_OVERRIDE)
    await published_anew(unit)
    return Done()


async def _clear(unit: Unit, actor: Officer, which: Any) -> bool:
    cleared = (
        update(overrides)
        .where(which, overrides.c.cleared_at.is_(None))
        .values(cleared_by=actor.id, cleared_at=unit.now)
        .returning(overrides.c.entry_id, overrides.c.wording)
    )
    row = (await unit.run(cleared)).one_or_none()
    if row is not None:
        await note(unit, row.entry_id, Happening.OVERRIDE_CLEARED, actor, row.wording)
    return row is not None
