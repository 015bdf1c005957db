"""Knows which days count: the working days of a place, the due date of a promise, the hours of work.

A calendar is made of four layers, the later ones winning:

1. weekends; national holidays and make-up working days (调休), from the `holidays` package;
2. the region's own days off and make-up days, from the notices kept in `calendars/<region>.yaml`;
3. for a year without such a notice, the region's feast days, computed (see `_feast_days_off`);
4. the administrator's corrections.

A day is provisional while a notice that could still move it is missing: the national notice of its year; the region's
notice, a week before and after the feasts that it sets; in the last days of December also the national notice of the
next year, which may take them for New Year's Day. A corrected day, and a year that the administrator has confirmed, is
not provisional.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Literal, TypedDict
from zoneinfo import ZoneInfo

from hijridate import Hijri
from holidays import country_holidays

from escalation.deadlines.regions import Overlay, read_overlay

# Local time everywhere in the product, called 北京时间 wherever it is shown.
BEIJING = ZoneInfo("Asia/Shanghai")

# Years whose State Council notice the `holidays` package carries. It guesses silently for any other year, so these
# bounds are stated here and a test holds them against the package's own table: a new release with a new notice turns
# that test red, and somebody looks.
FIRST_OFFICIAL_YEAR = 2001
LAST_OFFICIAL_YEAR = 2026

FIRST_YEAR = 2000
LAST_YEAR = 2100

# First days of the feasts by the lunar calendar: month, day. The lunar years are those that FIRST_YEAR to LAST_YEAR and
# the year before them touch; the published table ends with 1500 (16 November 2077).
_FEASTS = {"eid_al_fitr": (10, 1), "eid_al_adha": (12, 10)}
_LUNAR_YEARS = range(1419, 1525)
_LAST_TABLED_YEAR = 1500
_CYCLE_YEARS, _CYCLE = 30, timedelta(days=10631)

_ONE_DAY = timedelta(days=1)
_SATURDAY = 5
_WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
# New Year's Day has reached back as far as 29 December; the weekend before it is at most six days away.
_REACH_OF_NEXT_NOTICE = (12, 26)
# The notices of 2022, 2023 and 2025 set no day further than four from the table's dates; a week holds a weekend more.
_REACH_OF_A_FEAST = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Day:
    """A local date, whether it counts, and the reason in words for people (Chinese)."""

    on: date
    counts: bool
    why: str
    provisional: bool


@dataclass(frozen=True, slots=True)
class Correction:
    """What an administrator knows better about one date: does it count, and why (Chinese, shown to people)."""

    counts: bool
    why: str


class DayJson(TypedDict):
    """A day as the command line and the pages retell it."""

    on: str
    counts: bool
    why: str


class AccountJson(TypedDict):
    """An account as the command line prints it; dates are ISO 8601."""

    received_on: str
    due_on: str
    region: str
    provisional: bool
    days: list[DayJson]


@dataclass(frozen=True, slots=True)
class Account:
    """How a due date came about: every day after receipt, up to and including the due day."""

    received_on: date
    due_on: date
    region: str
    provisional: bool
    days: tuple[Day, ...]

    def to_json(self) -> AccountJson:
        """The account in plain values, dates as ISO 8601."""
        return {
            "received_on": self.received_on.isoformat(),
            "due_on": self.due_on.isoformat(),
            "region": self.region,
            "provisional": self.provisional,
            "days": [{"on": day.on.isoformat(), "counts": day.counts, "why": day.why} for day in self.days],
        }


@dataclass(frozen=True, slots=True, eq=False)
class WorkCalendar:
    """The working days and hours of one region; made by `make_calendar`. Dates are local (北京时间).

    Every method raises ValueError for a date outside 2000–2100.
    """

    region: str
    corrections: Mapping[date, Correction]
    confirmed_years: frozenset[int]
    _overlay: Overlay
    _years: dict[int, dict[date, Day]] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        """The region's name (Chinese)."""
        return self._overlay.name

    def day(self, on: date) -> Day:
        """Say whether this date counts, and why; one look-up once the year was built."""
        year = self._years.get(on.year)
        if year is None:
            _check_range(on)
            year = self._years[on.year] = self._build(on.year)
        return year[on]

    def is_working(self, on: date) -> bool:
        """Whether this date is a working day here."""
        return self.day(on).counts

    def account(self, received_on: date, working_days: int) -> Account:
        """Count `working_days` (at least 1) after the day of receipt, which is day 0 (第十五条: 7个工作日).

        Due at 24:00 local of `due_on`, see `due_at`. Raises ValueError when `working_days` is under 1 or the count
        leaves 2000–2100.
        """
        _check_range(received_on)
        days = count_days(received_on, working_days, self.day)
        return Account(
            received_on=received_on,
            due_on=days[-1].on,
            region=self.region,
            provisional=any(day.provisional for day in days),
            days=days,
        )

    def due_at(self, due_on: date) -> datetime:
        """The instant (UTC) of 24:00 local on `due_on`: overdue is only what is later than this."""
        _check_range(due_on)
        return datetime.combine(due_on + _ONE_DAY, time(), BEIJING).astimezone(UTC)

    def shift(self, on: date, n: int) -> date:
        """The n-th working day after `on` (before it when n < 0); for 0, `on` itself or the next working day."""
        if n == 0:
            return on if self.is_working(on) else self.shift(on, 1)
        step, left = (_ONE_DAY, n) if n > 0 else (-_ONE_DAY, -n)
        while left:
            on += step
            left -= self.is_working(on)
        return on

    def working_hours(self, on: date) -> tuple[tuple[time, time], ...]:
        """Spans of local time in which the office is open on a working day of this season; first is earliest."""
        _check_range(on)
        in_force = [hours for hours in self._overlay.working_hours if hours.since <= on] or self._overlay.working_hours
        return next(season.hours for season in in_force[-1].seasons if season.covers(on))

    def starts_work_at(self, on: date) -> datetime:
        """The instant (UTC) at which work starts on this date, were it a working day."""
        return datetime.combine(on, self.working_hours(on)[0][0], BEIJING).astimezone(UTC)

    def official_nationally(self, year: int) -> bool:
        """Whether the State Council's notice of this year is known."""
        return _official_nationally(year)

    def official_regionally(self, year: int) -> bool:
        """Whether the region's notice of this year is known; a region without feasts of its own awaits none."""
        return not self._overlay.feasts or any(notice.year == year for notice in self._overlay.notices)

    def provisional_year(self, year: int) -> bool:
        """Whether a notice of this year, national or regional, is missing and nobody has confirmed the year."""
        return year not in self.confirmed_years and not (
            self.official_nationally(year) and self.official_regionally(year)
        )

    def awaited_notices(self, year: int) -> tuple[str, ...]:
        """The notices (Chinese) that would make this year official; none where it is, or where it was confirmed."""
        if not self.provisional_year(year):
            return ()
        feasts = "、".join(feast.name for feast in self._overlay.feasts)
        national = () if self.official_nationally(year) else (f"国务院办公厅 {year} 年放假通知",)
        regional = () if self.official_regionally(year) else (f"{self.name} {year} 年{feasts}放假通知",)
        return national + regional

    def _build(self, year: int) -> dict[date, Day]:
        reasons = {**_national_year(year), **self._regional_reasons(year)}
        days = {on: Day(on, counts, why, self._is_provisional(on)) for on, (counts, why) in reasons.items()}
        for on, correction in self.corrections.items():
            if on.year == year:
                days[on] = Day(on, correction.counts, correction.why, provisional=False)
        return days

    def _is_provisional(self, on: date) -> bool:
        if on.year not in self.confirmed_years and not self.official_nationally(on.year):
            return True
        if any(first <= on <= last for first, last in self._feasts_awaited(on.year)):
            return True
        following = on.year + 1
        reached = (on.month, on.day) >= _REACH_OF_NEXT_NOTICE
        return reached and not (_official_nationally(following) or following in self.confirmed_years)

    def _feasts_awaited(self, year: int) -> Sequence[tuple[date, date]]:
        """The spans of days, first and last, that missing notices of the region may still move, around this year."""
        return [
            (start - _REACH_OF_A_FEAST, max(start, *_feast_days_off(start, feast.days)) + _REACH_OF_A_FEAST)
            for feast in self._overlay.feasts
            for start in {*_feast_starts(feast.table, year), *_feast_starts(feast.table, year + 1)}
            if start.year not in self.confirmed_years and not self.official_regionally(start.year)
        ]

    def _regional_reasons(self, year: int) -> dict[date, tuple[bool, str]]:
        for notice in self._overlay.notices:
            if notice.year == year:
                off = {on: (False, f"{feast}放假") for on, feast in notice.days_off.items()}
                return off | {on: (True, f"{feast}调休上班") for on, feast in notice.working_days.items()}
        announced = {notice.year for notice in self._overlay.notices}
        return {
            on: (False, f"{feast.name}放假")
            for feast in self._overlay.feasts
            for start in _feast_starts(feast.table, year)
            if start.year not in announced
            for on in _feast_days_off(start, feast.days)
            if on.year == year
        }


