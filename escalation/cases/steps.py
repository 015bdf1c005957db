"""What every use case of a case needs: the case, if its actor may; its history; who is told."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, Update, update
from sqlalchemy import case as choose

from escalation.cases.lifecycle import MOVES, Move
from escalation.cases.notices import Card, Finished, Nobody, Taken, notice_of
from escalation.cases.queries import Author, Case, Happening, MessageKind, find_case
from escalation.cases.results import Refused, Why
from escalation.deadlines.terms import Terms, due_on
from escalation.deadlines.terms import Unit as Span
from escalation.duties.duties import open_duty
from escalation.rules.kinds import CaseKind
from escalation.rules.permissions import Action, Role, may
from escalation.rules.rulebook import Rulebook
from escalation.watches.cases import ANSWER
from storage.outbox import tell
from storage.people import Officer, addresses_of, group_of, officers_in, officers_of
from storage.tables import case_events, case_messages, cases
from storage.unit import Unit


async def owe_answer(
    unit: Unit,
    rules: Rulebook,
    case_id: int,
    kind: CaseKind,
    holder: str,
    bureau_id: int,
    started_at: datetime,
    region: str,
) -> date | None:
    if kind.span is None or kind.unit is None:
        return None
    terms = Terms(started_at, kind.span, Span(kind.unit), region, rules.calendar_revision)
    await open_duty(unit, rules, ANSWER, case_id, holder=holder, bureau_id=bureau_id, terms=terms)
    return due_on(terms, rules.calendar(region))


async def show_card(unit: Unit, case_id: int) -> None:
    """Show the case to everybody who serves its department and in its group; where nobody does, alarm."""
    case = await reread(unit, case_id)
    where = await department_addresses(unit, case)
    for address_id in where:
        tell(unit, address_id, notice_of(Card(case_id)))
    if not where:
        await _tell_administrators(unit, case)


async def department_addresses(unit: Unit, case: Case) -> Sequence[int]:
    """Where a case is shown. 第十八条: a sealed one never in a group, whose members nobody here knows."""
    staff = await officers_of(unit, case.department_id)
    where = [address for officer in staff for address in await addresses_of(unit, officer.id)]
    return where if case.sealed else [*where, *await group_of(unit, case.department_id)]


async def _tell_administrators(unit: Unit, case: Case) -> None:
    for officer in await officers_in(unit, case.bureau_id):
        if Role.ADMINISTRATOR in officer.roles:
            for address_id in await addresses_of(unit, officer.id):
                tell(unit, address_id, notice_of(Nobody(case.number, case.department_name)))


def moving(case_id: int, move: Move) -> Update:
    """The conditional UPDATE of a move: only from where the table lets it begin, and to where the table says."""
    leads_to = MOVES[move]
    begins = update(cases).where(cases.c.id == case_id, cases.c.state.in_(leads_to))
    return begins.values(state=choose(leads_to, value=cases.c.state))


def as_read(case: Case) -> tuple[ColumnElement[bool], ...]:
    """The conditions under which a case still is the one for which its actor was allowed: of this kind, at this
    department. Meanwhile it may have been passed on, or sealed.
    """
    return cases.c.kind == case.kind, cases.c.department_id == case.department_id


async def allowed(unit: Unit, actor: Officer, action: Action, case_id: int) -> Case | Refused:
    """The case, for an officer who may do this with it."""
    case = await find_case(unit, case_id)
    if case is None or not may(actor, action, case.subject):
        return Refused(Why.NOT_ALLOWED)
    return case


async def reread(unit: Unit, case_id: int) -> Case:
    case = await find_case(unit, case_id)
    assert case is not None  # noqa: S101  it was changed in this transaction
    return case


async def tell_colleagues(unit: Unit, case: Case, actor: Officer, what: type[Taken] | type[Finished]) -> None:
    """Two people on one case notice each other."""
    for officer in await officers_of(unit, case.department_id):
        if officer.id != actor.id:
            for address_id in await addresses_of(unit, officer.id):
                tell(unit, address_id, notice_of(what(case.number, actor.name)))


async def write_into(
    unit: Unit,
    case_id: int,
    *,
    author: Author,
    what: MessageKind,
    text: str,
    at: datetime,
    officer: Officer | None = None,
) -> int:
    return await unit.inserted(
        case_messages.insert()
        .values(case_id=case_id, author=author, officer_id=officer and officer.id, what=what, text=text, at=at)
        .returning(case_messages.c.id)
    )


async def note(
    unit: Unit, case_id: int, what: Happening, officer: Officer | None = None, details: str | None = None
) -> None:
    """Write into the case's history."""
    await unit.run(
        case_events.insert().values(
            case_id=case_id, what=what, officer_id=officer and officer.id, details=details, at=unit.now
        )
    )
