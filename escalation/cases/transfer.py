"""Passing a case on to where it belongs, with a reason, while the answer's clock goes on as it began.

A department may pass a case on once, to whom it suggests. The second time the office decides, and what the office has
decided is final. 第五条: 由各级地税部门办公室具体负责管理.
"""

from sqlalchemy import func, select, update

from escalation.cases.lifecycle import CaseState, Move
from escalation.cases.notices import PassedOn, notice_of
from escalation.cases.queries import Case, Happening
from escalation.cases.results import Done, Refused, Why
from escalation.cases.steps import allowed, as_read, moving, note, reread, show_card
from escalation.duties.duties import change_terms, held_by_department, open_duty, settle
from escalation.rules.permissions import Action, may
from escalation.rules.rulebook import Rulebook
from escalation.watches.cases import ANSWER, SIGN
from storage.outbox import tell
from storage.people import Department, Officer, departments_of
from storage.tables import case_events, duties
from storage.unit import Reader, Unit

OFFICE = "office"


async def pass_on(
    unit: Unit, rules: Rulebook, actor: Officer, case_id: int, department_id: int, reason: str
) -> Done | Refused:
    """Hand the case to a department, or the second time to the office; the new holder signs anew."""
    case = await allowed(unit, actor, Action.PASS_ON, case_id)
    if isinstance(case, Refused):
        return case
    target = await target_of(unit, case, department_id)
    if target is None:
        return Refused(Why.NOT_ALLOWED)
    decides = may(actor, Action.DECIDE_DEPARTMENT, case.subject)
    if not decides and await _times(unit, case_id, Happening.DECIDED):
        return Refused(Why.FINAL, case)
    if not decides and await _times(unit, case_id, Happening.PASSED_ON):
        target = await _office(unit, case)
    if target.id == case.department_id:
        return Refused(Why.NOT_ALLOWED)
    passed = moving(case_id, Move.PASS_ON).where(*as_read(case)).values(department_id=target.id, signed_by=None)
    if not await unit.moved(passed):
        return Refused(Why.TOO_LATE, await reread(unit, case_id))
    await _move_duties(unit, rules, case, target)
    await note(unit, case_id, Happening.DECIDED if decides else Happening.PASSED_ON, actor, reason)
    tell(unit, case.address_id, notice_of(PassedOn(case_id, target.name)))
    await show_card(unit, case_id)
    return Done(await reread(unit, case_id))


async def target_of(unit: Unit, case: Case, department_id: int) -> Department | None:
    """The department to pass to; None for an internal or sealed one, which is no door for a case from outside."""
    for department in await departments_of(unit, case.bureau_id):
        if department.id == department_id and not (department.internal or department.sealed or case.sealed):
            return department
    return None


async def _office(unit: Unit, case: Case) -> Department:
    return next(one for one in await departments_of(unit, case.bureau_id) if one.code == OFFICE)


async def _times(reader: Reader, case_id: int, what: Happening) -> int:
    """How often something has happened to the case."""
    happened = select(func.count()).where(case_events.c.case_id == case_id, case_events.c.what == what)
    return int(await reader.value(happened))


async def _move_duties(unit: Unit, rules: Rulebook, case: Case, target: Department) -> None:
    """The new holder signs within the kind's limit; the duty to answer changes hands, not its date.

    Whoever waited for the taxpayer no longer does: a clock that stood still goes on.
    """
    holder = held_by_department(target.id)
    await settle(unit, SIGN, case.id, "overtaken")
    span = rules.kind(case.kind).sign_working_days
    signing = SIGN.terms(unit.now, case.region, rules.calendar_revision, span=span)
    await open_duty(unit, rules, SIGN, case.id, holder=holder, bureau_id=case.bureau_id, terms=signing)
    if case.state is CaseState.WAITING:
        await change_terms(unit, rules, ANSWER, case.id, lambda terms: terms.resumed(unit.now))
    await unit.run(
        update(duties)
        .where(duties.c.kind == ANSWER.code, duties.c.subject_id == case.id, duties.c.settled_at.is_(None))
        .values(holder=holder, next_step_at=unit.now)
    )
