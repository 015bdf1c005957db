"""What buttons carry. The data names things by number only; whether the presser may touch them is looked up anew each
time, so that a forged or borrowed button opens nothing.
"""

from aiogram.filters.callback_data import CallbackData


class Feedback(CallbackData, prefix="f"):
    """Under an answer: "solved", "unsolved", "human"."""

    asked_id: int
    verdict: str


class Choice(CallbackData, prefix="c"):
    """One of the candidate questions; entry 0 is 「都不是」."""

    asked_id: int
    entry_id: int


class Insist(CallbackData, prefix="i"):
    """Not the bureau's business, and yet it shall go to people."""

    asked_id: int


class OwnCase(CallbackData, prefix="o"):
    """A taxpayer's own case: "view", "how"."""

    case_id: int
    act: str


class Sort(CallbackData, prefix="s"):
    """A second line while a case is open: "supplement" or "new"."""

    case_id: int
    act: str


class Rate(CallbackData, prefix="r"):
    case_id: int
    stars: int


class Menu(CallbackData, prefix="m"):
    """ "cases", "lookup", "language", "todo"."""

    act: str


class Handle(CallbackData, prefix="h"):
    """An officer's case: "card", "sign", "answer", "pass_on", "cancel"."""

    case_id: int
    act: str


class PassOn(CallbackData, prefix="p"):
    case_id: int
    department_id: int