def make_calendar(
    region: str,
    corrections: Mapping[date, Correction] = MappingProxyType({}),
    *,
    confirmed_years: frozenset[int] = frozenset(),
) -> WorkCalendar:
    """Make the calendar of a region ("national", "xinjiang": one file each under `calendars/`).

    `corrections` win over everything else. `confirmed_years` are years that the administrator has compared with the
    notices, national and regional, and corrected where needed: their days are no longer provisional. Raises ValueError
    for an unknown region, naming the known ones, and for a correction outside 2000–2100.
    """
    for on in corrections:
        _check_range(on)
    return WorkCalendar(region, MappingProxyType(dict(corrections)), confirmed_years, read_overlay(region))


def local_date(instant: datetime) -> date:
    """The local date (北京时间) of an instant. Raises ValueError for an instant without a zone."""
    if instant.tzinfo is None:
        raise ValueError("时刻必须带时区")
    return instant.astimezone(BEIJING).date()


def count_days(received_on: date, span: int, day_of: Callable[[date], Day], last: date = date.max) -> tuple[Day, ...]:
    """Walk from the day after receipt until `span` days (at least 1) counted, so that the last one counts.

    The walk ends early, with fewer counted, at the date `last`.
    """
    if span < 1:
        raise ValueError(f"天数应不少于 1：{span}")
    days: list[Day] = []
    on, left = received_on, span
    while left and on < last:
        on += _ONE_DAY
        day = day_of(on)
        days.append(day)
        left -= day.counts
    return tuple(days)


