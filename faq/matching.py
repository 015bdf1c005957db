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

from dataclasses import dataclass, replace
from math import exp

from faq.contrasts import ROW, Said, differing, said
from faq.index import Candidate, Index
from faq.views import Views, alike_view

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


@dataclass(frozen=True, slots=True)
class _Judged:
    """A candidate, what its entry says in all phrasings, and the kinds of thing in which it contradicts the text."""

    candidate: Candidate
    said: Said
    against: frozenset[str]

    @property
    def apart(self) -> bool:
        """Whether it contradicts more than a number."""
        return any(kind.startswith(ROW) for kind in self.against)


def decide(index: Index, text: str) -> Decision:
    """Decide what the index says to the text. Never raises; an empty or wordless text gives Nothing."""
    asked = index.read(text)
    judged = _judge(index, asked)
    if not judged:
        return Nothing(None, 0.0)
    if len(asked.plain) >= REPEATED * len(set(asked.plain)):
        return Nothing(judged[0].candidate, 0.0)
    candidates = tuple(one.candidate for one in judged)
    confidence = _confidence(judged)
    best = judged[0]
    exact = [candidate for candidate in candidates if candidate.score >= EXACT]
    if len(exact) == 1:
        return Answer(best.candidate, max(confidence, OUTRIGHT), candidates)
    doubtful = exact or not asked.words or _leaves_open(asked, judged) or _only_a_subject(asked, judged)
    if confidence >= OUTRIGHT and _stands_out(judged) and not doubtful:
        return Answer(best.candidate, confidence, candidates)
    if confidence >= WORTH_ASKING and best.candidate.coverage >= ASKING_COVERAGE and len(candidates) > 1:
        return Choices(_worth_offering(judged), confidence)
    return Nothing(best.candidate, confidence)


def considered(index: Index, text: str) -> tuple[Candidate, ...]:
    """Give what `decide` decides between: the entries most like the text, best first, less what contradicts it."""
    return tuple(one.candidate for one in _judge(index, index.read(text)))


def _judge(index: Index, asked: Views) -> tuple[_Judged, ...]:
    """Weigh down what contradicts the text, so that of two twins the one that was named comes first."""
    judged = []
    for candidate in index.nearest(asked, CONSIDERED):
        entry = index.said(candidate.entry_id)
        against = differing(asked.said, entry)
        if against:
            candidate = replace(candidate, score=candidate.score * CONTRADICTED)
        judged.append(_Judged(candidate, entry, against))
    return tuple(sorted(judged, key=lambda one: -one.candidate.score))


def _lead(judged: tuple[_Judged, ...]) -> float:
    second = judged[1].candidate.score if len(judged) > 1 else 0.0
    return judged[0].candidate.score - second


def _confidence(judged: tuple[_Judged, ...]) -> float:
    best = judged[0].candidate
    logit = SCORE * best.score + LEAD * _lead(judged) + COVERAGE * best.coverage + CONSTANT
    return 1 / (1 + exp(-logit))


def _stands_out(judged: tuple[_Judged, ...]) -> bool:
    best = judged[0].candidate
    alike = best.score >= LEAST_SCORE and best.coverage >= LEAST_COVERAGE and _lead(judged) >= LEAST_LEAD
    return alike and not judged[0].against


def _leaves_open(asked: Views, judged: tuple[_Judged, ...]) -> bool:
    """Tell whether the best and a rival differ in a kind of thing of which the text says nothing."""
    best, *others = judged
    mentioned = {kind for kind, _ in asked.said}
    return any(
        differing(best.said, other.said) - mentioned
        for other in others[: CHOICES - 1]
        if not other.against and other.candidate.score >= RIVAL * best.candidate.score
    )


def _only_a_subject(asked: Views, judged: tuple[_Judged, ...]) -> bool:
    """Tell whether a brief text only names a subject: others have its words too, or the best names what it does not."""
    best = judged[0].candidate
    if len(asked.plain) > BRIEF or best.score >= NEARLY_EXACT:
        return False
    unsaid = {kind for kind, _ in said(alike_view(best.phrasing))} - {kind for kind, _ in asked.said}
    return bool(unsaid) or any(other.candidate.coverage >= best.coverage for other in judged[1:])


def _worth_offering(judged: tuple[_Judged, ...]) -> tuple[Candidate, ...]:
    """Give two or three candidates: those about the same thing that come near the best, else the first two."""
    floor = RIVAL * judged[0].candidate.score
    near = [one.candidate for one in judged if not one.apart and one.candidate.score >= floor]
    return tuple(near[:CHOICES]) if len(near) > 1 else tuple(one.candidate for one in judged[:2])
