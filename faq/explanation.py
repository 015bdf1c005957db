"""Explains what the FAQ says to one text: what was read, what it resembles, and the rule that decided; pure.

The rules are those of faq/matching/decision.py; here they are only retold.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from faq.catalog import Entry
from faq.live import Edition
from faq.matching.contrasts import ROW, Said
from faq.matching.decision import (
    Answer,
    Choices,
    Decision,
    Doubt,
    Judged,
    Part,
    Rule,
    confidence_parts,
    doubts,
    doubts_about_asking,
    weigh,
)
from faq.matching.features import WORD


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the text as it was read; what carries no meaning does not count as covered or not."""

    word: str
    counts: bool


@dataclass(frozen=True, slots=True)
class Contradiction:
    """What the text names, and what the entry names instead."""

    asked: str
    entry: str


@dataclass(frozen=True, slots=True)
class Likeness:
    """A candidate: the entry, its phrasing that is most like the text, and how much; best first."""

    entry: Entry
    phrasing: str
    score: float
    coverage: float
    contradictions: tuple[Contradiction, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision retold. `said` are the entries that are said or offered; `doubts` what kept the best from being said
    outright and, where nothing is said, from being asked back.
    """

    text: str
    plain: str
    alike: str
    tokens: tuple[Token, ...]
    candidates: tuple[Likeness, ...]
    parts: tuple[Part, ...]
    confidence: float
    decision: Decision
    rule: Rule
    doubts: tuple[Doubt, ...]
    said: tuple[Entry, ...]


def explain(edition: Edition, text: str) -> Explanation:
    """Explain what the edition says to the text; the candidates are those of the index, also beside an override."""
    weighed = weigh(edition.index, text)
    laid_down = edition.overriding(text)
    decision = weighed.decision if laid_down is None else edition.decide(text)
    rule = weighed.rule if laid_down is None else Rule.OVERRIDDEN
    kept: tuple[Doubt, ...] = ()
    if rule in (Rule.ASKED_BACK, Rule.UNSURE):
        about = (weighed.judged, weighed.confidence)
        kept = (*doubts(weighed.asked, *about), *doubts_about_asking(*about))
    words = [feature.removeprefix(WORD) for feature in weighed.asked.features if feature.startswith(WORD)]
    return Explanation(
        text=text,
        plain=weighed.asked.plain,
        alike=weighed.asked.alike,
        tokens=tuple(Token(word, word in weighed.asked.words) for word in words),
        candidates=tuple(_likeness(edition.entries, one, weighed.asked.said) for one in weighed.judged),
        parts=confidence_parts(weighed.judged) if weighed.judged else (),
        confidence=decision.confidence,
        decision=decision,
        rule=rule,
        doubts=kept,
        said=_said(edition.entries, decision),
    )


def _said(entries: Mapping[str, Entry], decision: Decision) -> tuple[Entry, ...]:
    match decision:
        case Answer(candidate=candidate):
            return (entries[candidate.entry_id],)
        case Choices(candidates=candidates):
            return tuple(entries[candidate.entry_id] for candidate in candidates)
        case _:
            return ()


def _likeness(entries: Mapping[str, Entry], judged: Judged, asked: Said) -> Likeness:
    candidate = judged.candidate
    against = tuple(Contradiction(_named(asked, kind), _named(judged.said, kind)) for kind in sorted(judged.against))
    entry = entries[candidate.entry_id]
    return Likeness(entry, candidate.phrasing, candidate.score, candidate.coverage, against)


def _named(said: Said, kind: str) -> str:
    """What a text names of one kind: 「契税」, 「100000元」."""
    unit = "" if kind.startswith(ROW) else kind
    values = [value if isinstance(value, str) else f"{value:.10g}{unit}" for what, value in said if what == kind]
    return "、".join(sorted(values))
