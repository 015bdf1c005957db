"""The policy of the talk: what becomes of one text, by what it is understood as and where the talk stands; pure.

第十五条: what can be answered at once is answered at once; the rest becomes a case, whose department owes an answer.
第十八条: what is of a sealed kind, or may be, never touches another case.

People write in pieces, with greetings and excuses around what they want. So what is no matter yet gets words and is
read together with what comes next, and nothing with consequences follows from likeness alone: a sign in the text says
so, or its writer is asked, once and in plain words.
"""

import re
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias

from escalation.rules.kinds import KindsTable
from faq.matching.decision import Answer, Choices, Decision, Nothing
from faq.secrecy import (
    CONSEQUENCES,
    MUCH,
    NEVER_OVERRIDDEN,
    has_sign_of_secrecy,
    is_doubtful,
    is_sealed,
    kind_of_case,
    kinds_possible,
    may_accuse,
    may_be_sealed,
    strictest,
)
from intents import About, Kind, Turn, Understanding

NEAR_ENOUGH = 0.3  # below this confidence the nearest entry says nothing about whose business a question is

SUBSTANCE = 7
"""Characters from which a piece may say something that must not be lost."""

LAST_WORD = 2
"""Characters up to which what says nothing by itself may end what came before it: 「吗」."""


WORDS = frozenset({Kind.GREETING, Kind.THANKS, Kind.UNINTELLIGIBLE, Kind.OBJECTION, Kind.STATUS, Kind.HUMAN})
"""Kinds that get words, whether a case is open or not."""


LEADING = frozenset({Kind.GREETING, Kind.THANKS, Kind.UNINTELLIGIBLE, Kind.QUESTION})
"""Kinds of what may stand before numbered questions."""

PIECES = frozenset({Turn.ABOUT_SELF, Turn.VAGUE, Turn.FRAGMENT, Turn.REPLY, Turn.PRELUDE})
"""What belongs to something: it is kept for some minutes and read together with what comes next."""

