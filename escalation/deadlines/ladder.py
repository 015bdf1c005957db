"""Says when a duty climbs and whom it then reaches: rungs in working days around the due date, at the start of work."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import pairwise
from typing import Self, TypedDict

from escalation.deadlines.workdays import WorkCalendar


class Addressee(StrEnum):
    """Who is reminded; resolved to persons only when the ladder is climbed."""

    HOLDER = "holder"
    HEAD = "head"
    OFFICE = "office"
    LEADER = "leader"
    ADMINISTRATOR = "administrator"


class RungJson(TypedDict):
    """A rung in plain values."""

    name: str
    offset: int
    addressees: list[str]


@dataclass(frozen=True, slots=True)
class Rung:
    """One step: its name, working days from the due day (negative: before; 0: the due day), and whom it reaches.

    The name identifies the rung in the record of reminders, so that an edited ladder repeats none. Raises ValueError
    for an empty name, or when nobody or somebody twice is addressed.
    """

    name: str
    offset: int
    addressees: tuple[Addressee, ...]

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError("提醒级须有名称")
        if not self.addressees or len(set(self.addressees)) != len(self.addressees):
            raise ValueError(f"提醒级 {self.name} 须有提醒对象，且不得重复")

    def at(self, due_on: date, calendar: WorkCalendar) -> datetime:
        """The instant (UTC) of this rung: start of work on the working day `offset` away from the due day.

        Where the due day is not a working day (calendar days), the last working day before it stands for it.
        """
        anchor = due_on if calendar.is_working(due_on) else calendar.shift(due_on, -1)
        return calendar.starts_work_at(calendar.shift(anchor, self.offset))


@dataclass(frozen=True, slots=True)
class Ladder:
    """The rungs of one kind of duty, lowest first.

    Raises ValueError when there is none, two share a name, or the offsets do not rise.
    """

    rungs: tuple[Rung, ...]

    def __post_init__(self) -> None:
        if not self.rungs:
            raise ValueError("提醒阶梯至少有一级")
        if len({rung.name for rung in self.rungs}) != len(self.rungs):
            raise ValueError("提醒级的名称不得重复")
        if any(higher.offset <= lower.offset for lower, higher in pairwise(self.rungs)):
            raise ValueError("提醒级应按时间先后排列，且不得同日")

    def to_json(self) -> list[RungJson]:
        """The rungs in plain values, as `from_json` takes them."""
        return [
            {"name": rung.name, "offset": rung.offset, "addressees": [who.value for who in rung.addressees]}
            for rung in self.rungs
        ]

    @classmethod
    def from_json(cls, plain: Sequence[Mapping[str, object]]) -> Self:
        """Read what `to_json` wrote. Raises ValueError for a missing, unknown or mistyped field."""
        return cls(tuple(_rung(rung) for rung in plain))


def next_step(ladder: Ladder, due_on: date, calendar: WorkCalendar, after: datetime) -> tuple[Rung, datetime] | None:
    """The first rung strictly later than `after`, with its instant (UTC); None when the ladder is climbed."""
    steps = ((rung, rung.at(due_on, calendar)) for rung in ladder.rungs)
    return next((step for step in steps if step[1] > after), None)


def reached(ladder: Ladder, due_on: date, calendar: WorkCalendar, since: datetime | None, now: datetime) -> Rung | None:
    """The highest rung passed after `since` and not later than `now`; None when there was none.

    `since` is the moment up to which rungs were seen to; None: from the beginning. After downtime only the highest
    rung missed is given, the lower ones being history.
    """
    passed = (
        rung
        for rung in reversed(ladder.rungs)
        if (at := rung.at(due_on, calendar)) <= now and (since is None or at > since)
    )
    return next(passed, None)


def _rung(plain: Mapping[str, object]) -> Rung:
    match plain:
        case {"name": str(name), "offset": int(offset), "addressees": list(addressees), **rest} if not rest:
            if isinstance(offset, bool):
                raise ValueError(f"offset 应为整数：{offset!r}")
            return Rung(name, offset, tuple(Addressee(who) for who in addressees))
        case _:
            raise ValueError(f"提醒级应有且仅有 name、offset、addressees：{plain!r}")
