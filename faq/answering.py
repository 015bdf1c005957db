"""Does what becomes of a text that a taxpayer wrote, in the caller's unit.

What it is, is decided in `faq/hearing.py`; here it is acted upon: a case is opened, a line withheld, a question
remembered. What is to be said is returned, and the door puts it into words; what `escalation` tells (the receipt, the
card) is told there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from escalation.cases import notices
from escalation.cases.lifecycle import CaseState
from escalation.cases.notices import notice_of
from escalation.cases.opening import Letter, open_case
from escalation.cases.queries import Case as OpenCase
from escalation.cases.supplements import ask_after, keep_unsorted, supplement
from escalation.routing.learned import lessons_for
from escalation.watches.danger import raise_alarm
from faq import secrecy, talk
from faq.asked import (
    WITHHELD,
    Asked,
    claim,
    conclude,
    give_up_choosing,
    hand_over,
    join,
    release,
    remember,
    said_since,
)
from faq.catalog import Entry
from faq.hearing import Heard, InForce, hear, route_of, subject_of
from faq.matching.decision import Answer, Choices
from faq.results import (
    Answered,
    AnsweredInParts,
    AskedBack,
    AskedKind,
    Before,
    CaseOpened,
    Offered,
    Part,
    Result,
    Supplemented,
    Words,
)
from intents import Kind, Turn, Understanding
from storage.outbox import tell
from storage.people import party_at
from storage.unit import Unit


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


async def answer(
    unit: Unit,
    in_force: InForce,
    line: Line,
    *,
    people_wanted: bool = False,
    in_danger: bool = False,
    case: OpenCase | None = None,
    before: Before | None = None,
) -> Result:
    """Do what becomes of a line; `case` is the writer's unfinished one, the rest as in `Standing`.

    1. The line is understood, alone and together with what was written just `before`, and the policy decides.
    2. What its writer was asked about before is read with it, and no longer waits by itself.
    3. What asked the FAQ is remembered, and a case is opened, supplemented or asked about.
    """
    waits = case is not None and case.state is CaseState.WAITING
    standing = talk.Standing(people_wanted, case is not None, waits, in_danger)
    offered = before is not None and before.offered
    heard = hear(in_force, line.text, standing, None if before is None else before.text, offered=offered)
    again = False
    if heard.together and before is not None:
        again = True
        if before.asked_id is not None and not await join(unit, before.asked_id):
            heard, again = hear(in_force, line.text, standing), False  # it has become a case meanwhile
        else:
            line = replace(line, text=heard.understanding.text, received_at=before.received_at)
    if heard.parts:
        return await _answer_parts(unit, in_force, line, heard)
    asked_before = again and before is not None and before.asked_id is not None and not before.offered
    return await _do(unit, in_force, line, heard, case, again=again, asked_before=asked_before)


async def _do(
    unit: Unit,
    in_force: InForce,
    line: Line,
    heard: Heard,
    case: OpenCase | None,
    *,
    again: bool,
    asked_before: bool,
) -> Result:
    understanding = heard.understanding
    match heard.outcome:
        case talk.Words(kind=kind, turn=Turn() as turn) if turn in talk.PIECES:
            if asked_before:
                # It was asked about and goes on: it must not be lost, whatever the last words are.
                return _ask_kind(unit, line, understanding, (), again=True)
            return Words(kind, turn=turn, before=Before(line.text, line.received_at), again=again)
        case talk.Words(kind=kind, turn=Turn.HURRY) if case is not None:
            await ask_after(unit, case)
            return Words(kind, turn=Turn.HURRY, case=case)
        case talk.AskKind(kinds=kinds):
            return _ask_kind(unit, line, understanding, kinds, again=asked_before)
        case talk.AskBack(withheld=True) if case is not None:
            asked_id = _remember(unit, line, WITHHELD, understanding.confidence, None)
            return AskedBack(case, line.text, asked_id, Before(line.text, line.received_at, asked_id))
        case talk.AskBack() if case is not None:
            line_id = await keep_unsorted(unit, case, line.text, line.received_at)
            return AskedBack(case, line.text, line_id=line_id)
        case talk.Supplement() if case is not None:
            await _add(unit, in_force, line, case)
            return Supplemented(case)
        case outcome:
            result = await _act(unit, in_force, line, understanding, outcome)
            match result:
                case Answered():
                    return replace(result, case=case)
                case Offered(asked_id=asked_id):
                    before = Before(line.text, line.received_at, asked_id, offered=True)
                    return replace(result, case=case, before=before)
                case _:
                    return result


def _ask_kind(unit: Unit, line: Line, understanding: Understanding, kinds: Sequence[Kind], *, again: bool) -> AskedKind:
    asked_id = _remember(unit, line, WITHHELD, understanding.confidence, None)
    return AskedKind(asked_id, kinds, line.text, Before(line.text, line.received_at, asked_id), again)


async def _answer_parts(unit: Unit, in_force: InForce, line: Line, heard: Heard) -> AnsweredInParts:
    """Answer the numbered questions of a message, which is remembered as one; those that the FAQ does not answer
    outright become one case.
    """
    left = "\n".join(one.text for one, outcome in heard.parts if not isinstance(outcome, Answer))
    if left:
        understanding = in_force.interpreter.understand(left)
        await _open(unit, in_force, replace(line, text=left), understanding, Kind.QUESTION)
    entries = [
        in_force.edition.entries[outcome.candidate.entry_id] if isinstance(outcome, Answer) else None
        for _, outcome in heard.parts
    ]
    first = next(entry for entry in entries if entry is not None)
    asked_id = _remember(unit, line, "answer", heard.understanding.confidence, first)
    texts = [understanding.text for understanding, _ in heard.parts]
    return AnsweredInParts(asked_id, [Part(text, entry) for text, entry in zip(texts, entries, strict=True)])


async def answer_apart(unit: Unit, in_force: InForce, line: Line) -> Result:
    """Do what becomes of a line that belongs to no open case, as its writer said."""
    understanding = in_force.interpreter.understand(line.text)
    outcome = talk.of_its_own(understanding, in_force.rules.kinds, in_force.edition)
    return await _act(unit, in_force, line, understanding, _not_asked_again(in_force, understanding, outcome))


def _not_asked_again(in_force: InForce, understanding: Understanding, outcome: talk.Outcome) -> talk.Outcome:
    """Return the outcome, or a case where its writer would be asked a second thing in a row."""
    if isinstance(outcome, talk.AskKind):
        return talk.Case(secrecy.strictest(understanding, in_force.rules.kinds))
    return outcome


async def _act(
    unit: Unit, in_force: InForce, line: Line, understanding: Understanding, outcome: talk.Outcome
) -> Result:
    edition = in_force.edition
    match outcome:
        case talk.Words(kind=kind, turn=turn) if _may_insist(kind, turn):
            return Words(kind, _remember(unit, line, "outofscope", understanding.confidence, None), turn)
        case talk.Words(kind=kind, turn=Turn.DANGER):
            writer, kinds = line.writer, in_force.rules.kinds
            secret = any(secrecy.may_accuse(one, kinds) for one in (understanding, *understanding.lines))
            text = None if secret else line.text
            await raise_alarm(unit, in_force.rules, writer.bureau_id, writer.address_id, text, line.received_at)
            if secret:
                await _open(unit, in_force, line, understanding, secrecy.strictest(understanding, kinds))
            return Words(kind, turn=Turn.DANGER)
        case talk.Words(kind=kind, turn=turn):
            return Words(kind, turn=turn)
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


def _may_insist(kind: Kind, turn: Turn | None) -> bool:
    """Whether words only name another door, and the writer may insist on people here."""
    return turn is Turn.PRESS or (turn is None and kind in (Kind.OUTOFSCOPE, Kind.COMPLAINT))


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


async def settle_kind(unit: Unit, in_force: InForce, line: Line, question: Asked, kind: Kind | None) -> Result | None:
    """Do what becomes of a line of which its writer has said the kind, or (None) that it is none of those offered.
    None where that was settled before. `line` is what was pressed, and where.
    """
    if not await release(unit, question.id, "told"):
        return None
    understanding = in_force.interpreter.understand(question.text)
    kinds, edition = in_force.rules.kinds, in_force.edition
    if kind is None:
        outcome: talk.Outcome = talk.Case(talk.none_of_those(understanding, kinds))
    else:
        outcome = talk.of_a_kind(kind, understanding, kinds, edition)
    written = replace(line, text=question.text, received_at=question.asked_at)
    return await _act(unit, in_force, written, understanding, outcome)


async def belongs(unit: Unit, in_force: InForce, line: Line, question: Asked, case: OpenCase) -> Supplemented | None:
    """Add to the writer's case what the FAQ was asked; None where it has gone to people. `line` is what was pressed."""
    if not await conclude(unit, question.id, "supplement"):
        return None
    await _add(unit, in_force, replace(line, text=question.text, received_at=question.asked_at), case)
    return Supplemented(case)