def _check_range(on: date) -> None:
    if not FIRST_YEAR <= on.year <= LAST_YEAR:
        raise ValueError(f"日期 {on.isoformat()} 超出可计算的范围（{FIRST_YEAR}–{LAST_YEAR} 年）")


def _official_nationally(year: int) -> bool:
    return FIRST_OFFICIAL_YEAR <= year <= LAST_OFFICIAL_YEAR


@lru_cache(maxsize=LAST_YEAR - FIRST_YEAR + 2)
def _national_year(year: int) -> Mapping[date, tuple[bool, str]]:
    """Every date of the year → does it count nationally, and why.

    The next year is asked too, because its New Year's Day may take days of this December.
    """
    table = country_holidays("CN", years=(year, year + 1), language="zh_CN")
    named = {on: _feast_of(name) for on, name in table.items()}
    reasons: dict[date, tuple[bool, str]] = {}
    for on in _dates_of(year):
        if on in named:
            feast = named[on] or _nearest_feast(on, named)
            reasons[on] = (False, f"{feast.removesuffix('延长假期')}放假")
        elif on in table.weekend_workdays:
            reasons[on] = (True, "调休上班")
        else:
            reasons[on] = (False, _WEEKDAYS[on.weekday()]) if on.weekday() >= _SATURDAY else (True, "工作日")
    return MappingProxyType(reasons)


def _dates_of(year: int) -> Iterator[date]:
    on = date(year, 1, 1)
    while on.year == year:
        yield on
        on += _ONE_DAY


def _feast_of(name: str) -> str:
    """The feast in the package's label; empty for a day that was only swapped (「休息日（由 … 调休）」)."""
    if name.startswith("休息日"):
        return ""
    return name.replace("（补假）", "").replace("农历", "").replace("; ", "、")


def _nearest_feast(on: date, named: Mapping[date, str]) -> str:
    """The feast that a swapped day off belongs to: the nearest one by days, the earlier of two."""
    return min((abs(other - on), other, feast) for other, feast in named.items() if feast)[2]


def _counts_nationally(on: date) -> bool:
    return _national_year(on.year)[on][0]


def _feast_starts(table: Literal["eid_al_fitr", "eid_al_adha"], year: int) -> list[date]:
    """First days of a feast by the usual table, in this year and the one before, whose days off may run over."""
    return [start for start in _all_feast_starts(*_FEASTS[table]) if year - 1 <= start.year <= year]


@cache
def _all_feast_starts(month: int, day: int) -> tuple[date, ...]:
    """The dates of one day of the lunar year, from the year before the calendar's first one to its last one."""
    starts = (_from_lunar(year, month, day) for year in _LUNAR_YEARS)
    return tuple(start for start in starts if FIRST_YEAR - 1 <= start.year <= LAST_YEAR)


def _from_lunar(year: int, month: int, day: int) -> date:
    """The date by the published table of Umm al-Qura; after its end, by the cycle in which the lunar years repeat."""
    if year > _LAST_TABLED_YEAR:
        return _from_lunar(year - _CYCLE_YEARS, month, day) + _CYCLE
    return date.fromordinal(Hijri(year, month, day).to_gregorian().toordinal())


def _feast_days_off(start: date, days: int) -> list[date]:
    """Guess the days off that a feast gives: the table's date and the days after it, none lost to a day off.

    Rule: leave begins on the table's date and lasts `days` days; each that falls on a day that is free anyway (weekend
    or national holiday) moves to the next national working day after the feast. It gives exactly the days off of all
    six observed feasts (both feasts of 2022, 2023 and 2025). The feast itself was usually celebrated a day after the
    table's date, but the days off then began on its eve or were moved over a weekend, so that adding a day would miss
    three of the six. Where a one-day feast falls in midweek nothing was observed, and the notice may well say a day
    later: computed days are provisional, always.
    """
    wanted = [start + n * _ONE_DAY for n in range(days)]
    off = [on for on in wanted if _counts_nationally(on)]
    on = wanted[-1]
    while len(off) < days:
        on += _ONE_DAY
        if _counts_nationally(on):
            off.append(on)
    return off
