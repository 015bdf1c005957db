"""Writing entries: drafted, edited, submitted, taken back, given up.

A text that was written is never changed: who edits a draft writes the next revision. Of two editors at once the second
is told, because the entry has another head by then, and keeps what was typed.
"""

from collections.abc import Mapping

from sqlalchemy import select

from escalation.deadlines.ladder import Addressee, Ladder, Rung
from escalation.deadlines.terms import Unit as Span
from escalation.deadlines.workdays import local_date
from escalation.duties.duties import held_by_role, open_duty, region_of, settle
from escalation.rules.duty_kinds import Duty, DutyKind, Reminder, Settling
from escalation.rules.permissions import Action, Role
from escalation.rules.rulebook import Rulebook
from faq.entries.content import Content, Finding, Flaw, check, tidy
from faq.entries.queries import Kept, department_codes, find_entry
from faq.entries.results import Denied, Outdated, Saved, Why, Wrong
from faq.entries.steps import allowed, authors_after, change_entry, move_revision, note, outdated, take_at, write
from faq.lifecycle import EntryState, Happening, Move, RevisionState, can_move
from language import MessageId
from storage.dialects import insert_for
from storage.installation import next_number
from storage.people import Officer, home_bureau
from storage.tables import entries
from storage.unit import Reader, Unit

CODES = "entry"  # the running number of entries that were given no code


async def _question(reader: Reader, duty: Duty) -> Mapping[str, object] | None:
    entry = await find_entry(reader, duty.subject_id)
    return None if entry is None else {"question": (entry.in_hand or entry.latest).content.question}


ENTRY_APPROVAL = DutyKind(
    code="entry.approve",
    title=MessageId("审批问答"),
    holder=MessageId("问答审批人"),
    ladder=Ladder(
        (Rung("T-1", -1, (Addressee.HOLDER,)), Rung("T0", 0, (Addressee.HOLDER,)), Rung("T+1", 1, (Addressee.OFFICE,)))
    ),
    settled=Settling.ON_ITS_SUBJECT,
    span=2,
    unit=Span.WORKING_DAYS,
    reminder=Reminder(
        before_due=MessageId("【提醒】问答“{question}”等待审批，请于 {day}24:00 前审批。"),
        overdue=MessageId("【逾期】问答“{question}”应于 {day}24:00 前审批，至今未批。"),
        blanks=_question,
    ),
)


async def draft_entry(
    unit: Unit,
    actor: Officer,
    content: Content,
    *,
    code: str | None = None,
    note_text: str | None = None,
) -> Saved | Denied | Wrong:
    """Begin a new entry with a draft; without a code it is given one. It answers nobody until it is approved."""
    if not await allowed(unit, actor, Action.EDIT_ENTRY):
        return Denied(Why.NOT_ALLOWED)
    content = tidy(content)
    if findings := check(content, await department_codes(unit)):
        return Wrong(findings)
    code = code or await free_code(unit)
    row = insert_for(unit, entries).values(code=code, state=EntryState.NEW, head=1, changed_at=unit.now)
    made = await unit.run(row.on_conflict_do_nothing().returning(entries.c.id))
    entry_id = made.scalar_one_or_none()
    if entry_id is None:
        return Denied(Why.CODE_TAKEN)
    await write(unit, actor, entry_id, 1, content, state=RevisionState.DRAFT, authors=[actor.id], note=note_text)
    return Saved(entry_id, code, 1)


async def edit_entry(
    unit: Unit, actor: Officer, entry_id: int, content: Content, *, head: int, note_text: str | None = None
) -> Saved | Outdated | Denied | Wrong:
    """Write the next draft of an entry that the editor saw at `head`. What is published goes on answering meanwhile."""
    entry = await take_at(unit, actor, Action.EDIT_ENTRY, entry_id, head)
    if not isinstance(entry, Kept):
        return entry
    if entry.in_hand is not None and not can_move(Move.EDIT, entry.in_hand.state):
        return Denied(Why.IN_REVIEW)
    content = tidy(content)
    if findings := check(content, await department_codes(unit)):
        return Wrong(findings)
    if content == entry.latest.content:
        return Denied(Why.UNCHANGED)
    authors = authors_after(entry.latest.state, entry.latest.authors, actor)
    if entry.in_hand is not None and not await move_revision(unit, entry.in_hand, Move.EDIT):
        return outdated(entry)
    number = entry.head + 1
    await write(unit, actor, entry_id, number, content, state=RevisionState.DRAFT, authors=authors, note=note_text)
    await change_entry(unit, entry_id, head=number)
    return Saved(entry_id, entry.code, number)


