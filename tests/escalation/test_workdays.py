"""Working days and due dates: dated examples from the official notices, and what must hold for every date."""

import json
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Literal

import pytest
from holidays.countries.china import ChinaStaticHolidays
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.deadlines.regions import Season, WorkingHours, known_regions, read_overlay
from escalation.deadlines.workdays import (
    FIRST_OFFICIAL_YEAR,
    LAST_OFFICIAL_YEAR,
    Correction,
    WorkCalendar,
    _feast_starts,
    local_date,
    make_calendar,
)

VECTORS = json.loads(Path(__file__).with_name("workday_vectors.json").read_text(encoding="utf-8"))["rows"]
CALENDARS = {region: make_calendar(region) for region in ("national", "xinjiang")}

calendars = st.sampled_from([CALENDARS["national"], CALENDARS["xinjiang"]])
dates = st.dates(date(2000, 1, 1), date(2098, 12, 31))
spans = st.integers(1, 40)
ample = settings(deadline=None)  # the first look at a year builds it


@pytest.mark.parametrize(("region", "received_on", "working_days", "due_on"), VECTORS)
def test_due_dates_worked_out_from_the_notices_hold(
    region: str, received_on: str, working_days: int, due_on: str
) -> None:
    account = CALENDARS[region].account(date.fromisoformat(received_on), working_days)
    assert account.due_on == date.fromisoformat(due_on)


def test_the_day_of_receipt_is_day_zero() -> None:
    # 第十五条: 7 working days. Thursday 2026-03-05 is not counted; 6, 9–13 and 16 March are.
    account = CALENDARS["national"].account(date(2026, 3, 5), 7)
    assert account.days[0].on == date(2026, 3, 6)
    assert account.due_on == date(2026, 3, 16)


def test_the_spring_festival_of_2025_is_told_day_by_day() -> None:
    # Notice for 2025: 28 January to 4 February off; Sunday 26 January and Saturday 8 February worked.
    account = CALENDARS["xinjiang"].account(date(2025, 1, 24), 7)
    assert [(day.on.isoformat(), day.counts, day.why) for day in account.days] == [
        ("2025-01-25", False, "周六"),
        ("2025-01-26", True, "调休上班"),
        ("2025-01-27", True, "工作日"),
        ("2025-01-28", False, "除夕放假"),
        ("2025-01-29", False, "春节放假"),
        ("2025-01-30", False, "春节放假"),
        ("2025-01-31", False, "春节放假"),
        ("2025-02-01", False, "周六"),
        ("2025-02-02", False, "周日"),
        ("2025-02-03", False, "春节放假"),
        ("2025-02-04", False, "春节放假"),
        ("2025-02-05", True, "工作日"),
        ("2025-02-06", True, "工作日"),
        ("2025-02-07", True, "工作日"),
        ("2025-02-08", True, "调休上班"),
        ("2025-02-09", False, "周日"),
        ("2025-02-10", True, "工作日"),
    ]
    assert not account.provisional


def test_the_national_day_of_2025_is_told_day_by_day() -> None:
    # Notice for 2025: 1 to 8 October off, the Mid-Autumn Festival within it; 28 September and 11 October worked.
    account = CALENDARS["national"].account(date(2025, 9, 26), 5)
    assert [(day.on.isoformat(), day.counts, day.why) for day in account.days] == [
        ("2025-09-27", False, "周六"),
        ("2025-09-28", True, "调休上班"),
        ("2025-09-29", True, "工作日"),
        ("2025-09-30", True, "工作日"),
        ("2025-10-01", False, "国庆节放假"),
        ("2025-10-02", False, "国庆节放假"),
        ("2025-10-03", False, "国庆节放假"),
        ("2025-10-04", False, "周六"),
        ("2025-10-05", False, "周日"),
        ("2025-10-06", False, "中秋节放假"),
        ("2025-10-07", False, "中秋节放假"),
        ("2025-10-08", False, "中秋节放假"),
        ("2025-10-09", True, "工作日"),
        ("2025-10-10", True, "工作日"),
    ]


