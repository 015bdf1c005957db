"""A duty is one thing that somebody must have done by a moment.

Whatever happens in the world only opens, stops, renews or settles duties; the patrol climbs the ladder of those that
are due. The row is the timer: nothing else remembers when to remind.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, case, func, select, update

from escalation.deadlines.ladder import next_step
from escalation.deadlines.terms import Terms, due, due_on
from escalation.rules.duty_kinds import DutyKind
from escalation.rules.permissions import Role
from escalation.rules.rulebook import Rulebook
from storage.dialects import insert_for
from storage.tables import bureaus, duties
from storage.unit import Reader, Unit

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
    due_at, step_at = timetable(rules, kind.code, terms, unit.now)
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
    due_at, step_at = timetable(rules, kind.code, terms, unit.now)
    await unit.run(
        update(duties)
        .where(duties.c.id == duty.id, duties.c.settled_at.is_(None))
        .values(
            terms=terms.to_json(), due_at=due_at, clock=duties.c.clock + 1, stepped_at=unit.now, next_step_at=step_at
        )
    )
    return due_on(terms, rules.calendar(terms.region))


def timetable(rules: Rulebook, code: str, terms: Terms, after: datetime) -> tuple[datetime | None, datetime | None]:
    """When a duty with these terms is due, and when its ladder is next to be looked at."""
    calendar = rules.calendar(terms.region)
    day = due_on(terms, calendar)
    if day is None:
        return None, None
    due_at = due(terms, calendar)
    assert due_at is not None  # noqa: S101  it has a day
    step = next_step(rules.ladders[code], day, calendar, after, due_at)
    return due_at, None if step is None else step[1]


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
