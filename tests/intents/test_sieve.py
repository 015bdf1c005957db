"""What the sieve rules out could not have been found, and it rules out nearly everything that is not found."""

from __future__ import annotations

import json
import re
from itertools import pairwise, product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intents.classify import read_examples
from intents.lexicon import read_lexicon
from intents.normalise import normalise
from intents.sieve import Sieve, needed

_LEXICON = read_lexicon()
_PATTERNS = {
    pattern.pattern: pattern
    for pattern in (*_LEXICON.concepts.values(), *(cue.match for cue in _LEXICON.cues))
    if pattern is not None
}
_EXAMPLES = [normalise(text) for text, _ in read_examples()]
_MESSAGES = [
    normalise(json.loads(line)["text"])
    for line in Path(__file__).with_name("messages.jsonl").read_text(encoding="utf-8").splitlines()
]
_TEXTS = ["".join(letters) for length in range(5) for letters in product("abc]", repeat=length)]
# Patterns of every form that rules may have, made of few letters so that many of them are found.
_ATOM = st.sampled_from("abc") | st.sampled_from(
    ["ab", "bca", "[ab]", "[^a]", "[a-b]", r"[\]c]", ".", r"\w", r"\.", r"\x61", "^", "$", r"\b", "(?=a)", "(?<!a)"]
)
_OFTEN = st.sampled_from(["?", "*", "+", "{2}", "{0}", "{0,2}", "{1,}", "{,2}", "+?", "??", "*+"])
_FORM = st.recursive(
    _ATOM,
    lambda inner: (
        st.lists(inner, min_size=2, max_size=5).map("".join)
        | st.lists(inner, min_size=2, max_size=4).map("|".join).map("(?:{})".format)
        | st.builds("(?:{}){}".format, inner, _OFTEN)
        | st.builds("{}{}".format, st.sampled_from("abc]"), _OFTEN)
        | inner.map("({})".format)
        | inner.map("(?!{})".format)
    ),
    max_leaves=12,
)


def _possible(sieve: Sieve, text: str) -> frozenset[str]:
    return sieve.possible({*text, *map("".join, pairwise(text))})


def _found(text: str) -> set[str]:
    return {name for name, pattern in _PATTERNS.items() if pattern.search(text)}


@settings(max_examples=400, deadline=None)
@given(pattern=_FORM)
def test_nothing_found_is_ever_ruled_out_whatever_form_a_pattern_has(pattern: str) -> None:
    sieve = Sieve([pattern])
    found = [text for text in _TEXTS if re.search(pattern, text)]
    assert [text for text in found if pattern not in _possible(sieve, text)] == []


def test_nothing_found_in_the_examples_is_ruled_out() -> None:
    assert [text for text in _EXAMPLES if not _found(text) <= _possible(_LEXICON.sieve, text)] == []


@settings(max_examples=100, deadline=None)
@given(parts=st.lists(st.sampled_from(_EXAMPLES), max_size=5), width=st.integers(1, 8), tail=st.text(max_size=10))
def test_nothing_found_in_scraps_of_examples_is_ruled_out(parts: list[str], width: int, tail: str) -> None:
    text = "".join(part[-width:] for part in parts) + tail
    assert _found(text) <= _possible(_LEXICON.sieve, text)


def test_of_what_is_not_found_nineteen_in_twenty_are_ruled_out() -> None:
    missing = [(text, _PATTERNS.keys() - _found(text)) for text in _EXAMPLES]
    kept = sum(len(absent & _possible(_LEXICON.sieve, text)) for text, absent in missing)
    assert kept < sum(len(absent) for _, absent in missing) / 20


def test_against_a_message_less_than_one_pattern_in_eight_is_tried() -> None:
    tried = [len(_possible(_LEXICON.sieve, text)) for text in _MESSAGES]
    assert sum(tried) / len(tried) < len(_PATTERNS) / 8


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("退税", {"退税"}),
        ("退(?:税|费)了?", {"退税", "退费", "退税了", "退费了"}),
        ("[退补]税|发票", {"退税", "补税", "发票"}),
        ("税(?!务局)额", {"税额"}),
        ("多少.{0,8}罚款", {"多少"}),
        (r"退\w税", {"退"}),
        ("又(?:很|太)+慢", {"又很", "又太"}),
        ("要?", {"要", ""}),
        ("退税|(?i:vat)", {""}),
        (r"\u7a0e", {""}),
        (r"[?]\s*$", {"?"}),
    ],
)
def test_a_pattern_needs_its_own_words(pattern: str, words: set[str]) -> None:
    assert needed(pattern) == words
