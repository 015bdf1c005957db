"""Says when a duty climbs and whom it then reaches: rungs around the due moment, in working days, at the start of work,
or in minutes for clocks that run in them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import NotRequired, Self, TypedDict

from escalation.deadlines.workdays import WorkCalendar


class Addressee(StrEnum):
    """Who is reminded; resolved to persons only when the ladder is climbed."""

    HOLDER = "holder"
    HEAD = "head"
    OFFICE = "office"
    LEADER = "leader"
    ADMINISTRATOR = "administrator"


class RungUnit(StrEnum):
    """What the offset of a rung is counted in."""

    WORKING_DAYS = "working_days"
    MINUTES = "minutes"


class RungJson(TypedDict):
    """A rung in plain values; `unit` is left out for working days."""

    name: str
    offset: int
    addressees: list[str]
    unit: NotRequired[str]


@dataclass(frozen=True, slots=True)
class Rung:
    """One step: its name, how far it is from when the duty is due (negative: before), and whom it reaches.

    The name identifies the rung in the record of reminders, so that an edited ladder repeats none. Raises ValueError
    for an empty name, or when nobody or somebody twice is addressed.
    """

    name: str
    offset: int
    addressees: tuple[Addressee, ...]
    unit: RungUnit = RungUnit.WORKING_DAYS

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError("提醒级须有名称")
        if not self.addressees or len(set(self.addressees)) != len(self.addressees):
            raise ValueError(f"提醒级 {self.name} 须有提醒对象，且不得重复")

    def at(self, due_on: date, calendar: WorkCalendar, due_at: datetime) -> datetime:
        """The instant (UTC) of this rung: start of work on the working day `offset` away from the due day, or so many
        minutes from the instant at which the duty is due.

        Where the due day is not a working day (calendar days), the last working day before it stands for it.
        """
        if self.unit is RungUnit.MINUTES:
            return due_at + timedelta(minutes=self.offset)
        anchor = due_on if calendar.is_working(due_on) else calendar.shift(due_on, -1)
        return calendar.starts_work_at(calendar.shift(anchor, self.offset))


@dataclass(frozen=True, slots=True)
class Ladder:
    """The rungs of one kind of duty, lowest first.

    Raises ValueError when there is none, two share a name, they count in two units, or the offsets do not rise.
    """

    rungs: tuple[Rung, ...]

    def __post_init__(self) -> None:
        if not self.rungs:
            raise ValueError("提醒阶梯至少有一级")
        if len({rung.name for rung in self.rungs}) != len(self.rungs):
            raise ValueError("提醒级的名称不得重复")
        if len({rung.unit for rung in self.rungs}) != 1:
            raise ValueError("提醒级应都按工作日，或者都按分钟")
        if any(higher.offset <= lower.offset for lower, higher in pairwise(self.rungs)):
            raise ValueError("提醒级应按时间先后排列，且不得同日")

    def to_json(self) -> list[RungJson]:
        """The rungs in plain values, as `from_json` takes them."""
        return [_plain(rung) for rung in self.rungs]

    @classmethod
    def from_json(cls, plain: Sequence[Mapping[str, object]]) -> Self:
        """Read what `to_json` wrote. Raises ValueError for a missing, unknown or mistyped field."""
        return cls(tuple(_rung(rung) for rung in plain))


def next_step(
    ladder: Ladder, due_on: date, calendar: WorkCalendar, after: datetime, due_at: datetime
) -> tuple[Rung, datetime] | None:
    """The first rung strictly later than `after`, with its instant (UTC); None when the ladder is climbed."""
    steps = ((rung, rung.at(due_on, calendar, due_at)) for rung in ladder.rungs)
    return next((step for step in steps if step[1] > after), None)


def reached(
    ladder: Ladder, due_on: date, calendar: WorkCalendar, since: datetime | None, now: datetime, due_at: datetime
) -> Rung | None:
    """The highest rung passed after `since` and not later than `now`; None when there was none.

    `since` is the moment up to which rungs were seen to; None: from the beginning. After downtime only the highest
    rung missed is given, the lower ones being history.
    """
    passed = (
        rung
        for rung in reversed(ladder.rungs)
        if (at := rung.at(due_on, calendar, due_at)) <= now and (since is None or at > since)
    )
    return next(passed, None)


def _plain(rung: Rung) -> RungJson:
    plain = RungJson(name=rung.name, offset=rung.offset, addressees=[who.value for who in rung.addressees])
    if rung.unit is not RungUnit.WORKING_DAYS:
        plain["unit"] = rung.unit.value
    return plain


def _rung(plain: Mapping[str, object]) -> Rung:
    match plain:
        case {"name": str(name), "offset": int(offset), "addressees": list(addressees), **rest} if rest.keys() <= {
            "unit"
        }:
            if isinstance(offset, bool):
                raise ValueError(f"offset 应为整数：{offset!r}")
            unit = RungUnit(str(rest.get("unit", RungUnit.WORKING_DAYS)))
            return Rung(name, offset, tuple(Addressee(who) for who in addressees), unit)
        case _:
            raise ValueError(f"提醒级应有且仅有 name、offset、addressees，可有 unit：{plain!r}")