def test_an_account_is_told_in_exactly_these_fields() -> None:
    told = CALENDARS["xinjiang"].account(date(2025, 6, 3), 7).to_json()
    assert list(told) == ["received_on", "due_on", "region", "provisional", "days"]
    assert (told["received_on"], told["due_on"], told["region"], told["provisional"]) == (
        "2025-06-03",
        "2025-06-17",
        "xinjiang",
        False,
    )
    assert told["days"][2] == {"on": "2025-06-06", "counts": False, "why": "古尔邦节放假"}
    assert json.loads(json.dumps(told)) == told


def test_every_reason_for_a_day_off_is_in_plain_chinese() -> None:
    for year in range(2000, 2031):
        for n in range(365):
            day = CALENDARS["xinjiang"].day(date(year, 1, 1) + timedelta(days=n))
            if day.counts:
                assert day.why in {"工作日", "调休上班"}
            else:
                assert day.why in {"周六", "周日"} or day.why.endswith("放假")
            assert not any(stray in day.why for stray in "()（）;0123456789") or day.why.startswith("中国人民抗日战争")


def test_the_stated_official_years_are_those_the_package_carries_notices_for() -> None:
    years = set(ChinaStaticHolidays.special_public_holidays)
    assert years == set(range(FIRST_OFFICIAL_YEAR, LAST_OFFICIAL_YEAR + 1))


@pytest.mark.parametrize(
    ("region", "on", "provisional"),
    [
        ("national", date(2000, 6, 1), True),  # before the first notice with make-up days
        ("national", date(2026, 11, 23), False),
        ("national", date(2026, 12, 25), False),
        ("national", date(2026, 12, 31), True),  # the notice for 2027 may take it for New Year's Day
        ("national", date(2025, 12, 31), False),
        ("national", date(2027, 3, 3), True),
        ("xinjiang", date(2022, 3, 3), False),
        ("xinjiang", date(2023, 3, 3), False),
        ("xinjiang", date(2024, 3, 3), False),  # no notice of 2024 is known, but none could move this day
        ("xinjiang", date(2024, 4, 3), True),
        ("xinjiang", date(2025, 3, 3), False),
        ("xinjiang", date(2026, 3, 12), False),
        ("xinjiang", date(2026, 3, 13), True),  # a week before the table's date of the feast
        ("xinjiang", date(2026, 3, 27), True),
        ("xinjiang", date(2026, 3, 28), False),
        ("xinjiang", date(2026, 11, 23), False),
        ("xinjiang", date(2027, 11, 23), True),
    ],
)
def test_a_day_is_provisional_while_a_notice_for_it_is_missing(region: str, on: date, *, provisional: bool) -> None:
    assert CALENDARS[region].day(on).provisional is provisional


def test_official_years_are_known_nationally_and_regionally() -> None:
    xinjiang = CALENDARS["xinjiang"]
    assert [year for year in range(2020, 2030) if xinjiang.official_regionally(year)] == [2022, 2023, 2025]
    assert [year for year in range(2025, 2030) if xinjiang.official_nationally(year)] == [2025, 2026]
    assert xinjiang.provisional_year(2026)
    assert not CALENDARS["national"].provisional_year(2026)


def test_an_account_that_touches_one_provisional_day_is_provisional() -> None:
    assert CALENDARS["national"].account(date(2026, 12, 24), 2).provisional
    assert not CALENDARS["national"].account(date(2026, 12, 24), 1).provisional


def _without_notices() -> WorkCalendar:
    overlay = read_overlay("xinjiang").model_copy(update={"notices": ()})
    return WorkCalendar("xinjiang", {}, frozenset(), overlay)


