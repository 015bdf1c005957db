"""What answers although no officer has ever verified it: one duty for each who keeps any of it, however many there are.

第六条: 确保各类信息发布的准确性. The sample comes by the hundred; gathered, it is one thing to do and not a hundred.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, func, or_, select

from escalation.deadlines.ladder import Addressee, Ladder, Rung
from escalation.deadlines.terms import Unit as Span
from escalation.deadlines.workdays import local_date
from escalation.duties.duties import held_by_department, held_by_officer, held_by_role, open_duty, region_of, settle
from escalation.rules.duty_kinds import Duty, DutyKind, Reminder, Settling
from escalation.rules.permissions import Role
from escalation.rules.rulebook import Rulebook
from faq.lifecycle import EntryState, RevisionState
from language import MessageId
from storage.people import departments_of, find_officer, home_bureau
from storage.tables import duties, entries, revisions
from storage.unit import Reader, Unit

WHOEVER_KEEPS_IT = MessageId("条目的负责人；没有负责人的，条目所属的部门")
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Unverified:
    """An entry that answers and was never verified: whose duty it is, and since when it has been there."""

    entry_id: int
    question: str
    holder: str
    since: datetime


async def _left(reader: Reader, duty: Duty) -> Mapping[str, object] | None:
    """Whose they are, how many are left, and one of them."""
    left = await unverified_of(reader, duty.holder)
    if not left:
        return None
    return {"whose": await _whose(reader, duty.holder), "count": len(left), "question": left[0].question}


async def _whose(reader: Reader, holder: str) -> str:
    """The name of whoever holds a duty: an officer, a department, or those who edit."""
    kind, _, number = holder.partition(":")
    if kind == "officer":
        owner = await find_officer(reader, int(number))
        return "" if owner is None else owner.name
    departments = await departments_of(reader, await home_bureau(reader)) if kind == "department" else []
    return next((one.name for one in departments if str(one.id) == number), MessageId("问答编辑"))


ENTRY_UNVERIFIED = DutyKind(
    code="entry.unverified",
    title=MessageId("核实从未核实的问答"),
    holder=WHOEVER_KEEPS_IT,
    ladder=Ladder(
        (
            Rung("T-10", -10, (Addressee.HOLDER,)),
            Rung("T-3", -3, (Addressee.HOLDER, Addressee.HEAD)),
            Rung("T0", 0, (Addressee.HOLDER,)),
            Rung("T+1", 1, (Addressee.HEAD, Addressee.OFFICE)),
        )
    ),
    settled=Settling.ON_ITS_SUBJECT,
    span=20,
    unit=Span.WORKING_DAYS,
    reminder=Reminder(
        before_due=MessageId(
            "【提醒】{whose}的问答有 {count} 条从未核实，如“{question}”。请于 {day}24:00 前对照现行规定核实。"
        ),
        overdue=MessageId("【逾期】{whose}的问答应于 {day}24:00 前全部核实，还有 {count} 条从未核实，如“{question}”。"),
        blanks=_left,
    ),
)


async def watch_unverified(unit: Unit, rules: Rulebook) -> int:
    """Open a duty for each who keeps entries that were never verified, and settle those of which nothing is left.

    Its span counts from the moment when the oldest came; what was there before anybody watched counts from now.
    """
    home = await home_bureau(unit)
    by_holder: dict[str, datetime] = {}
    for one in await unverified(unit):
        by_holder[one.holder] = min(one.since, by_holder.get(one.holder, one.since))
    held = await _held(unit)
    region = await region_of(unit, home)
    fresh = {holder: since for holder, since in by_holder.items() if holder not in held}
    for holder, since in fresh.items():
        start = max(since, unit.now - A_DAY)
        terms = ENTRY_UNVERIFIED.terms(start, region, rules.calendar_revision)
        await open_duty(unit, rules, ENTRY_UNVERIFIED, home, holder=holder, bureau_id=home, terms=terms)
    await settle_verified(unit)
    return len(fresh)


async def settle_verified(unit: Unit, outcome: str = "done") -> None:
    """Settle the duties of those who have nothing left to verify."""
    held = await _held(unit)
    if not held:
        return
    home = await home_bureau(unit)
    for holder in held - {one.holder for one in await unverified(unit)}:
        await settle(unit, ENTRY_UNVERIFIED, home, outcome, holder=holder)


async def _held(unit: Unit) -> set[str]:
    still_open = select(duties.c.holder).where(duties.c.kind == ENTRY_UNVERIFIED.code, duties.c.settled_at.is_(None))
    return {row.holder for row in await unit.all(still_open)}


async def unverified(reader: Reader) -> Sequence[Unverified]:
    """Every entry that answers today with a text that nobody has verified, the one that came first first."""
    today = local_date(reader.now)
    later, first = revisions.alias(), revisions.alias()
    begun = or_(later.c.valid_from.is_(None), later.c.valid_from <= today)
    newer = (
        later.c.entry_id == entries.c.id,
        later.c.state == RevisionState.PUBLISHED,
        later.c.number > revisions.c.number,
    )
    since = select(func.min(first.c.written_at)).where(first.c.entry_id == entries.c.id).scalar_subquery()
    found = (
        select(
            entries.c.id, entries.c.owner_id, revisions.c.question, revisions.c.department_code, since.label("since")
        )
        .join(revisions, revisions.c.entry_id == entries.c.id)
        .where(
            entries.c.state == EntryState.PUBLISHED,
            revisions.c.state == RevisionState.PUBLISHED,
            revisions.c.verified_on.is_(None),
            or_(revisions.c.valid_from.is_(None), revisions.c.valid_from <= today),
            or_(revisions.c.valid_until.is_(None), revisions.c.valid_until >= today),
            ~exists().where(*newer, begun),
        )
        .order_by(entries.c.id)
    )
    rows = await reader.all(found)
    departments = await department_ids(reader) if rows else {}
    return [
        Unverified(row.id, row.question, holder_for(row.owner_id, row.department_code, departments), row.since)
        for row in rows
    ]


async def unverified_of(reader: Reader, holder: str) -> Sequence[Unverified]:
    """All of it that somebody keeps."""
    return [one for one in await unverified(reader) if one.holder == holder]


async def department_ids(reader: Reader) -> Mapping[str, int]:
    return {one.code: one.id for one in await departments_of(reader, await home_bureau(reader))}


def holder_for(owner_id: int | None, department_code: str, departments: Mapping[str, int]) -> str:
    """Whose duty an entry is: its owner's, else its department's, else the editors'."""
    if owner_id is not None:
        return held_by_officer(owner_id)
    if department_code in departments:
        return held_by_department(departments[department_code])
    return held_by_role(Role.FAQ_EDITOR)
