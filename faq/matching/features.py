"""Reads one text as the index compares it: as it is written, and with its wording made alike (data/synonyms.yaml)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import chain
from operator import add
from typing import Protocol, Self

import yaml

from faq.matching.contrasts import Said, said
from intents import normalise

NOT_SPOKEN = re.compile(r"[^\w%.]+|_+|(?<!\d)\.|\.(?!\d)")
WORD = "\t"  # stands before a word, so that a word is never taken for a pair of characters


class Tokens(Protocol):
    """What the index asks of a tokenizer."""

    def words(self, text: str) -> tuple[str, ...]:
        """Words of the text, none overlapping another."""


@dataclass(frozen=True, slots=True)
class Synonyms:
    """The rules of data/synonyms.yaml, ready to be applied to a normalised text."""

    patterns: tuple[tuple[re.Pattern[str], str], ...]
    tables: tuple[tuple[re.Pattern[str], Mapping[str, str]], ...]
    function_words: frozenset[str]

    def apply(self, text: str) -> str:
        """Give the text with every way of asking and every abbreviation in its one chosen form."""
        for pattern, chosen in self.patterns:
            text = pattern.sub(chosen, text)
        for pattern, table in self.tables:
            text = _replace(text, pattern, table)
        return text


def _replace(text: str, pattern: re.Pattern[str], table: Mapping[str, str]) -> str:
    return pattern.sub(lambda found: table[found[0]], text)


@lru_cache(maxsize=1)
def load_synonyms() -> Synonyms:
    """Read data/synonyms.yaml, once. Raises ValueError or re.error where a rule cannot be read."""
    text = resources.files("faq").joinpath("data/synonyms.yaml").read_text(encoding="utf-8")
    raw = yaml.load(text, Loader=yaml.CSafeLoader)
    tables = []
    for name in ("questions", "names", "words"):
        table = {str(said): str(chosen) for said, chosen in raw[name]}
        tables.append({chosen: chosen for chosen in table.values()} | table)
    return Synonyms(
        patterns=tuple((re.compile(said), chosen) for said, chosen in raw["patterns"]),
        tables=tuple((_any_of(table), table) for table in tables),
        function_words=frozenset(raw["function_words"]),
    )


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return re.compile("|".join(map(re.escape, longest_first)))


@dataclass(frozen=True, slots=True)
class Views:
    """One text in both views, with all that is taken from them; read once and handed on.

    Features are the characters of both views, the pairs of neighbouring characters of the plain one, and the words of
    the alike one, marked by WORD; each once. `words` are those words that carry meaning; `said` is what the alike view
    names that tells twins apart.
    """

    plain: str
    alike: str
    features: tuple[str, ...]
    words: tuple[str, ...]
    said: Said

    @classmethod
    def read(cls, text: str, tokenizer: Tokens) -> Self:
        """Look at any text; one without words has no features."""
        synonyms = load_synonyms()
        plain = plain_view(text)
        alike = synonyms.apply(plain)
        words = dict.fromkeys(tokenizer.words(alike))
        marked = [WORD + word for word in words]
        features = tuple(dict.fromkeys(chain(plain, alike, map(add, plain, plain[1:]), marked)))
        own = tuple([word for word in words if word not in synonyms.function_words])
        return cls(plain, alike, features, own, said(alike))


def plain_view(text: str) -> str:
    """Give the text normalised, in lower case, without spaces and punctuation (but 「3.5」 and 「3%」 keep theirs)."""
    return NOT_SPOKEN.sub("", normalise(text).lower())


def alike_view(text: str) -> str:
    """Give the plain view with every way of asking and every abbreviation in its one chosen form."""
    return load_synonyms().apply(plain_view(text))
