"""What the taxpayer adds to a case, unasked or asked for; the clock stands still while the taxpayer is waited for."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update

from escalation.cases.lifecycle import Move
from escalation.cases.notices import Request, Resumed, Taken, Unsorted, notice_of
from escalation.cases.queries import Author, Case, Happening, MessageKind
from escalation.cases.results import Done, Refused, Why
from escalation.cases.steps import (
    allowed,
    as_read,
    department_addresses,
    moving,
    note,
    reread,
    show_card,
    tell_colleagues,
    write_into,
)
from escalation.deadlines.terms import Terms
from escalation.duties.duties import change_terms, settle
from escalation.rules.permissions import Action
from escalation.rules.rulebook import Rulebook
from escalation.watches.cases import ANSWER, SIGN
from storage.outbox import tell
from storage.people import Officer
from storage.tables import case_messages, cases
from storage.unit import Unit


async def ask_for_more(unit: Unit, rules: Rulebook, actor: Officer, case_id: int, text: str) -> Done | Refused:
    """Ask the taxpayer for something that is missing: the answer's clock stops until it comes."""
    case = await allowed(unit, actor, Action.ANSWER, case_id)
    if isinstance(case, Refused):
        return case
    stopped = (
        moving(case_id, Move.ASK_FOR_MORE)
        .where(*as_read(case))
        .values(signed_by=func.coalesce(cases.c.signed_by, actor.id))
    )
    if not await unit.moved(stopped):
        return Refused(Why.TOO_LATE, await reread(unit, case_id))
    await settle(unit, SIGN, case_id)
    await change_terms(unit, rules, ANSWER, case_id, lambda terms: terms.stopped(unit.now))
    await write_into(
        unit, case_id, author=Author.OFFICER, what=MessageKind.REQUEST, text=text, at=unit.now, officer=actor
    )
    await note(unit, case_id, Happening.ASKED, actor)
    tell(unit, case.address_id, notice_of(Request(case_id, text)))
    await tell_colleagues(unit, case, actor, Taken)
    return Done(await reread(unit, case_id))


async def _go_on(unit: Unit, rules: Rulebook, case: Case) -> None:
    """What was asked for has come: the clock goes on or, where the kind says so, begins anew (依申请公开的补正)."""
    if not await unit.moved(moving(case.id, Move.RESUME)):
        return
    restarts = rules.kind(case.kind).while_waiting == "restart"

    def change(terms: Terms) -> Terms:
        return replace(terms, started_at=unit.now, stops=()) if restarts else terms.resumed(unit.now)

    due_on = await change_terms(unit, rules, ANSWER, case.id, change)
    if due_on is not None:
        tell(unit, case.address_id, notice_of(Resumed(case.id, due_on)))


async def supplement(unit: Unit, rules: Rulebook, case: Case, text: str, at: datetime) -> None:
    """Add to the case what the taxpayer was asked for: the department is told, and the clock goes on."""
    await write_into(unit, case.id, author=Author.TAXPAYER, what=MessageKind.SUPPLEMENT, text=text, at=at)
    await _supplemented(unit, rules, case)


async def _supplemented(unit: Unit, rules: Rulebook, case: Case) -> None:
    await note(unit, case.id, Happening.SUPPLEMENTED)
    await _go_on(unit, rules, case)
    await show_card(unit, case.id)


async def ask_after(unit: Unit, case: Case) -> None:
    """Note that the taxpayer asks what has become of the case."""
    await note(unit, case.id, Happening.ASKED_AFTER)


async def keep_unsorted(unit: Unit, case: Case, text: str, at: datetime) -> int:
    """Keep a line with the case before it is known whether it belongs there (补充, or a question of its own?), marked
    so, because it must not be lost while the taxpayer makes up their mind; the department hears of the first such line
    at once. Returns the number under which it is kept.
    """
    unsorted = select(case_messages.c.id).where(case_messages.c.case_id == case.id)
    first = await unit.one(unsorted.where(case_messages.c.what == MessageKind.UNSORTED).limit(1)) is None
    line_id = await write_into(unit, case.id, author=Author.TAXPAYER, what=MessageKind.UNSORTED, text=text, at=at)
    if first:
        for address_id in await department_addresses(unit, case):
            tell(unit, address_id, notice_of(Unsorted(case.id, case.number)))
    return line_id


def _unsorted(case: Case, line_id: int) -> tuple[ColumnElement[bool], ...]:
    """A line of a case, as long as its taxpayer has not sorted it out."""
    columns = case_messages.c
    return columns.id == line_id, columns.case_id == case.id, columns.what == MessageKind.UNSORTED


async def sort_out(unit: Unit, rules: Rulebook, case: Case, line_id: int) -> bool:
    """The unsorted line is a supplement: the department is told. False where it was sorted before."""
    sorted_line = update(case_messages).where(*_unsorted(case, line_id)).values(what=MessageKind.SUPPLEMENT)
    if not await unit.moved(sorted_line):
        return False
    await _supplemented(unit, rules, case)
    return True


async def take_out(unit: Unit, case: Case, line_id: int) -> str | None:
    """The unsorted line is a question of its own: take it out of this case and give its text back; None where it was
    sorted before.
    """
    line = await unit.one(select(case_messages.c.text).where(*_unsorted(case, line_id)))
    if line is None or not await unit.moved(case_messages.delete().where(*_unsorted(case, line_id))):
        return None
    return str(line.text)
