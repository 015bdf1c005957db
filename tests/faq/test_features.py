"""A text is read once, in two views; one without words has neither words nor features."""

from __future__ import annotations

import pytest

from faq.matching.contrasts import said
from faq.matching.features import WORD, Views
from intents import Tokenizer, make_tokenizer


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return make_tokenizer()


def test_a_text_is_read_plainly_and_with_its_wording_made_alike(tokenizer: Tokenizer) -> None:
    views = Views.read("请问专票咋办？", tokenizer)
    assert (views.plain, views.alike) == ("请问专票咋办", "增值税专用发票怎么")
    assert views.said == said("增值税专用发票")


def test_features_are_characters_of_both_views_plain_pairs_and_alike_words_each_once(tokenizer: Tokenizer) -> None:
    views = Views.read("个税，个税", tokenizer)
    assert set(views.features) == {*"个税人所得", "个税", "税个", WORD + "个人所得税"}
    assert len(views.features) == len(set(views.features))


def test_own_words_are_those_that_mean_something_each_once(tokenizer: Tokenizer) -> None:
    assert Views.read("印花税怎么交，印花税", tokenizer).words == ("印花税", "缴纳")


@pytest.mark.parametrize("text", ["", "  ", "？！", "\u200b"])
def test_a_text_without_words_has_no_features(tokenizer: Tokenizer, text: str) -> None:
    assert Views.read(text, tokenizer) == Views("", "", (), (), frozenset())
