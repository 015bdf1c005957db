"""Corrections of the work calendar: what they move is shown before, and re-dated in the commit that makes them.

A year whose notice is not out is computed and provisional. When the notice comes, an administrator corrects the days
that it sets otherwise and confirms the year; open duties follow, and taxpayers whose date moved are told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select, update

from escalation.deadlines.terms import Terms, due, due_on
from escalation.deadlines.workdays import Correction
from escalation.rules.live import REVISION, corrected_calendar, revision_of
from escalation.rules.rulebook import Rulebook
from storage.dialects import insert_for
from storage.installation import put_fact
from storage.tables import calendar_corrections, confirmed_years, duties
from storage.unit import Reader, Unit


@dataclass(frozen=True, slots=True)
class Move:
    """An open duty whose due date a change of the calendar moves."""

    duty_id: int
    kind: str
    subject_id: int
    was_on: date
    will_be_on: date
    due_at: datetime
    terms: Terms


@dataclass(frozen=True, slots=True)
class Change:
    """What an administrator wants to say about one region: days that count or do not, and years that are settled."""

    region: str
    corrections: Mapping[date, Correction]
    confirmed: frozenset[int] = frozenset()


async def preview(reader: Reader, rules: Rulebook, change: Change) -> Sequence[Move]:
    """The open duties that the change would move, in the order in which they are due."""
    before, after = (
        rules.calendar(change.region),
        await corrected_calendar(reader, change.region, change.corrections, change.confirmed),
    )
    moves = []
    for duty in await reader.all(select(duties).where(duties.c.settled_at.is_(None), duties.c.due_at.is_not(None))):
        terms = Terms.from_json(duty.terms)
        if terms.region != change.region:
            continue
        was_on, will_be_on, due_at = due_on(terms, before), due_on(terms, after), due(terms, after)
        if was_on is not None and will_be_on is not None and due_at is not None and was_on != will_be_on:
            moves.append(Move(duty.id, duty.kind, duty.subject_id, was_on, will_be_on, due_at, terms))
    return sorted(moves, key=lambda move: (move.will_be_on, move.duty_id))


async def correct(unit: Unit, rules: Rulebook, change: Change, by: str) -> Sequence[Move]:
    """Make the change, re-date the open duties, and tell the taxpayers whose answer is due on another day."""
    moves = await preview(unit, rules, change)
    revision = await revision_of(unit) + 1
    await _write(unit, change, by)
    await put_fact(unit, REVISION, str(revision))
    for move in moves:
        terms = replace(move.terms, calendar_revision=revision)
        await unit.run(
            update(duties)
            .where(duties.c.id == move.duty_id, duties.c.settled_at.is_(None))
            .values(terms=terms.to_json(), due_at=move.due_at, clock=duties.c.clock + 1, next_step_at=unit.now)
        )
        kind = rules.duty_kinds[move.kind]
        if kind.tell_redated is not None:
            await kind.tell_redated(unit, move.subject_id, move.will_be_on)
    return moves


async def _write(unit: Unit, change: Change, by: str) -> None:
    for on, correction in change.corrections.items():
        values = {
            "counts": correction.counts,
            "why": correction.why,
            "corrected_by": by,
            "corrected_at": unit.now,
        }
        row = insert_for(unit, calendar_corrections).values(region=change.region, on=on, **values)
        await unit.run(row.on_conflict_do_update(index_elements=["region", "on"], set_=values))
    for year in sorted(change.confirmed):
        settled = insert_for(unit, confirmed_years).values(
            region=change.region, year=year, confirmed_by=by, confirmed_at=unit.now
        )
        await unit.run(settled.on_conflict_do_nothing())
