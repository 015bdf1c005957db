"""What buttons carry. The data names things by number only; whether the presser may touch them is looked up anew each
time, so that a forged or borrowed button opens nothing.
"""

from typing import Annotated, TypeAlias

from aiogram.filters.callback_data import CallbackData
from pydantic import Field

# What a forger writes beyond the numbers of a database is no number of anything.
Number: TypeAlias = Annotated[int, Field(ge=0, le=2**63 - 1)]


class Feedback(CallbackData, prefix="f"):
    """Under an answer: "solved", "unsolved", "human"; under a choice: "drop"."""

    asked_id: Number
    verdict: str


class Choice(CallbackData, prefix="c"):
    """One of the candidate questions; entry 0 is 「都不是」."""

    asked_id: Number
    entry_id: Number


class Topic(CallbackData, prefix="a"):
    """One of the questions that are asked most."""

    entry_id: Number


class Insist(CallbackData, prefix="i"):
    """Not the bureau's business, and yet it shall go to people."""

    asked_id: Number


class OwnCase(CallbackData, prefix="o"):
    """A taxpayer's own case: "view", "how"."""

    case_id: Number
    act: str


class OwnCases(CallbackData, prefix="l"):
    """The taxpayer's own cases before this one."""

    before: Number


class Sort(CallbackData, prefix="s"):
    """A second line while a case is open: "supplement" or "new"."""

    case_id: Number
    line_id: Number
    act: str


class Withheld(CallbackData, prefix="w"):
    """A line that nobody has been shown yet, and a case that it may belong to: "supplement" or "apart"."""

    asked_id: Number
    case_id: Number
    act: str


class Meant(CallbackData, prefix="n"):
    """Of what kind a line is that nobody has been shown yet: a kind's code, "other", or "drop"."""

    asked_id: Number
    kind: str


class Belongs(CallbackData, prefix="b"):
    """What was asked while a case is open belongs to that case."""

    asked_id: Number
    case_id: Number


class Rate(CallbackData, prefix="r"):
    case_id: Number
    stars: Number


class Menu(CallbackData, prefix="m"):
    """ "cases", "lookup", "language", "todo", "console", "faq"."""

    act: str


class Handle(CallbackData, prefix="h"):
    """An officer's case: "card", "sign", "answer", "pass_on", "kind", "cancel"."""

    case_id: Number
    act: str


class Send(CallbackData, prefix="x"):
    """「发出」, of what was typed in this update (id) for an officer's case."""

    case_id: Number
    typed_id: Number


class Todo(CallbackData, prefix="y"):
    """The cases to be handled after this one."""

    after: Number


class Rekind(CallbackData, prefix="q"):
    """The right kind of an officer's case, by its code."""

    case_id: Number
    kind: str


class Danger(CallbackData, prefix="d"):
    """Somebody sees to a life in danger, at this address."""

    address_id: Number


class PassOn(CallbackData, prefix="p"):
    case_id: Number
    department_id: Number


class Extend(CallbackData, prefix="e"):
    """An extension that a leader is to decide: "grant", "refuse"."""

    extension_id: Number
    act: str


class Keep(CallbackData, prefix="k"):
    """An entry of the FAQ as it was seen at `head`: "view", "draft", "answer", "phrase", "submit", "withdraw",
    "discard", "approve", "refuse", "verify", "cancel".
    """

    entry_id: Number
    head: Number
    act: str


class Teach(CallbackData, prefix="t"):
    """The wording that was tested in the message above, for an entry: "phrase", "override"."""

    entry_id: Number
    act: str


class Undo(CallbackData, prefix="u"):
    override_id: Number
