"""Understands what a taxpayer wrote, with what was written just before it, and decides what becomes of it; nothing is
done.

`answer` (faq/answering.py) acts on it, `preview` only shows it, so that all doors say the same. The policy is
`faq/talk.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from escalation.routing.routing import Lesson, Route, Rule, route
from escalation.rules.limits import LONGEST_MESSAGE
from escalation.rules.rulebook import Rulebook
from faq import secrecy, talk
from faq.catalog import Entry
from faq.live import Edition
from faq.matching.decision import CHOICES, Answer, Choices, Decision, considered
from intents import Interpreter, Kind, Turn, Understanding


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
class Heard:
    """What becomes of a line, and as what it was understood: alone, or `together` with what was written before it.

    `parts` are its numbered questions, where each of them is a plain question and the FAQ answers one at least.
    """

    understanding: Understanding
    outcome: talk.Outcome
    together: bool = False
    parts: Sequence[tuple[Understanding, talk.Outcome]] = ()


def hear(
    in_force: InForce, text: str, standing: talk.Standing, before: str | None = None, *, offered: bool = False
) -> Heard:
    """Understand a text, with what was written just before it, and decide what becomes of it; nothing is done.
    `offered` says that a choice was offered for what came before. Together they are no longer than one message may be.
    """
    kinds, edition = in_force.rules.kinds, in_force.edition
    alone = in_force.interpreter.understand(text)
    if before is not None and len(before) + len(text) < LONGEST_MESSAGE:
        together = in_force.interpreter.understand(f"{before}\n{text}")
        joined = talk.becomes_together(alone, together, standing, kinds, edition, offered=offered)
        if joined is not None:
            return Heard(together, joined, together=True)
    outcome = talk.becomes(alone, standing, kinds, edition)
    meant_for_people = standing.people_wanted or standing.in_danger or standing.case_waits
    return Heard(alone, outcome, parts=() if meant_for_people else _parts(in_force, alone))


def kept_for_the_next(heard: Heard) -> str | None:
    """Return what the next line is read together with, where this one is a piece of something or was asked about."""
    match heard.outcome:
        case talk.Words(turn=turn) if turn in talk.PIECES:
            return heard.understanding.text
        case Choices() | talk.AskKind() | talk.AskBack(withheld=True):
            return heard.understanding.text
        case _:
            return None


def _parts(in_force: InForce, whole: Understanding) -> Sequence[tuple[Understanding, talk.Outcome]]:
    kinds, edition = in_force.rules.kinds, in_force.edition
    preface, texts = talk.parts(whole.text)
    if preface and not talk.only_leads(in_force.interpreter.understand(preface), kinds):
        return ()
    heard = []
    for text in texts:
        understanding = in_force.interpreter.understand(text)
        heard.append((understanding, talk.becomes(understanding, talk.AT_THE_BEGINNING, kinds, edition)))
    plain = all(understanding.kind is Kind.QUESTION for understanding, _ in heard)
    asked = all(isinstance(outcome, Answer | Choices | talk.Case) for _, outcome in heard)
    answered = any(isinstance(outcome, Answer) for _, outcome in heard)
    return heard if plain and asked and answered and not secrecy.may_be_sealed(whole, kinds) else ()


def subject_of(in_force: InForce, understanding: Understanding) -> list[str]:
    """The subject of a text: its words of the tax dictionary."""
    return [word for word in understanding.tokens if word in in_force.interpreter.tokenizer.terms]


def doors_of(in_force: InForce, bureau_id: int, text: str, kind: Kind) -> Sequence[str]:
    """Return the departments (codes, best first) to which a text goes that is of this kind."""
    understanding = in_force.interpreter.understand(text)
    chosen = route_of(in_force, bureau_id, understanding, kind, None, ())
    return [ranked.department for ranked in chosen.departments]


def route_of(
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
        about=understanding.about,
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
    `parts` are the numbered questions of one message; the rest is then said of the first, the understanding of all.
    """

    understanding: Understanding
    becomes: Becomes
    kind: Kind
    decision: Decision | None
    entry: Entry | None
    candidates: tuple[tuple[Entry, float], ...]
    departments: tuple[str, ...]
    why_there: tuple[str, ...]
    parts: "tuple[Preview, ...]" = ()

    @property
    def alarms(self) -> bool:
        """Whether somebody must be told at once, because a life is in danger."""
        return self.understanding.turn is Turn.DANGER

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
    *,
    before: str | None = None,
    offered: bool = False,
) -> Preview:
    """Return what `answer` would do with a text, and change nothing; `lessons` are those of the bureau, by word, and
    `before` and `offered` are as `hear` takes them.
    """
    heard = hear(in_force, text, standing, before, offered=offered)
    parts = [_preview(in_force, bureau_id, one, outcome, lessons) for one, outcome in heard.parts]
    if parts:
        return replace(parts[0], understanding=heard.understanding, parts=tuple(parts))
    return _preview(in_force, bureau_id, heard.understanding, heard.outcome, lessons)


def _preview(
    in_force: InForce,
    bureau_id: int,
    understanding: Understanding,
    outcome: talk.Outcome,
    lessons: Mapping[str, Lesson],
) -> Preview:
    edition, kinds = in_force.edition, in_force.rules.kinds
    decision: Decision | None = outcome if isinstance(outcome, Answer | Choices) else None
    if isinstance(outcome, talk.Case):
        decision = outcome.decision
    nearby = decision.candidates if isinstance(decision, Answer | Choices) else None
    candidates = considered(edition.index, understanding.core) if nearby is None else nearby
    entry = edition.entries[outcome.candidate.entry_id] if isinstance(outcome, Answer) else None
    nearest, kind = entry, secrecy.kind_of_case(understanding, kinds)
    if isinstance(outcome, talk.AskKind | talk.AskBack) and secrecy.has_sign_of_secrecy(understanding, kinds):
        kind = secrecy.strictest(understanding, kinds)  # what it becomes where its writer says nothing
    if isinstance(outcome, talk.Case):
        nearest, kind = None if outcome.nearest is None else edition.entries[outcome.nearest], outcome.kind
    learned = [lessons[word] for word in sorted(set(subject_of(in_force, understanding))) if word in lessons]
    chosen = route_of(in_force, bureau_id, understanding, kind, nearest, learned)
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
        case talk.AskBack() | talk.AskKind():
            return Becomes.ASKED_BACK
        case talk.Case():
            return Becomes.CASE
        case talk.Supplement():
            return Becomes.SUPPLEMENT
        case talk.Words():
            return Becomes.WORDS
