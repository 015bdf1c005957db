"""What changed from one text of an entry to another, as values; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from faq.entries.content import NAMES, Content

How = Literal["same", "added", "removed"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text that stayed, came or went."""

    how: How
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """A field that changed: its name for people, and the pieces that make up the old and the new text together."""

    field: str
    name: str
    pieces: tuple[Piece, ...]


def changes(before: Content | None, after: Content) -> Sequence[Change]:
    """The fields that differ, in their order; everything is new where there was nothing before."""
    found = []
    for field, name in NAMES.items():
        if pieces := _listed_ways(before, after) if field == "phrasings" else _compared(before, after, field):
            found.append(Change(field, name, pieces))
    return found


def differing(before: Content, after: Content) -> Sequence[str]:
    """The names of the fields that differ, in their order."""
    return [name for field, name in NAMES.items() if getattr(before, field) != getattr(after, field)]


def _compared(before: Content | None, after: Content, field: str) -> tuple[Piece, ...]:
    old, new = ("" if one is None else _text(one, field) for one in (before, after))
    return compare(old, new) if old != new else ()


def _text(content: Content, field: str) -> str:
    value = getattr(content, field)
    return "" if value is None else str(value)


def _listed_ways(before: Content | None, after: Content) -> tuple[Piece, ...]:
    ways = () if before is None else before.phrasings
    return _listed(ways, after.phrasings) if ways != after.phrasings else ()


def compare(old: str, new: str) -> tuple[Piece, ...]:
    """The two texts character by character, as people read changes: what went stands before what came."""
    pieces: list[Piece] = []
    for tag, first, end, new_first, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(Piece("same", old[first:end]))
            continue
        if end > first:
            pieces.append(Piece("removed", old[first:end]))
        if new_end > new_first:
            pieces.append(Piece("added", new[new_first:new_end]))
    return tuple(pieces)


def _listed(old: tuple[str, ...], new: tuple[str, ...]) -> tuple[Piece, ...]:
    """Phrasing by phrasing; their order says nothing."""
    gone = [Piece("removed", text) for text in old if text not in new]
    there: list[Piece] = [Piece("same" if text in old else "added", text) for text in new]
    return (*gone, *there)
