"""Putting a wrong kind right: the case goes to the door of its right kind, with that kind's clock and secrecy.

Who handles a case may do so; of a sealed case its own readers alone, who could otherwise neither pass it on nor say
that it is none (第十八条). R3: the clock begins at the receipt, whatever the kind was taken for.
"""

from collections.abc import Sequence

from sqlalchemy import delete, update

from escalation.cases.extensions import Verdict
from escalation.cases.lifecycle import FIRST, UNFINISHED
from escalation.cases.notices import Rerouted, notice_of
from escalation.cases.queries import Case, Happening
from escalation.cases.results import Done, Refused, Why
from escalation.cases.steps import allowed, as_read, note, owe_answer, reread, show_card
from escalation.duties.duties import held_by_department, open_duty, settle
from escalation.rules.permissions import Action
from escalation.rules.rulebook import Rulebook
from escalation.watches.cases import ANSWER, EXTENSION, SIGN
from storage.outbox import tell
from storage.people import Department, Officer, departments_of
from storage.tables import cases, extensions
from storage.unit import Unit


async def change_kind(
    unit: Unit, rules: Rulebook, actor: Officer, case_id: int, kind: str, departments: Sequence[str]
) -> Done | Refused:
    """Give an unfinished case another kind; `departments` (codes, best first) are where that kind's cases go."""
    case = await allowed(unit, actor, Action.CHANGE_KIND, case_id)
    if isinstance(case, Refused):
        return case
    line = rules.kind(kind)
    if kind == case.kind or not line.opens_case:
        return Refused(Why.NOT_ALLOWED)
    target = await _department(unit, case, departments)
    changed = (
        update(cases)
        .where(cases.c.id == case_id, *as_read(case), cases.c.state.in_(UNFINISHED))
        .values(kind=kind, sealed=line.sealed, department_id=target.id, state=FIRST, signed_by=None, words=[])
    )
    if not await unit.moved(changed):
        return Refused(Why.TOO_LATE, await reread(unit, case_id))
    for owed in (SIGN, ANSWER, EXTENSION):
        await settle(unit, owed, case_id, "overtaken")
    # What was asked for and not decided was time for another kind; whoever has the case now may ask anew.
    await unit.run(delete(extensions).where(extensions.c.case_id == case_id, extensions.c.verdict == Verdict.PENDING))
    holder, bureau_id = held_by_department(target.id), case.bureau_id
    signing = SIGN.terms(unit.now, case.region, rules.calendar_revision, span=line.sign_working_days)
    await open_duty(unit, rules, SIGN, case_id, holder=holder, bureau_id=bureau_id, terms=signing)
    due = None
    if line.starts != "confirmation":
        due = await owe_answer(unit, rules, case_id, line, holder, bureau_id, case.received_at, case.region)
    await note(unit, case_id, Happening.KIND_CHANGED, actor)
    if not line.sealed:
        tell(unit, case.address_id, notice_of(Rerouted(case_id, target.name, due)))
    await show_card(unit, case_id)
    return Done(await reread(unit, case_id))


async def _department(unit: Unit, case: Case, departments: Sequence[str]) -> Department:
    """The first of the list that the bureau has."""
    known = {department.code: department for department in await departments_of(unit, case.bureau_id)}
    return next(known[code] for code in departments if code in known)
