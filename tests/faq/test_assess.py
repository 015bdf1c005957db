"""The figures of an assessment, worked out by hand on a collection that is small enough."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faq.assess import Assessment, area_under_curve, assess, peak_memory
from faq.collection import Collection, Query, read_collection
from faq.matching.index import Index, IndexEntry
from intents import Tokenizer, make_tokenizer
from testbed.labelled import ENTRIES, write_collection
from tests.bot.command import ROOT

# What becomes of each question of testbed/labelled.py, the place of the entry it is labelled with, the confidence:
#
#   购买首套住房契税税率是多少  deed-first    answered right     1  .99915
#   专票丢了怎么办              lost-special  answered right     1  .99979
#   购买首套住房契税税率是多少  deed-second   answered wrong     2  .99915   (the label is what counts)
#   发票丢失怎么处理            lost-special  among the choices  2  .871     (lost-plain comes first, by its id)
#   住房契税税率是多少          car           not among them     5  .968
#   买房的契税怎么交            lost-plain    handed on          4  .192
#   qqqq                        car           handed on          -  0
#   公积金怎么提取              nothing       handed on             .016
#   发票丢失怎么处理            nothing       choices               .871
#   车船税在哪里交              nothing       answered wrong        .99998
#   qqqq                        nothing       handed on             0
#
# Pairs in which the answerable question has the higher confidence: 6 against .016, 4 and one tie against .871, none
# against .99998, 6 and one tie against 0: 17 of 28.
BY_HAND = {
    "entries": 5,
    "queries": 11,
    "top1": 2 / 7,
    "recall_at_3": 4 / 7,
    "mrr_at_10": (1 + 1 + 1 / 2 + 1 / 2 + 1 / 5 + 1 / 4) / 7,
    "auroc": 17 / 28,
    "answered": 4,
    "answered_right": 2,
    "answered_wrong": 2,
    "precision": 2 / 4,
    "coverage": 3 / 7,
    "choices_with_right": 1,
    "choices_without": 2,
    "handed_on": 4,
}


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return make_tokenizer()


def assessed(tokenizer: Tokenizer, entries: dict[str, str], *queries: tuple[str, str | None]) -> Assessment:
    collection = Collection(
        entries=tuple(IndexEntry(entry_id, question) for entry_id, question in entries.items()),
        queries=tuple(Query(text, entry_id) for text, entry_id in queries),
    )
    return assess(collection, tokenizer)


def test_every_figure_of_a_small_collection_is_what_it_is_by_hand(tokenizer: Tokenizer, tmp_path: Path) -> None:
    found = asdict(assess(read_collection(write_collection(tmp_path)), tokenizer))
    measured = {key: found.pop(key) for key in ("build_seconds", "queries_per_second", "memory_mb")}
    assert found == pytest.approx(BY_HAND)
    assert list(found) == list(BY_HAND)
    assert all(value > 0 for value in measured.values())


def test_a_phrasing_that_is_left_out_answers_nobody(tokenizer: Tokenizer, tmp_path: Path) -> None:
    queries = (("小轿车每年那笔钱", "car"), ("票票不见啦", "lost-special"))
    folder = write_collection(tmp_path, queries=queries)
    answered = [assess(read_collection(folder, most), tokenizer).answered_right for most in (0, 1, 2, None)]
    assert answered == [0, 1, 2, 2]


def test_what_became_of_the_questions_adds_up_and_what_is_asked_is_told(tokenizer: Tokenizer, tmp_path: Path) -> None:
    told: list[int] = []
    found = assess(read_collection(write_collection(tmp_path)), tokenizer, told.append)
    assert found.answered + found.choices_with_right + found.choices_without + found.handed_on == found.queries
    assert told == list(range(found.queries + 1))


def test_the_order_is_that_of_the_decision_and_not_of_mere_likeness(tokenizer: Tokenizer) -> None:
    entries, text = {"first": "首套房契税多少", "second": "购买了第二套住房以后契税多少"}, "二套房契税多少"
    index = Index.build([IndexEntry(*entry) for entry in entries.items()], tokenizer)
    assert index.rank(text)[0].entry_id == "first"
    assert assessed(tokenizer, entries, (text, "second")).top1 == 1


def test_two_entries_with_one_question_are_offered_and_only_the_labelled_one_is_right(tokenizer: Tokenizer) -> None:
    entries = {"a": "车船税在哪里交？", "b": "车船税在哪里交？", "c": "契税怎么交"}
    found = assessed(tokenizer, entries, ("车船税在哪里交？", "a"), ("车船税在哪里交？", "b"))
    assert (found.answered, found.choices_with_right) == (0, 2)
    assert (found.top1, found.recall_at_3, found.mrr_at_10) == (0.5, 1, 0.75)


@pytest.mark.parametrize(("entry_id", "share"), [("e06", 1 / 6), ("e07", 1 / 7), ("e10", 1 / 10), ("e11", 0)])
def test_a_place_counts_up_to_the_tenth(tokenizer: Tokenizer, entry_id: str, share: float) -> None:
    twelve = {f"e{number:02}": "车船税在哪里交" for number in range(1, 13)}  # equals stand in the order of their ids
    assert assessed(tokenizer, twelve, ("车船税", entry_id)).mrr_at_10 == pytest.approx(share)


def test_shares_of_nothing_are_none(tokenizer: Tokenizer) -> None:
    entries = {entry_id: str(text) for entry_id, text in ENTRIES}
    strange = assessed(tokenizer, entries, ("qqqq", None))
    assert [strange.top1, strange.recall_at_3, strange.mrr_at_10, strange.coverage, strange.precision] == [None] * 5
    assert strange.auroc is None
    asked = assessed(tokenizer, entries, ("车船税在哪里交", "car"))
    assert (asked.top1, asked.precision, asked.coverage, asked.auroc) == (1, 1, 1, None)


@pytest.mark.parametrize(
    ("positive", "negative", "area"),
    [
        ([0.9, 0.8], [0.1, 0.2], 1),
        ([0.1], [0.9, 0.8], 0),
        ([0.5, 0.5], [0.5], 0.5),
        ([0.9, 0.5, 0.3], [0.5, 0.1], 4.5 / 6),
        ([0.9], [], None),
        ([], [0.9], None),
    ],
)
def test_the_area_under_the_curve_by_hand(positive: list[float], negative: list[float], area: float | None) -> None:
    assert area_under_curve(positive, negative) == pytest.approx(area)


SCORES = st.lists(st.sampled_from([0.0, 0.1, 0.25, 0.5, 1.0]) | st.floats(0, 1), min_size=1, max_size=30)


@given(positive=SCORES, negative=SCORES)
def test_the_area_under_the_curve_is_the_share_of_pairs(positive: list[float], negative: list[float]) -> None:
    pairs = [(high > low) + (high == low) / 2 for high in positive for low in negative]
    assert area_under_curve(positive, negative) == pytest.approx(sum(pairs) / len(pairs))


def test_the_peak_of_memory_is_our_own_and_not_that_of_whoever_started_us() -> None:
    ours = bytearray(b"\1") * (300 << 20)
    program = (
        "from faq.assess import peak_memory; before = peak_memory(); kept = bytearray(b'\\1') * (50 << 20);"
        "del kept; print(before, peak_memory())"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)  # noqa: S603  the program above
    before, after = map(int, done.stdout.split())
    assert before < 200 << 20 < len(ours) < peak_memory()
    assert 45 << 20 < after - before < 60 << 20
