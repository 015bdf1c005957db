"""The policy of the talk: what becomes of one text, by what it is understood as and where the talk stands; pure.

第十五条: what can be answered at once is answered at once; the rest becomes a case, whose department owes an answer.
第十八条: what is of a sealed kind, or may be, never touches another case.
"""

from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias

from escalation.rules.kinds import KindsTable
from faq.matching.decision import Answer, Choices, Decision, Nothing
from intents import Kind, Understanding

NEAR_ENOUGH = 0.3  # below this confidence the nearest entry says nothing about whose business a question is

WORDS = frozenset({Kind.GREETING, Kind.THANKS, Kind.UNINTELLIGIBLE, Kind.OBJECTION, Kind.STATUS, Kind.HUMAN})
"""Kinds that get words, whether a case is open or not."""

NEVER_OVERRIDDEN = frozenset(
    {
        Kind.HUMAN,
        Kind.COMPLAINT,
        Kind.REPORT,
        Kind.DISCIPLINE,
        Kind.LETTER,
        Kind.OBJECTION,
        Kind.PETITION,
        Kind.DISCLOSURE,
    }
)
"""Kinds with consequences of their own: no entry answers what is understood as one of them."""


class Answers(Protocol):
    """What the FAQ in force knows (faq/live.py)."""

    def decide(self, text: str) -> Decision:
        """Return the entry that answers, a choice of entries, or nothing."""

    def is_overridden(self, text: str) -> bool:
        """Tell whether an officer has laid down the answer to just this wording."""

    def is_phrasing(self, text: str) -> bool:
        """Tell whether the text is a phrasing of one entry alone, word for word."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the talk stands when a text comes.

    `people_wanted`: the writer asked for people, and what comes now is for them. `case_open`: a case of the writer is
    unfinished; `case_waits`: its department waits for what the writer was asked to add.
    """

    people_wanted: bool = False
    case_open: bool = False
    case_waits: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """It gets words of its kind, and nothing else happens."""

    kind: Kind


@dataclass(frozen=True, slots=True)
class AskBack:
    """Its writer is asked whether it belongs to the open case; where it is `withheld`, nobody else sees it before."""

    withheld: bool


@dataclass(frozen=True, slots=True)
class Case:
    """It becomes a case of this kind. `decision` is what the FAQ said, where it was asked."""

    kind: Kind
    decision: Nothing | None = None

    @property
    def nearest(self) -> str | None:
        """The code of the entry that says whose business it is, where one is near enough."""
        if self.decision is None or self.decision.nearest is None or self.decision.confidence < NEAR_ENOUGH:
            return None
        return self.decision.nearest.entry_id


@dataclass(frozen=True, slots=True)
class Supplement:
    """It is what the open case waits for."""


Outcome: TypeAlias = Words | Answer | Choices | AskBack | Case | Supplement
AT_THE_BEGINNING = Standing()


def becomes(understanding: Understanding, standing: Standing, kinds: KindsTable, answers: Answers) -> Outcome:
    """Decide what becomes of a text that a taxpayer wrote."""
    kind = taken_for(understanding, answers)
    if standing.people_wanted and kind not in WORDS:
        return Case(kind_of_case(understanding, kinds, kind))
    if kind in WORDS:
        return Words(kind)
    if not standing.case_open or is_sealed(understanding, kinds):
        return of_its_own(understanding, kinds, answers)
    if may_be_sealed(understanding, kinds):
        return AskBack(withheld=True)
    return Supplement() if standing.case_waits else AskBack(withheld=False)


def stands_after(outcome: Outcome, standing: Standing) -> Standing:
    """Return where the talk stands after a text became this."""
    match outcome:
        case Words(kind=Kind.HUMAN):
            return replace(standing, people_wanted=True)
        case Case():
            return replace(standing, people_wanted=False, case_open=True, case_waits=False)
        case Supplement():
            return replace(standing, case_waits=False)
        case _:
            return standing


def of_its_own(understanding: Understanding, kinds: KindsTable, answers: Answers) -> Outcome:
    """Decide what becomes of a text that belongs to no open case."""
    match taken_for(understanding, answers):
        case Kind.OUTOFSCOPE:
            return Words(Kind.OUTOFSCOPE)
        case Kind.QUESTION:
            decision = answers.decide(understanding.text)
            return Case(Kind.QUESTION, decision) if isinstance(decision, Nothing) else decision
        case kind:
            return Case(kind_of_case(understanding, kinds, kind))


def taken_for(understanding: Understanding, answers: Answers) -> Kind:
    """Return the kind that a text is treated as: what is laid down word for word is a question to the FAQ.

    An override holds over every kind without consequences; a phrasing, over what only seems to be elsewhere.
    """
    kind = understanding.kind
    if kind is Kind.QUESTION or kind in NEVER_OVERRIDDEN:
        return kind
    text = understanding.text
    claimed = answers.is_overridden(text) or (kind is Kind.OUTOFSCOPE and answers.is_phrasing(text))
    return Kind.QUESTION if claimed else kind


def kind_of_case(understanding: Understanding, kinds: KindsTable, kind: Kind | None = None) -> Kind:
    """Return the kind of the case that a text becomes; a letter to the director is of its content's kind."""
    kind = understanding.kind if kind is None else kind
    if kinds[kind].by_content and understanding.content is not None:
        kind = understanding.content
    return kind if kinds[kind].opens_case else Kind.QUESTION


def strictest(understanding: Understanding, kinds: KindsTable) -> Kind:
    """Return the kind of case that shows a text to the fewest: the likeliest sealed one that cannot be ruled out."""
    sealed = (kind for kind in understanding.possible if kinds[kind].sealed)
    return next(sealed, kind_of_case(understanding, kinds))


def is_sealed(understanding: Understanding, kinds: KindsTable) -> bool:
    """Tell whether a sign in the text makes it of a sealed kind; likeness alone only makes it possible."""
    named = (understanding.kind, understanding.content)
    return understanding.explicit and any(kinds[kind].sealed for kind in named if kind is not None)


def may_be_sealed(understanding: Understanding, kinds: KindsTable) -> bool:
    """Tell whether the text may be of a sealed kind; what cannot be read may be of any."""
    return any(kinds[kind].sealed for kind in understanding.possible)