OF_A_CASE = PIECES - {Turn.PRELUDE} | {Turn.WITHDRAWAL}
"""What an open case may have asked for, or what its department should know."""


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
    unfinished; `case_waits`: its department waits for what the writer was asked to add. `in_danger`: a life was in
    danger a moment ago.
    """

    people_wanted: bool = False
    case_open: bool = False
    case_waits: bool = False
    in_danger: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """It gets words of its kind or of its turn, and nothing else happens."""

    kind: Kind
    turn: Turn | None = None


@dataclass(frozen=True, slots=True)
class AskBack:
    """Its writer is asked whether it belongs to the open case; where it is `withheld`, nobody else sees it before."""

    withheld: bool


@dataclass(frozen=True, slots=True)
class AskKind:
    """Its writer is asked what is meant: one of these kinds, the question first, or something else. Nobody else sees
    it before. Without kinds, its writer is asked to say more.
    """

    kinds: tuple[Kind, ...] = ()


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


Outcome: TypeAlias = Words | Answer | Choices | AskBack | AskKind | Case | Supplement
AT_THE_BEGINNING = Standing()


def becomes(understanding: Understanding, standing: Standing, kinds: KindsTable, answers: Answers) -> Outcome:
    """Decide what becomes of a text that a taxpayer wrote.

    1. Danger to somebody's life comes before everything else; what is written just after it belongs to it, but for a
       question that the FAQ answers, thanks, and the wish for people or for one's cases.
    2. What is no matter gets words, unless the open case may have asked for it.
    3. What its writer wants people for is theirs; of what may be sealed, its writer says first what it is.
    4. What is of a sealed kind is a case of its own, or its writer is asked.
    5. With a case open, what the FAQ knows is answered; the rest may belong to the case.
    """
    kind, turn = taken_for(understanding, answers), understanding.turn
    if turn is Turn.DANGER:
        return Words(kind, turn)
    if standing.in_danger and kind not in (Kind.THANKS, Kind.HUMAN, Kind.STATUS):
        decision = asked_of(answers, understanding) if kind is Kind.QUESTION and turn is None else None
        return decision if isinstance(decision, Answer) else Words(kind, Turn.DANGER)
    if standing.people_wanted and kind not in WORDS:
        return _for_people(understanding, kinds, kind)
    if turn is not None and not is_overruled(understanding, answers):
        if turn in OF_A_CASE and standing.case_open:
            return _beside_a_case(understanding, standing, kinds)
        return _of_a_turn(understanding, kinds, answers, turn)
    if kind in WORDS and not is_doubtful(understanding, kinds, kind):
        return Words(kind)
    if not standing.case_open or is_sealed(understanding, kinds):
        return of_its_own(understanding, kinds, answers)
    if kind is Kind.QUESTION and not may_be_sealed(understanding, kinds):
        decision = asked_of(answers, understanding)
        if not isinstance(decision, Nothing):
            return decision
    return _beside_a_case(understanding, standing, kinds)


def becomes_together(
    alone: Understanding,
    together: Understanding,
    standing: Standing,
    kinds: KindsTable,
    answers: Answers,
    *,
    offered: bool,
) -> Outcome | None:
    """Decide what becomes of a line and of the pieces before it, read as one; None where the line stands by itself.

    `alone` is the line, `together` all of it. Where a choice was `offered` for what came before, only a piece belongs
    to that: a sentence is a question of its own. What tells nothing wanted goes on being kept.
    """
    if (offered and alone.turn not in PIECES) or parts(alone.text)[1]:
        return None
    itself = becomes(alone, standing, kinds, answers)
    match itself:
        case Answer() | Words(turn=Turn.DANGER):
            return None
        case Words(kind=Kind.UNINTELLIGIBLE) if len(alone.core) <= LAST_WORD:
            pass
        case Words(kind=kind, turn=turn) if turn not in PIECES and kind is not Kind.OUTOFSCOPE:
            return None
    whole = replace(together, turn=None)
    if alone.turn is None or standing.case_open or standing.people_wanted:
        found = becomes(whole, standing, kinds, answers)
        # What was asked about keeps its own prompt; what the FAQ can offer answers to is offered them.
        return None if isinstance(itself, Choices) and isinstance(found, AskKind | AskBack) else found
    found = _of_a_piece(alone, together, whole, standing, kinds, answers)
    # The choice still stands, and its question with it.
    return None if offered and isinstance(found, Words) else found


def _of_a_piece(
    alone: Understanding,
    together: Understanding,
    whole: Understanding,
    standing: Standing,
    kinds: KindsTable,
    answers: Answers,
) -> Outcome:
    """Decide what becomes of several pieces, of which the last is one, too."""
    if not CONSEQUENCES.isdisjoint(together.signs) or any(may_accuse(line, kinds) for line in together.lines):
        return AskKind(kinds_possible(together, kinds))
    if alone.turn is Turn.VAGUE:
        return becomes(whole, standing, kinds, answers)
    if alone.turn is Turn.FRAGMENT:
        decision = asked_of(answers, together)
        if isinstance(decision, Answer):
            return decision
        if len(together.core) >= MUCH:
            return AskKind()
    return Words(alone.kind, alone.turn)


def _for_people(understanding: Understanding, kinds: KindsTable, kind: Kind) -> Outcome:
    if understanding.script is not None:
        return Case(Kind.UNREAD)
    if may_be_sealed(understanding, kinds) and is_doubtful(understanding, kinds, kind):
        return AskKind(kinds_possible(understanding, kinds))
    return Case(kind_of_case(understanding, kinds, kind))


def _beside_a_case(understanding: Understanding, standing: Standing, kinds: KindsTable) -> Outcome:
    if may_be_sealed(understanding, kinds):
        return AskBack(withheld=True)
    return Supplement() if standing.case_waits else AskBack(withheld=False)


def _of_a_turn(understanding: Understanding, kinds: KindsTable, answers: Answers, turn: Turn) -> Outcome:
    """Decide what becomes of what is no matter yet."""
    if turn in (Turn.VAGUE, Turn.FRAGMENT):
        if has_sign_of_secrecy(understanding, kinds):
            return AskKind(kinds_possible(understanding, kinds))
        decision = asked_of(answers, understanding)
        if isinstance(decision, Answer) or (turn is Turn.FRAGMENT and isinstance(decision, Choices)):
            return decision
        if turn is Turn.FRAGMENT and len(understanding.core) >= SUBSTANCE:
            return AskKind()
    return Words(understanding.kind, turn)


def stands_after(outcome: Outcome, standing: Standing) -> Standing:
    """Return where the talk stands after a text became this."""
    match outcome:
        case Words(turn=Turn.DANGER):
            return replace(standing, in_danger=True)
        case Words(kind=Kind.HUMAN, turn=None):
            return replace(standing, people_wanted=True)
        case Case():
            return replace(standing, people_wanted=False, case_open=True, case_waits=False)
        case Supplement():
            return replace(standing, case_waits=False)
        case _:
            return standing


def of_its_own(understanding: Understanding, kinds: KindsTable, answers: Answers) -> Outcome:
    """Decide what becomes of a text that belongs to no open case."""
    kind = taken_for(understanding, answers)
    if understanding.script is not None and not is_overruled(understanding, answers):
        return Case(Kind.UNREAD)
    if is_doubtful(understanding, kinds, kind):
        return AskKind(kinds_possible(understanding, kinds))
    if understanding.about is About.WAGES:
        return Words(kind)
    match kind:
        case Kind.OUTOFSCOPE:
            return Words(Kind.OUTOFSCOPE)
        case Kind.QUESTION:
            decision = asked_of(answers, understanding)
            return Case(Kind.QUESTION, decision) if isinstance(decision, Nothing) else decision
        case _ if kind in WORDS:
            return Words(kind)
        case _:
            return Case(kind_of_case(understanding, kinds, kind))


def of_a_kind(kind: Kind, understanding: Understanding, kinds: KindsTable, answers: Answers) -> Outcome:
    """Decide what becomes of a text of which its writer has said the kind. Nobody is asked a second thing in a row:
    what the FAQ could only offer as a choice goes to people. 「问政策」 is said of one line; where another of them may
    accuse somebody, all of it stays with those who may read that.
    """
    if kind is Kind.QUESTION and any(may_accuse(line, kinds) for line in understanding.lines):
        return Case(strictest(understanding, kinds))
    if kind is Kind.QUESTION:
        decision = asked_of(answers, understanding)
        if isinstance(decision, Answer):
            return decision
        return Case(kind, decision if isinstance(decision, Nothing) else _nearest_of(decision))
    if kind in WORDS:
        return Words(kind)
    return Case(kind_of_case(understanding, kinds, kind))


def none_of_those(understanding: Understanding, kinds: KindsTable) -> Kind:
    """Return the kind of the case that a text becomes, of which its writer said that it is none of those offered."""
    kind = kind_of_case(understanding, kinds)
    return Kind.QUESTION if kind in kinds_possible(understanding, kinds) else kind


def _nearest_of(choices: Choices) -> Nothing:
    return Nothing(choices.candidates[0], choices.confidence)


def asked_of(answers: Answers, understanding: Understanding) -> Decision:
    """Return what the FAQ says of a text; greetings, a name, where one lives and thanks around it weigh nothing."""
    whole = answers.decide(understanding.text)
    if isinstance(whole, Answer) or understanding.core == understanding.normalised:
        return whole
    core = answers.decide(understanding.core)
    if isinstance(core, Answer) or isinstance(whole, Nothing):
        return core
    return core if isinstance(core, Choices) and core.confidence > whole.confidence else whole


_NUMBER = re.compile(
    r"(?:^|[\s,，。;；?？!！])(?:\d{1,2}[.、．:：)）](?!\d)|[(（]\d{1,2}[)）]|[①-⑨]|第?[一二三四五六七八九][、.．,，:：])\s*"
)
LEAST_PART = 4


def parts(text: str) -> tuple[str, tuple[str, ...]]:
    """Return what stands before the numbered questions of a text, and these, two at least; none where it is not made
    of such.
    """
    preface, *others = _NUMBER.split(text)
    if len(others) < 2 or any(len(part.strip()) < LEAST_PART for part in others):
        return "", ()
    return preface.strip(), tuple(part.strip() for part in others)


def only_leads(preface: Understanding, kinds: KindsTable) -> bool:
    """Tell whether what stands before numbered questions asks for nothing of its own and accuses nobody."""
    if preface.turn is Turn.DANGER or not CONSEQUENCES.isdisjoint(preface.signs):
        return False
    return preface.turn in PIECES or (preface.kind in LEADING and not is_doubtful(preface, kinds, preface.kind))


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


def is_overruled(understanding: Understanding, answers: Answers) -> bool:
    """Tell whether a text that looks like no matter is one that the FAQ answers word for word."""
    if understanding.kind in NEVER_OVERRIDDEN:
        return False
    return answers.is_overridden(understanding.text) or answers.is_phrasing(understanding.text)
