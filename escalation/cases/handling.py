"""What is done with a case: opened, signed for, answered, passed on, rated.

第十五条: 对纳税人咨询的问题能及时答复的，必须及时答复；不能及时答复的，应在7个工作日作出答复，
同时要认真办理纳税人的投诉、意见和建议，在规定的期限内给予回复。

Every function runs in the caller's unit; state moves only by a conditional UPDATE, and the loser is told who was first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Update, func, update
from sqlalchemy import case as choose

from escalation.cases.lifecycle import FIRST, MOVES, Move, can
from escalation.cases.lookup import hash_of, new_code
from escalation.cases.notices import Answered, Card, Finished, Nobody, Receipt, Signed, Taken, notice_of
from escalation.cases.queries import Author, Case, Happening, MessageKind, case_of, find_case
from escalation.cases.results import Done, Refused, Why
from escalation.deadlines.terms import Terms, due_on
from escalation.deadlines.terms import Unit as Span
from escalation.deadlines.workdays import local_date
from escalation.duties.duties import held_by_department, open_duty, region_of, settle
from escalation.routing.learned import learn
from escalation.rules.kinds import CaseKind
from escalation.rules.permissions import Action, Role, may
from escalation.rules.rulebook import Rulebook
from escalation.watches.cases import ANSWER, EXTENSION, SIGN
from storage.installation import next_number
from storage.outbox import tell
from storage.people import Department, Officer, addresses_of, departments_of, group_of, officers_in, officers_of
from storage.tables import case_events, case_messages, cases
from storage.unit import Unit


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
            code_hash=hash_of(unit, code),
            kind=letter.kind,
            state=FIRST,
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
    await write_into(
        unit, case_id, author=Author.TAXPAYER, what=MessageKind.LETTER, text=letter.text, at=letter.received_at
    )
    await note(unit, case_id, Happening.OPENED)
    due = await _promise(unit, rules, case_id, kind, department.id, letter, region)
    receipt = Receipt(case_id, number, code, letter.kind, department.name, due)
    tell(unit, letter.address_id, notice_of(receipt))
    await show_card(unit, case_id)
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


async def sign(unit: Unit, rules: Rulebook, actor: Officer, case_id: int) -> Done | Refused:
    """签收: one officer takes the case; the taxpayer is told that it was accepted."""
    case = await allowed(unit, actor, Action.SIGN, case_id)
    if isinstance(case, Refused):
        return case
    if not await unit.moved(moving(case_id, Move.SIGN).values(signed_by=actor.id)):
        return Refused(Why.TOO_LATE, await reread(unit, case_id))
    await settle(unit, SIGN, case_id)
    await note(unit, case_id, Happening.SIGNED, actor)
    kind = rules.kind(case.kind)
    if kind.starts == "confirmation":
        holder = held_by_department(case.department_id)
        await _owe_answer(unit, rules, case_id, kind, holder, case.bureau_id, unit.now, case.region)
    tell(unit, case.address_id, notice_of(Signed(case_id)))
    await tell_colleagues(unit, case, actor, Taken)
    return Done(await reread(unit, case_id))


async def answer(unit: Unit, actor: Officer, case_id: int, text: str) -> Done | Refused:
    """Answer the taxpayer, at the address where the case came from; both duties are settled."""
    case = await allowed(unit, actor, Action.ANSWER, case_id)
    if isinstance(case, Refused):
        return case
    answered = moving(case_id, Move.ANSWER).values(
        answered_at=unit.now, signed_by=func.coalesce(cases.c.signed_by, actor.id)
    )
    if not await unit.moved(answered):
        return Refused(Why.TOO_LATE, await reread(unit, case_id))
    await settle(unit, SIGN, case_id)
    await settle(unit, ANSWER, case_id)
    await settle(unit, EXTENSION, case_id, "overtaken")
    await learn(unit, case.bureau_id, case.department_code, case.words)
    await write_into(
        unit, case_id, author=Author.OFFICER, what=MessageKind.ANSWER, text=text, at=unit.now, officer=actor
    )
    await note(unit, case_id, Happening.ANSWERED, actor)
    tell(unit, case.address_id, notice_of(Answered(case_id, text)))
    await tell_colleagues(unit, case, actor, Finished)
    return Done(await reread(unit, case_id))


async def mark_major(unit: Unit, actor: Officer, case_id: int) -> Done | Refused:
    """Mark a case as major: the leaders see it; 第十七条, 事关重大的信息要经主管局领导把关."""
    case = await allowed(unit, actor, Action.MARK_MAJOR, case_id)
    if isinstance(case, Refused):
        return case
    marked = moving(case_id, Move.MARK_MAJOR).where(cases.c.major.is_(False))
    if not await unit.moved(marked.values(major=True)):
        return Refused(Why.TOO_LATE, await reread(unit, case_id))
    await note(unit, case_id, Happening.MAJOR, actor)
    if not case.sealed:
        for officer in await officers_in(unit, case.bureau_id):
            if Role.LEADER in officer.roles and officer.id != actor.id:
                for address_id in await addresses_of(unit, officer.id):
                    tell(unit, address_id, notice_of(Card(case_id)))
    return Done(await reread(unit, case_id))


async def rate(unit: Unit, taxpayer_id: int, case_id: int, stars: int) -> Done | Refused:
    """Rate an answered case from 1 to 5, once; only whoever wrote it may, not everybody who may see it."""
    case = await case_of(unit, taxpayer_id, case_id)
    if case is None or not can(Move.RATE, case.state):
        return Refused(Why.NOT_ALLOWED)
    if case.rating is not None:
        return Refused(Why.RATED, case)
    rated = moving(case_id, Move.RATE).where(cases.c.taxpayer_id == taxpayer_id, cases.c.rating.is_(None))
    if not (1 <= stars <= 5 and await unit.moved(rated.values(rating=stars))):
        return Refused(Why.NOT_ALLOWED)
    await note(unit, case_id, Happening.RATED)
    return Done(await reread(unit, case_id))


def moving(case_id: int, move: Move) -> Update:
    """The conditional UPDATE of a move: only from where the table lets it begin, and to where the table says."""
    leads_to = MOVES[move]
    begins = update(cases).where(cases.c.id == case_id, cases.c.state.in_(leads_to))
    return begins.values(state=choose(leads_to, value=cases.c.state))


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
