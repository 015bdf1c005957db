"""One form for texts that mean the same."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intents import normalise
from intents.normalise import _converter, _simplified, _traditional

_CHINESE = st.text(
    alphabet=st.sampled_from("增值稅税發发票怎麼 \u3000Ａａ１!！，,。\u200b\u200d\u202e\ufe0f乾隆著作后後里裡"),
    max_size=40,
)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("ＶＡＴ　１３％", "vat 13%"),
        ("增值稅專用發票", "增值税专用发票"),
        ("增 值 税", "增值税"),
        ("增\u200b值\u200d税\ufeff", "增值税"),
        ("\u202e发票\u202c", "发票"),
        ("  公司   ABC \n 的  发票 ", "公司 abc 的发票"),
        ("怎麼開專票？", "怎么开专票?"),
        ("e\u0301tax", "étax"),
        ("", ""),
        ("\u200b\u200b", ""),
    ],
)
def test_different_writings_of_one_thing_become_one(written: str, meant: str) -> None:
    assert normalise(written) == meant


def test_no_word_that_opencc_replaces_escapes_the_look_for_its_characters() -> None:
    words = {word for _, _, rules in _converter().dict_cache.values() for word in rules}
    assert len(words) > 4000
    assert [word for word in words if _simplified(word) != _converter().convert(word)] == []


def test_a_simplified_text_is_not_looked_up_by_opencc() -> None:
    assert _traditional().isdisjoint("小规模纳税人的增值税专用发票丢失了,在哪里办?怎么办?请问要什么材料")


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60) | _CHINESE)
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60) | _CHINESE)
def test_nothing_invisible_and_no_needless_space_is_left(text: str) -> None:
    result = normalise(text)
    assert result == result.strip()
    assert "  " not in result
    assert not any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co"} for c in result)


@settings(max_examples=100, deadline=None)
@given(_CHINESE)
def test_full_width_letters_and_digits_disappear(text: str) -> None:
    assert not any("\uff01" <= c <= "\uff5e" for c in normalise(text))