@pytest.mark.parametrize("year", [2022, 2023, 2025])
def test_computed_feasts_give_the_days_off_that_were_announced(year: int) -> None:
    computed, announced = _without_notices(), CALENDARS["xinjiang"]
    for n in range(365):
        on = date(year, 1, 1) + timedelta(days=n)
        assert computed.day(on).counts == announced.day(on).counts
        assert computed.day(on).why == announced.day(on).why
        assert computed.day(on).provisional or announced.day(on).why not in ("肉孜节放假", "古尔邦节放假")


def test_computed_feasts_of_2026_are_days_off_and_provisional() -> None:
    off = [date(2026, 3, 20), date(2026, 5, 27), date(2026, 5, 28), date(2026, 5, 29)]
    days = [CALENDARS["xinjiang"].day(on) for on in off]
    assert [day.why for day in days] == ["肉孜节放假", "古尔邦节放假", "古尔邦节放假", "古尔邦节放假"]
    assert all(day.provisional and not day.counts for day in days)


def test_a_year_with_two_feasts_of_the_same_name_has_both() -> None:
    # 2033: Eid al-Fitr falls on Sunday 2 January, moved to Tuesday since Monday is New Year's, and on 23 December.
    calendar = CALENDARS["xinjiang"]
    days = [date(2033, 1, 1) + timedelta(days=n) for n in range(365)]
    found = [on for on in days if calendar.day(on).why == "肉孜节放假"]
    assert found == [date(2033, 1, 4), date(2033, 12, 23)]


# First days of 肉孜节 (Eid al-Fitr) and 古尔邦节 (Eid al-Adha), 2015 to 2036, as published.
FEASTS = {
    "eid_al_fitr": """
        2015-07-17 2016-07-06 2017-06-25 2018-06-15 2019-06-04 2020-05-24 2021-05-13 2022-05-02 2023-04-21 2024-04-10
        2025-03-30 2026-03-20 2027-03-09 2028-02-26 2029-02-14 2030-02-04 2031-01-24 2032-01-14 2033-01-02 2033-12-23
        2034-12-12 2035-12-01 2036-11-19
    """,
    "eid_al_adha": """
        2015-09-23 2016-09-11 2017-09-01 2018-08-21 2019-08-11 2020-07-31 2021-07-20 2022-07-09 2023-06-28 2024-06-16
        2025-06-06 2026-05-27 2027-05-16 2028-05-05 2029-04-24 2030-04-13 2031-04-02 2032-03-22 2033-03-11 2034-03-01
        2035-02-18 2036-02-07
    """,
}


@pytest.mark.parametrize("table", ["eid_al_fitr", "eid_al_adha"])
def test_the_feasts_of_twenty_two_years_begin_on_the_published_days(
    table: Literal["eid_al_fitr", "eid_al_adha"],
) -> None:
    found = sorted({start for year in range(2015, 2037) for start in _feast_starts(table, year) if start.year >= 2015})
    assert [on.isoformat() for on in found] == FEASTS[table].split()


@pytest.mark.parametrize("table", ["eid_al_fitr", "eid_al_adha"])
def test_from_one_feast_to_the_next_it_is_a_lunar_year_also_where_the_published_table_ends(
    table: Literal["eid_al_fitr", "eid_al_adha"],
) -> None:
    found = sorted({start for year in range(2000, 2101) for start in _feast_starts(table, year)})
    assert (found[0].year, found[-1].year) == (1999, 2100)
    assert {(later - earlier).days for earlier, later in pairwise(found)} <= {353, 354, 355, 356}


def test_corrections_win_over_every_other_layer() -> None:
    corrections = {
        date(2025, 10, 1): Correction(counts=True, why="值班"),
        date(2025, 6, 6): Correction(counts=True, why="调休上班"),
        date(2026, 3, 20): Correction(counts=True, why="工作日"),
        date(2026, 3, 23): Correction(counts=False, why="肉孜节放假"),
    }
    calendar = make_calendar("xinjiang", corrections)
    for on, correction in corrections.items():
        day = calendar.day(on)
        assert (day.counts, day.why, day.provisional) == (correction.counts, correction.why, False)
    assert CALENDARS["xinjiang"].day(date(2025, 10, 1)).why == "国庆节放假"


