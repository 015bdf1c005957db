"""Reads cases: for the taxpayer who is owed an answer, for the officer who owes it, and for 「如何计算」."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, Select, or_, select
from sqlalchemy import case as choose

from escalation.cases.lifecycle import UNFINISHED, CaseState
from escalation.deadlines.terms import Terms, due_on, retell
from escalation.deadlines.workdays import Day
from escalation.duties.duties import latest_duty_of
from escalation.rules.duty_kinds import DutyKind
from escalation.rules.permissions import CaseSubject
from escalation.rules.rulebook import Rulebook
from escalation.watches.cases import ANSWER, SIGN
from storage.dialects import among
from storage.tables import bureaus, case_access, case_events, case_messages, cases, departments, officers
from storage.unit import Reader


@dataclass(frozen=True, slots=True)
class Case:
    """A case as it stands."""

    id: int
    number: str
    kind: str
    state: CaseState
    sealed: bool
    major: bool
    bureau_id: int
    bureau_name: str
    region: str
    department_id: int
    department_code: str
    department_name: str
    taxpayer_id: int
    address_id: int
    signed_by: int | None
    signed_by_name: str | None
    received_at: datetime
    answered_at: datetime | None
    reasons: Sequence[str]
    words: Sequence[str]
    rating: int | None

    @property
    def subject(self) -> CaseSubject:
        return CaseSubject(self.bureau_id, self.department_id, self.sealed)


class Author(StrEnum):
    """Who said something in a case."""

    TAXPAYER = "taxpayer"
    OFFICER = "officer"


class MessageKind(StrEnum):
    """What a message is to its case. One kind becomes another: a line that is UNSORTED, once its writer says where it
    belongs, is a SUPPLEMENT, or is taken out of the case.
    """

    LETTER = "letter"
    SUPPLEMENT = "supplement"
    UNSORTED = "unsorted"
    REQUEST = "request"
    ANSWER = "answer"


class Happening(StrEnum):
    """What can happen to a case."""

    OPENED = "opened"
    SIGNED = "signed"
    PASSED_ON = "passed_on"
    DECIDED = "decided"  # the office has said which department answers
    ASKED = "asked"
    SUPPLEMENTED = "supplemented"
    ASKED_AFTER = "asked_after"  # the taxpayer asks what has become of it
    EXTENDED = "extended"
    MAJOR = "major"
    KIND_CHANGED = "kind_changed"
    ANSWERED = "answered"
    RATED = "rated"


@dataclass(frozen=True, slots=True)
class Message:
    """Something that was said in a case."""

    author: Author
    what: MessageKind
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a case."""

    what: Happening
    officer_name: str | None
    details: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Reckoning:
    """How a due date came about: 「如何计算」."""

    received_at: datetime
    span: int
    unit: str
    due_on: date | None
    days: tuple[Day, ...]

    @property
    def provisional(self) -> bool:
        return any(day.provisional for day in self.days)


def _cases() -> Select[Any]:
    return (
        select(
            cases,
            departments.c.code.label("department_code"),
            departments.c.name.label("department_name"),
            bureaus.c.name.label("bureau_name"),
            bureaus.c.region,
            officers.c.name.label("signed_by_name"),
        )
        .join(departments, departments.c.id == cases.c.department_id)
        .join(bureaus, bureaus.c.id == cases.c.bureau_id)
        .join(officers, officers.c.id == cases.c.signed_by, isouter=True)
    )


CASES_ON_A_PAGE = 20

OPEN_CASES_OF = (
    _cases()
    .where(among(cases.c.taxpayer_id, "taxpayers"), cases.c.state.in_(UNFINISHED))
    .order_by(choose((cases.c.state == CaseState.WAITING, 1), else_=0), cases.c.id)
)


def _case(row: Row[Any]) -> Case:
    columns = {name: getattr(row, name) for name in Case.__slots__}
    return Case(**columns | {"state": CaseState(row.state)})


async def find_case(reader: Reader, case_id: int) -> Case | None:
    row = await reader.one(_cases().where(cases.c.id == case_id))
    return None if row is None else _case(row)


