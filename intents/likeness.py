"""Learns from labelled examples how alike a text is to every kind: ridge regression, solved exactly at start."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from intents.kinds import Kind

__all__ = ["Likeness", "learn"]

# Chosen by leaving one third of the examples out in turn; from 0.3 to 3 the result is the same within noise.
_RIDGE = 1.0


@dataclass(frozen=True, slots=True)
class Likeness:
    """What was learned: for every feature a row, what it adds for each kind and, last, to the square of the length."""

    kinds: tuple[Kind, ...]
    vocabulary: dict[str, int]
    shares: NDArray[np.float64]
    base: tuple[float, ...]

    def scores(self, features: Set[str]) -> dict[Kind, float]:
        """Return for every kind how alike the text is to its examples: about 1 for very, about 0 for not at all."""
        rows = sorted(map(self.vocabulary.__getitem__, self.vocabulary.keys() & features))
        *sums, square = self.shares.take(np.array(rows, np.intp), axis=0).sum(axis=0).tolist()
        length = math.sqrt(square) or 1.0
        return {kind: total / length + base for kind, total, base in zip(self.kinds, sums, self.base, strict=True)}

    def telling(self, features: Iterable[str], kind: Kind) -> tuple[str, ...]:
        """Return up to two words of the text that spoke most for `kind`."""
        column = self.kinds.index(kind)
        words = [word for word in features if word.startswith("/") and len(word) > 2 and word in self.vocabulary]
        shares = {word: self.shares.item(self.vocabulary[word], column) for word in words}
        ranked = sorted(words, key=lambda word: (-shares[word], word))
        return tuple(word[1:] for word in ranked[:2] if shares[word] > 0)


def learn(examples: Sequence[tuple[frozenset[str], Kind]]) -> Likeness:
    """Learn from (features, kind) pairs; the same examples always give the same result.

    With far more features than examples the dual system, one row an example, is the small one.
    """
    kinds = tuple(kind for kind in Kind if any(kind is labelled for _, labelled in examples))
    frequency = Counter(feature for features, _ in examples for feature in sorted(features))
    vocabulary = {feature: index for index, feature in enumerate(frequency)}
    # Rare features tell more, but only as a square root: most features of a short text are rare.
    emphasis = np.sqrt(np.log1p(len(examples) / np.fromiter(frequency.values(), dtype=np.float64)))
    texts = np.repeat(np.arange(len(examples)), [len(features) for features, _ in examples])
    words = np.fromiter((vocabulary[feature] for features, _ in examples for feature in sorted(features)), np.intp)
    shares = emphasis[words]
    shares /= np.sqrt(np.bincount(texts, shares**2, len(examples)))[texts]
    wanted = np.zeros((len(examples), len(kinds)))
    wanted[np.arange(len(examples)), [kinds.index(kind) for _, kind in examples]] = 1.0
    base = wanted.mean(axis=0)
    alike = _alike(texts, words, shares)
    alike[np.diag_indices_from(alike)] += _RIDGE
    dual = np.linalg.solve(alike, wanted - base)
    weights = np.zeros((len(vocabulary), len(kinds)))
    np.add.at(weights, words, shares[:, np.newaxis] * dual[texts])
    emphatic = emphasis[:, np.newaxis]
    return Likeness(kinds, vocabulary, np.hstack((emphatic * weights, emphatic**2)), tuple(base.tolist()))


def _alike(texts: NDArray[np.intp], words: NDArray[np.intp], shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how alike every two texts are, feature by feature: a text has few of all features, and two texts fewer."""
    alike = np.zeros((texts[-1] + 1, texts[-1] + 1))
    order = np.argsort(words, kind="stable")
    bounds = np.cumsum(np.bincount(words))[:-1]
    for holders, held in zip(np.split(texts[order], bounds), np.split(shares[order], bounds), strict=True):
        alike[holders[:, np.newaxis], holders] += held[:, np.newaxis] * held
    return alike
