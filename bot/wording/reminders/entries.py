"""Reminders about entries of the FAQ: with a button to the entry."""

from bot.wording.buttons import Keep
from bot.wording.reminders.declared import Renderer, sentence_of
from bot.wording.speech import Button, Speech, Telling
from escalation.rules.duty_kinds import Duty, DutyKind
from faq.entries.drafting import ENTRY_APPROVAL
from faq.entries.queries import find_entry
from faq.watches.entries import ENTRY_DOUBT, ENTRY_EXPIRY
from faq.watches.unverified import ENTRY_UNVERIFIED, unverified_of


async def remind_of_entry(telling: Telling, kind: DutyKind, duty: Duty) -> Speech | None:
    return await _with_entry(telling, kind, duty, duty.subject_id)


async def remind_of_unverified(telling: Telling, kind: DutyKind, duty: Duty) -> Speech | None:
    """One sentence for all that somebody is still to verify; the button leads to the entry that came first."""
    left = await unverified_of(telling.reader, duty.holder)
    return await _with_entry(telling, kind, duty, left[0].entry_id) if left else None


async def _with_entry(telling: Telling, kind: DutyKind, duty: Duty, entry_id: int) -> Speech | None:
    said, entry = await sentence_of(telling, kind, duty), await find_entry(telling.reader, entry_id)
    if said is None or entry is None:
        return None
    act = "draft" if kind is ENTRY_APPROVAL else "view"
    look = Button(telling.words("查看条目"), Keep(entry_id=entry.id, head=entry.head, act=act).pack())
    return Speech(said, ((look,),))


RENDERERS: dict[str, Renderer] = {
    ENTRY_APPROVAL.code: remind_of_entry,
    ENTRY_EXPIRY.code: remind_of_entry,
    ENTRY_DOUBT.code: remind_of_entry,
    ENTRY_UNVERIFIED.code: remind_of_unverified,
}
