"""Finds which entries a text resembles: an immutable index of phrasings, and the ranking of one text against it.

A text is looked at twice: plainly, and with its ways of asking and its abbreviations made alike (data/synonyms.yaml).
Either view is a set of features: characters, pairs of neighbouring characters and, at half weight, the words a search
engine would cut. Every feature weighs its inverse document frequency, counted over entries, so that an entry with many
phrasings does not make its own words look common. The likeness of two views is the weighted Dice coefficient,
2·shared / (one + other); the score of a phrasing is the mean over both views, that of an entry its best phrasing's.

Nothing is changed after `Index.build`: threads may share an index, and whoever publishes builds a new one beside it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import chain, pairwise
from typing import Protocol, Self

import numpy as np
import yaml
from numpy.typing import NDArray

from intents import normalise

Floats = NDArray[np.float64]
Integers = NDArray[np.int32]

WORD_WEIGHT = 0.5
NEARLY = 0.4  # most of the time the candidates have more than this share of the best score: the rest needs no sorting
NOT_SPOKEN = re.compile(r"[^\w%.]+|_+|(?<!\d)\.|\.(?!\d)")


class Tokens(Protocol):
    """What the index asks of a tokenizer."""

    def words(self, text: str) -> tuple[str, ...]:
        """Words of the text, none overlapping another."""

    def search(self, text: str) -> tuple[str, ...]:
        """Words of the text together with the shorter words inside long ones."""


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """One entry as the index needs it; `question` counts as its first phrasing."""

    id: str
    question: str
    phrasings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry that resembles the text: its best phrasing, likeness and coverage, both from 0 to 1.

    Coverage is the share, by weight, of the text's own words that the phrasing has too.
    """

    entry_id: str
    phrasing: str
    score: float
    coverage: float


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


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class _View:
    """Postings of one view: which phrasings have a feature, and what each feature and each phrasing weighs.

    The postings of feature `n` are `postings[starts[n]:starts[n + 1]]`, numbers of phrasings.
    """

    numbers: Mapping[str, int]
    starts: Integers
    postings: Integers
    weights: Floats
    totals: Floats
    unknown: float

    @classmethod
    def build(cls, texts: Sequence[tuple[str, ...]], owners: Integers) -> Self:
        """Index the features of each phrasing; `owners` says which entry (0, 1, …, ascending) a phrasing belongs to."""
        numbers: dict[str, int] = {}
        flat = np.fromiter(
            (numbers.setdefault(feature, len(numbers)) for feature in chain.from_iterable(texts)), dtype=np.int32
        )
        lengths = np.array([len(text) for text in texts], dtype=np.int64)
        rows = np.repeat(np.arange(len(texts), dtype=np.int32), lengths)
        order = np.argsort(flat, kind="stable")
        starts = np.zeros(len(numbers) + 1, dtype=np.int32)
        np.cumsum(np.bincount(flat, minlength=len(numbers)), out=starts[1:])
        entries = int(owners[-1]) + 1 if len(owners) else 0
        sorted_features, sorted_owners = flat[order], owners[rows[order]]
        anew = np.ones(len(flat), dtype=np.bool_)
        anew[1:] = (np.diff(sorted_features) != 0) | (np.diff(sorted_owners) != 0)
        holders = np.bincount(sorted_features[anew], minlength=len(numbers))
        kinds = np.array([_kind_weight(feature) for feature in numbers], dtype=np.float64)
        weights: Floats = kinds * np.log1p(entries / (holders + 0.5))
        totals = np.asarray(np.bincount(rows, weights=weights[flat], minlength=len(texts)), dtype=np.float64)
        view = cls(numbers, starts, rows[order], weights, totals, float(np.log1p(entries / 0.5)))
        for array in (view.starts, view.postings, view.weights, view.totals):
            array.setflags(write=False)
        return view

    def weight(self, feature: str) -> float:
        """Give what a feature weighs; one that no phrasing has weighs the most."""
        number = self.numbers.get(feature)
        return self.unknown * _kind_weight(feature) if number is None else float(self.weights[number])

    def likeness(self, features: tuple[str, ...]) -> Floats:
        """Give the weighted Dice coefficient of these features with every phrasing, 0 to 1."""
        places = [(feature, self.numbers.get(feature)) for feature in features]
        known = [place for _, place in places if place is not None]
        strange = sum(_kind_weight(feature) for feature, place in places if place is None) * self.unknown
        if not known:
            return np.zeros(len(self.totals))
        firsts, ends = self.starts[known], self.starts[np.add(known, 1)]
        spans = [self.postings[first:end] for first, end in zip(firsts.tolist(), ends.tolist(), strict=True)]
        shared = np.bincount(
            np.concatenate(spans), weights=np.repeat(self.weights[known], ends - firsts), minlength=len(self.totals)
        )
        both: Floats = self.totals + (self.weights[known].sum() + strange)
        return 2 * shared / both


def _kind_weight(feature: str) -> float:
    return WORD_WEIGHT if feature.startswith("\t") else 1.0