async def _answer_withheld(unit: Unit, in_force: InForce, line: Line) -> Result:
    """Do what becomes of a line of its own that may be sealed: what becomes a case is of the strictest kind."""
    understanding = in_force.interpreter.understand(line.text)
    outcome = talk.of_its_own(understanding, in_force.rules.kinds, in_force.edition)
    if isinstance(outcome, talk.Case | talk.AskKind):
        outcome = talk.Case(secrecy.strictest(understanding, in_force.rules.kinds))
    return await _act(unit, in_force, line, understanding, outcome)


async def _add(unit: Unit, in_force: InForce, line: Line, case: OpenCase) -> None:
    tell(unit, line.writer.address_id, notice_of(notices.Supplemented(case.number)))
    await supplement(unit, in_force.rules, case, line.text, line.received_at)


async def give_to_people(unit: Unit, in_force: InForce, line: Line, question: Asked) -> CaseOpened | None:
    """Open a case for a question that was put before: its writer wants people. None where it is with them already, in
    whatever case. `line` is what was pressed, and when.
    """
    return await _give(unit, in_force, line, question) if await claim(unit, question.id) else None


async def _give(unit: Unit, in_force: InForce, line: Line, question: Asked) -> CaseOpened:
    understanding = in_force.interpreter.understand(question.text)
    entries = in_force.edition.entries.values()
    nearest = next((entry for entry in entries if entry.id == question.entry_id), None)
    kind = secrecy.kind_of_case(understanding, in_force.rules.kinds)
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
    kind = secrecy.strictest(understanding, in_force.rules.kinds)
    line = Line(question.id, writer, question.text, question.asked_at)
    await _open(unit, in_force, line, understanding, kind, asked_id=question.id)
    return True


async def open_untapped(unit: Unit, in_force: InForce, address_id: int, question: Asked) -> bool:
    """Make a case of a question for which a choice was offered and nothing was chosen; False where that was settled, or
    where one of those offered was said in answer to another wording of it.
    """
    offered = talk.asked_of(in_force.edition, in_force.interpreter.understand(question.text))
    if isinstance(offered, Choices):
        codes = {candidate.entry_id for candidate in offered.candidates}
        ids = [entry.id for code, entry in in_force.edition.entries.items() if code in codes]
        if await said_since(unit, address_id, question.id, ids):
            await conclude(unit, question.id, "chosen")
            return False
    party = await party_at(unit, address_id)
    if party is None or party.taxpayer_id is None or not await give_up_choosing(unit, question.id):
        return False
    line = Line(question.id, Writer(party.taxpayer_id, address_id, party.bureau_id), question.text, question.asked_at)
    await _give(unit, in_force, line, question)
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
    words = subject_of(in_force, understanding)
    lessons = await lessons_for(unit, writer.bureau_id, words)
    chosen = route_of(in_force, writer.bureau_id, understanding, kind, nearest, lessons)
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
