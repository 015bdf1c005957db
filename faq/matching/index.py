"""Finds which entries a text resembles: an immutable index of phrasings, and the ranking of one text against it.

A text is a set of features (features.py beside this file). Characters count most, words a quarter as much, pairs of
neighbouring characters a tenth: one thing is asked in many orders. Every feature weighs its inverse document frequency,
counted over entries, so that an entry with many phrasings does not make its own words look common. The likeness of two
texts is what they share, divided by the mean of what either has in all (Tversky's index); the text that is asked counts
a little more in that mean than the phrasing. The score of an entry is that of its best phrasing.

Nothing is changed after `Index.build`: threads may share an index, and whoever publishes builds a new one beside it.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray

from faq.matching.contrasts import Said
from faq.matching.features import WORD, Tokens, Views

Floats = NDArray[np.float64]
Integers = NDArray[np.int32]

PAIR_WEIGHT, WORD_WEIGHT = 0.1, 0.25
ASKED = 0.55  # what the text counts in the mean; the phrasing counts the rest
NEARLY = 0.4  # most of the time the candidates have more than this share of the best score: the rest needs no sorting
ALIKE = 0.82  # two questions of this score are nearly one; no two of the sample come near it
NO_CHARACTER, NO_PAIR, NO_WORD = 0, 1, 2  # slots of what no phrasing has


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


class _Slots(dict[str, int]):
    """The slot of each feature; what has none falls into the slot of its kind, which is empty."""

    def __missing__(self, feature: str) -> int:
        if len(feature) == 1:
            return NO_CHARACTER
        return NO_WORD if feature.startswith(WORD) else NO_PAIR


class _Filled:
    """The slots that each phrasing fills, one phrasing after the other, while an index is built."""

    def __init__(self) -> None:
        self.slots = _Slots({" ": NO_CHARACTER, "  ": NO_PAIR, WORD * 2: NO_WORD})
        self.filled = array("i")
        self.lengths = array("i")

    def add(self, features: tuple[str, ...]) -> None:
        """Take the features of the next phrasing."""
        known = self.slots
        self.filled.extend([known.setdefault(feature, len(known)) for feature in features])
        self.lengths.append(len(features))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class _Postings:
    """Which phrasings have a feature, and what each feature weighs.

    The postings of a slot, `postings[starts[slot]:starts[slot + 1]]`, are the numbers of the phrasings that fill it.
    `totals` is what all features of a phrasing weigh, times its share in the mean.
    """

    slots: _Slots
    starts: Integers
    postings: Integers
    weights: Floats
    totals: Floats

    @classmethod
    def build(cls, texts: _Filled, owners: Integers) -> Self:
        """Turn filled slots round; `owners` says which entry (0, 1, …, ascending) a phrasing belongs to."""
        filled = np.array(texts.filled, dtype=np.int32)
        phrasings = np.repeat(np.arange(len(owners), dtype=np.int32), texts.lengths)
        order = np.argsort(filled, kind="stable")
        postings = phrasings[order]
        starts = np.zeros(len(texts.slots) + 1, dtype=np.int32)
        np.cumsum(np.bincount(filled, minlength=len(texts.slots)), out=starts[1:])
        weights = _weights(texts.slots, filled[order], owners[postings])
        totals = np.asarray(np.bincount(phrasings, weights[filled], len(owners)), dtype=np.float64) * (1 - ASKED)
        for values in (starts, postings, weights, totals):
            values.setflags(write=False)
        return cls(texts.slots, starts, postings, weights, totals)

    def likeness(self, features: tuple[str, ...]) -> Floats:
        """Give Tversky's index of these features, at least one, with every phrasing: 0 to 1."""
        slots = np.array(list(map(self.slots.__getitem__, features)))
        weights, firsts, ends = self.weights[slots], self.starts[slots], self.starts[slots + 1]
        spans = [self.postings[first:end] for first, end in zip(firsts.tolist(), ends.tolist(), strict=True)]
        shared = np.bincount(np.concatenate(spans), weights.repeat(ends - firsts), len(self.totals))
        likeness: Floats = shared / (self.totals + ASKED * weights.sum())
        return likeness


def _weights(features: Collection[str], filled: Integers, owners: Integers) -> Floats:
    """Weigh the slots by the entries that fill them; `filled` ascends, and `owners` within one slot."""
    anew = np.ones(len(filled), dtype=np.bool_)
    anew[1:] = (np.diff(filled) != 0) | (np.diff(owners) != 0)
    holders = np.bincount(filled[anew], minlength=len(features))
    kinds = np.fromiter(map(_kind_weight, features), np.float64, len(features))
    weights: Floats = kinds * np.log1p((owners.max(initial=-1) + 1) / (holders + 0.5))
    return weights


