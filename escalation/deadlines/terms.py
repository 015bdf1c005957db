"""Turns the terms of a duty into its due moment: start, span, unit, stops and extension in, one instant out.

What a stop costs (a stop is the time in which the clock stands still, such as waiting for the taxpayer):

- *working days* and *calendar days*: a local day that a stop touches, wholly or in part, is not counted. The office
  thus always has its whole days; a stop that ends at 24:00 does not touch the next day.
- *minutes*: exactly the time stopped.

A stop that began only after the term had run out changes nothing: what was overdue is overdue again once it ends.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Self, TypedDict

from escalation.deadlines.workdays import Day, WorkCalendar, count_days, local_date

_INSTANT = timedelta(microseconds=1)
STOPPED = "暂停计时"


class Unit(StrEnum):
    """What the span of a term is counted in."""

    WORKING_DAYS = "working_days"
    CALENDAR_DAYS = "calendar_days"
    MINUTES = "minutes"


class StopJson(TypedDict):
    """A stop in plain values; instants are ISO 8601 in UTC."""

    from_at: str
    until_at: str | None


class TermsJson(TypedDict):
    """Terms in plain values; instants are ISO 8601 in UTC."""

    started_at: str
    span: int
    unit: str
    region: str
    calendar_revision: int
    stops: list[StopJson]
    extension: int


@dataclass(frozen=True, slots=True)
class Stop:
    """A time in which the clock stands still, from `from_at` (included) to `until_at` (excluded); None: still running.

    Both are UTC. Raises ValueError when they are not, or when the stop would last no time.
    """

    from_at: datetime
    until_at: datetime | None = None

    def __post_init__(self) -> None:
        _require_utc(self.from_at)
        if self.until_at is not None:
            _require_utc(self.until_at)
            if self.until_at <= self.from_at:
                raise ValueError("暂停的结束时间应晚于开始时间")

    def touches(self, on: date) -> bool:
        """Whether any moment of this local date lies within the stop."""
        if on < local_date(self.from_at):
            return False
        return self.until_at is None or on <= local_date(self.until_at - _INSTANT)

    def to_json(self) -> StopJson:
        """The stop in plain values."""
        return {
            "from_at": self.from_at.isoformat(),
            "until_at": None if self.until_at is None else self.until_at.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class Terms:
    """All that decides when a duty is due. `span` and `extension` are counted in `unit`; instants are UTC.

    `calendar_revision` is the revision of the calendar that `due` was last reckoned with; it is kept, not used, here.
    Raises ValueError when an instant is not UTC, the span is under 1, the extension negative, or the stops begin before
    the start, overlap, or go on after one that is still running.
    """

    started_at: datetime
    span: int
    unit: Unit
    region: str
    calendar_revision: int
    stops: tuple[Stop, ...] = ()
    extension: int = 0

    def __post_init__(self) -> None:
        _require_utc(self.started_at)
        if self.span < 1 or self.extension < 0:
            raise ValueError("时限应不少于 1，延长不得为负")
        earliest: datetime | None = self.started_at
        for stop in self.stops:
            if earliest is None or stop.from_at < earliest:
                raise ValueError("暂停应按先后排列，不得早于起算时刻，不得重叠")
            earliest = stop.until_at

    @property
    def running_stop(self) -> Stop | None:
        """The stop that has not ended, if the clock stands still now."""
        return self.stops[-1] if self.stops and self.stops[-1].until_at is None else None

    def stopped(self, at: datetime) -> Self:
        """These terms with the clock stopped at an instant. Raises ValueError when it stands still already."""
        return replace(self, stops=(*self.stops, Stop(at)))

    def resumed(self, at: datetime) -> Self:
        """These terms with the clock going again; a stop that lasted no time leaves no trace.

        Raises ValueError when the clock was not stopped.
        """
        running = self.running_stop
        if running is None:
            raise ValueError("计时并未暂停")
        ended = (Stop(running.from_at, at),) if at > running.from_at else ()
        return replace(self, stops=(*self.stops[:-1], *ended))

    def to_json(self) -> TermsJson:
        """The terms in plain values, as `from_json` takes them."""
        return {
            "started_at": self.started_at.isoformat(),
            "span": self.span,
            "unit": self.unit.value,
            "region": self.region,
            "calendar_revision": self.calendar_revision,
            "stops": [stop.to_json() for stop in self.stops],
            "extension": self.extension,
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, object]) -> Self:
        """Read what `to_json` wrote. Raises ValueError for a missing, unknown or mistyped field."""
        _require_fields(plain, TermsJson.__required_keys__)
        stops = plain["stops"]
        if not isinstance(stops, list):
            raise ValueError(f"stops 应为列表：{stops!r}")
        return cls(
            started_at=_instant(plain["started_at"]),
            span=_integer(plain["span"]),
            unit=Unit(_text(plain["unit"])),
            region=_text(plain["region"]),
            calendar_revision=_integer(plain["calendar_revision"]),
            stops=tuple(_stop(stop) for stop in stops),
            extension=_integer(plain["extension"]),
        )


def due(terms: Terms, calendar: WorkCalendar) -> datetime | None:
    """The instant (UTC) after which the duty is overdue; None while a stop is running.

    Days end at 24:00 local; the day of receipt, by the local date, is day 0 (第十五条). Raises ValueError when the
    calendar is of another region, or the term leaves 2000–2100.
    """
    _require_region(terms, calendar)
    if terms.running_stop is not None:
        return None
    if terms.unit is Unit.MINUTES:
        return _minutes_due(terms)
    return calendar.due_at(_counted_days(terms, calendar)[-1].on)


def due_on(terms: Terms, calendar: WorkCalendar) -> date | None:
    """The local date on which `due` falls, 24:00 belonging to the day it ends; None while a stop is running."""
    due_at = due(terms, calendar)
    return None if due_at is None else local_date(due_at - _INSTANT)


def retell(terms: Terms, calendar: WorkCalendar) -> tuple[Day, ...]:
    """Every local day after the day of receipt up to the due day: counted, skipped or stopped, and why.

    While a stop is running, the days up to the one on which it began. For minutes every day counts, being touched by
    the clock; it is empty when the duty is due on the day it began. Raises ValueError as `due` does.
    """
    _require_region(terms, calendar)
    running = terms.running_stop
    last = date.max if running is None else local_date(running.from_at)
    if terms.unit is not Unit.MINUTES:
        return _counted_days(terms, calendar, last)
    received_on = local_date(terms.started_at)
    last = min(last, local_date(_minutes_due(terms) - _INSTANT))
    return tuple(
        _day(terms, calendar, received_on + timedelta(days=n)) for n in range(1, (last - received_on).days + 1)
    )


def _counted_days(terms: Terms, calendar: WorkCalendar, last: date = date.max) -> tuple[Day, ...]:
    span = terms.span + terms.extension
    return count_days(local_date(terms.started_at), span, lambda on: _day(terms, calendar, on), last)


def _day(terms: Terms, calendar: WorkCalendar, on: date) -> Day:
    """One day in the eyes of these terms: what the calendar says, unless a stop touches it."""
    match terms.unit:
        case Unit.WORKING_DAYS:
            day = calendar.day(on)
        case Unit.CALENDAR_DAYS:
            day = Day(on, counts=True, why="自然日", provisional=False)
        case Unit.MINUTES:
            return Day(on, counts=True, why="连续计时", provisional=False)
    if day.counts and any(stop.touches(on) for stop in terms.stops):
        return replace(day, counts=False, why=STOPPED)
    return day


def _minutes_due(terms: Terms) -> datetime:
    going_at, left = terms.started_at, timedelta(minutes=terms.span + terms.extension)
    for stop in terms.stops:
        ran = stop.from_at - going_at
        if stop.until_at is None or left <= ran:
            break
        going_at, left = stop.until_at, left - ran
    return going_at + left


def _require_region(terms: Terms, calendar: WorkCalendar) -> None:
    if terms.region != calendar.region:
        raise ValueError(f"时限属于 {terms.region}，日历却属于 {calendar.region}")


def _require_utc(instant: datetime) -> None:
    if instant.utcoffset() != timedelta(0):
        raise ValueError(f"时刻应为 UTC：{instant.isoformat()}")


def _require_fields(plain: Mapping[str, object], fields: frozenset[str]) -> None:
    if set(plain) != fields:
        raise ValueError(f"字段应为 {sorted(fields)}，实为 {sorted(plain)}")


def _stop(plain: object) -> Stop:
    if not isinstance(plain, Mapping):
        raise ValueError(f"应为对象：{plain!r}")
    _require_fields(plain, StopJson.__required_keys__)
    until_at = plain["until_at"]
    return Stop(_instant(plain["from_at"]), None if until_at is None else _instant(until_at))


def _instant(plain: object) -> datetime:
    """Read an instant; that it is UTC is checked by the value that receives it."""
    return datetime.fromisoformat(_text(plain))


def _text(plain: object) -> str:
    if not isinstance(plain, str):
        raise ValueError(f"应为文字：{plain!r}")
    return plain


def _integer(plain: object) -> int:
    if not isinstance(plain, int) or isinstance(plain, bool):
        raise ValueError(f"应为整数：{plain!r}")
    return plain
