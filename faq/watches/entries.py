"""Opens the duties that entries make by themselves: about to expire, often of no help, and never verified at all.

第六条: 确保各类信息发布的准确性和及时性.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select

from escalation.deadlines.ladder import Addressee, Ladder, Rung
from escalation.deadlines.terms import Terms
from escalation.deadlines.terms import Unit as Span
from escalation.deadlines.workdays import local_date
from escalation.duties.duties import open_duty, region_of
from escalation.rules.duty_kinds import Duty, DutyKind, Reminder, Settling
from escalation.rules.rulebook import Rulebook
from faq.asked import Feedback, said_to_people
from faq.catalog import Entry, in_force, published
from faq.lifecycle import Happening, RevisionState
from faq.watches.unverified import WHOEVER_KEEPS_IT, department_ids, holder_for, watch_unverified
from language import MessageId
from storage.people import home_bureau
from storage.tables import asked, duties, entries, entry_events, revisions
from storage.unit import Reader, Unit

AHEAD = timedelta(days=30)  # an entry's last day comes into sight
LOOKED_AT = timedelta(days=90)  # how far back feedback says something about the text of today
LEAST_UNSOLVED = 3
OFTEN = 1 / 3  # of those who said whether it helped


async def _question(reader: Reader, duty: Duty) -> Mapping[str, object] | None:
    """What the entry that answers is about: its newest published text that has begun."""
    texts = (revisions.c.entry_id == duty.subject_id, revisions.c.state == RevisionState.PUBLISHED)
    begun = or_(revisions.c.valid_from.is_(None), revisions.c.valid_from <= local_date(reader.now))
    newest = select(revisions.c.question).where(*texts, begun).order_by(revisions.c.number.desc()).limit(1)
    question = await reader.value(newest)
    return None if question is None else {"question": question}


# T is the last day on which the entry answers.
ENTRY_EXPIRY = DutyKind(
    code="entry.reverify",
    title=MessageId("更新到期的问答"),
    holder=WHOEVER_KEEPS_IT,
    ladder=Ladder(
        (
            Rung("T-15", -15, (Addressee.HOLDER,)),
            Rung("T-5", -5, (Addressee.HOLDER, Addressee.HEAD)),
            Rung("T0", 0, (Addressee.HOLDER, Addressee.OFFICE)),
            Rung("T+1", 1, (Addressee.OFFICE,)),
        )
    ),
    settled=Settling.ON_ITS_SUBJECT,
    reminder=Reminder(
        before_due=MessageId("【提醒】问答“{question}”答复到 {day}为止。请核实，更新有效期或者停用。"),
        overdue=MessageId("【逾期】问答“{question}”已于 {day}到期，不再答复。请更新有效期，或者停用。"),
        blanks=_question,
    ),
)

DOUBTED = MessageId("【提醒】问答“{question}”常被评为没解决。请于 {day}24:00 前核实或修改。")
ENTRY_DOUBT = DutyKind(
    code="entry.often_wrong",
    title=MessageId("核实常没解决的问答"),
    holder=WHOEVER_KEEPS_IT,
    ladder=Ladder((Rung("T-4", -4, (Addressee.HOLDER,)), Rung("T0", 0, (Addressee.HOLDER, Addressee.HEAD)))),
    settled=Settling.ON_ITS_SUBJECT,
    span=5,
    unit=Span.WORKING_DAYS,
    reminder=Reminder(before_due=DOUBTED, overdue=DOUBTED, blanks=_question),
)


async def watch_entries(unit: Unit, rules: Rulebook) -> int:
    """Open what is due and not open yet; returns how many duties were opened."""
    today = local_date(unit.now)
    texts = await published(unit)
    answering = {entry.id: entry for entry in in_force(texts, today)}
    expiring = [entry for entry in answering.values() if _soon_silent(entry, texts, unit.now)]
    doubtful = [answering[number] for number in await often_wrong(unit) if number in answering]
    opened = await _open(unit, rules, ENTRY_EXPIRY, expiring)
    opened += await _open(unit, rules, ENTRY_DOUBT, doubtful)
    return opened + await watch_unverified(unit, rules)


def _soon_silent(entry: Entry, texts: Iterable[Entry], now: datetime) -> bool:
    """Whether the last day is in sight, and no other text of the entry goes on from there."""
    until = entry.valid_until
    if until is None or until > local_date(now) + AHEAD:
        return False
    after = until + timedelta(days=1)
    return all(later.id != entry.id for later in in_force([text for text in texts if text.id == entry.id], after))


async def often_wrong(reader: Reader) -> Mapping[int, Feedback]:
    """The entries that did not help a third of those who said so, and three at least; by id.

    Counted are the last 90 days, and of them what came after the entry was last published or verified: what somebody
    has looked into is not held against the text again.
    """
    looked_into = (
        select(entry_events.c.entry_id, func.max(entry_events.c.at).label("at"))
        .where(entry_events.c.what.in_((Happening.PUBLISHED, Happening.VERIFIED, Happening.RESTORED)))
        .group_by(entry_events.c.entry_id)
        .subquery()
    )
    counted = (
        select(asked.c.entry_id, asked.c.outcome, func.count())
        .join(looked_into, looked_into.c.entry_id == asked.c.entry_id, isouter=True)
        .where(
            said_to_people(),
            asked.c.outcome.in_(("solved", "unsolved", "to_people")),
            asked.c.asked_at >= reader.now - LOOKED_AT,
            looked_into.c.at.is_(None) | (asked.c.asked_at > looked_into.c.at),
        )
        .group_by(asked.c.entry_id, asked.c.outcome)
    )
    counts: dict[int, Feedback] = {}
    for entry_id, outcome, number in (tuple(row) for row in await reader.all(counted)):
        so_far = counts.get(entry_id, Feedback())
        solved, unsolved = (number, 0) if outcome == "solved" else (0, number)
        counts[entry_id] = Feedback(so_far.solved + solved, so_far.unsolved + unsolved)
    return {number: one for number, one in sorted(counts.items()) if _often(one)}


def _often(one: Feedback) -> bool:
    return one.unsolved >= LEAST_UNSOLVED and one.unsolved >= OFTEN * (one.solved + one.unsolved)


async def _open(unit: Unit, rules: Rulebook, kind: DutyKind, due: Iterable[Entry]) -> int:
    known = select(duties.c.subject_id).where(duties.c.kind == kind.code, duties.c.settled_at.is_(None))
    there = {row.subject_id for row in await unit.all(known)}
    fresh = [entry for entry in due if entry.id not in there]
    if not fresh:
        return 0
    home = await home_bureau(unit)
    region = await region_of(unit, home)
    for entry in fresh:
        terms = _terms(rules, region, entry, unit.now, kind)
        await open_duty(unit, rules, kind, entry.id, holder=await holder_of(unit, entry), bureau_id=home, terms=terms)
    return len(fresh)


def _terms(rules: Rulebook, region: str, entry: Entry, now: datetime, kind: DutyKind) -> Terms:
    """The kind's own span; without one the entry is to be renewed by its last day."""
    if kind.span is not None or entry.valid_until is None:
        return kind.terms(now, region, rules.calendar_revision)
    yesterday = now - timedelta(days=1)  # a span is a day at least, and the last day may be today
    days = (entry.valid_until - local_date(yesterday)).days
    return Terms(yesterday, days, Span.CALENDAR_DAYS, region, rules.calendar_revision)


async def holder_of(reader: Reader, entry: Entry) -> str:
    """Whose duty an entry is: its owner's, else its department's, else the editors'."""
    owner = await reader.value(select(entries.c.owner_id).where(entries.c.id == entry.id))
    return holder_for(owner, entry.department_code, await department_ids(reader))