def _kind_weight(feature: str) -> float:
    if len(feature) == 1:
        return 1.0
    return WORD_WEIGHT if feature.startswith(WORD) else PAIR_WEIGHT


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Index:
    """All entries, ready to be ranked against one text. Made by `Index.build`, and never changed."""

    entries: tuple[IndexEntry, ...]
    tokenizer: Tokens
    _rows: Mapping[str, int]
    _said: tuple[Said, ...]
    _bounds: Integers
    _phrasings: tuple[str, ...]
    _alike: tuple[str, ...]
    _postings: _Postings

    @classmethod
    def build(cls, entries: Iterable[IndexEntry], tokenizer: Tokens) -> Self:
        """Index the entries, in any order. Raises ValueError when two have one id."""
        ordered = tuple(sorted(entries, key=lambda entry: entry.id))
        for one, other in pairwise(ordered):
            if one.id == other.id:
                raise ValueError(f"two entries have the id {one.id}")
        groups = [tuple(dict.fromkeys((entry.question, *entry.phrasings))) for entry in ordered]
        filled, said, alike = _Filled(), list[Said](), list[str]()
        for group in groups:
            read = [Views.read(phrasing, tokenizer) for phrasing in group]
            for views in read:
                filled.add(views.features)
            said.append(frozenset(chain.from_iterable(views.said for views in read)))
            alike.extend(views.alike for views in read)
        lengths = list(map(len, groups))
        bounds = np.zeros(len(groups) + 1, dtype=np.int32)
        np.cumsum(lengths, out=bounds[1:])
        bounds.setflags(write=False)
        return cls(
            entries=ordered,
            tokenizer=tokenizer,
            _rows={entry.id: row for row, entry in enumerate(ordered)},
            _said=tuple(said),
            _bounds=bounds,
            _phrasings=tuple(chain.from_iterable(groups)),
            _alike=tuple(alike),
            _postings=_Postings.build(filled, np.repeat(np.arange(len(groups), dtype=np.int32), lengths)),
        )

    def read(self, text: str) -> Views:
        """Look at a text as this index looks at its own phrasings."""
        return Views.read(text, self.tokenizer)

    def rank(self, text: str, limit: int = 10) -> tuple[Candidate, ...]:
        """Give the entries most like the text, best first, at most `limit`; none without a single feature in common."""
        return self.nearest(self.read(text), limit)

    def nearest(self, views: Views, limit: int) -> tuple[Candidate, ...]:
        """Do what `rank` does for a text that has been read."""
        if not self.entries or not views.plain or limit < 1:
            return ()
        likeness = self._postings.likeness(views.features)
        words = self._weighed(views.words)
        return tuple(
            self._candidate(row, likeness, words)
            for row in _highest(np.maximum.reduceat(likeness, self._bounds[:-1]), limit)
        )

    def said(self, entry_id: str) -> Said:
        """Give what all phrasings of an entry name together. Raises KeyError for one that is not in the index."""
        return self._said[self._rows[entry_id]]

    def _candidate(self, row: int, likeness: Floats, words: tuple[tuple[str, float], ...]) -> Candidate:
        first, end = self._bounds[row], self._bounds[row + 1]
        at = int(first + likeness[first:end].argmax())
        coverage = _covered(words, self._alike[at])
        return Candidate(self.entries[row].id, self._phrasings[at], float(likeness[at]), coverage)

    def _weighed(self, words: tuple[str, ...]) -> tuple[tuple[str, float], ...]:
        slots, weight = self._postings.slots, self._postings.weights.item
        return tuple([(word, weight(slots[WORD + word])) for word in words])


def _covered(words: tuple[tuple[str, float], ...], alike: str) -> float:
    total = covered = 0.0
    for word, weight in words:
        total += weight
        if word in alike:
            covered += weight
        elif len(word) > 2:
            covered += weight * _share(word, alike)
    return covered / total if total else 1.0


def _share(word: str, text: str) -> float:
    """Give the share of a word's pairs of characters that the text has."""
    pairs = [word[first : first + 2] for first in range(len(word) - 1)]
    return sum([pair in text for pair in pairs]) / len(pairs)


def _highest(scores: Floats, limit: int) -> list[int]:
    """Give the places of the highest scores above zero, highest first, the earlier of equals first."""
    found = (scores > NEARLY * scores.max()).nonzero()[0]
    if len(found) < limit:
        found = scores.nonzero()[0]
    order = (-scores[found]).argsort(kind="stable")[:limit]
    rows: list[int] = found[order].tolist()
    return rows
