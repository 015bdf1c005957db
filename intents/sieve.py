"""Rules out, by the characters of a text alone, most patterns that cannot be found in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from itertools import pairwise, product

__all__ = ["Sieve", "needed"]

# What patterns are made of; `re` itself reads them too, but keeps what it reads to itself.
# What is not understood here only makes the sieve coarser.
_PIECE = re.compile(
    r"""(?P<look>    \(\?<?[=!] )
      | (?P<group>   \((?:\?:|\?P<\w+>|(?!\?)) )
      | (?P<close>   \) )
      | (?P<or>      \| )
      | (?P<maybe>   \?[?+]? )
      | (?P<any>     (?:\*|\{(?:0+|0*,\d*)\})[?+]? )
      | (?P<again>   (?:\+|\{\d+(?:,\d*)?\})[?+]? )
      | (?P<edge>    [\^$] | \\[AbBZ] )
      | (?P<word>    [^][(){}|?*+.^$\\]+(?![?*+{]) )
      | (?P<one>     [^.\\[({] | \\\W | \[[^\^\\\]-][^\\\]-]*\] )
      | (?P<unknown> \. | \[\^?\]?(?:\\.|[^\]\\])*\] | \(\?P=\w+\)
                     | \\(?:x..|u.{4}|U.{8}|N\{[^}]*\}|\d{1,3}|.) )
      | (?P<strange> . )""",
    re.VERBOSE | re.DOTALL,
)
# More words than these are not spelled out.
_MANY = 256


class Sieve:
    """Knows, for every pattern, pairs of characters of which a text must contain one."""

    def __init__(self, patterns: Iterable[str]) -> None:
        words = {pattern: needed(pattern) for pattern in patterns}
        wanted = Counter(pair for some in words.values() for pair in {pair for word in some for pair in _pairs(word)})
        holders: dict[str, set[str]] = {}
        for pattern, some in words.items():
            for word in some:
                # The pair that is least wanted by others tells most: 怎么 says little about 怎么这么.
                holders.setdefault(min(_pairs(word), key=wanted.__getitem__), set()).add(pattern)
        self._always = frozenset(holders.pop("", ()))
        self._holders = {pair: tuple(held) for pair, held in holders.items()}

    def possible(self, pieces: Set[str]) -> frozenset[str]:
        """Return the patterns not ruled out for a text with these characters and pairs of neighbours."""
        return self._always.union(*map(self._holders.__getitem__, self._holders.keys() & pieces))


def needed(pattern: str) -> frozenset[str]:
    """Return words of which every text contains one in which `pattern` is found; an empty one where none is known."""
    pieces = list(_PIECE.finditer(pattern))
    if any(piece.lastgroup == "strange" for piece in pieces):
        return _ANYTHING.words
    return _read(iter(pieces)).words


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a pattern: what it matches contains one of `words`, or where they are `all` of it, is one of them."""

    words: frozenset[str]
    all: bool


_NOTHING = _Part(frozenset({""}), all=True)
_ANYTHING = _Part(frozenset({""}), all=False)


def _read(pieces: Iterator[re.Match[str]]) -> _Part:
    """Read up to the end of the group that `pieces` are in."""
    branches: list[list[_Part]] = [[]]
    for piece in pieces:
        parts = branches[-1]
        match piece.lastgroup:
            case "word":
                parts.append(_Part(frozenset([piece[0]]), all=True))
            case "one":
                parts.append(_Part(frozenset(piece[0][1:-1] or piece[0][-1]), all=True))
            case "group":
                parts.append(_read(pieces))
            case "look":
                _read(pieces)
                parts.append(_NOTHING)
            case "edge":
                parts.append(_NOTHING)
            case "unknown" | "again":
                parts.append(_ANYTHING)
            case "maybe":
                parts[-1] = _Part(parts[-1].words | {""}, parts[-1].all)
            case "any":
                parts[-1] = _ANYTHING
            case "or":
                branches.append([])
            case _:
                break
    joined = [_join(parts) for parts in branches]
    return _Part(frozenset[str]().union(*(part.words for part in joined)), all(part.all for part in joined))


def _join(parts: list[_Part]) -> _Part:
    """Return what is known of all parts, one after the other: the longest words, or among equals the fewest."""
    choices: list[frozenset[str]] = []
    run = _NOTHING.words
    for part in parts:
        if part.all and len(run) * len(part.words) <= _MANY:
            run = frozenset(map("".join, product(run, part.words)))
        else:
            choices += (run, part.words)
            run = part.words if part.all else _NOTHING.words
    if not choices:
        return _Part(run, all=True)
    return _Part(min((*choices, run), key=lambda words: (-min(map(len, words)), len(words))), all=False)


def _pairs(word: str) -> list[str]:
    return [a + b for a, b in pairwise(word)] or [word]
