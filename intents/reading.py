"""Reads one text against the lexicon: which concepts occur in it, which cues hold, and by what it is known."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import chain, pairwise

from intents.kinds import Kind
from intents.lexicon import Cue, Lexicon

__all__ = ["Reading"]


class Reading:
    """One text without its greetings and thanks, and every concept and situation that is found in it."""

    def __init__(self, body: str, tokens: tuple[str, ...], terms: frozenset[str], lexicon: Lexicon) -> None:
        self.body = body
        self.tokens = tokens
        self.lexicon = lexicon
        self._terms = terms
        bounded = f"^{body}$"
        self._pieces = frozenset((*bounded, *map("".join, pairwise(bounded))))
        self._possible = lexicon.sieve.possible(self._pieces)
        self._concepts = {
            name: match
            for pattern in self._possible
            for name in lexicon.concepts_by_pattern.get(pattern, ())
            if (match := lexicon.concepts[name].search(body))
        }
        found = frozenset(self._concepts)
        self._held = found.union(
            [
                name
                for concept in found
                for name in lexicon.situations_by_concept.get(concept, ())
                if found.issuperset(lexicon.situations[name].all) and found.isdisjoint(lexicon.situations[name].none)
            ]
        )

    def holds(self, name: str) -> bool:
        """Tell whether the concept or situation called `name` is there."""
        return name in self._held

    def has_term(self) -> bool:
        """Tell whether anything in the text belongs to the bureau's vocabulary."""
        return self.holds("tax") or not self._terms.isdisjoint(self.tokens)

    def weigh(self) -> dict[Kind, list[tuple[float, str]]]:
        """Return, for every kind that a cue speaks for, the weights and reasons, the heaviest first."""
        found: dict[Kind, list[tuple[float, str]]] = {}
        places = self.lexicon.cues_by_pattern
        for place in sorted(chain.from_iterable([places.get(one, ()) for one in (None, *self._possible)])):
            cue = self.lexicon.cues[place]
            if self._held.issuperset(cue.all) and self._held.isdisjoint(cue.none):
                match = cue.match.search(self.body) if cue.match is not None else self._first(cue.all)
                if match is not None or cue.match is None:
                    found.setdefault(cue.kind, []).append((cue.weight, _reason(cue, match)))
        for weighed in found.values():
            weighed.sort(key=lambda pair: -pair[0])
        return found

    def features(self) -> frozenset[str]:
        """Return by what the text is known: words (`/`), concepts (`@`), characters and pairs of characters."""
        return self._pieces.union((f"@{name}" for name in self._held), (f"/{token}" for token in self.tokens))

    def _first(self, names: Iterable[str]) -> re.Match[str] | None:
        return next((self._concepts[name] for name in names if name in self._concepts), None)


def _reason(cue: Cue, match: re.Match[str] | None) -> str:
    said = match[0][:12] if match else ""
    if not said:
        return cue.because or "整体判断"
    return f"{cue.because}（“{said}”）" if cue.because else f"出现“{said}”"
