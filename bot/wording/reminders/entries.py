"""What officers are reminded of about the entries of the FAQ."""

from bot.wording.buttons import Keep
from bot.wording.speech import Button, Speech, Telling, Wording
from escalation.duties import duty_of
from escalation.rulebook import ENTRY_APPROVAL, ENTRY_DOUBT, ENTRY_EXPIRY, ENTRY_UNVERIFIED
from escalation.terms import Terms, due_on
from faq.keeping import find_entry
from faq.watches.unverified import unverified
from storage.people import departments_of, find_officer, home_bureau


async def remind(telling: Telling) -> Speech | None:
    """An approval that waits, an entry about to expire, one that often does not help; nothing once it is settled."""
    _ = telling.words
    duty = await duty_of(telling.reader, telling.payload["duty_id"])
    entry = None if duty is None else await find_entry(telling.reader, duty.subject_id)
    if duty is None or entry is None:
        return None
    terms = Terms.from_json(duty.terms)
    on = due_on(terms, telling.rules.calendar(terms.region))
    if on is None:
        return None
    text = entry.in_hand if duty.kind == ENTRY_APPROVAL else entry.published
    facts = {"question": (text or entry.latest).content.question, "day": _.day(on)}
    overdue = telling.reader.now >= duty.due_at
    match duty.kind:
        case kind if kind == ENTRY_APPROVAL and overdue:
            said = _("【逾期】问答“{question}”应于 {day}24:00 前审批，至今未批。", **facts)
        case kind if kind == ENTRY_APPROVAL:
            said = _("【提醒】问答“{question}”等待审批，请于 {day}24:00 前审批。", **facts)
        case kind if kind == ENTRY_EXPIRY and overdue:
            said = _("【逾期】问答“{question}”已于 {day}到期，不再答复。请更新有效期，或者停用。", **facts)
        case kind if kind == ENTRY_EXPIRY:
            said = _("【提醒】问答“{question}”答复到 {day}为止。请核实，更新有效期或者停用。", **facts)
        case _other:
            said = _("【提醒】问答“{question}”常被评为没解决。请于 {day}24:00 前核实或修改。", **facts)
    act = "draft" if duty.kind == ENTRY_APPROVAL else "view"
    look = Button(_("查看条目"), Keep(entry_id=entry.id, head=entry.head, act=act).pack())
    return Speech(said, ((look,),))


async def remind_of_unverified(telling: Telling) -> Speech | None:
    """All that somebody is still to verify, in one sentence; nothing once there is none of it left."""
    _ = telling.words
    duty = await duty_of(telling.reader, telling.payload["duty_id"])
    left = [] if duty is None else [one for one in await unverified(telling.reader) if one.holder == duty.holder]
    first = await find_entry(telling.reader, left[0].entry_id) if left else None
    if duty is None or first is None:
        return None
    terms = Terms.from_json(duty.terms)
    on = due_on(terms, telling.rules.calendar(terms.region))
    if on is None:
        return None
    whose = await _whose(telling, duty.holder)
    facts = {"whose": whose, "count": len(left), "question": left[0].question, "day": _.day(on)}
    if telling.reader.now >= duty.due_at:
        said = _("【逾期】{whose}的问答应于 {day}24:00 前全部核实，还有 {count} 条从未核实，如“{question}”。", **facts)
    else:
        said = _(
            "【提醒】{whose}的问答有 {count} 条从未核实，如“{question}”。请于 {day}24:00 前对照现行规定核实。", **facts
        )
    return Speech(said, ((Button(_("查看条目"), Keep(entry_id=first.id, head=first.head, act="view").pack()),),))


async def _whose(telling: Telling, holder: str) -> str:
    """The name of whoever holds a duty: an officer, a department, or those who edit."""
    kind, _, number = holder.partition(":")
    if kind == "officer":
        owner = await find_officer(telling.reader, int(number))
        return "" if owner is None else owner.name
    departments = (
        await departments_of(telling.reader, await home_bureau(telling.reader)) if kind == "department" else []
    )
    return next((one.name for one in departments if str(one.id) == number), telling.words("问答编辑"))


WORDINGS: dict[str, Wording] = {
    f"reminder.{ENTRY_APPROVAL}": remind,
    f"reminder.{ENTRY_EXPIRY}": remind,
    f"reminder.{ENTRY_DOUBT}": remind,
    f"reminder.{ENTRY_UNVERIFIED}": remind_of_unverified,
}
