"""One matcher in a process of its own: builds, is asked, and is timed, one collection after the other."""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from random import Random
from time import perf_counter
from typing import Any

from bench.matchers import MATCHERS, MOST_ENTRIES, Found, Matcher
from bench.questions import labelled
from faq.assess import area_under_curve, peak_memory
from faq.collection import Collection, Query

MOST_SECONDS = 3.0  # to put the questions in; whoever is slow is asked fewer
WARMING = 20  # questions before it counts

Answered = Sequence[tuple[Query, Found]]


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be measured: collections by their names.

    Every question of those that are to be graded is put once more, to look whether the right entry was found.
    """

    matcher: str
    names: Sequence[str]
    timed: int
    graded: Sequence[str]


@dataclass(frozen=True, slots=True)
class Grades:
    """Shares as `faq.assess` takes them, None where there is nothing to take a share of.

    `auroc` goes by what a matcher says of its best entry: ours its confidence, the others their score.
    """

    top1: float | None
    recall_at_3: float | None
    auroc: float | None
    auroc_of_score: float | None
    coverage: float | None
    precision: float | None


@dataclass(frozen=True, slots=True)
class Trial:
    """Seconds, questions per second, and the most megabytes that the whole process has held until then."""

    build_seconds: float
    rate: float
    rate_of_scoring: float
    memory_mb: float
    grades: Grades | None = None


def attempt(matcher: Matcher, collection: Collection, timed: int, *, graded: bool) -> Trial:
    """Whatever the matcher was built from before is forgotten."""
    began = perf_counter()
    matcher.build(collection.entries)
    build_seconds = perf_counter() - began
    texts = [query.text for query in Random(0).choices(collection.queries, k=timed)]  # noqa: S311  the same for everybody
    rate = _rate(matcher.ask, texts)
    rate_of_scoring = _rate(matcher.nearest, [matcher.read(text) for text in texts])
    memory_mb = peak_memory() / 1e6
    grades = grade([(query, matcher.ask(query.text)) for query in collection.queries]) if graded else None
    return Trial(build_seconds, rate, rate_of_scoring, memory_mb, grades)


def _rate(ask: Callable[[Any], object], asked: Sequence[Any]) -> float:
    for one in asked[:WARMING]:
        ask(one)
    done, began, seconds = 0, perf_counter(), 0.0
    while done < len(asked) and seconds < MOST_SECONDS:
        ask(asked[done])
        done, seconds = done + 1, perf_counter() - began
    return done / seconds


def grade(answered: Answered) -> Grades:
    own = [(query, found) for query, found in answered if query.entry_id is not None]
    outright = [query.entry_id == found.ids[0] for query, found in answered if found.outright]
    return Grades(
        top1=_share(query.entry_id in found.ids[:1] for query, found in own),
        recall_at_3=_share(query.entry_id in found.ids for query, found in own),
        auroc=_told_apart(answered, lambda found: found.score if found.confidence is None else found.confidence),
        auroc_of_score=_told_apart(answered, lambda found: found.score),
        coverage=_share(found.outright for _, found in own),
        precision=_share(outright),
    )


def _told_apart(answered: Answered, how_sure: Callable[[Found], float]) -> float | None:
    """The probability that what an entry answers looks surer than what none answers."""
    own = [how_sure(found) for query, found in answered if query.entry_id is not None]
    return area_under_curve(own, [how_sure(found) for query, found in answered if query.entry_id is None])


def _share(holds: Iterable[bool]) -> float | None:
    values = list(holds)
    return sum(values) / len(values) if values else None


def main(order: str) -> None:
    """The process: prints a line for each collection, null where there is too much of it for this matcher."""
    ordered = Order(**json.loads(order))
    matcher = MATCHERS[ordered.matcher]()
    for name in ordered.names:
        collection = labelled(name)
        if len(collection.entries) > MOST_ENTRIES.get(ordered.matcher, sys.maxsize):
            trial = None
        else:
            trial = attempt(matcher, collection, ordered.timed, graded=name in ordered.graded)
        print(json.dumps(trial and asdict(trial)), flush=True)  # noqa: T201  whoever started this process reads it


if __name__ == "__main__":
    main(*sys.argv[1:])