async def cases_of(reader: Reader, taxpayer_id: int, *, before: int | None = None) -> tuple[Sequence[Case], bool]:
    """The taxpayer's own cases and those opened with number and 查询码, newest first, and whether there are more;
    `before` is the id of the last one of the page before.
    """
    granted = select(case_access.c.case_id).where(case_access.c.taxpayer_id == taxpayer_id)
    own = _cases().where(or_(cases.c.taxpayer_id == taxpayer_id, cases.c.id.in_(granted)))
    if before is not None:
        own = own.where(cases.c.id < before)
    return await _page(reader, own.order_by(cases.c.id.desc()))


async def _page(reader: Reader, found: Select[Any]) -> tuple[Sequence[Case], bool]:
    rows = await reader.all(found.limit(CASES_ON_A_PAGE + 1))
    return [_case(row) for row in rows[:CASES_ON_A_PAGE]], len(rows) > CASES_ON_A_PAGE


async def case_of(reader: Reader, taxpayer_id: int, case_id: int) -> Case | None:
    """A case that this taxpayer may see; None for any other, whether it exists or not (第十八条)."""
    granted = select(case_access.c.case_id).where(case_access.c.taxpayer_id == taxpayer_id)
    row = await reader.one(
        _cases().where(cases.c.id == case_id, or_(cases.c.taxpayer_id == taxpayer_id, cases.c.id.in_(granted)))
    )
    return None if row is None else _case(row)


async def open_case_of_each(reader: Reader, taxpayer_ids: Collection[int]) -> Mapping[int, Case]:
    """The case in hand of each of these taxpayers: the newest that waits for what they were asked to add, else the
    newest that still waits for an answer.
    """
    rows = await reader.all(OPEN_CASES_OF, {"taxpayers": list(taxpayer_ids)})
    return {row.taxpayer_id: _case(row) for row in rows}


async def open_cases_for(
    reader: Reader, department_ids: frozenset[int], *, also_sealed: bool = True, after: int = 0
) -> tuple[Sequence[Case], bool]:
    """The unanswered cases of these departments, oldest first, with those to be kept sealed or without them, and
    whether there are more; `after` is the id of the last one of the page before.
    """
    wanted = _cases().where(
        cases.c.department_id.in_(department_ids), cases.c.state.in_(UNFINISHED), cases.c.id > after
    )
    if not also_sealed:
        wanted = wanted.where(cases.c.sealed.is_(False))
    return await _page(reader, wanted.order_by(cases.c.id))


async def find_case_by_number(reader: Reader, number: str) -> Case | None:
    row = await reader.one(_cases().where(cases.c.number == number))
    return None if row is None else _case(row)


async def messages_of(reader: Reader, case_id: int) -> Sequence[Message]:
    rows = await reader.all(
        select(case_messages).where(case_messages.c.case_id == case_id).order_by(case_messages.c.id)
    )
    return [Message(Author(row.author), MessageKind(row.what), row.text, row.at) for row in rows]


async def events_of(reader: Reader, case_id: int) -> Sequence[Event]:
    rows = await reader.all(
        select(case_events, officers.c.name)
        .join(officers, officers.c.id == case_events.c.officer_id, isouter=True)
        .where(case_events.c.case_id == case_id)
        .order_by(case_events.c.id)
    )
    return [Event(Happening(row.what), row.name, row.details, row.at) for row in rows]


async def reckoning_of(reader: Reader, rules: Rulebook, case: Case) -> Reckoning | None:
    """Day by day, why the answer is due when it is; None for a kind without a limit of ours."""
    return await _reckon(reader, rules, ANSWER, case.id)


async def signing_of(reader: Reader, rules: Rulebook, case: Case) -> Reckoning | None:
    """The same for signing (签收)."""
    return await _reckon(reader, rules, SIGN, case.id)


async def _reckon(reader: Reader, rules: Rulebook, kind: DutyKind, case_id: int) -> Reckoning | None:
    duty = await latest_duty_of(reader, kind, case_id)
    if duty is None:
        return None
    terms = Terms.from_json(duty.terms)
    calendar = rules.calendar(terms.region)
    return Reckoning(
        received_at=terms.started_at,
        span=terms.span + terms.extension,
        unit=terms.unit.value,
        due_on=due_on(terms, calendar),
        days=retell(terms, calendar),
    )
