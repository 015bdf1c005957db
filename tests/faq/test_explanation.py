"""Why the FAQ says what it says: the same decision, retold with all that it rests on."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.seed import load_bureau
from faq.catalog import from_seed
from faq.explanation import Contradiction, explain
from faq.live import Edition, make_edition
from faq.matching.decision import LIMITS, Answer, Choices, Doubt, Rule
from faq.seed import load_entries
from tests.support.house import interpreter

LAID_DOWN = (("契税", "deed-shop"),)


@cache
def sample(overrides: tuple[tuple[str, str], ...] = ()) -> Edition:
    bureau = load_bureau()
    codes = {department.name: department.code for department in bureau.departments_of(bureau.region.code)}
    entries = from_seed(load_entries(departments=codes), codes)
    tokenizer = interpreter().tokenizer
    return make_edition(entries, tokenizer, revision=1, on=date(2025, 11, 3), overrides=dict(overrides))


REASONS: Mapping[str, tuple[Rule, set[Doubt]]] = {
    "个体户月销售额10万元以内要交增值税吗": (Rule.EXACT, set()),
    "首套房契税是多少": (Rule.SURE, set()),
    "个体户月销售额15万元以内要交增值税吗": (Rule.ASKED_BACK, {Doubt.CONTRADICTED}),
    "残保金": (Rule.ASKED_BACK, {Doubt.ONLY_A_SUBJECT}),
    "发票丢了": (Rule.ASKED_BACK, {Doubt.CONFIDENCE, Doubt.LEAVES_OPEN, Doubt.ONLY_A_SUBJECT}),
    "契税契税契税契税契税契税契税契税契税契税契税契税契税契税契税契税契税契税契税契税": (Rule.REPEATED, set()),
    "qwxz": (Rule.UNLIKE, set()),
    "": (Rule.UNLIKE, set()),
}


@pytest.mark.parametrize("text", REASONS)
def test_the_rule_that_decided_is_named_with_everything_that_stood_in_the_way(text: str) -> None:
    explanation = explain(sample(), text)
    assert (explanation.rule, set(explanation.doubts)) == REASONS[text]


def test_what_nothing_answers_names_every_limit_that_it_misses() -> None:
    explanation = explain(sample(), "今天天气")
    assert explanation.rule is Rule.UNSURE
    assert {Doubt.CONFIDENCE, Doubt.COVERAGE, Doubt.NOT_WORTH_ASKING, Doubt.HARDLY_COVERED} <= set(explanation.doubts)
    assert explanation.confidence < LIMITS[Doubt.NOT_WORTH_ASKING]


def test_what_was_read_is_told_word_by_word_in_its_one_chosen_form() -> None:
    explanation = explain(sample(), "首套房 契税，是多少？")
    assert explanation.plain == "首套房契税是多少"
    assert explanation.alike == "首套住房契税多少"
    assert [(token.word, token.counts) for token in explanation.tokens] == [
        ("首套", True),
        ("住房", True),
        ("契税", True),
        ("多少", False),
    ]


def test_a_contradiction_says_what_was_asked_and_what_the_entry_says_instead() -> None:
    best = explain(sample(), "个体户月销售额15万元以内要交增值税吗").candidates[0]
    assert best.entry.code == "vat-small-month-threshold"
    assert best.contradictions == (Contradiction("150000元", "100000元"),)


def test_an_override_is_told_beside_what_the_index_would_have_found() -> None:
    explanation = explain(sample(LAID_DOWN), "契税！")
    assert explanation.rule is Rule.OVERRIDDEN
    assert [entry.code for entry in explanation.said] == ["deed-shop"]
    assert explanation.candidates[0].entry.code != "deed-shop"
    assert explain(sample(LAID_DOWN), "契税多少").rule is Rule.ASKED_BACK


@given(st.one_of(st.sampled_from(list(REASONS)), st.text(max_size=30)))
def test_an_explanation_never_decides_otherwise_and_its_parts_add_up(text: str) -> None:
    edition = sample()
    explanation = explain(edition, text)
    assert explanation.decision == edition.decide(text)
    assert bool(explanation.doubts) == (explanation.rule in (Rule.ASKED_BACK, Rule.UNSURE))
    match explanation.decision:
        case Answer(candidate=best):
            assert [entry.code for entry in explanation.said] == [best.entry_id]
        case Choices(candidates=offered):
            assert [entry.code for entry in explanation.said] == [one.entry_id for one in offered]
        case _:
            assert explanation.said == ()
    if explanation.rule in (Rule.SURE, Rule.ASKED_BACK, Rule.UNSURE):
        logit = sum(part.product for part in explanation.parts)
        assert explanation.confidence == pytest.approx(1 / (1 + exp(-logit)))
