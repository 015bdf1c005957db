"""Whether a published entry answers, and who vouches for it: out of service and back, verified, owned."""

from sqlalchemy import update

from escalation.deadlines.workdays import local_date
from escalation.duties.duties import settle
from escalation.rules.permissions import Action
from faq.catalog import published_anew
from faq.entries.results import Denied, Saved, Why
from faq.entries.steps import change_entry, move_entry, note, take
from faq.lifecycle import Happening, Move, can
from faq.watches.entries import ENTRY_DOUBT, ENTRY_EXPIRY
from faq.watches.unverified import settle_verified
from storage.people import Officer, find_officer
from storage.tables import revisions
from storage.unit import Unit


async def retire(unit: Unit, actor: Officer, entry_id: int, reason: str) -> Saved | Denied:
    """Take an entry out of service, at once: silence needs no second person. The texts stay."""
    entry = await take(unit, actor, Action.EDIT_ENTRY, entry_id)
    if isinstance(entry, Denied):
        return entry
    if not can(Move.RETIRE, entry.state):
        return Denied(Why.NOT_PUBLISHED)
    if not reason.strip():
        return Denied(Why.NO_REASON)
    await move_entry(unit, entry, Move.RETIRE)
    await note(unit, entry_id, Happening.RETIRED, actor, reason.strip())
    for kind in (ENTRY_DOUBT, ENTRY_EXPIRY):
        await settle(unit, kind, entry_id, "overtaken")
    await settle_verified(unit, "overtaken")
    await published_anew(unit)
    return Saved(entry_id, entry.code, entry.head)


async def restore(unit: Unit, actor: Officer, entry_id: int) -> Saved | Denied:
    """Put an entry back into service, with the text that was approved: this publishes, and so is an approver's act."""
    entry = await take(unit, actor, Action.APPROVE_ENTRY, entry_id)
    if isinstance(entry, Denied):
        return entry
    if not can(Move.RESTORE, entry.state):
        return Denied(Why.NOT_RETIRED)
    if any(text is not None and text.is_own(actor.id) for text in (entry.published, entry.coming)):
        return Denied(Why.OWN)
    await move_entry(unit, entry, Move.RESTORE)
    await note(unit, entry_id, Happening.RESTORED, actor)
    await published_anew(unit)
    return Saved(entry_id, entry.code, entry.head)


async def verify(unit: Unit, actor: Officer, entry_id: int, *, head: int) -> Saved | Denied:
    """The officer has held the published text against the law: it is verified today, and no mere sample any more.

    `head` is what the officer saw: where something else is published meanwhile, that was not looked at.
    """
    entry = await take(unit, actor, Action.VERIFY_ENTRY, entry_id)
    if isinstance(entry, Denied):
        return entry
    if entry.published is None or not can(Move.VERIFY, entry.state):
        return Denied(Why.NOT_PUBLISHED)
    if entry.head != head:
        return Denied(Why.MEANWHILE)
    vouched = {"verified_on": local_date(unit.now), "verified_by": actor.id, "verifier": actor.name, "sample": False}
    await unit.run(update(revisions).where(revisions.c.id == entry.published.id).values(**vouched))
    await change_entry(unit, entry_id)
    await note(unit, entry_id, Happening.VERIFIED, actor)
    await settle(unit, ENTRY_DOUBT, entry_id)
    await settle_verified(unit)
    await published_anew(unit)
    return Saved(entry_id, entry.code, entry.head)


async def give_to(unit: Unit, actor: Officer, entry_id: int, owner_id: int | None) -> Saved | Denied:
    """Make an officer the owner of an entry; without one its department is."""
    entry = await take(unit, actor, Action.EDIT_ENTRY, entry_id)
    if isinstance(entry, Denied):
        return entry
    owner = None if owner_id is None else await find_officer(unit, owner_id)
    if owner_id is not None and owner is None:
        return Denied(Why.NOT_FOUND)
    await change_entry(unit, entry_id, owner_id=owner_id)
    await note(unit, entry_id, Happening.OWNED, actor, None if owner is None else owner.name)
    for kind in (ENTRY_DOUBT, ENTRY_EXPIRY):
        await settle(unit, kind, entry_id, "overtaken")  # the watch opens them anew, for whoever has the entry now
    await settle_verified(unit, "overtaken")
    return Saved(entry_id, entry.code, entry.head)
