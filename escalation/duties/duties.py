"""A duty is one thing that somebody must have done by a moment.

Whatever happens in the world only opens, stops, renews or settles duties; the patrol climbs the ladder of those that
are due. The row is the timer: nothing else remembers when to remind.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, case, func, select, update

from escalation.deadlines.ladder import Addressee, Rung, next_step, reached
from escalation.deadlines.terms import Terms, due, due_on
from escalation.duties.duty_kinds import DutyKind
from escalation.rules.permissions import Role
from escalation.rules.rulebook import Rulebook
from storage.database import Database
from storage.dialects import insert_for
from storage.outbox import REMINDER, Notice, tell
from storage.people import Officer, addresses_of, find_officer, officers_in, officers_of
from storage.tables import bureaus, duties, reminders
from storage.unit import Reader, Unit, UnitAbandonedError

REMINDER_OF = "reminder."  # and the code of the kind: the notice that reminds of a duty


def held_by_department(department_id: int) -> str:
    return f"department:{department_id}"


def held_by_officer(officer_id: int) -> str:
    return f"officer:{officer_id}"


def held_by_role(role: Role) -> str:
    return f"role:{role}"


async def region_of(reader: Reader, bureau_id: int) -> str:
    """Which work calendar a bureau keeps."""
    return str(await reader.value(select(bureaus.c.region).where(bureaus.c.id == bureau_id)))


async def open_duty(
    unit: Unit, rules: Rulebook, kind: DutyKind, subject_id: int, *, holder: str, bureau_id: int, terms: Terms
) -> int:
    """Open a duty; one that is open for the same kind, subject and holder is left as it is."""
    due_at, step_at = _timetable(rules, kind.code, terms, unit.now)
    statement = insert_for(unit, duties).values(
        kind=kind.code,
        subject_id=subject_id,
        holder=holder,
        bureau_id=bureau_id,
        terms=terms.to_json(),
        opened_at=unit.now,
        due_at=due_at,
        stepped_at=unit.now,
        next_step_at=step_at,
    )
    await unit.run(statement.on_conflict_do_nothing())
    found = await open_duty_of(unit, kind, subject_id, holder)
    assert found is not None  # noqa: S101  it was inserted, or was there, in this transaction
    return int(found.id)


async def open_duty_of(reader: Reader, kind: DutyKind, subject_id: int, holder: str | None = None) -> Row[Any] | None:
    """The open duty of a kind for a subject; where several may hold one, that of the `holder`."""
    found = select(duties).where(
        duties.c.kind == kind.code, duties.c.subject_id == subject_id, duties.c.settled_at.is_(None)
    )
    return await reader.one(found if holder is None else found.where(duties.c.holder == holder))


async def duty_of(reader: Reader, duty_id: int) -> Row[Any] | None:
    """A duty that is still open."""
    return await reader.one(select(duties).where(duties.c.id == duty_id, duties.c.settled_at.is_(None)))


async def latest_duty_of(reader: Reader, kind: DutyKind, subject_id: int) -> Row[Any] | None:
    """The duty of a kind for a subject, open or settled; the newest, where it was renewed."""
    return await reader.one(
        select(duties)
        .where(duties.c.kind == kind.code, duties.c.subject_id == subject_id)
        .order_by(duties.c.id.desc())
        .limit(1)
    )


async def settle(
    unit: Unit, kind: DutyKind, subject_id: int, outcome: str = "done", *, holder: str | None = None
) -> bool:
    """Settle the open duties of a kind for a subject, or only that of a `holder`; False where there was none."""
    where = [duties.c.kind == kind.code, duties.c.subject_id == subject_id, duties.c.settled_at.is_(None)]
    if holder is not None:
        where.append(duties.c.holder == holder)
    settled = await unit.run(
        update(duties).where(*where).values(settled_at=unit.now, outcome=outcome, next_step_at=None)
    )
    return settled.rowcount > 0


async def change_terms(
    unit: Unit, rules: Rulebook, kind: DutyKind, subject_id: int, change: Callable[[Terms], Terms]
) -> date | None:
    """Change the terms of the open duty of a kind; returns its new due date, None where there is none.

    The clock rises, so that the rungs around the new date are climbed anew; those already past are not repeated.
    """
    duty = await open_duty_of(unit, kind, subject_id)
    if duty is None:
        return None
    terms = change(Terms.from_json(duty.terms))
    due_at, step_at = _timetable(rules, kind.code, terms, unit.now)
    await unit.run(
        update(duties)
        .where(duties.c.id == duty.id, duties.c.settled_at.is_(None))
        .values(
            terms=terms.to_json(), due_at=due_at, clock=duties.c.clock + 1, stepped_at=unit.now, next_step_at=step_at
        )
    )
    return due_on(terms, rules.calendar(terms.region))


def _timetable(rules: Rulebook, code: str, terms: Terms, after: datetime) -> tuple[datetime | None, datetime | None]:
    """When a duty with these terms is due, and when its ladder is next to be looked at."""
    calendar = rules.calendar(terms.region)
    day = due_on(terms, calendar)
    if day is None:
        return None, None
    step = next_step(rules.ladders[code], day, calendar, after)
    return due(terms, calendar), None if step is None else step[1]


@dataclass(frozen=True, slots=True)
class OpenDuties:
    """How many duties of a kind are open, and how many of them should have been settled by now."""

    open: int
    overdue: int


async def open_by_kind(reader: Reader) -> Mapping[str, OpenDuties]:
    rows = await reader.all(
        select(duties.c.kind, func.count(), func.count(case((duties.c.due_at < reader.now, 1))))
        .where(duties.c.settled_at.is_(None))
        .group_by(duties.c.kind)
    )
    return {kind: OpenDuties(still_open, overdue) for kind, still_open, overdue in (tuple(row) for row in rows)}


async def step_not_taken(reader: Reader) -> datetime | None:
    """The oldest step that has come and that no patrol has taken; none where the patrol is up to date."""
    late = select(func.min(duties.c.next_step_at)).where(
        duties.c.settled_at.is_(None), duties.c.next_step_at <= reader.now
    )
    moment: datetime | None = await reader.value(late)
    return moment


@dataclass(frozen=True, slots=True)
class Climbed:
    """What one look at one duty came to."""

    duty_id: int
    rung: str | None
    reminded: int


async def patrol(database: Database, rules: Rulebook, now: datetime, *, most: int = 200) -> Sequence[Climbed]:
    """Climb the ladder of every duty whose next step has come, each in a unit of its own."""
    async with database.reader() as reader:
        ready = await reader.all(
            select(duties.c.id)
            .where(duties.c.settled_at.is_(None), duties.c.next_step_at <= now)
            .order_by(duties.c.next_step_at, duties.c.id)
            .limit(most)
        )
    climbed = []
    for row in ready:
        try:
            async with database.unit(now) as unit:
                climbed.append(await climb(unit, rules, row.id))
        except UnitAbandonedError:
            continue  # another process was first
    return climbed


async def climb(unit: Unit, rules: Rulebook, duty_id: int) -> Climbed:
    """Give the highest rung that has been reached, once to each addressee, and note the next one.

    Raises UnitAbandonedError where the duty was settled or climbed meanwhile.
    """
    duty = await unit.one(select(duties).where(duties.c.id == duty_id, duties.c.settled_at.is_(None)))
    if duty is None or duty.next_step_at is None or duty.next_step_at > unit.now:
        raise UnitAbandonedError("the duty was settled or climbed meanwhile")
    terms = Terms.from_json(duty.terms)
    calendar = rules.calendar(terms.region)
    ladder = rules.ladders[duty.kind]
    day = due_on(terms, calendar)
    rung = None if day is None else reached(ladder, day, calendar, duty.stepped_at, unit.now)
    due_at, step_at = _timetable(rules, duty.kind, terms, unit.now)
    stepped = (
        update(duties)
        .where(duties.c.id == duty_id, duties.c.settled_at.is_(None), duties.c.next_step_at == duty.next_step_at)
        .values(due_at=due_at, stepped_at=unit.now, next_step_at=step_at)
    )
    if not await unit.moved(stepped):
        raise UnitAbandonedError("the duty was settled or climbed meanwhile")
    reminded = 0 if rung is None else await _remind(unit, rules, duty, rung)
    return Climbed(duty_id, None if rung is None else rung.name, reminded)


async def _remind(unit: Unit, rules: Rulebook, duty: Row[Any], rung: Rung) -> int:
    """One reminder per duty, clock, rung and officer, ever: the unique key makes a second one impossible."""
    reminded = 0
    for officer in await _addressed(unit, rules, duty, rung):
        once = (
            insert_for(unit, reminders)
            .values(duty_id=duty.id, clock=duty.clock, rung=rung.name, officer_id=officer.id, given_at=unit.now)
            .on_conflict_do_nothing()
        )
        if not await unit.moved(once):
            continue
        reminded += 1
        payload = {"duty_id": duty.id, "rung": rung.name, "offset": rung.offset}
        for address_id in await addresses_of(unit, officer.id):
            tell(unit, address_id, Notice(REMINDER_OF + duty.kind, payload, REMINDER, duty_id=duty.id))
    return reminded


async def _addressed(reader: Reader, rules: Rulebook, duty: Row[Any], rung: Rung) -> Sequence[Officer]:
    """The officers of a rung, each once; a rung that would reach nobody reaches the administrators.

    第十八条: a sealed duty is known to those who hold it, and to nobody above them.
    """
    found: dict[int, Officer] = {}
    for addressee in rung.addressees:
        for officer in await _resolve(reader, duty, addressee):
            found[officer.id] = officer
    if await rules.duty_kinds[duty.kind].is_sealed(reader, duty.subject_id):
        staff = {officer.id: officer for officer in await _resolve(reader, duty, Addressee.HOLDER)}
        found = {number: officer for number, officer in found.items() if number in staff} or staff
    if not found:
        found = {officer.id: officer for officer in await _with_role(reader, duty.bureau_id, Role.ADMINISTRATOR)}
    return list(found.values())


async def _resolve(reader: Reader, duty: Row[Any], addressee: Addressee) -> Sequence[Officer]:
    holder, _, name = str(duty.holder).partition(":")
    staff = await officers_of(reader, int(name)) if holder == "department" else []
    match addressee:
        case Addressee.HOLDER if holder == "department":
            return staff
        case Addressee.HOLDER if holder == "officer":
            owner = await find_officer(reader, int(name))
            return [] if owner is None else [owner]
        case Addressee.HOLDER:
            return await _with_role(reader, duty.bureau_id, Role(name))
        case Addressee.HEAD:
            return [officer for officer in staff if int(name) in officer.heads]
        case _:
            return await _with_role(reader, duty.bureau_id, Role(addressee.value))


async def _with_role(reader: Reader, bureau_id: int, role: Role) -> Sequence[Officer]:
    return [officer for officer in await officers_in(reader, bureau_id) if role in officer.roles]