def _share(word: str, text: str) -> float:
    if word in text or len(word) == 1:
        return float(word in text)
    pairs = [first + second for first, second in pairwise(word)]
    return sum(pair in text for pair in pairs) / len(pairs)


def _features(text: str, tokenizer: Tokens) -> tuple[str, ...]:
    """Characters, neighbouring pairs, and words (marked by a tab, so that a word is never taken for a pair)."""
    pairs = (first + second for first, second in pairwise(text))
    words = ("\t" + word for word in tokenizer.search(text))
    return tuple(dict.fromkeys(chain(text, pairs, words)))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Index:
    """All entries, ready to be ranked against one text. Made by `Index.build`, and never changed."""

    entries: tuple[IndexEntry, ...]
    tokenizer: Tokens
    _synonyms: Synonyms
    _phrasings: tuple[str, ...]
    _views: tuple[str, ...]
    _bounds: Integers
    _plain: _View
    _alike: _View

    @classmethod
    def build(cls, entries: Iterable[IndexEntry], tokenizer: Tokens) -> Self:
        """Index the entries, in any order. Raises ValueError when two have one id."""
        synonyms = load_synonyms()
        ordered = tuple(sorted(entries, key=lambda entry: entry.id))
        for one, other in pairwise(ordered):
            if one.id == other.id:
                raise ValueError(f"two entries have the id {one.id}")
        groups = [tuple(dict.fromkeys((entry.question, *entry.phrasings))) for entry in ordered]
        lengths = np.array([len(group) for group in groups], dtype=np.int32)
        owners = np.repeat(np.arange(len(groups), dtype=np.int32), lengths)
        bounds = np.zeros(len(groups) + 1, dtype=np.int32)
        np.cumsum(lengths, out=bounds[1:])
        bounds.setflags(write=False)
        phrasings = tuple(chain.from_iterable(groups))
        plain = [plain_view(phrasing) for phrasing in phrasings]
        alike = [synonyms.apply(text) for text in plain]
        return cls(
            entries=ordered,
            tokenizer=tokenizer,
            _synonyms=synonyms,
            _phrasings=phrasings,
            _views=tuple(alike),
            _bounds=bounds,
            _plain=_View.build([_features(text, tokenizer) for text in plain], owners),
            _alike=_View.build([_features(text, tokenizer) for text in alike], owners),
        )

    def rank(self, text: str, limit: int = 10) -> tuple[Candidate, ...]:
        """Give the entries most like the text, best first, at most `limit`; none without a single feature in common."""
        plain = plain_view(text)
        alike = self._synonyms.apply(plain)
        if not self.entries or not plain or limit < 1:
            return ()
        likeness = self._plain.likeness(_features(plain, self.tokenizer))
        likeness += self._alike.likeness(_features(alike, self.tokenizer))
        likeness /= 2
        best = np.maximum.reduceat(likeness, self._bounds[:-1])
        return self._candidates(alike, likeness, best, limit)

    def view(self, text: str) -> str:
        """Give the text as the index compares it: normalised, with its wording made alike."""
        return self._synonyms.apply(plain_view(text))

    def views_of(self, entry_id: str) -> tuple[str, ...]:
        """Give the views of all phrasings of an entry. Raises KeyError for an entry that is not in the index."""
        row = bisect_left(self.entries, entry_id, key=lambda entry: entry.id)
        if row == len(self.entries) or self.entries[row].id != entry_id:
            raise KeyError(entry_id)
        return self._views[self._bounds[row] : self._bounds[row + 1]]

    def _candidates(self, alike: str, likeness: Floats, best: Floats, limit: int) -> tuple[Candidate, ...]:
        words = self._own_words(alike)
        candidates = []
        for row in _highest(best, limit):
            first, end = self._bounds[row : row + 2]
            at = int(first + likeness[first:end].argmax())
            coverage = self._covered(words, self._views[at])
            candidates.append(Candidate(self.entries[row].id, self._phrasings[at], float(best[row]), coverage))
        return tuple(candidates)

    def _own_words(self, alike: str) -> tuple[tuple[str, float], ...]:
        words = dict.fromkeys(self.tokenizer.words(alike))
        own = (word for word in words if word not in self._synonyms.function_words)
        return tuple((word, self._alike.weight("\t" + word)) for word in own)

    def _covered(self, words: tuple[tuple[str, float], ...], alike: str) -> float:
        total = sum(weight for _, weight in words)
        return sum(weight * _share(word, alike) for word, weight in words) / total if total else 1.0


def _highest(scores: Floats, limit: int) -> list[int]:
    """Give the places of the highest scores above zero, highest first, the earlier of equals first."""
    found = np.flatnonzero(scores > NEARLY * scores.max())
    if len(found) < limit:
        found = np.flatnonzero(scores)
    order = np.argsort(-scores[found], kind="stable")[:limit]
    return [int(row) for row in found[order]]


def plain_view(text: str) -> str:
    """Give the text normalised, in lower case, without spaces and punctuation (but 「3.5」 and 「3%」 keep theirs)."""
    return NOT_SPOKEN.sub("", normalise(text).lower())
