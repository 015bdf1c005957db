"""Reads and checks the editable rules by which kinds of message are told apart (data/kinds.yaml)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field

from intents.kinds import Kind
from intents.sieve import Sieve
from intents.turns import Turn

__all__ = ["Cue", "Lexicon", "Situation", "TurnSign", "read_lexicon"]

Key = TypeVar("Key")
Value = TypeVar("Value")

_REFERENCE = re.compile(r"\{([a-z_]+)\}")


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _SituationRow(_Row):
    all: tuple[str, ...] = Field(min_length=1)
    none: tuple[str, ...] = ()


class _CueRow(_Row):
    match: str | None = None
    all: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    weight: float = Field(gt=0, le=12)
    because: str | None = None


class _TurnRow(_Row):
    match: str
    all: tuple[str, ...] = ()
    none: tuple[str, ...] = ()


class _File(_Row):
    politeness: Mapping[str, tuple[str, ...]]
    concepts: Mapping[str, tuple[str, ...]]
    situations: Mapping[str, _SituationRow]
    turns: Mapping[Turn, tuple[_TurnRow, ...]] = Field(default_factory=dict)
    kinds: Mapping[Kind, tuple[_CueRow, ...]]


@dataclass(frozen=True, slots=True)
class Situation:
    """Concepts that occur together while others do not."""

    all: tuple[str, ...]
    none: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cue:
    """One sign that a text is of `kind`: a pattern, and concepts or situations that must hold or must not."""

    kind: Kind
    match: re.Pattern[str] | None
    all: tuple[str, ...]
    none: tuple[str, ...]
    weight: float
    because: str | None


@dataclass(frozen=True, slots=True)
class TurnSign:
    """One form of a line that is no matter yet: a pattern, and concepts of the text that must hold or must not."""

    turn: Turn
    match: re.Pattern[str]
    all: tuple[str, ...]
    none: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The compiled rules: politeness to set aside, concepts and situations by name, the signs of every turn, the first
    that counts first, and the cues of every kind.

    The same by what must be there for them to hold: concepts by their pattern, situations by the first of their
    concepts, the places of cues by their pattern (None: those without one).
    """

    politeness: Mapping[str, re.Pattern[str]]
    concepts: Mapping[str, re.Pattern[str]]
    situations: Mapping[str, Situation]
    turns: tuple[TurnSign, ...]
    cues: tuple[Cue, ...]
    sieve: Sieve
    concepts_by_pattern: Mapping[str, Sequence[str]]
    situations_by_concept: Mapping[str, Sequence[str]]
    cues_by_pattern: Mapping[str | None, Sequence[int]]


def read_lexicon(source: str | None = None) -> Lexicon:
    """Compile the rules in `source` (YAML text), or the packaged ones.

    Raises `pydantic.ValidationError` for rows of a wrong shape, and `ValueError` naming the row for a pattern that
    does not compile, a concept that does not exist, or a cue without any condition.
    """
    if source is None:
        source = resources.files("intents").joinpath("data/kinds.yaml").read_text(encoding="utf-8")
    parsed: Any = yaml.load(source, Loader=yaml.CSafeLoader)
    file = _File.model_validate(parsed)
    concepts = {name: "|".join(parts) for name, parts in file.concepts.items()}
    for name, situation in file.situations.items():
        # Situations are made of concepts only, so none can depend on itself.
        _require(name, (*situation.all, *situation.none), concepts.keys())
    names = concepts.keys() | file.situations.keys()
    cues = tuple(_cue(kind, row, concepts, names) for kind, rows in file.kinds.items() for row in rows)
    turns = tuple(_turn(turn, row, concepts, names) for turn in Turn for row in file.turns.get(turn, ()))
    patterns = {name: _compiled(pattern, concepts) for name, pattern in concepts.items()}
    situations = {name: Situation(row.all, row.none) for name, row in file.situations.items()}
    return Lexicon(
        politeness={name: _compiled("|".join(parts), concepts) for name, parts in file.politeness.items()},
        concepts=patterns,
        situations=situations,
        turns=turns,
        cues=cues,
        sieve=Sieve([p.pattern for p in (*patterns.values(), *(cue.match for cue in cues)) if p is not None]),
        concepts_by_pattern=_grouped((pattern.pattern, name) for name, pattern in patterns.items()),
        situations_by_concept=_grouped((situation.all[0], name) for name, situation in situations.items()),
        cues_by_pattern=_grouped((None if cue.match is None else cue.match.pattern, at) for at, cue in enumerate(cues)),
    )


def _grouped(pairs: Iterable[tuple[Key, Value]]) -> Mapping[Key, Sequence[Value]]:
    groups: dict[Key, list[Value]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups


def _require(where: str, names: Iterable[str], known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            raise ValueError(f"{where}: no concept is called {name!r}")


def _cue(kind: Kind, row: _CueRow, concepts: Mapping[str, str], names: Collection[str]) -> Cue:
    if kind in (Kind.OPINION, Kind.UNREAD):
        raise ValueError(f"{kind}: never told by a rule")
    if row.match is None and not row.all:
        raise ValueError(f"{kind}: a cue needs `match` or `all`")
    _require(kind, (*row.all, *row.none), names)
    pattern = _compiled(row.match, concepts) if row.match is not None else None
    return Cue(kind, pattern, row.all, row.none, row.weight, row.because)


def _turn(turn: Turn, row: _TurnRow, concepts: Mapping[str, str], names: Collection[str]) -> TurnSign:
    _require(turn, (*row.all, *row.none), names)
    return TurnSign(turn, _compiled(row.match, concepts), row.all, row.none)


def _compiled(pattern: str, concepts: Mapping[str, str]) -> re.Pattern[str]:
    for _ in range(len(concepts) + 1):
        if not _REFERENCE.search(pattern):
            break
        pattern = _REFERENCE.sub(lambda reference: _concept(reference[1], concepts), pattern)
    else:
        raise ValueError(f"concepts refer to each other in a circle: {pattern[:60]!r}")
    try:
        return re.compile(pattern)
    except re.error as error:
        raise ValueError(f"pattern {pattern[:60]!r}: {error}") from error


def _concept(name: str, concepts: Mapping[str, str]) -> str:
    if name not in concepts:
        raise ValueError(f"no concept is called {name!r}")
    return f"(?:{concepts[name]})"
