"""What a region adds to the national calendar: one checked YAML file each, with days off, make-up days and hours."""

import re
from datetime import date, time
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Annotated, Literal

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

_SPAN = re.compile(r"(\d{2}:\d{2})-(\d{2}:\d{2})")

MonthDay = tuple[int, int]
Hours = tuple[time, time]


def _month_day(text: object) -> MonthDay:
    """Read "MM-DD"; 2000 was a leap year, so 02-29 is allowed."""
    day = date.fromisoformat(f"2000-{text}")
    return day.month, day.day


def _hours(text: object) -> Hours:
    """Read "HH:MM-HH:MM"."""
    match = _SPAN.fullmatch(str(text))
    if match is None:
        raise ValueError(f"工作时间应写作 HH:MM-HH:MM：{text}")
    return time.fromisoformat(match[1]), time.fromisoformat(match[2])


def _in_order(hours: tuple[Hours, ...]) -> tuple[Hours, ...]:
    moments = [moment for span in hours for moment in span]
    if any(later <= earlier for earlier, later in pairwise(moments)):
        raise ValueError("工作时间应按先后排列，且不得重叠")
    return hours


class _Checked(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Notice(_Checked):
    """What the region's government announced for one year: dates, each with the feast that it belongs to."""

    year: int
    source: str = Field(min_length=1)
    days_off: dict[date, str]
    working_days: dict[date, str]

    @model_validator(mode="after")
    def _of_its_year(self) -> "Notice":
        if any(on.year != self.year for on in (*self.days_off, *self.working_days)):
            raise ValueError(f"{self.year} 年的通知中有其他年份的日期")
        return self


class Feast(_Checked):
    """A feast of the Islamic calendar that the region gives days off for."""

    table: Literal["eid_al_fitr", "eid_al_adha"]
    name: str
    days: int = Field(ge=1, le=7)


class Season(_Checked):
    """Hours of work from `first` to `last` (month, day), both included; it may run over the turn of the year."""

    first: Annotated[MonthDay, BeforeValidator(_month_day)]
    last: Annotated[MonthDay, BeforeValidator(_month_day)]
    hours: Annotated[
        tuple[Annotated[Hours, BeforeValidator(_hours)], ...], Field(min_length=1), AfterValidator(_in_order)
    ]

    def covers(self, on: date) -> bool:
        """Whether the season holds on this local date."""
        here = (on.month, on.day)
        if self.first <= self.last:
            return self.first <= here <= self.last
        return here >= self.first or here <= self.last


class WorkingHours(_Checked):
    """Hours of work in force since a date."""

    since: date
    seasons: tuple[Season, ...]

    @model_validator(mode="after")
    def _whole_year(self) -> "WorkingHours":
        leap_year = [date.fromordinal(date(2000, 1, 1).toordinal() + n) for n in range(366)]
        if any(sum(season.covers(on) for season in self.seasons) != 1 for on in leap_year):
            raise ValueError("各季工作时间应恰好覆盖全年，不重不漏")
        return self


class Overlay(_Checked):
    """All that a region adds to the national calendar."""

    region: str
    name: str
    notices: tuple[Notice, ...]
    feasts: tuple[Feast, ...]
    working_hours: tuple[WorkingHours, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _without_repeats(self) -> "Overlay":
        years = [notice.year for notice in self.notices]
        since = [hours.since for hours in self.working_hours]
        if len(set(years)) != len(years) or sorted(set(since)) != since:
            raise ValueError("年份不得重复，工作时间应按生效日期排列")
        return self


@cache
def known_regions() -> tuple[str, ...]:
    """Names of the regions that have a file here, sorted."""
    files = resources.files(__name__).iterdir()
    return tuple(sorted(file.name.removesuffix(".yaml") for file in files if file.name.endswith(".yaml")))


@cache
def read_overlay(region: str) -> Overlay:
    """Read a region's file, once per process.

    Raises ValueError, naming the known regions, when there is no such region; pydantic's ValidationError (a
    ValueError) when the file is wrong.
    """
    if region not in known_regions():
        raise ValueError(f"未知地区 {region!r}；可用的地区：{'、'.join(known_regions())}")
    text = resources.files(__name__).joinpath(f"{region}.yaml").read_text(encoding="utf-8")
    return Overlay.model_validate(yaml.safe_load(text))
