"""Deciding what is published.

第十一条: 建立由专人负责的信息审核制度，统一信息发布出口，未经办公室领导审核批准的信息不得上网发布。

Nobody approves what is their own: neither one of its authors nor whoever submitted it. Approving is the final review;
it also verifies the text on that day.
"""

from escalation.deadlines.workdays import local_date
from escalation.duties.duties import settle
from escalation.rules.permissions import Action
from faq.catalog import published_anew
from faq.entries.drafting import ENTRY_APPROVAL, expired
from faq.entries.queries import Kept, Revision
from faq.entries.results import Denied, Outdated, Saved, Why, Wrong
from faq.entries.steps import change_entry, move_entry, move_revision, moving, note, outdated, take_at
from faq.lifecycle import Happening, Move, can_move
from faq.watches.entries import ENTRY_DOUBT, ENTRY_EXPIRY
from faq.watches.unverified import settle_verified
from storage.outbox import Notice, tell
from storage.people import Officer, addresses_of, find_officer
from storage.tables import revisions
from storage.unit import Unit


async def approve(unit: Unit, actor: Officer, entry_id: int, *, head: int) -> Saved | Outdated | Denied | Wrong:
    """Publish what waits for approval, and what the approver saw at `head`. An entry out of service is back in it.

    A text that is valid only from a later day lets the present one answer until then.
    """
    entry = await take_at(unit, actor, Action.APPROVE_ENTRY, entry_id, head)
    if not isinstance(entry, Kept):
        return entry
    text = to_decide(entry, actor)
    if isinstance(text, Denied):
        return text
    if findings := expired(unit, text.content):
        return Wrong(findings)
    today = local_date(unit.now)
    decided = {"decided_at": unit.now, "decided_by": actor.id, "final_reviewer": actor.name}
    verified = {"verified_on": today, "verified_by": actor.id, "verifier": actor.name}
    if not await move_revision(unit, text, Move.APPROVE, **decided, **verified):
        return outdated(entry)
    superseded = moving(Move.SUPERSEDE).where(revisions.c.entry_id == entry_id, revisions.c.id != text.id)
    begins_on = text.content.valid_from
    later = None if begins_on is None or begins_on <= today else begins_on.isoformat()
    if later is not None:
        superseded = superseded.where(revisions.c.valid_from > today)
    await unit.run(superseded)
    await move_entry(unit, entry, Move.APPROVE)
    await note(unit, entry_id, Happening.PUBLISHED, actor)
    await _tell_first_reviewer(unit, text, "entry.approved", officer=actor.name, begins_on=later)
    for kind in (ENTRY_APPROVAL, ENTRY_DOUBT, ENTRY_EXPIRY):
        await settle(unit, kind, entry_id)
    await settle_verified(unit)
    await published_anew(unit)
    return Saved(entry_id, entry.code, entry.head)


async def refuse(unit: Unit, actor: Officer, entry_id: int, reason: str, *, head: int) -> Saved | Outdated | Denied:
    """Send back what waits for approval, with a reason that stays with it. What is published stays as it is."""
    entry = await take_at(unit, actor, Action.APPROVE_ENTRY, entry_id, head)
    if not isinstance(entry, Kept):
        return entry
    text = to_decide(entry, actor)
    if isinstance(text, Denied):
        return text
    if not reason.strip():
        return Denied(Why.NO_REASON)
    refused = {"decided_at": unit.now, "decided_by": actor.id, "final_reviewer": actor.name, "reason": reason.strip()}
    if not await move_revision(unit, text, Move.REFUSE, **refused):
        return outdated(entry)
    await change_entry(unit, entry_id)
    await note(unit, entry_id, Happening.REFUSED, actor, reason.strip())
    await _tell_first_reviewer(unit, text, "entry.refused", officer=actor.name, reason=reason.strip())
    await settle(unit, ENTRY_APPROVAL, entry_id)
    return Saved(entry_id, entry.code, entry.head)


async def _tell_first_reviewer(unit: Unit, text: Revision, kind: str, **facts: str | None) -> None:
    """Whoever submitted hears what became of it, wherever it was decided; leavers hear nothing."""
    reviewer = None if text.submitted_by is None else await find_officer(unit, text.submitted_by)
    if reviewer is None:
        return
    notice = Notice(kind, {"entry_id": text.entry_id, "question": text.content.question, **facts})
    for address_id in await addresses_of(unit, reviewer.id):
        tell(unit, address_id, notice)


def to_decide(entry: Kept, actor: Officer) -> Revision | Denied:
    """The text that this officer may decide on."""
    if entry.in_hand is None or not can_move(Move.APPROVE, entry.in_hand.state):
        return Denied(Why.NOT_IN_REVIEW)
    return Denied(Why.OWN) if entry.in_hand.is_own(actor.id) else entry.in_hand