async def submit(
    unit: Unit, rules: Rulebook, actor: Officer, entry_id: int, *, head: int
) -> Saved | Outdated | Denied | Wrong:
    """Put the draft before the approvers. Whoever submits is the first reviewer."""
    entry = await take_at(unit, actor, Action.EDIT_ENTRY, entry_id, head)
    if not isinstance(entry, Kept):
        return entry
    if entry.in_hand is None:
        return Denied(Why.NO_DRAFT)
    if not can_move(Move.SUBMIT, entry.in_hand.state):
        return Denied(Why.IN_REVIEW)
    findings = check(entry.in_hand.content, await department_codes(unit)) or expired(unit, entry.in_hand.content)
    if findings:
        return Wrong(findings)
    submitted = {"submitted_at": unit.now, "submitted_by": actor.id, "first_reviewer": actor.name}
    if not await move_revision(unit, entry.in_hand, Move.SUBMIT, **submitted):
        return outdated(entry)
    await change_entry(unit, entry_id)
    await note(unit, entry_id, Happening.SUBMITTED, actor)
    bureau_id = await home_bureau(unit)
    terms = ENTRY_APPROVAL.terms(unit.now, await region_of(unit, bureau_id), rules.calendar_revision)
    holder = held_by_role(Role.FAQ_APPROVER)
    await open_duty(unit, rules, ENTRY_APPROVAL, entry_id, holder=holder, bureau_id=bureau_id, terms=terms)
    return Saved(entry_id, entry.code, entry.head)


async def withdraw(unit: Unit, actor: Officer, entry_id: int, *, head: int) -> Saved | Outdated | Denied:
    """Take back what waits for approval; it is a draft again."""
    entry = await take_at(unit, actor, Action.EDIT_ENTRY, entry_id, head)
    if not isinstance(entry, Kept):
        return entry
    if entry.in_hand is None or not can_move(Move.WITHDRAW, entry.in_hand.state):
        return Denied(Why.NOT_IN_REVIEW)
    taken_back = {"submitted_at": None, "submitted_by": None, "first_reviewer": None}
    if not await move_revision(unit, entry.in_hand, Move.WITHDRAW, **taken_back):
        return outdated(entry)
    await change_entry(unit, entry_id)
    await note(unit, entry_id, Happening.WITHDRAWN, actor)
    await settle(unit, ENTRY_APPROVAL, entry_id, "overtaken")
    return Saved(entry_id, entry.code, entry.head)


async def discard(unit: Unit, actor: Officer, entry_id: int, *, head: int) -> Saved | Outdated | Denied:
    """Give up a draft; what is published stays as it is, and the text stays in the history."""
    entry = await take_at(unit, actor, Action.EDIT_ENTRY, entry_id, head)
    if not isinstance(entry, Kept):
        return entry
    if entry.in_hand is None:
        return Denied(Why.NO_DRAFT)
    if not can_move(Move.DISCARD, entry.in_hand.state):
        return Denied(Why.IN_REVIEW)
    if not await move_revision(unit, entry.in_hand, Move.DISCARD):
        return outdated(entry)
    await change_entry(unit, entry_id)
    await note(unit, entry_id, Happening.DISCARDED, actor)
    return Saved(entry_id, entry.code, entry.head)


def expired(unit: Unit, content: Content) -> tuple[Finding, ...]:
    """Whether a text would be silent from the first day on."""
    until = content.valid_until
    if until is None or until >= local_date(unit.now):
        return ()
    return (Finding("valid_until", Flaw.OVER, (("until", until.isoformat()),)),)


async def free_code(unit: Unit) -> str:
    """The next code that no entry has, whoever may have given it by hand."""
    while True:
        code = f"faq-{await next_number(unit, CODES):04d}"
        if await unit.value(select(entries.c.id).where(entries.c.code == code)) is None:
            return code
