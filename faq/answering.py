"""What becomes of a text that a taxpayer wrote: done by `answer`, only looked at by `preview`.

Chat, desk, console, command line and API ask here, so that all of them say the same. The policy is `faq/talk.py`; here
it is acted upon, in the caller's unit. What is to be said is returned, and the door puts it into words; what
`escalation` tells (the receipt, the card) is told there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

from escalation.cases import notices
from escalation.cases.lifecycle import CaseState
from escalation.cases.notices import notice_of
from escalation.cases.opening import Letter, open_case
from escalation.cases.queries import Case as OpenCase
from escalation.cases.supplements import keep_unsorted, supplement
from escalation.routing.learned import lessons_for
from escalation.routing.routing import Lesson, Route, Rule, route
from escalation.rules.rulebook import Rulebook
from faq import talk
from faq.asked import WITHHELD, Asked, hand_over, release, remember
from faq.catalog import Entry
from faq.live import Edition
from faq.matching.decision import CHOICES, Answer, Choices, Decision, considered
from intents import Interpreter, Kind, Understanding
from storage.outbox import tell
from storage.people import party_at
from storage.unit import Unit


@dataclass(frozen=True, slots=True)
class InForce:
    """What holds at one moment: how texts are understood, the entries, the rules, and by which words each bureau (id)
    routes.
    """

    interpreter: Interpreter
    edition: Edition
    rules: Rulebook
    routing: Mapping[int, Sequence[Rule]]


@dataclass(frozen=True, slots=True)
class Writer:
    """The taxpayer who wrote, where, and to which bureau (ids)."""

    taxpayer_id: int
    address_id: int
    bureau_id: int


@dataclass(frozen=True, slots=True)
class Line:
    """One text as it came: the id of its update, its writer, and the channel's own timestamp (UTC)."""

    update_id: int
    writer: Writer
    text: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Words:
    """Words of this kind are to be said; `asked_id` where the writer may insist on people."""

    kind: Kind
    asked_id: int | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """The entry is to be said outright."""

    asked_id: int
    entry: Entry


@dataclass(frozen=True, slots=True)
class Offered:
    """The writer is to choose one of these entries."""

    asked_id: int
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class AskedBack:
    """The writer is to say whether the line belongs to the open case; with `asked_id`, nobody else has seen it."""

    case: OpenCase
    text: str
    asked_id: int | None = None


@dataclass(frozen=True, slots=True)
class Supplemented:
    """The line has been added to the case, and its writer told."""

    case: OpenCase


@dataclass(frozen=True, slots=True)
class CaseOpened:
    """The line has become a case; its writer is told by the receipt."""

    case_id: int


Result: TypeAlias = Words | Answered | Offered | AskedBack | Supplemented | CaseOpened


async def answer(
    unit: Unit, in_force: InForce, line: Line, *, people_wanted: bool = False, case: OpenCase | None = None
) -> Result:
    """Do what becomes of a line; `case` is the writer's unfinished one, `people_wanted` as in `Standing`.

    1. The text is understood, and the policy decides.
    2. What asked the FAQ is remembered, and a case is opened, supplemented or asked about.
    """
    understanding = in_force.interpreter.understand(line.text)
    standing = talk.Standing(people_wanted, case is not None, case is not None and case.state is CaseState.WAITING)
    outcome = talk.becomes(understanding, standing, in_force.rules.kinds, in_force.edition)
    match outcome:
        case talk.AskBack(withheld=True) if case is not None:
            asked_id = _remember(unit, line, WITHHELD, understanding.confidence, None)
            return AskedBack(case, line.text, asked_id)
        case talk.AskBack() if case is not None:
            await keep_unsorted(unit, case, line.text, line.received_at)
            return AskedBack(case, line.text)
        case talk.Supplement() if case is not None:
            await _add(unit, in_force, line, case)
            return Supplemented(case)
        case _:
            return await _act(unit, in_force, line, understanding, outcome)


async def answer_apart(unit: Unit, in_force: InForce, line: Line) -> Result:
    """Do what becomes of a line that belongs to no open case, as its writer said."""
    understanding = in_force.interpreter.understand(line.text)
    outcome = talk.of_its_own(understanding, in_force.rules.kinds, in_force.edition)
    return await _act(unit, in_force, line, understanding, outcome)


