"""What is done with a case: opened, signed for, answered, passed on, supplemented, found again, rated.

第十五条: 对纳税人咨询的问题能及时答复的，必须及时答复；不能及时答复的，应在7个工作日作出答复，
同时要认真办理纳税人的投诉、意见和建议，在规定的期限内给予回复。

Every function runs in the caller's unit; state moves only by a conditional UPDATE, and the loser is told who was first.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select, update

from escalation.casebook import ANSWERED, OPEN, SIGNED, UNFINISHED, Case, find_case
from escalation.duties import held_by_department, open_duty, region_of, settle
from escalation.kinds import CaseKind
from escalation.lessons import learn
from escalation.permissions import Action, may
from escalation.rulebook import ANSWER, SIGN, Rulebook
from escalation.terms import Terms, due_on
from escalation.terms import Unit as Span
from escalation.workdays import local_date
from storage.house import insert_for, next_number
from storage.outbox import Notice, tell
from storage.people import Department, Officer, addresses_of, departments_of, group_of, officers_in, officers_of
from storage.tables import case_access, case_events, case_messages, cases, duties
from storage.unit import Unit

# Letters and digits that nobody confuses when reading them aloud or copying them by hand.
CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH = 8
LOOKUPS_PER_CASE_AND_DAY = 20


class NotAllowedError(Exception):
    """The actor may not do this; the words for it are the same whether the case exists or not."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What a taxpayer wrote and is owed an answer to; `departments` are codes, best first; `words` are its subject."""

    kind: str
    text: str
    taxpayer_id: int
    address_id: int
    bureau_id: int
    received_at: datetime
    departments: Sequence[str]
    reasons: Sequence[str]
    confidence: float
    words: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Opened:
    case_id: int
    number: str


@dataclass(frozen=True, slots=True)
class Done:
    """It was done; the case as it now stands."""

    case: Case


@dataclass(frozen=True, slots=True)
class TooLate:
    """Somebody else was first; the case as they left it."""

    case: Case


def new_code() -> str:
    """A 查询码 such as K7QM-3XTP: 8 of 31 characters, about 8.5 × 10¹¹ possibilities."""
    letters = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
    return f"{letters[:4]}-{letters[4:]}"


def plain_code(text: str) -> str:
    """A code as typed, without case, spaces and dashes."""
    return "".join(letter for letter in text.upper() if letter.isalnum())


async def open_case(unit: Unit, rules: Rulebook, letter: Letter) -> Opened:
    """Open a case: number, two duties (sign, answer), the receipt to the taxpayer, the card to the department."""
    kind = rules.kind(letter.kind)
    department = await _department(unit, letter)
    region = await region_of(unit, letter.bureau_id)
    number = await _number(unit, letter.received_at)
    code = new_code()
    case_id = await unit.inserted(
        cases.insert()
        .values(
            number=number,
            code_hash=unit.hasher("code", plain_code(code)),
            kind=letter.kind,
            state=OPEN,
            sealed=kind.sealed,
            major=False,
            bureau_id=letter.bureau_id,
            department_id=department.id,
            taxpayer_id=letter.taxpayer_id,
            address_id=letter.address_id,
            received_at=letter.received_at,
            opened_at=unit.now,
            confidence=letter.confidence,
            reasons=list(letter.reasons),
            words=[] if kind.sealed else sorted(set(letter.words)),
        )
        .returning(cases.c.id)
    )
    await _say(unit, case_id, author="taxpayer", what="letter", text=letter.text, at=letter.received_at)
    await note(unit, case_id, "opened")
    due = await _promise(unit, rules, case_id, kind, department.id, letter, region)
    payload = {
        "case_id": case_id,
        "number": number,
        "code": code,
        "kind": letter.kind,
        "department": department.name,
        "due_on": None if due is None else due.isoformat(),
    }
    await tell(unit, letter.address_id, Notice("case.receipt", payload))
    await show_card(unit, case_id, department.id)
    return Opened(case_id, number)


async def _department(unit: Unit, letter: Letter) -> Department:
    """The first department of the list that the taxpayer's bureau has."""
    known = {department.code: department for department in await departments_of(unit, letter.bureau_id)}
    for code in letter.departments:
        if code in known:
            return known[code]
    raise LookupError(f"bureau {letter.bureau_id} has none of the departments {list(letter.departments)}")


async def _number(unit: Unit, received_at: datetime) -> str:
    year = local_date(received_at).year
    return f"{year}-{await next_number(unit, f'case:{year}'):06d}"


