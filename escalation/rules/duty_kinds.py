"""What a kind of duty is: all that ladder, patrol, wording, figures and pages must know of it, declared in one value.

It is declared in the file that opens it. `bot/duty_kinds.py` names all of them, and hands them down in the rulebook.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeAlias

from sqlalchemy import Row

from escalation.deadlines.ladder import Ladder
from escalation.deadlines.terms import Terms, Unit
from language import MessageId
from storage.unit import Reader
from storage.unit import Unit as WorkUnit

Duty: TypeAlias = Row[Any]
"""A row of `duties`."""

Blanks: TypeAlias = Callable[[Reader, Duty], Awaitable[Mapping[str, object] | None]]
"""Fetches what stands in the blanks of a reminder, by name; None where it is no longer true. A `MessageId` among them
is translated."""

IsSealed: TypeAlias = Callable[[Reader, int], Awaitable[bool]]
"""Whether the subject of this number is sealed."""


TellRedated: TypeAlias = Callable[[WorkUnit, int, date], Awaitable[None]]
"""Tells whoever waits for what is owed that the subject of this number is due on another day now."""


class Sealed(StrEnum):
    """Whether only the holder may hear of a duty: 第十八条."""

    NEVER = "never"
    ALWAYS = "always"
    AS_ITS_SUBJECT = "as its subject"


class Settling(StrEnum):
    """How a tap settles a duty."""

    ON_ITS_SUBJECT = "on its subject"  # a button of the card or the entry that it is about does what is owed
    BY_HAND = "by hand"  # no tap: an operator settles it at the terminal


@dataclass(frozen=True, slots=True)
class Reminder:
    """What is said of a duty before it is due, and once it is overdue; `{day}` is the due day in both."""

    before_due: MessageId
    overdue: MessageId
    blanks: Blanks


@dataclass(frozen=True, slots=True)
class DutyKind:
    """A kind of duty. `holder` is told to people, a row of `duties` names its own.

    `span` counts in `unit`; both are None where the subject says by when. A kind without `reminder` is said by a
    renderer of its own; `tell_redated` tells people outside that a correction of the calendar moved it. Raises
    ValueError for a span without unit, or where nobody could tell whether it is sealed.
    """

    code: str
    title: MessageId
    holder: MessageId
    ladder: Ladder
    settled: Settling
    span: int | None = None
    unit: Unit | None = None
    sealed: Sealed = Sealed.NEVER
    subject_is_sealed: IsSealed | None = None
    reminder: Reminder | None = None
    tell_redated: TellRedated | None = None

    def __post_init__(self) -> None:
        if (self.span is None) != (self.unit is None):
            raise ValueError(f"待办 {self.code}：span 和 unit 要么都写，要么都不写")
        if (self.sealed is Sealed.AS_ITS_SUBJECT) != (self.subject_is_sealed is not None):
            raise ValueError(f"待办 {self.code}：随所办的事保密的，须写明 subject_is_sealed；其他的不写")

    def terms(self, started_at: datetime, region: str, calendar_revision: int, *, span: int | None = None) -> Terms:
        """The terms from an instant (UTC) on, with the default span where no other is given. Raises ValueError for a
        kind whose subject says by when.
        """
        if self.span is None or self.unit is None:
            raise ValueError(f"待办 {self.code} 没有默认时限")
        return Terms(started_at, span or self.span, self.unit, region, calendar_revision)

    async def is_sealed(self, reader: Reader, subject_id: int) -> bool:
        """Whether only the holder may hear of the duty about this subject."""
        if self.subject_is_sealed is not None:
            return await self.subject_is_sealed(reader, subject_id)
        return self.sealed is Sealed.ALWAYS
