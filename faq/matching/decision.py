"""Decides what the FAQ says to one text: one entry outright, a choice of two or three, or nothing.

Likeness is not answerability: a question that nothing answers resembles some entry all the same. So the decision
rests on a confidence, the probability that the best candidate is the entry asked for:

    1 / (1 + exp(-(SCORE·score + LEAD·lead + COVERAGE·coverage + CONSTANT)))

`lead` is by how much the score is higher than the second; `coverage` the share of the text's own words that the best
phrasing has.

The numbers were fitted by logistic regression (ridge 0.5 on all but the constant) on 4,993 questions put to four
labelled collections of 500 to 7,196 real tax hotline questions, one to six phrasings an entry: three fifths are
paraphrases that belong to some forty entries, the rest are questions that no entry answers (tax questions whose entry
had been taken out, questions of other law, everyday questions). With five folds that never share an entry, at least
96 % of what was answered outright was right in each collection. The lists of words were written with those collections
in sight, so expect a little less of others. None of them is part of the product; the tests ask our own sample instead.

Some rules stand above the numbers, because being wrong there is worse than asking back:
- a text that equals a phrasing of one entry alone is answered by it;
- what contradicts the entry in a number, tax, paper or relief (15万 and 10万, 免 and 减) is never answered outright;
- twins that differ in just what the text leaves open are offered as a choice;
- a brief text that names a subject, and does not ask, is never answered outright;
- a text without a word that means something (怎么办理) is not answered outright either;
- one word written over and over is no question.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from math import exp
from types import MappingProxyType

from faq.matching.contrasts import ROW, Said, differing, said
from faq.matching.features import Views, alike_view
from faq.matching.index import Candidate, Index

SCORE, LEAD, COVERAGE, CONSTANT = 6.75, 12.03, 1.52, -5.23
OUTRIGHT = 0.8
LEAST_SCORE, LEAST_COVERAGE, LEAST_LEAD = 0.55, 0.55, 0.02  # below any of these nothing is answered outright
WORTH_ASKING, ASKING_COVERAGE = 0.3, 0.3  # below either there is nothing worth asking back
EXACT, NEARLY_EXACT = 1 - 1e-9, 0.95
REPEATED = 20  # a text in which every character stands as often as this, on average, asks nothing
BRIEF = 6  # characters: 「残保金」 and 「二手房过户」 name a subject, they do not ask
CONTRADICTED = 0.8  # what is left of the score of an entry that contradicts the text
RIVAL = 0.65  # a second with at least this share of the best score is a rival for what the text leaves open
CONSIDERED = 6
CHOICES = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """The entry that answers outright; `candidates` are all that were considered, best first."""

    candidate: Candidate
    confidence: float
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Choices:
    """Two or three entries to choose from, best first; the confidence is that of the first."""

    candidates: tuple[Candidate, ...]
    confidence: float


@dataclass(frozen=True, slots=True)
class Nothing:
    """No entry answers; the nearest one only hints at the subject, and is None when nothing is alike."""

    nearest: Candidate | None
    confidence: float


Decision = Answer | Choices | Nothing


class Rule(StrEnum):
    """By what a decision fell."""

    OVERRIDDEN = "overridden"  # an officer has laid it down; the index was not asked (faq/live.py)
    EXACT = "exact"  # it equals a phrasing of one entry alone
    SURE = "sure"
    ASKED_BACK = "asked_back"
    UNSURE = "unsure"  # there is not even anything worth asking back
    REPEATED = "repeated"
    UNLIKE = "unlike"  # nothing in common with any entry


class Doubt(StrEnum):
    """What keeps the best candidate from being answered outright or, the last three, anything from being asked back."""

    TWINS = "twins"  # it equals a phrasing of several entries
    CONFIDENCE = "confidence"
    SCORE = "score"
    COVERAGE = "coverage"
    LEAD = "lead"
    CONTRADICTED = "contradicted"
    WORDLESS = "wordless"
    LEAVES_OPEN = "leaves_open"
    ONLY_A_SUBJECT = "only_a_subject"
    NOT_WORTH_ASKING = "not_worth_asking"
    HARDLY_COVERED = "hardly_covered"
    ALONE = "alone"


LIMITS: Mapping[Doubt, float] = MappingProxyType(
    {
        Doubt.CONFIDENCE: OUTRIGHT,
        Doubt.SCORE: LEAST_SCORE,
        Doubt.COVERAGE: LEAST_COVERAGE,
        Doubt.LEAD: LEAST_LEAD,
        Doubt.NOT_WORTH_ASKING: WORTH_ASKING,
        Doubt.HARDLY_COVERED: ASKING_COVERAGE,
    }
)


@dataclass(frozen=True, slots=True)
class Part:
    """One summand of the confidence: weight times value."""

    name: str
    weight: float
    value: float

    @property
    def product(self) -> float:
        return self.weight * self.value


@dataclass(frozen=True, slots=True)
class Judged:
    """A candidate, what its entry says in all phrasings, and the kinds of thing in which it contradicts the text."""

    candidate: Candidate
    said: Said
    against: frozenset[str]

    @property
    def apart(self) -> bool:
        """Whether it contradicts more than a number."""
        return any(kind.startswith(ROW) for kind in self.against)


@dataclass(frozen=True, slots=True)
class Weighed:
    """A decision, and all that it rests on. The confidence is that of the best candidate."""

    asked: Views
    judged: tuple[Judged, ...]
    confidence: float
    decision: Decision
    rule: Rule


def decide(index: Index, text: str) -> Decision:
    """Decide what the index says to the text. Never raises; an empty or wordless text gives Nothing."""
    return weigh(index, text).decision


def weigh(index: Index, text: str) -> Weighed:
    """Decide as `decide` does, and keep what led there (faq/explanation.py)."""
    asked = index.read(text)
    judged = _judge(index, asked)
    confidence = _confidence(judged) if judged else 0.0
    return Weighed(asked, judged, confidence, *_decide(asked, judged, confidence))


def _decide(asked: Views, judged: tuple[Judged, ...], confidence: float) -> tuple[Decision, Rule]:
    if not judged:
        return Nothing(None, 0.0), Rule.UNLIKE
    best = judged[0].candidate
    if len(asked.plain) >= REPEATED * len(set(asked.plain)):
        return Nothing(best, 0.0), Rule.REPEATED
    candidates = tuple(one.candidate for one in judged)
    if len(_equal(judged)) == 1:
        return Answer(best, max(confidence, OUTRIGHT), candidates), Rule.EXACT
    if not any(doubts(asked, judged, confidence)):
        return Answer(best, confidence, candidates), Rule.SURE
    if not any(doubts_about_asking(judged, confidence)):
        return Choices(_worth_offering(judged), confidence), Rule.ASKED_BACK
    return Nothing(best, confidence), Rule.UNSURE


def _equal(judged: tuple[Judged, ...]) -> list[Judged]:
    return [one for one in judged if one.candidate.score >= EXACT]


def doubts(asked: Views, judged: tuple[Judged, ...], confidence: float) -> Iterator[Doubt]:
    """Give what keeps the best candidate from being answered outright."""
    best = judged[0].candidate
    if _equal(judged):
        yield Doubt.TWINS
    if confidence < OUTRIGHT:
        yield Doubt.CONFIDENCE
    if best.score < LEAST_SCORE:
        yield Doubt.SCORE
    if best.coverage < LEAST_COVERAGE:
        yield Doubt.COVERAGE
    if _lead(judged) < LEAST_LEAD:
        yield Doubt.LEAD
    if judged[0].against:
        yield Doubt.CONTRADICTED
    if not asked.words:
        yield Doubt.WORDLESS
    if _leaves_open(asked, judged):
        yield Doubt.LEAVES_OPEN
    if _only_a_subject(asked, judged):
        yield Doubt.ONLY_A_SUBJECT


def doubts_about_asking(judged: tuple[Judged, ...], confidence: float) -> Iterator[Doubt]:
    """Give what keeps the candidates from being offered as a choice."""
    if confidence < WORTH_ASKING:
        yield Doubt.NOT_WORTH_ASKING
    if judged[0].candidate.coverage < ASKING_COVERAGE:
        yield Doubt.HARDLY_COVERED
    if len(judged) < 2:
        yield Doubt.ALONE


def considered(index: Index, text: str) -> tuple[Candidate, ...]:
    """Give what `decide` decides between: the entries most like the text, best first, less what contradicts it."""
    return tuple(one.candidate for one in _judge(index, index.read(text)))


def _judge(index: Index, asked: Views) -> tuple[Judged, ...]:
    """Weigh down what contradicts the text, so that of two twins the one that was named comes first."""
    judged = []
    for candidate in index.nearest(asked, CONSIDERED):
        entry = index.said(candidate.entry_id)
        against = differing(asked.said, entry)
        if against:
            candidate = replace(candidate, score=candidate.score * CONTRADICTED)
        judged.append(Judged(candidate, entry, against))
    return tuple(sorted(judged, key=lambda one: -one.candidate.score))


def _lead(judged: tuple[Judged, ...]) -> float:
    second = judged[1].candidate.score if len(judged) > 1 else 0.0
    return judged[0].candidate.score - second


def confidence_parts(judged: tuple[Judged, ...]) -> tuple[Part, ...]:
    """Give the summands of the confidence of the best candidate, before it becomes a probability."""
    best = judged[0].candidate
    return (
        Part("score", SCORE, best.score),
        Part("lead", LEAD, _lead(judged)),
        Part("coverage", COVERAGE, best.coverage),
        Part("constant", CONSTANT, 1.0),
    )


def _confidence(judged: tuple[Judged, ...]) -> float:
    return 1 / (1 + exp(-sum([part.product for part in confidence_parts(judged)])))


def _leaves_open(asked: Views, judged: tuple[Judged, ...]) -> bool:
    """Tell whether the best and a rival differ in a kind of thing of which the text says nothing."""
    best, *others = judged
    mentioned = {kind for kind, _ in asked.said}
    return any(
        differing(best.said, other.said) - mentioned
        for other in others[: CHOICES - 1]
        if not other.against and other.candidate.score >= RIVAL * best.candidate.score
    )


def _only_a_subject(asked: Views, judged: tuple[Judged, ...]) -> bool:
    """Tell whether a brief text only names a subject: others have its words too, or the best names what it does not."""
    best = judged[0].candidate
    if len(asked.plain) > BRIEF or best.score >= NEARLY_EXACT:
        return False
    unsaid = {kind for kind, _ in said(alike_view(best.phrasing))} - {kind for kind, _ in asked.said}
    return bool(unsaid) or any(other.candidate.coverage >= best.coverage for other in judged[1:])


def _worth_offering(judged: tuple[Judged, ...]) -> tuple[Candidate, ...]:
    """Give two or three candidates: those about the same thing that come near the best, else the first two."""
    floor = RIVAL * judged[0].candidate.score
    near = [one.candidate for one in judged if not one.apart and one.candidate.score >= floor]
    return tuple(near[:CHOICES]) if len(near) > 1 else tuple(one.candidate for one in judged[:2])
