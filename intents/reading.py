"""Reads one text against the lexicon: which concepts occur in it, which cues hold, and by what it is known."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import chain, pairwise

from intents.kinds import Kind
from intents.lexicon import Cue, Lexicon
from intents.turns import Turn

__all__ = ["Reading"]

_CLAUSES = re.compile(r"[\s,。!?;:~、…]+")
_AROUND = (Turn.PRELUDE, Turn.ABOUT_SELF, Turn.HURRY, Turn.DESPAIR, Turn.INSULT, Turn.HELP)
# Who tells something about the matter itself writes more than this.
_LONGEST_TURN = 60


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

    def found(self, name: str) -> str:
        """Return the words by which the concept called `name` is there; empty where it is not."""
        match = self._concepts.get(name)
        return "" if match is None else match[0]

    def ends_asking(self) -> bool:
        """Tell whether the last clause asks something: what comes before it is what the question is about."""
        return any(self.lexicon.concepts[name].search(self._last_clause()) for name in ("ask", "seeks"))

    def ends_asking_of_business(self) -> bool:
        """Tell whether the last clause asks something of the bureau's own business."""
        last = self._last_clause()
        named = self.lexicon.concepts["subject"].search(last) or any(
            token in last for token in self._terms.intersection(self.tokens)
        )
        return bool(named) and self.lexicon.concepts["ask"].search(last) is not None

    def core(self) -> str:
        """Return the text without the clauses that are no matter, and without the words that only lead to the matter:
        「领导您好，我是喀什市民，我想咨询一下个税起征点是多少」 asks what 「个税起征点是多少」 asks.
        """
        signs = [sign for sign in self.lexicon.turns if sign.turn in _AROUND and self._fits(sign.all, ())]
        clauses = [clause for clause in _CLAUSES.split(self.body) if clause]
        kept = [clause for clause in clauses if not any(sign.match.fullmatch(clause) for sign in signs)]
        leading = self.lexicon.politeness["leading"]
        return ",".join([leading.sub("", clause) for clause in kept or clauses]) or self.body

    def _last_clause(self) -> str:
        return next((clause for clause in reversed(_CLAUSES.split(self.body)) if clause), "")

    def turn(self) -> Turn | None:
        """Return what the text does in a talk, where every clause of it does such a thing: the first of `Turn`."""
        if len(self.body) > _LONGEST_TURN:
            return None
        turns: set[Turn] = set()
        signs = [sign for sign in self.lexicon.turns if self._fits(sign.all, sign.none)]
        for clause in filter(None, _CLAUSES.split(self.body)):
            fitting = next((sign.turn for sign in signs if sign.match.fullmatch(clause)), None)
            if fitting is None:
                return None
            turns.add(fitting)
        return next((turn for turn in Turn if turn in turns), None)

    def _fits(self, required: Iterable[str], excluded: Iterable[str]) -> bool:
        return self._held.issuperset(required) and self._held.isdisjoint(excluded)

    def names_business(self) -> bool:
        """Tell whether a word of the tax dictionary is there: the bureau's own business, not what only touches it."""
        return self.holds("subject") or not self._terms.isdisjoint(self.tokens)

    def weigh(self) -> dict[Kind, list[tuple[float, str]]]:
        """Return, for every kind that a cue speaks for, the weights and reasons, the heaviest first."""
        found: dict[Kind, list[tuple[float, str]]] = {}
        places = self.lexicon.cues_by_pattern
        for place in sorted(chain.from_iterable([places.get(one, ()) for one in (None, *self._possible)])):
            cue = self.lexicon.cues[place]
            if self._fits(cue.all, cue.none):
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