async def _act(
    unit: Unit, in_force: InForce, line: Line, understanding: Understanding, outcome: talk.Outcome
) -> Result:
    edition = in_force.edition
    match outcome:
        case talk.Words(kind=Kind.OUTOFSCOPE):
            return Words(Kind.OUTOFSCOPE, _remember(unit, line, "outofscope", understanding.confidence, None))
        case talk.Words(kind=kind):
            return Words(kind)
        case Answer(candidate=candidate, confidence=confidence):
            entry = edition.entries[candidate.entry_id]
            return Answered(_remember(unit, line, "answer", confidence, entry), entry)
        case Choices(candidates=candidates, confidence=confidence):
            entries = [edition.entries[candidate.entry_id] for candidate in candidates]
            return Offered(_remember(unit, line, "choices", confidence, None), entries)
        case talk.Case(kind=kind) as becomes:
            nearest = None if becomes.nearest is None else edition.entries[becomes.nearest]
            asked_id = None
            if becomes.decision is not None:
                asked_id = _remember(unit, line, "nothing", becomes.decision.confidence, nearest)
            return await _open(unit, in_force, line, understanding, kind, nearest=nearest, asked_id=asked_id)
        case _:
            raise AssertionError(f"{type(outcome).__name__} needs an open case")


def _remember(unit: Unit, line: Line, decision: str, confidence: float, entry: Entry | None) -> int:
    return remember(
        unit,
        line.update_id,
        line.writer.address_id,
        line.text,
        asked_at=line.received_at,
        decision=decision,
        confidence=confidence,
        entry_id=None if entry is None else entry.id,
    )


async def release_withheld(
    unit: Unit, in_force: InForce, line: Line, question: Asked, case: OpenCase | None
) -> Result | None:
    """Do what its writer said of a withheld line: it belongs to the `case`, or (None) to none. None where that was
    settled before. `line` is what was pressed, and where.
    """
    if not await release(unit, question.id, "apart" if case is None else "supplement"):
        return None
    written = replace(line, text=question.text, received_at=question.asked_at)
    if case is None:
        return await _answer_withheld(unit, in_force, written)
    await _add(unit, in_force, written, case)
    return Supplemented(case)


async def _answer_withheld(unit: Unit, in_force: InForce, line: Line) -> Result:
    """Do what becomes of a line of its own that may be sealed: what becomes a case is of the strictest kind."""
    understanding = in_force.interpreter.understand(line.text)
    outcome = talk.of_its_own(understanding, in_force.rules.kinds, in_force.edition)
    if isinstance(outcome, talk.Case):
        outcome = replace(outcome, kind=talk.strictest(understanding, in_force.rules.kinds))
    return await _act(unit, in_force, line, understanding, outcome)


async def _add(unit: Unit, in_force: InForce, line: Line, case: OpenCase) -> None:
    tell(unit, line.writer.address_id, notice_of(notices.Supplemented(case.number)))
    await supplement(unit, in_force.rules, case, line.text, line.received_at)


async def give_to_people(unit: Unit, in_force: InForce, line: Line, question: Asked) -> CaseOpened:
    """Open a case for a question that was put before: its writer wants people. `line` is what was pressed, and when."""
    understanding = in_force.interpreter.understand(question.text)
    entries = in_force.edition.entries.values()
    nearest = next((entry for entry in entries if entry.id == question.entry_id), None)
    kind = talk.kind_of_case(understanding, in_force.rules.kinds)
    return await _open(unit, in_force, line, understanding, kind, nearest=nearest, asked_id=question.id)


async def open_withheld(unit: Unit, in_force: InForce, address_id: int, question: Asked) -> bool:
    """Make a case of a withheld line about which its writer said nothing for a while; False where that was settled.

    Such a line may be of a sealed kind, so it becomes a case of the strictest one, which its own department alone sees
    (第十八条).
    """
    party = await party_at(unit, address_id)
    if party is None or party.taxpayer_id is None or not await release(unit, question.id, "to_people"):
        return False
    writer = Writer(party.taxpayer_id, address_id, party.bureau_id)
    understanding = in_force.interpreter.understand(question.text)
    kind = talk.strictest(understanding, in_force.rules.kinds)
    line = Line(question.id, writer, question.text, question.asked_at)
    await _open(unit, in_force, line, understanding, kind, asked_id=question.id)
    return True


