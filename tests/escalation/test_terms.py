"""Terms: when a duty is due, with stops and extensions, and that its days can be retold."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.deadlines.terms import STOPPED, Stop, Terms, Unit, due, due_on, retell
from escalation.deadlines.workdays import BEIJING, make_calendar

XINJIANG = make_calendar("xinjiang")
NATIONAL = make_calendar("national")
ample = settings(deadline=None)  # the first look at a year builds it


def beijing(text: str) -> datetime:
    """The UTC instant of a local time such as "2025-06-03 18:30"."""
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING).astimezone(UTC)


def terms(
    started: str, span: int = 7, unit: Unit = Unit.WORKING_DAYS, *stops: tuple[str, str | None], extension: int = 0
) -> Terms:
    return Terms(
        started_at=beijing(started),
        span=span,
        unit=unit,
        region="national",
        calendar_revision=1,
        stops=tuple(Stop(beijing(since), beijing(until) if until else None) for since, until in stops),
        extension=extension,
    )


def test_seven_working_days_end_at_midnight_of_the_seventh() -> None:
    # 第十五条. Received Tuesday 2025-06-03, in Xinjiang with 古尔邦节 from 6 to 10 June.
    asked = Terms(beijing("2025-06-03 11:00"), 7, Unit.WORKING_DAYS, "xinjiang", calendar_revision=1)
    assert due_on(asked, XINJIANG) == date(2025, 6, 17)
    assert due(asked, XINJIANG) == beijing("2025-06-18 00:00")
    assert retell(asked, XINJIANG) == XINJIANG.account(date(2025, 6, 3), 7).days


@pytest.mark.parametrize(
    ("started", "expected"), [("2026-03-05 23:59", "2026-03-06"), ("2026-03-06 00:00", "2026-03-09")]
)
def test_the_day_of_receipt_goes_by_the_local_date(started: str, expected: str) -> None:
    # Both instants lie on 5 March in UTC.
    assert due_on(terms(started, 1), NATIONAL) == date.fromisoformat(expected)


def test_calendar_days_count_weekends_too() -> None:
    petition = terms("2026-03-05 10:00", 15, Unit.CALENDAR_DAYS)
    assert due_on(petition, NATIONAL) == date(2026, 3, 20)
    assert len(retell(petition, NATIONAL)) == 15
    assert {day.why for day in retell(petition, NATIONAL)} == {"自然日"}


def test_minutes_run_without_regard_to_days() -> None:
    opinion = terms("2026-03-06 18:00", 48 * 60, Unit.MINUTES)
    assert due(opinion, NATIONAL) == beijing("2026-03-08 18:00")
    assert [day.on.day for day in retell(opinion, NATIONAL)] == [7, 8]


def test_minutes_that_end_at_midnight_belong_to_the_day_that_ends() -> None:
    alarm = terms("2026-03-06 23:00", 60, Unit.MINUTES)
    assert due_on(alarm, NATIONAL) == date(2026, 3, 6)
    assert retell(alarm, NATIONAL) == ()


def test_an_extension_adds_to_the_span() -> None:
    assert due_on(terms("2026-03-05 10:00", 7, extension=8), NATIONAL) == NATIONAL.account(date(2026, 3, 5), 15).due_on


def test_a_day_that_a_stop_touches_is_not_counted() -> None:
    # Received Thursday 5 March; stopped Monday afternoon to Wednesday morning: 9, 10 and 11 March do not count.
    waited = terms("2026-03-05 10:00", 3, Unit.WORKING_DAYS, ("2026-03-09 15:00", "2026-03-11 09:00"))
    assert [(day.on.day, day.counts, day.why) for day in retell(waited, NATIONAL)] == [
        (6, True, "工作日"),
        (7, False, "周六"),
        (8, False, "周日"),
        (9, False, STOPPED),
        (10, False, STOPPED),
        (11, False, STOPPED),
        (12, True, "工作日"),
        (13, True, "工作日"),
    ]
    assert due_on(waited, NATIONAL) == date(2026, 3, 13)


def test_a_stop_that_ends_at_midnight_does_not_touch_the_next_day() -> None:
    waited = terms("2026-03-05 10:00", 2, Unit.WORKING_DAYS, ("2026-03-09 15:00", "2026-03-10 00:00"))
    assert due_on(waited, NATIONAL) == date(2026, 3, 10)


def test_a_stop_on_the_day_of_receipt_or_over_a_weekend_costs_nothing() -> None:
    plain = terms("2026-03-05 10:00", 3)
    same_day = terms("2026-03-05 10:00", 3, Unit.WORKING_DAYS, ("2026-03-05 11:00", "2026-03-05 17:00"))
    weekend = terms("2026-03-05 10:00", 3, Unit.WORKING_DAYS, ("2026-03-07 11:00", "2026-03-08 17:00"))
    assert due(plain, NATIONAL) == due(same_day, NATIONAL) == due(weekend, NATIONAL)


def test_stops_move_calendar_days_by_whole_days_and_minutes_exactly() -> None:
    stop = ("2026-03-06 23:00", "2026-03-07 01:00")
    assert due_on(terms("2026-03-05 10:00", 3, Unit.CALENDAR_DAYS, stop), NATIONAL) == date(2026, 3, 10)
    hours = terms("2026-03-06 18:00", 24 * 60, Unit.MINUTES, stop, ("2026-03-20 01:00", "2026-03-20 02:00"))
    assert due(hours, NATIONAL) == beijing("2026-03-07 20:00")


@pytest.mark.parametrize("unit", list(Unit))
def test_while_a_stop_runs_nothing_is_due(unit: Unit) -> None:
    waiting = terms("2026-03-05 10:00", 4 if unit is not Unit.MINUTES else 9000, unit, ("2026-03-09 15:00", None))
    assert due(waiting, NATIONAL) is None
    assert due_on(waiting, NATIONAL) is None
    assert [day.on.day for day in retell(waiting, NATIONAL)] == [6, 7, 8, 9]


@pytest.mark.parametrize("unit", [Unit.WORKING_DAYS, Unit.CALENDAR_DAYS, Unit.MINUTES])
def test_a_stop_after_the_term_ran_out_does_not_wash_it_clean(unit: Unit) -> None:
    late = terms("2026-03-02 10:00", 2 if unit is not Unit.MINUTES else 2 * 24 * 60, unit)
    waiting = late.stopped(beijing("2026-03-09 10:00"))
    assert retell(waiting, NATIONAL) == retell(late, NATIONAL)
    assert due(waiting.resumed(beijing("2026-03-12 10:00")), NATIONAL) == due(late, NATIONAL)


def test_stopping_and_going_on_is_recorded() -> None:
    waiting = terms("2026-03-05 10:00").stopped(beijing("2026-03-09 15:00"))
    assert waiting.running_stop == Stop(beijing("2026-03-09 15:00"))
    going = waiting.resumed(beijing("2026-03-11 09:00"))
    assert going.running_stop is None
    assert going == terms("2026-03-05 10:00", 7, Unit.WORKING_DAYS, ("2026-03-09 15:00", "2026-03-11 09:00"))


def test_a_reply_stamped_before_the_stop_leaves_no_trace() -> None:
    # The channel's own timestamp has whole seconds, the stop had a fraction more.
    plain = terms("2026-03-05 10:00")
    assert plain.stopped(beijing("2026-03-09 15:00:00.5")).resumed(beijing("2026-03-09 15:00")) == plain


def test_a_clock_is_not_stopped_twice_nor_started_twice() -> None:
    waiting = terms("2026-03-05 10:00").stopped(beijing("2026-03-09 15:00"))
    with pytest.raises(ValueError, match="不得重叠"):
        waiting.stopped(beijing("2026-03-10 15:00"))
    with pytest.raises(ValueError, match="并未暂停"):
        terms("2026-03-05 10:00").resumed(beijing("2026-03-10 15:00"))


@pytest.mark.parametrize(
    "stops",
    [
        [("2026-03-04 10:00", "2026-03-06 10:00")],
        [("2026-03-09 10:00", "2026-03-10 10:00"), ("2026-03-10 09:00", "2026-03-11 10:00")],
        [("2026-03-09 10:00", None), ("2026-03-10 09:00", "2026-03-11 10:00")],
        [("2026-03-09 10:00", "2026-03-09 10:00")],
    ],
)
def test_stops_that_cannot_have_been_are_refused(stops: list[tuple[str, str | None]]) -> None:
    with pytest.raises(ValueError, match="暂停"):
        terms("2026-03-05 10:00", 7, Unit.WORKING_DAYS, *stops)


def test_spans_and_instants_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="时限"):
        terms("2026-03-05 10:00", 0)
    with pytest.raises(ValueError, match="时限"):
        terms("2026-03-05 10:00", 1, extension=-1)
    with pytest.raises(ValueError, match="UTC"):
        Terms(datetime(2026, 3, 5, tzinfo=BEIJING), 7, Unit.WORKING_DAYS, "national", 1)
    with pytest.raises(ValueError, match="UTC"):
        Stop(datetime(2026, 3, 5, tzinfo=timezone(timedelta(hours=8))))


def test_terms_are_not_reckoned_with_another_regions_calendar() -> None:
    with pytest.raises(ValueError, match="xinjiang"):
        due(terms("2026-03-05 10:00"), XINJIANG)
    with pytest.raises(ValueError, match="xinjiang"):
        retell(terms("2026-03-05 10:00"), XINJIANG)


def test_terms_in_plain_values_are_as_follows() -> None:
    waiting = terms("2026-03-05 10:00", 7, Unit.WORKING_DAYS, ("2026-03-09 15:00", None), extension=8)
    assert waiting.to_json() == {
        "started_at": "2026-03-05T02:00:00+00:00",
        "span": 7,
        "unit": "working_days",
        "region": "national",
        "calendar_revision": 1,
        "stops": [{"from_at": "2026-03-09T07:00:00+00:00", "until_at": None}],
        "extension": 8,
    }


@pytest.mark.parametrize(
    "change",
    [
        {"span": "7"},
        {"span": True},
        {"unit": "weeks"},
        {"unit": 1},
        {"started_at": "2026-03-05T10:00:00+08:00"},
        {"started_at": "2026-03-05T10:00:00"},
        {"started_at": "yesterday"},
        {"stops": None},
        {"stops": ["2026-03-09"]},
        {"stops": [{"from_at": "2026-03-09T07:00:00+00:00"}]},
        {"colour": "red"},
    ],
)
def test_plain_values_that_are_not_terms_are_refused(change: dict[str, object]) -> None:
    plain: dict[str, object] = {**terms("2026-03-05 10:00").to_json(), **change}
    with pytest.raises(ValueError, match=r"."):
        Terms.from_json(plain)


def test_a_missing_field_is_refused() -> None:
    plain: dict[str, object] = {**terms("2026-03-05 10:00").to_json()}
    del plain["extension"]
    with pytest.raises(ValueError, match="extension"):
        Terms.from_json(plain)


@st.composite
def any_terms(draw: st.DrawFn) -> Terms:
    started_at = datetime(2001, 1, 1, tzinfo=UTC) + draw(st.timedeltas(timedelta(0), timedelta(days=32_000)))
    gaps = draw(st.lists(st.integers(1, 3000), max_size=6))
    moments = [started_at + timedelta(minutes=sum(gaps[: n + 1])) for n in range(len(gaps))]
    stops = [Stop(since, until) for since, until in zip(moments[::2], moments[1::2], strict=False)]
    if len(moments) % 2:
        stops.append(Stop(moments[-1]))
    unit = draw(st.sampled_from(Unit))
    span = draw(st.integers(1, 30)) * (60 if unit is Unit.MINUTES else 1)
    return Terms(started_at, span, unit, "national", 1, tuple(stops), draw(st.integers(0, 8)))


@ample
@given(any_terms())
def test_terms_survive_being_written_and_read(given_terms: Terms) -> None:
    assert Terms.from_json({**given_terms.to_json()}) == given_terms


@ample
@given(any_terms())
def test_the_days_retold_lead_to_the_due_day(given_terms: Terms) -> None:
    days = retell(given_terms, NATIONAL)
    last = due_on(given_terms, NATIONAL)
    if given_terms.running_stop is not None:
        assert last is None
    elif given_terms.unit is not Unit.MINUTES:
        assert days[-1].on == last
        assert days[-1].counts
        assert sum(day.counts for day in days) == given_terms.span + given_terms.extension


@ample
@given(any_terms())
def test_a_stop_never_brings_the_due_moment_forward(given_terms: Terms) -> None:
    due_at = due(given_terms, NATIONAL)
    unstopped = Terms(
        given_terms.started_at, given_terms.span, given_terms.unit, "national", 1, (), given_terms.extension
    )
    plain = due(unstopped, NATIONAL)
    assert plain is not None
    assert due_at is None or due_at >= plain
