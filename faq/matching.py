"""Decides what the FAQ says to one text: one entry outright, a choice of two or three, or nothing.

Likeness is not answerability: a question that nothing answers resembles some entry all the same. So the decision
rests on a confidence, the probability that the best candidate is the entry asked for:

    1 / (1 + exp(-(SCORE·score + MARGIN·margin + COVERAGE·coverage + APART·apart + CONSTANT)))

`margin` is the lead over the second, relative to the best; `coverage` the share of the text's own words that the best
phrasing has; `apart` is 1 where text and entry name different things of one row of data/contrasts.yaml (契税, 印花税).

The numbers were fitted by logistic regression (ridge 0.5 on all but the constant) on 4,993 questions put to four
labelled collections of 500 to 7,196 real tax hotline questions, one to six phrasings an entry: three fifths are
paraphrases that belong to some forty entries, the rest are questions that no entry answers (tax questions whose entry
had been taken out, questions of other law, everyday questions). With five folds that never share an entry, at least
95 % of what was answered outright was right in each collection; the thresholds leave some room above that. The lists of
words were written with those collections in sight, so expect a little less of others. None of them is part of the
product; the tests ask our own sample instead.

Some rules stand above the numbers, because being wrong there is worse than asking back:
- a text that equals a phrasing of one entry alone is answered by it;
- what contradicts the entry in a number, tax, paper or relief (15万 and 10万, 免 and 减) is never answered outright;
- twins that differ in just what the text leaves open are offered as a choice;
- a brief text that names a subject, and does not ask, is never answered outright.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from math import exp

import yaml

from faq.index import Candidate, Index, plain_view

SCORE, MARGIN, COVERAGE, APART, CONSTANT = 7.85, 6.32, 2.53, -1.92, -5.83
OUTRIGHT = 0.82
LEAST_SCORE, LEAST_COVERAGE, LEAST_MARGIN = 0.38, 0.55, 0.03  # below any of these nothing is answered outright
WORTH_ASKING, ASKING_COVERAGE = 0.3, 0.3  # below either there is nothing worth asking back
EXACT, NEARLY_EXACT = 1 - 1e-9, 0.9
BRIEF = 6  # characters: 「残保金」 and 「二手房过户」 name a subject, they do not ask
CONTRADICTED = 0.8  # what is left of the score of an entry that contradicts the text
RIVAL = 0.6  # a second with at least this share of the best score is a rival for what the text leaves open
CONSIDERED = 6
CHOICES = 3

ROW = "row "
MONEY = "元"
DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
TENS = {"十": 10, "百": 100, "千": 1000}
SCALES = {"万": 10_000.0, "亿": 100_000_000.0}
UNITS = {"个点": "%", "天": "日", "平米": "平方米", "周岁": "岁"}
NUMBER = re.compile(
    r"百分之(?P<percent>\d+(?:\.\d+)?|[零一二两三四五六七八九十]+)"
    r"|(?P<number>\d+(?:\.\d+)?|[零〇一二两三四五六七八九十百千]+)"
    r"(?:(?P<scale>[万亿])(?P<scaled>元|人|平方米|平米|吨)?|(?P<unit>元|%|个点|年|个月|天|日|周岁|岁|平方米|平米|人|吨))"
)


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

Said = frozenset[tuple[str, str | float]]


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
    asked = said(index.view(text))
    judged = _judge(index, asked, index.rank(text, CONSIDERED))
    if not judged:
        return Nothing(None, 0.0)
    candidates = tuple(one.candidate for one in judged)
    confidence = _confidence(judged)
    best = judged[0]
    exact = [candidate for candidate in candidates if candidate.score >= EXACT]
    if len(exact) == 1:
        return Answer(best.candidate, max(confidence, OUTRIGHT), candidates)
    doubtful = exact or _leaves_open(asked, judged) or _only_a_subject(index, text, judged)
    if confidence >= OUTRIGHT and _stands_out(judged) and not doubtful:
        return Answer(best.candidate, confidence, candidates)
    if confidence >= WORTH_ASKING and best.candidate.coverage >= ASKING_COVERAGE and len(candidates) > 1:
        return Choices(_worth_offering(judged), confidence)
    return Nothing(best.candidate, confidence)


def considered(index: Index, text: str) -> tuple[Candidate, ...]:
    """Give what `decide` decides between: the entries most like the text, best first, less what contradicts it."""
    return tuple(one.candidate for one in _judge(index, said(index.view(text)), index.rank(text, CONSIDERED)))


def _judge(index: Index, asked: Said, candidates: tuple[Candidate, ...]) -> tuple[_Judged, ...]:
    """Weigh down what contradicts the text, so that of two twins the one that was named comes first."""
    judged = []
    for candidate in candidates:
        entry = _said_in_all(index.views_of(candidate.entry_id))
        against = differing(asked, entry)
        score = candidate.score * (CONTRADICTED if against else 1.0)
        judged.append(_Judged(replace(candidate, score=score), entry, against))
    return tuple(sorted(judged, key=lambda one: -one.candidate.score))


def _margin(judged: tuple[_Judged, ...]) -> float:
    second = judged[1].candidate.score if len(judged) > 1 else 0.0
    return 1 - second / judged[0].candidate.score


def _confidence(judged: tuple[_Judged, ...]) -> float:
    best = judged[0].candidate
    likeness = SCORE * best.score + MARGIN * _margin(judged) + COVERAGE * best.coverage
    logit = likeness + APART * judged[0].apart + CONSTANT
    return 1 / (1 + exp(-logit))


def _stands_out(judged: tuple[_Judged, ...]) -> bool:
    best = judged[0].candidate
    alike = best.score >= LEAST_SCORE and best.coverage >= LEAST_COVERAGE and _margin(judged) >= LEAST_MARGIN
    return alike and not judged[0].against


def _leaves_open(asked: Said, judged: tuple[_Judged, ...]) -> bool:
    """Tell whether the best and a rival differ in a kind of thing of which the text says nothing."""
    best, *others = judged
    mentioned = {kind for kind, _ in asked}
    return any(
        differing(best.said, other.said) - mentioned
        for other in others[: CHOICES - 1]
        if not other.against and other.candidate.score >= RIVAL * best.candidate.score
    )


def _only_a_subject(index: Index, text: str, judged: tuple[_Judged, ...]) -> bool:
    """Tell whether a brief text only names a subject: others have its words too, or the best names what it does not."""
    best = judged[0].candidate
    if len(plain_view(text)) > BRIEF or best.score >= NEARLY_EXACT:
        return False
    unsaid = {kind for kind, _ in said(index.view(best.phrasing))} - {kind for kind, _ in said(index.view(text))}
    return bool(unsaid) or any(other.candidate.coverage >= best.coverage for other in judged[1:])


def _worth_offering(judged: tuple[_Judged, ...]) -> tuple[Candidate, ...]:
    """Give two or three candidates: those about the same thing that come near the best, else the first two."""
    floor = RIVAL * judged[0].candidate.score
    near = [one.candidate for one in judged if not one.apart and one.candidate.score >= floor]
    return tuple(near[:CHOICES]) if len(near) > 1 else tuple(one.candidate for one in judged[:2])


def said(view: str) -> Said:
    """Give what a view names of the rows of contrasts.yaml, and its numbers: `("row 1", "契税")`, `("元", 100000.0)`.

    Sums are in yuan, shares in percent, years are calendar years.
    """
    contrasts = load_contrasts()
    named = (contrasts.meanings[found[0]] for found in contrasts.words.finditer(view))
    numbers = (_number(found) for found in NUMBER.finditer(view))
    return frozenset(meaning for meaning in (*named, *numbers) if meaning)


@lru_cache(maxsize=4096)
def _said_in_all(views: tuple[str, ...]) -> Said:
    """Give what the phrasings of an entry name together; most questions come near the same few entries."""
    return said("\n".join(views))


def differing(one: Said, other: Said) -> frozenset[str]:
    """Give the kinds of thing of which both speak without a single one in common."""
    both = {kind for kind, _ in one} & {kind for kind, _ in other}
    return frozenset(both - {kind for kind, _ in one & other})


def _number(found: re.Match[str]) -> tuple[str, float] | None:
    if found["percent"]:
        return "%", _value(found["percent"])
    unit = found["scaled"] or found["unit"] or MONEY
    value = _value(found["number"]) * SCALES.get(found["scale"] or "", 1.0)
    spelt = not found["number"][0].isdigit()
    if (unit == "年" and value < 1000) or (spelt and unit not in {MONEY, "%", "个点"}):
        return None  # 「一年」 and 「一个月」 are ways of speaking more often than facts
    return UNITS.get(unit, unit), value


def _value(digits: str) -> float:
    if digits[0].isdigit():
        return float(digits)
    total = last = 0
    for character in digits:
        if character in TENS:
            total, last = total + (last or 1) * TENS[character], 0
        else:
            last = DIGITS[character]
    return float(total + last)


@dataclass(frozen=True, slots=True)
class Contrasts:
    """The rows of data/contrasts.yaml: a pattern of all their words, and what each means (None: a guard)."""

    words: re.Pattern[str]
    meanings: Mapping[str, tuple[str, str] | None]


@lru_cache(maxsize=1)
def load_contrasts() -> Contrasts:
    """Read data/contrasts.yaml, once. Raises ValueError where a word stands in two rows."""
    text = resources.files("faq").joinpath("data/contrasts.yaml").read_text(encoding="utf-8")
    raw = yaml.load(text, Loader=yaml.CSafeLoader)
    meanings: dict[str, tuple[str, str] | None] = {}
    for number, row in enumerate(raw["rows"], start=1):
        for item in row:
            word, _, chosen = item.partition("=")
            if word in meanings:
                raise ValueError(f"contrasts.yaml: {word} stands in two rows")
            meanings[word] = (f"{ROW}{number}", chosen or word)
    for item in raw["guards"]:
        word, _, chosen = item.partition("=")
        meanings[word] = meanings[chosen] if chosen else None
    longest_first = sorted(meanings, key=lambda word: (-len(word), word))
    return Contrasts(re.compile("|".join(map(re.escape, longest_first))), meanings)