async def _promise(
    unit: Unit, rules: Rulebook, case_id: int, kind: CaseKind, department_id: int, letter: Letter, region: str
) -> date | None:
    """Open the two duties; gives back the day on which the answer is due, if the kind has a limit that runs already."""
    holder = held_by_department(department_id)
    if kind.sign_working_days is not None:
        signing = Terms(letter.received_at, kind.sign_working_days, Span.WORKING_DAYS, region, rules.calendar_revision)
        await open_duty(unit, rules, SIGN, case_id, holder=holder, bureau_id=letter.bureau_id, terms=signing)
    if kind.starts == "confirmation":
        return None
    return await _owe_answer(unit, rules, case_id, kind, holder, letter.bureau_id, letter.received_at, region)


async def _owe_answer(
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


async def show_card(unit: Unit, case_id: int, department_id: int) -> None:
    """Show the case to everybody who serves the department and in its group; where nobody does, alarm."""
    staff = await officers_of(unit, department_id)
    where = [address for officer in staff for address in await addresses_of(unit, officer.id)]
    where += await group_of(unit, department_id)
    for address_id in where:
        await tell(unit, address_id, Notice("case.card", {"case_id": case_id}))
    if not where:
        await _tell_administrators(unit, case_id)


async def _tell_administrators(unit: Unit, case_id: int) -> None:
    case = await find_case(unit, case_id)
    if case is None:
        return
    for officer in await officers_in(unit, case.bureau_id):
        if "administrator" in officer.roles:
            for address_id in await addresses_of(unit, officer.id):
                await tell(
                    unit, address_id, Notice("case.nobody", {"number": case.number, "department": case.department_name})
                )


async def sign(unit: Unit, rules: Rulebook, actor: Officer, case_id: int) -> Done | TooLate:
    """签收: one officer takes the case; the taxpayer is told that it was accepted."""
    case = await _allowed(unit, actor, Action.SIGN, case_id)
    signed = update(cases).where(cases.c.id == case_id, cases.c.state == OPEN).values(state=SIGNED, signed_by=actor.id)
    if not await unit.moved(signed):
        return TooLate(case)
    await settle(unit, SIGN, case_id)
    await note(unit, case_id, "signed", actor)
    kind = rules.kind(case.kind)
    if kind.starts == "confirmation":
        holder = held_by_department(case.department_id)
        await _owe_answer(unit, rules, case_id, kind, holder, case.bureau_id, unit.now, case.region)
    await tell(unit, case.address_id, Notice("case.signed", {"case_id": case_id}))
    await _tell_colleagues(unit, case, actor, "case.taken")
    return Done(await _reread(unit, case_id))


async def answer(unit: Unit, actor: Officer, case_id: int, text: str) -> Done | TooLate:
    """Answer the taxpayer, at the address where the case came from; both duties are settled."""
    case = await _allowed(unit, actor, Action.ANSWER, case_id)
    answered = (
        update(cases)
        .where(cases.c.id == case_id, cases.c.state.in_(UNFINISHED))
        .values(state=ANSWERED, answered_at=unit.now, signed_by=func.coalesce(cases.c.signed_by, actor.id))
    )
    if not await unit.moved(answered):
        return TooLate(case)
    await settle(unit, SIGN, case_id)
    await settle(unit, ANSWER, case_id)
    await learn(unit, case.bureau_id, case.department_code, case.words)
    await _say(unit, case_id, author="officer", what="answer", text=text, at=unit.now, officer=actor)
    await note(unit, case_id, "answered", actor)
    await tell(unit, case.address_id, Notice("case.answer", {"case_id": case_id, "text": text}))
    await _tell_colleagues(unit, case, actor, "case.done")
    return Done(await _reread(unit, case_id))


async def pass_on(unit: Unit, rules: Rulebook, actor: Officer, case_id: int, department_id: int) -> Done | TooLate:
    """Hand the case to another department: it signs anew, while the answer's clock goes on as it began."""
    case = await _allowed(unit, actor, Action.PASS_ON, case_id)
    target = next((d for d in await departments_of(unit, case.bureau_id) if d.id == department_id), None)
    if target is None or target.internal or target.sealed or case.sealed or target.id == case.department_id:
        raise NotAllowedError
    passed = (
        update(cases)
        .where(cases.c.id == case_id, cases.c.state.in_(UNFINISHED), cases.c.department_id == case.department_id)
        .values(department_id=target.id, state=OPEN, signed_by=None)
    )
    if not await unit.moved(passed):
        return TooLate(case)
    holder = held_by_department(target.id)
    await settle(unit, SIGN, case_id, "overtaken")
    signing = Terms(
        unit.now, rules.kind(case.kind).sign_working_days or 1, Span.WORKING_DAYS, case.region, rules.calendar_revision
    )
    await open_duty(unit, rules, SIGN, case_id, holder=holder, bureau_id=case.bureau_id, terms=signing)
    await unit.run(
        update(duties)
        .where(duties.c.kind == ANSWER, duties.c.subject_id == case_id, duties.c.settled_at.is_(None))
        .values(holder=holder, next_step_at=unit.now)
    )
    await note(unit, case_id, "passed_on", actor)
    await tell(unit, case.address_id, Notice("case.passed_on", {"case_id": case_id, "department": target.name}))
    await show_card(unit, case_id, target.id)
    return Done(await _reread(unit, case_id))


async def supplement(unit: Unit, case: Case, text: str, at: datetime, *, sorted_out: bool) -> int:
    """Add a line of the taxpayer's to the case. One that has not been sorted out yet (补充, or a question of its own?)
    is kept with the case all the same, marked so, because it must not be lost while the taxpayer makes up their mind.
    """
    what = "supplement" if sorted_out else "unsorted"
    return await _say(unit, case.id, author="taxpayer", what=what, text=text, at=at)


async def sort_out(unit: Unit, case: Case) -> int:
    """The unsorted lines are supplements: the department is told. Gives back how many they were."""
    sorted_lines = await unit.run(
        update(case_messages)
        .where(case_messages.c.case_id == case.id, case_messages.c.what == "unsorted")
        .values(what="supplement")
    )
    if sorted_lines.rowcount:
        await note(unit, case.id, "supplemented")
        await show_card(unit, case.id, case.department_id)
    return sorted_lines.rowcount


async def take_out(unit: Unit, case: Case) -> str | None:
    """The unsorted lines are a question of their own: take them out of this case and give their text back."""
    lines = await unit.all(
        select(case_messages.c.id, case_messages.c.text)
        .where(case_messages.c.case_id == case.id, case_messages.c.what == "unsorted")
        .order_by(case_messages.c.id)
    )
    if not lines:
        return None
    taken = await unit.run(
        case_messages.delete().where(
            case_messages.c.id.in_([line.id for line in lines]), case_messages.c.what == "unsorted"
        )
    )
    return "\n".join(line.text for line in lines) if taken.rowcount == len(lines) else None


async def rate(unit: Unit, taxpayer_id: int, case_id: int, stars: int) -> bool:
    """Rate an answered case from 1 to 5, once; False where it was rated before or is not this taxpayer's."""
    if not 1 <= stars <= 5:
        return False
    rated = update(cases).where(
        cases.c.id == case_id,
        cases.c.taxpayer_id == taxpayer_id,
        cases.c.state == ANSWERED,
        cases.c.rating.is_(None),
    )
    if not await unit.moved(rated.values(rating=stars)):
        return False
    await note(unit, case_id, "rated")
    return True


async def look_up(unit: Unit, taxpayer_id: int, number: str, code: str) -> Case | None:
    """Open a case with number and 查询码; None for every failure alike, and after too many of them in a day."""
    found = await unit.one(select(cases.c.id, cases.c.code_hash).where(cases.c.number == number))
    if found is None:
        return None
    matches = secrets.compare_digest(found.code_hash, unit.hasher("code", plain_code(code)))
    if not matches:
        await next_number(unit, _failures(found.id, unit.now))
        return None
    if await _too_many_failures(unit, found.id):
        return None
    access = insert_for(unit, case_access).values(case_id=found.id, taxpayer_id=taxpayer_id, since_at=unit.now)
    await unit.run(access.on_conflict_do_nothing())
    return await find_case(unit, found.id)


def _failures(case_id: int, now: datetime) -> str:
    return f"lookup:{case_id}:{local_date(now).isoformat()}"


async def _too_many_failures(unit: Unit, case_id: int) -> bool:
    return await next_number(unit, _failures(case_id, unit.now)) > LOOKUPS_PER_CASE_AND_DAY


async def _allowed(unit: Unit, actor: Officer, action: Action, case_id: int) -> Case:
    case = await find_case(unit, case_id)
    if case is None or not may(actor, action, case.subject):
        raise NotAllowedError
    return case


async def _reread(unit: Unit, case_id: int) -> Case:
    case = await find_case(unit, case_id)
    assert case is not None  # noqa: S101  it was changed in this transaction
    return case


async def _tell_colleagues(unit: Unit, case: Case, actor: Officer, notice: str) -> None:
    """Two people on one case notice each other."""
    for officer in await officers_of(unit, case.department_id):
        if officer.id != actor.id:
            for address_id in await addresses_of(unit, officer.id):
                await tell(unit, address_id, Notice(notice, {"number": case.number, "officer": actor.name}))


async def _say(
    unit: Unit, case_id: int, *, author: str, what: str, text: str, at: datetime, officer: Officer | None = None
) -> int:
    return await unit.inserted(
        case_messages.insert()
        .values(case_id=case_id, author=author, officer_id=officer and officer.id, what=what, text=text, at=at)
        .returning(case_messages.c.id)
    )


async def note(unit: Unit, case_id: int, what: str, officer: Officer | None = None) -> None:
    """Write into the case's history."""
    await unit.run(
        case_events.insert().values(case_id=case_id, what=what, officer_id=officer and officer.id, at=unit.now)
    )