async def _open(
    unit: Unit,
    in_force: InForce,
    line: Line,
    understanding: Understanding,
    kind: Kind,
    *,
    nearest: Entry | None = None,
    asked_id: int | None = None,
) -> CaseOpened:
    """Open a case at the department that the rules and earlier answers choose."""
    writer = line.writer
    words = _words(in_force, understanding)
    lessons = await lessons_for(unit, writer.bureau_id, words)
    chosen = _route(in_force, writer.bureau_id, understanding, kind, nearest, lessons)
    letter = Letter(
        kind=kind.value,
        text=understanding.text,
        taxpayer_id=writer.taxpayer_id,
        address_id=writer.address_id,
        bureau_id=writer.bureau_id,
        received_at=line.received_at,
        departments=[ranked.department for ranked in chosen.departments],
        reasons=[*understanding.reasons, *chosen.reasons],
        confidence=understanding.confidence,
        words=words,
    )
    opened = await open_case(unit, in_force.rules, letter)
    if asked_id is not None:
        await hand_over(unit, asked_id, opened.case_id)
    return CaseOpened(opened.case_id)


def _words(in_force: InForce, understanding: Understanding) -> list[str]:
    """The subject of a text: its words of the tax dictionary."""
    return [word for word in understanding.tokens if word in in_force.interpreter.tokenizer.terms]


def _route(
    in_force: InForce,
    bureau_id: int,
    understanding: Understanding,
    kind: Kind,
    nearest: Entry | None,
    lessons: Sequence[Lesson],
) -> Route:
    return route(
        understanding.normalised,
        understanding.tokens,
        kind,
        in_force.routing[bureau_id],
        in_force.rules.kinds,
        nearest_department=None if nearest is None else nearest.department_code,
        lessons=lessons,
    )


class Becomes(StrEnum):
    """What becomes of a text, in one word."""

    ANSWER = "answer"
    CHOICES = "choices"
    WORDS = "words"
    ASKED_BACK = "asked_back"
    CASE = "case"
    SUPPLEMENT = "supplement"


@dataclass(frozen=True, slots=True)
class Preview:
    """What would become of a text, which is treated as of this `kind`.

    `candidates` are those that would be offered, else the nearest, with their likeness (0..1). `decision` is the FAQ's,
    where it was asked. `departments` (codes, best first) are where a case of the text would go, whatever it becomes.
    """

    understanding: Understanding
    becomes: Becomes
    kind: Kind
    decision: Decision | None
    entry: Entry | None
    candidates: tuple[tuple[Entry, float], ...]
    departments: tuple[str, ...]
    why_there: tuple[str, ...]

    @property
    def confidence(self) -> float:
        """How sure it is, from 0 to 1: of the entry that is said or offered first, else of the kind."""
        if isinstance(self.decision, Answer | Choices):
            return self.decision.confidence
        return self.understanding.confidence


NO_LESSONS: Mapping[str, Lesson] = MappingProxyType({})


def preview(
    in_force: InForce,
    bureau_id: int,
    text: str,
    standing: talk.Standing = talk.AT_THE_BEGINNING,
    lessons: Mapping[str, Lesson] = NO_LESSONS,
) -> Preview:
    """Return what `answer` would do with a text, and change nothing; `lessons` are those of the bureau, by word."""
    edition, kinds = in_force.edition, in_force.rules.kinds
    understanding = in_force.interpreter.understand(text)
    outcome = talk.becomes(understanding, standing, kinds, edition)
    decision: Decision | None = outcome if isinstance(outcome, Answer | Choices) else None
    if isinstance(outcome, talk.Case):
        decision = outcome.decision
    candidates = decision.candidates if isinstance(decision, Answer | Choices) else considered(edition.index, text)
    entry = edition.entries[outcome.candidate.entry_id] if isinstance(outcome, Answer) else None
    nearest, kind = entry, talk.kind_of_case(understanding, kinds)
    if isinstance(outcome, talk.Case):
        nearest, kind = None if outcome.nearest is None else edition.entries[outcome.nearest], outcome.kind
    learned = [lessons[word] for word in sorted(set(_words(in_force, understanding))) if word in lessons]
    chosen = _route(in_force, bureau_id, understanding, kind, nearest, learned)
    return Preview(
        understanding=understanding,
        becomes=_becomes(outcome),
        kind=talk.taken_for(understanding, edition),
        decision=decision,
        entry=entry,
        candidates=tuple((edition.entries[one.entry_id], one.score) for one in candidates[:CHOICES]),
        departments=tuple(ranked.department for ranked in chosen.departments),
        why_there=chosen.reasons,
    )


def _becomes(outcome: talk.Outcome) -> Becomes:
    match outcome:
        case Answer():
            return Becomes.ANSWER
        case Choices():
            return Becomes.CHOICES
        case talk.AskBack():
            return Becomes.ASKED_BACK
        case talk.Case():
            return Becomes.CASE
        case talk.Supplement():
            return Becomes.SUPPLEMENT
        case talk.Words():
            return Becomes.WORDS
