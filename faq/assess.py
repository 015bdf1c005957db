"""Measures how well the index and the fixed decision answer a collection of labelled questions; pure of terminals.

Nothing is reimplemented: what is measured is what answers people, `Index.build` and `decide` of faq/matching, one
question at a time. Right is only the entry that the label names: where two entries share a phrasing, the other one is
wrong, and `Collection.twins` tells how many such entries there are.
"""

from __future__ import annotations

import resource
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Literal

import numpy as np

from faq.collection import Collection, Query
from faq.matching.contrasts import load_contrasts
from faq.matching.decision import Answer, Choices, Nothing, considered, decide
from faq.matching.features import Tokens, load_synonyms
from faq.matching.index import Index

RANKED = 10
RECALLED = 3
MEGABYTE = 1024 * 1024  # bytes
STATUS = Path("/proc/self/status")

Became = Literal["answered_right", "answered_wrong", "choices_with_right", "choices_without", "handed_on"]


@dataclass(frozen=True, slots=True)
class Assessment:
    """The figures. Shares are from 0 to 1, and None where there is nothing to take a share of.

    Of the questions that an entry answers: `top1`, `recall_at_3` and `mrr_at_10` are the shares with the right entry
    first and among the first three, and the mean of 1/place (0 beyond the tenth), in the order that the decision sees;
    `coverage` is the share that was answered outright, rightly or not.

    Of all questions, as counts that add up: `answered` outright (`answered_right`; `answered_wrong` includes every
    answer to what no entry answers), offered as `choices_with_right` or `choices_without` the right entry, and
    `handed_on` to people. `precision` is answered_right / answered.

    `auroc` is the probability that a question that an entry answers has the higher confidence than one that none
    answers; equals count half.

    `build_seconds` leads from the entries to an index ready to be asked, with a tokenizer that exists already;
    `queries_per_second` is of whole decisions, segmentation included, one after the other in one thread; `memory_mb`
    (of 1,048,576 bytes) is the most that the whole process has held resident since it started.
    """

    entries: int
    queries: int
    top1: float | None
    recall_at_3: float | None
    mrr_at_10: float | None
    auroc: float | None
    answered: int
    answered_right: int
    answered_wrong: int
    precision: float | None
    coverage: float | None
    choices_with_right: int
    choices_without: int
    handed_on: int
    build_seconds: float
    queries_per_second: float
    memory_mb: float


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of one question; `place` is that of the right entry, from 1, None beyond the tenth."""

    answerable: bool
    became: Became
    confidence: float
    place: int | None
    seconds: float

    @property
    def outright(self) -> bool:
        return self.became in ("answered_right", "answered_wrong")


def assess(collection: Collection, tokenizer: Tokens, tell: Callable[[int], None] = lambda _asked: None) -> Assessment:
    """Build the index, ask every question of a collection that has some, and count.

    `tell` hears how many questions have been asked: 0 when the index is ready, then after each.
    """
    load_synonyms()
    load_contrasts()  # once in a process; nobody's time
    started = perf_counter()
    index = Index.build(collection.entries, tokenizer)
    build_seconds = perf_counter() - started
    tell(0)
    outcomes = []
    for query in collection.queries:
        outcomes.append(_ask(index, query))
        tell(len(outcomes))
    memory = peak_memory() / MEGABYTE
    became = Counter(outcome.became for outcome in outcomes)
    answered = sum(outcome.outright for outcome in outcomes)
    own = [outcome for outcome in outcomes if outcome.answerable]
    places = [outcome.place for outcome in own if outcome.place]
    return Assessment(
        entries=len(collection.entries),
        queries=len(outcomes),
        top1=_share(places.count(1), len(own)),
        recall_at_3=_share(sum(place <= RECALLED for place in places), len(own)),
        mrr_at_10=_share(sum(1 / place for place in places), len(own)),
        auroc=area_under_curve(
            [outcome.confidence for outcome in own],
            [outcome.confidence for outcome in outcomes if not outcome.answerable],
        ),
        answered=answered,
        answered_right=became["answered_right"],
        answered_wrong=became["answered_wrong"],
        precision=_share(became["answered_right"], answered),
        coverage=_share(sum(outcome.outright for outcome in own), len(own)),
        choices_with_right=became["choices_with_right"],
        choices_without=became["choices_without"],
        handed_on=became["handed_on"],
        build_seconds=build_seconds,
        queries_per_second=len(outcomes) / sum(outcome.seconds for outcome in outcomes),
        memory_mb=memory,
    )


def _ask(index: Index, query: Query) -> _Outcome:
    """Only the decision is timed: where the right entry stands is looked up for the figures alone."""
    started = perf_counter()
    decision = decide(index, query.text)
    seconds = perf_counter() - started
    became: Became
    match decision:
        case Answer(candidate=candidate):
            became = "answered_right" if candidate.entry_id == query.entry_id else "answered_wrong"
        case Choices(candidates=candidates):
            offered = any(candidate.entry_id == query.entry_id for candidate in candidates)
            became = "choices_with_right" if offered else "choices_without"
        case Nothing():
            became = "handed_on"
    place = None if query.entry_id is None else _place(index, query.text, query.entry_id)
    return _Outcome(query.entry_id is not None, became, decision.confidence, place, seconds)


def _place(index: Index, text: str, entry_id: str) -> int | None:
    """Where an entry stands: in the order of the decision, then, beyond what it considers, in that of the index."""
    first = considered(index, text)
    ranked = [candidate.entry_id for candidate in (*first, *index.rank(text, RANKED)[len(first) :])]
    return ranked.index(entry_id) + 1 if entry_id in ranked else None


def area_under_curve(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """Give the share of pairs in which the positive is the higher, equals counting half; None without any pair.

    By mean ranks (Mann and Whitney's U), so that no pair has to be looked at.
    """
    if not positive or not negative:
        return None
    _, which, equals = np.unique([*positive, *negative], return_inverse=True, return_counts=True)
    ranks = np.cumsum(equals) - (equals - 1) / 2
    count = len(positive)
    higher = float(ranks[which[:count]].sum()) - count * (count + 1) / 2
    return higher / (count * len(negative))


def _share(part: float, whole: int) -> float | None:
    return part / whole if whole else None


def peak_memory() -> int:
    """Give the most memory that this process has held resident so far, in bytes.

    On Linux getrusage would answer with the peak of whoever started us where that was higher; the kernel's status of
    this very process does not.
    """
    if STATUS.exists():
        kilobytes = next(line.split()[1] for line in STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(kilobytes) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
