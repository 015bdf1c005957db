"""What people are told about a case: one frozen value a kind of notice, whose facts have names and types.

The values are stored as JSON and read again when the notice is said, so a field that is renamed needs a migration.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, ClassVar, TypeVar

from pydantic import TypeAdapter

from storage.outbox import Notice


class Facts:
    """The facts of a notice. KIND is that of the notice, by which its wording is found."""

    __slots__ = ()
    KIND: ClassVar[str]


F = TypeVar("F", bound=Facts)


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    """How a kind of facts is written and read; made once for each, because to make it costs more than to use it."""
    return TypeAdapter(kind)


def notice_of(facts: Facts) -> Notice:
    """The notice that tells these facts."""
    kind: Any = type(facts)  # mypy takes no class for hashable
    return Notice(facts.KIND, _adapter(kind).dump_python(facts, mode="json"))


def facts_in(facts: type[F], payload: Mapping[str, Any]) -> F:
    """The facts that a notice was written with."""
    kind: Any = facts
    read: F = _adapter(kind).validate_python(dict(payload))
    return read


@dataclass(frozen=True, slots=True)
class Receipt(Facts):
    """To the taxpayer: the case was opened. `code` is the 查询码, which is kept nowhere else; `kind` is the case's."""

    KIND = "case.receipt"
    case_id: int
    number: str
    code: str
    kind: str
    department: str
    due_on: date | None


@dataclass(frozen=True, slots=True)
class Signed(Facts):
    """To the taxpayer."""

    KIND = "case.signed"
    case_id: int


@dataclass(frozen=True, slots=True)
class PassedOn(Facts):
    """To the taxpayer: another department answers."""

    KIND = "case.passed_on"
    case_id: int
    department: str


@dataclass(frozen=True, slots=True)
class Rerouted(Facts):
    """To the taxpayer: the case was taken for something else; this department answers it, by this day."""

    KIND = "case.rerouted"
    case_id: int
    department: str
    due_on: date | None


@dataclass(frozen=True, slots=True)
class Request(Facts):
    """To the taxpayer: something is missing."""

    KIND = "case.request"
    case_id: int
    text: str


@dataclass(frozen=True, slots=True)
class Resumed(Facts):
    """To the taxpayer: what was missing has come."""

    KIND = "case.resumed"
    case_id: int
    due_on: date


@dataclass(frozen=True, slots=True)
class Extended(Facts):
    """To the taxpayer: the answer comes later, and why."""

    KIND = "case.extended"
    case_id: int
    due_on: date
    reason: str


@dataclass(frozen=True, slots=True)
class Answered(Facts):
    """To the taxpayer: the answer."""

    KIND = "case.answer"
    case_id: int
    text: str


@dataclass(frozen=True, slots=True)
class Card(Facts):
    """To the department: the case as it stands."""

    KIND = "case.card"
    case_id: int


@dataclass(frozen=True, slots=True)
class Taken(Facts):
    """To the colleagues: an officer has signed."""

    KIND = "case.taken"
    number: str
    officer: str


@dataclass(frozen=True, slots=True)
class Finished(Facts):
    """To the colleagues: an officer has answered."""

    KIND = "case.done"
    number: str
    officer: str


@dataclass(frozen=True, slots=True)
class Unsorted(Facts):
    """To the department: the taxpayer wrote something that may belong to the case."""

    KIND = "case.unsorted"
    case_id: int
    number: str


@dataclass(frozen=True, slots=True)
class Nobody(Facts):
    """To the administrators: nobody in the department hears of its case."""

    KIND = "case.nobody"
    number: str
    department: str


@dataclass(frozen=True, slots=True)
class ExtensionCard(Facts):
    """To the leaders: more time is asked for."""

    KIND = "extension.card"
    extension_id: int


@dataclass(frozen=True, slots=True)
class ExtensionGranted(Facts):
    """To whoever asked; `officer` is who decided."""

    KIND = "extension.granted"
    number: str
    officer: str


@dataclass(frozen=True, slots=True)
class ExtensionRefused(Facts):
    """To whoever asked; `officer` is who decided."""

    KIND = "extension.refused"
    number: str
    officer: str


@dataclass(frozen=True, slots=True)
class Withheld(Facts):
    """To the taxpayer: the line `text` was shown to nobody yet; it may belong to the case, or be a matter of its own.

    `asked_id` is the number under which the line is kept, for `minutes`.
    """

    KIND = "case.withheld"
    case_id: int
    asked_id: int
    text: str
    minutes: int


@dataclass(frozen=True, slots=True)
class WhichKind(Facts):
    """To the taxpayer: the line `text` was shown to nobody yet; of which of these kinds (codes) is it? Without kinds
    the taxpayer is asked to say more. `again` says that the same was asked a moment ago.

    `asked_id` is the number under which the line is kept, for `minutes`.
    """

    KIND = "talk.which_kind"
    asked_id: int
    kinds: tuple[str, ...]
    text: str
    minutes: int
    again: bool = False


@dataclass(frozen=True, slots=True)
class Supplemented(Facts):
    """To the taxpayer: the case of this number has what was written."""

    KIND = "case.supplemented"
    number: str
