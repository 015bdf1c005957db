"""What became of a text that a taxpayer wrote, as the door is told it; the door puts it into words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from escalation.cases.queries import Case as OpenCase
from faq.catalog import Entry
from intents import Kind, Turn


@dataclass(frozen=True, slots=True)
class Before:
    """What its writer wrote just before, and what a line is read together with: the text, the moment of receipt of its
    first line (UTC) and, where its writer was asked about it, the number under which it is kept; `offered` where that
    was a choice of entries.
    """

    text: str
    received_at: datetime
    asked_id: int | None = None
    offered: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """Words of this kind, or of this turn, are to be said; `asked_id` where the writer may insist on people.

    `before` is what is to be read together with the next line, where the turn is a piece of something; `again` says
    that words for a piece were said a moment ago. `case` is the unfinished one whose progress was asked after.
    """

    kind: Kind
    asked_id: int | None = None
    turn: Turn | None = None
    before: Before | None = None
    again: bool = False
    case: OpenCase | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """The entry is to be said outright; `case` is the writer's unfinished one, to which the line may belong."""

    asked_id: int
    entry: Entry
    case: OpenCase | None = None


@dataclass(frozen=True, slots=True)
class Offered:
    """The writer is to choose one of these entries; `case` is the unfinished one, to which the line may belong."""

    asked_id: int
    entries: Sequence[Entry]
    case: OpenCase | None = None
    before: Before | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One of several numbered questions, and the entry that answers it outright, where one does."""

    text: str
    entry: Entry | None


@dataclass(frozen=True, slots=True)
class AnsweredInParts:
    """Several questions of one message are to be answered one by one."""

    asked_id: int
    parts: Sequence[Part]


@dataclass(frozen=True, slots=True)
class AskedBack:
    """The writer is to say whether the line belongs to the open case. Kept with the case as `line_id`, its department
    has seen it; with `asked_id`, nobody has.
    """

    case: OpenCase
    text: str
    asked_id: int | None = None
    before: Before | None = None
    line_id: int | None = None


@dataclass(frozen=True, slots=True)
class AskedKind:
    """The writer is to say of which of these kinds the line is, or to say more where there are none. Nobody else has
    seen it.
    """

    asked_id: int
    kinds: Sequence[Kind]
    text: str
    before: Before
    again: bool = False


@dataclass(frozen=True, slots=True)
class Supplemented:
    """The line has been added to the case, and its writer told."""

    case: OpenCase


@dataclass(frozen=True, slots=True)
class CaseOpened:
    """The line has become a case; its writer is told by the receipt."""

    case_id: int


Result: TypeAlias = Words | Answered | Offered | AnsweredInParts | AskedBack | AskedKind | Supplemented | CaseOpened