def test_a_confirmed_year_is_no_longer_provisional() -> None:
    assert CALENDARS["xinjiang"].account(date(2026, 5, 18), 7).provisional
    calendar = make_calendar("xinjiang", confirmed_years=frozenset({2026}))
    assert not calendar.account(date(2026, 5, 18), 7).provisional
    assert calendar.day(date(2027, 1, 4)).provisional
    assert calendar.day(date(2026, 12, 31)).provisional


def test_an_unknown_region_is_refused_by_naming_the_known_ones() -> None:
    assert known_regions() == ("national", "xinjiang")
    with pytest.raises(ValueError, match="national、xinjiang"):
        make_calendar("../xinjiang")


@pytest.mark.parametrize("on", [date(1999, 12, 31), date(2101, 1, 1)])
def test_dates_outside_the_range_are_refused(on: date) -> None:
    calendar = CALENDARS["national"]
    for ask in (calendar.day, calendar.is_working, calendar.due_at, calendar.working_hours, calendar.starts_work_at):
        with pytest.raises(ValueError, match="2000–2100"):
            ask(on)
    with pytest.raises(ValueError, match="2000–2100"):
        calendar.account(on, 1)
    with pytest.raises(ValueError, match="2000–2100"):
        make_calendar("national", {on: Correction(counts=True, why="工作日")})


def test_a_count_that_leaves_the_range_is_refused() -> None:
    with pytest.raises(ValueError, match="2000–2100"):
        CALENDARS["national"].account(date(2100, 12, 20), 20)


@pytest.mark.parametrize("working_days", [0, -1])
def test_less_than_one_working_day_is_refused(working_days: int) -> None:
    with pytest.raises(ValueError, match="不少于 1"):
        CALENDARS["national"].account(date(2025, 3, 3), working_days)


def test_due_at_is_midnight_at_the_end_of_the_day_in_beijing() -> None:
    assert CALENDARS["xinjiang"].due_at(date(2025, 6, 17)) == datetime(2025, 6, 17, 16, tzinfo=UTC)


@given(calendars, dates)
def test_the_zone_has_no_summer_time(calendar: WorkCalendar, on: date) -> None:
    due_at = calendar.due_at(on)
    assert (due_at.hour, due_at.minute, due_at.utcoffset()) == (16, 0, timedelta(0))
    assert local_date(due_at) == on + timedelta(days=1)
    assert local_date(due_at - timedelta(microseconds=1)) == on


def test_an_instant_without_a_zone_has_no_local_date() -> None:
    with pytest.raises(ValueError, match="时区"):
        local_date(datetime(2025, 6, 17))  # noqa: DTZ001 - the naive instant is what is refused


@pytest.mark.parametrize(
    ("on", "afternoon"),
    [
        (date(2025, 4, 30), (time(15, 30), time(19, 30))),
        (date(2025, 5, 6), (time(16), time(20))),
        (date(2025, 9, 30), (time(16), time(20))),
        (date(2025, 10, 9), (time(15, 30), time(19, 30))),
    ],
)
def test_xinjiang_works_later_in_summer(on: date, afternoon: tuple[time, time]) -> None:
    assert CALENDARS["xinjiang"].working_hours(on) == ((time(10), time(14)), afternoon)
    assert CALENDARS["xinjiang"].starts_work_at(on) == datetime(on.year, on.month, on.day, 2, tzinfo=UTC)


def test_the_national_default_is_nine_to_six() -> None:
    calendar = CALENDARS["national"]
    assert calendar.working_hours(date(2025, 6, 3)) == ((time(9), time(12)), (time(14), time(18)))
    assert calendar.starts_work_at(date(2025, 6, 3)) == datetime(2025, 6, 3, 1, tzinfo=UTC)


