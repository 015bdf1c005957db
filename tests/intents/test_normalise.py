"""One form for texts that mean the same."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intents import normalise

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


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("乾隆年間", "乾隆年间"),  # not 干隆: words go before characters
        ("乾燥", "干燥"),
        ("著作權", "著作权"),
        ("皇后以後", "皇后以后"),
        ("裡面和裏面", "里面和里面"),
        ("擡頭", "抬头"),
        ("逕行登記", "径行登记"),
    ],
)
def test_a_word_decides_which_simplified_character_is_meant(written: str, meant: str) -> None:
    assert normalise(written) == meant


def test_what_is_simplified_stays_as_it_is() -> None:
    text = "小规模纳税人的增值税专用发票丢失了,在哪里办?怎么办?请问要什么材料"
    assert normalise(text) == text


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
