"""Opens a case: its number, its two duties, the receipt to the taxpayer and the card to the department.

第十五条: 不能及时答复的，应在7个工作日作出答复.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from escalation.cases.lifecycle import FIRST
from escalation.cases.lookup import hash_of, new_code
from escalation.cases.notices import Receipt, notice_of
from escalation.cases.queries import Author, Happening, MessageKind
from escalation.cases.steps import note, owe_answer, show_card, write_into
from escalation.deadlines.terms import Terms
from escalation.deadlines.terms import Unit as Span
from escalation.deadlines.workdays import local_date
from escalation.duties.duties import held_by_department, open_duty, region_of
from escalation.rules.kinds import CaseKind
from escalation.rules.rulebook import Rulebook
from escalation.watches.cases import SIGN
from storage.installation import next_number
from storage.outbox import tell
from storage.people import Department, departments_of
from storage.tables import cases
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
    """Open the two duties; returns the day on which the answer is due, if the kind has a limit that runs already."""
    holder = held_by_department(department_id)
    if kind.sign_working_days is not None:
        signing = Terms(letter.received_at, kind.sign_working_days, Span.WORKING_DAYS, region, rules.calendar_revision)
        await open_duty(unit, rules, SIGN, case_id, holder=holder, bureau_id=letter.bureau_id, terms=signing)
    if kind.starts == "confirmation":
        return None
    return await owe_answer(unit, rules, case_id, kind, holder, letter.bureau_id, letter.received_at, region)