def test_working_hours_are_those_in_force_on_the_date() -> None:
    later = WorkingHours(since=date(2026, 7, 1), seasons=(_season("01-01", "12-31", "08:30-12:00"),))
    overlay = read_overlay("national")
    overlay = overlay.model_copy(update={"working_hours": (*overlay.working_hours, later)})
    calendar = WorkCalendar("national", {}, frozenset(), overlay)
    assert calendar.working_hours(date(2026, 6, 30)) == ((time(9), time(12)), (time(14), time(18)))
    assert calendar.working_hours(date(2026, 7, 1)) == ((time(8, 30), time(12)),)


def _season(first: str, last: str, *hours: str) -> Season:
    return Season.model_validate({"first": first, "last": last, "hours": hours})


@pytest.mark.parametrize("hours", [("10:00-09:00",), ("10:00-14:00", "13:00-19:00"), ("10-14",), ()])
def test_hours_that_make_no_sense_are_refused(hours: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="hours"):
        _season("01-01", "12-31", *hours)


def test_seasons_that_leave_a_gap_are_refused() -> None:
    with pytest.raises(ValueError, match="不重不漏"):
        WorkingHours(since=date(2026, 1, 1), seasons=(_season("01-01", "12-30", "10:00-14:00"),))


@pytest.mark.parametrize(
    ("on", "n", "expected"),
    [
        (date(2025, 10, 11), 0, date(2025, 10, 11)),  # Saturday, made up for
        (date(2025, 10, 1), 0, date(2025, 10, 9)),
        (date(2025, 9, 30), 1, date(2025, 10, 9)),
        (date(2025, 10, 9), -1, date(2025, 9, 30)),
        (date(2025, 10, 9), -3, date(2025, 9, 28)),
        (date(2025, 10, 4), -1, date(2025, 9, 30)),
    ],
)
def test_shifting_goes_by_working_days(on: date, n: int, expected: date) -> None:
    assert CALENDARS["national"].shift(on, n) == expected


@ample
@given(calendars, dates, spans)
def test_every_account_adds_up(calendar: WorkCalendar, received_on: date, span: int) -> None:
    account = calendar.account(received_on, span)
    assert sum(day.counts for day in account.days) == span
    assert account.days[-1].counts
    assert account.days[-1].on == account.due_on
    assert calendar.is_working(account.due_on)
    assert [day.on for day in account.days] == [received_on + timedelta(days=n + 1) for n in range(len(account.days))]
    assert account.provisional == any(day.provisional for day in account.days)


@ample
@given(calendars, dates, spans)
def test_one_more_day_is_always_later(calendar: WorkCalendar, received_on: date, span: int) -> None:
    assert calendar.account(received_on, span + 1).due_on > calendar.account(received_on, span).due_on


@ample
@given(calendars, dates, st.integers(0, 30), spans)
def test_who_writes_later_is_never_due_earlier(
    calendar: WorkCalendar, received_on: date, later: int, span: int
) -> None:
    after = calendar.account(received_on + timedelta(days=later), span).due_on
    assert after >= calendar.account(received_on, span).due_on


@ample
@given(calendars, dates, st.integers(1, 30))
def test_shifting_there_and_back_returns_to_a_working_day(calendar: WorkCalendar, on: date, n: int) -> None:
    start = calendar.shift(on, 0)
    assert calendar.shift(calendar.shift(start, n), -n) == start
    assert calendar.shift(start, n) == calendar.account(start, n).due_on


@ample
@given(dates)
def test_the_region_only_takes_days_away_from_the_nation_unless_it_makes_them_up(on: date) -> None:
    if CALENDARS["xinjiang"].is_working(on):
        assert CALENDARS["national"].is_working(on)


def test_answers_are_remembered_per_year() -> None:
    calendar = make_calendar("national")
    assert calendar.day(date(2025, 6, 3)) is calendar.day(date(2025, 6, 3))
