"""The patrol: climbs the ladder of every duty whose next step has come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update

from escalation.deadlines.ladder import Addressee, Rung, reached
from escalation.deadlines.terms import Terms, due_on
from escalation.duties.duties import REMINDER_OF, timetable
from escalation.rules.permissions import Role
from escalation.rules.rulebook import Rulebook
from storage.database import Database
from storage.dialects import insert_for
from storage.outbox import REMINDER, Notice, tell
from storage.people import Officer, addresses_of, find_officer, officers_in, officers_of
from storage.tables import duties, reminders
from storage.unit import Reader, Unit, UnitAbandonedError


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
    due_at, step_at = timetable(rules, duty.kind, terms, unit.now)
    rung = None
    if day is not None and due_at is not None:
        rung = reached(ladder, day, calendar, duty.stepped_at, unit.now, due_at)
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
