"""Reads one text against the lexicon: which concepts occur in it, which cues hold, and by what it is known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from intents.kinds import Kind
from intents.lexicon import Cue, Lexicon

__all__ = ["Reading"]


@dataclass(slots=True)
class Reading:
    """One text without its greetings and thanks, while it is read; every concept is looked for at most once."""

    body: str
    tokens: tuple[str, ...]
    terms: frozenset[str]
    lexicon: Lexicon
    _seen: dict[str, re.Match[str] | None] = field(default_factory=dict)

    def find(self, concept: str) -> re.Match[str] | None:
        if concept not in self._seen:
            self._seen[concept] = self.lexicon.concepts[concept].search(self.body)
        return self._seen[concept]

    def holds(self, name: str) -> bool:
        """Tell whether the concept or situation called `name` is there."""
        situation = self.lexicon.situations.get(name)
        if situation is None:
            return self.find(name) is not None
        return all(self.find(part) for part in situation.all) and not any(self.find(part) for part in situation.none)

    def has_term(self) -> bool:
        """Tell whether anything in the text belongs to the bureau's vocabulary."""
        return self.find("tax") is not None or any(token in self.terms for token in self.tokens)

    def weigh(self) -> dict[Kind, list[tuple[float, str]]]:
        """Return, for every kind that a cue speaks for, the weights and reasons, the heaviest first."""
        found: dict[Kind, list[tuple[float, str]]] = {}
        for cue in self.lexicon.cues:
            reason = self._reason(cue)
            if reason is not None:
                found.setdefault(cue.kind, []).append((cue.weight, reason))
        for weighed in found.values():
            weighed.sort(key=lambda pair: -pair[0])
        return found

    def features(self) -> frozenset[str]:
        """Return by what the text is known: words (`/`), concepts (`@`), characters and pairs of characters."""
        return frozenset(self._features())

    def _features(self) -> Iterator[str]:
        for name in (*self.lexicon.concepts, *self.lexicon.situations):
            if self.holds(name):
                yield f"@{name}"
        bounded = f"^{self.body}$"
        yield from bounded
        yield from map("".join, pairwise(bounded))
        for token in self.tokens:
            yield f"/{token}"

    def _reason(self, cue: Cue) -> str | None:
        if not all(self.holds(name) for name in cue.all):
            return None
        match = cue.match.search(self.body) if cue.match is not None else self._first(cue.all)
        if (cue.match is not None and match is None) or any(self.holds(name) for name in cue.none):
            return None
        said = match[0][:12] if match else ""
        if not said:
            return cue.because or "整体判断"
        return f"{cue.because}（“{said}”）" if cue.because else f"出现“{said}”"

    def _first(self, names: tuple[str, ...]) -> re.Match[str] | None:
        return next((self.find(name) for name in names if name in self.lexicon.concepts), None)
