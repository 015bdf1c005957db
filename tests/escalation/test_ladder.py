"""Ladders: when each rung comes, and which one is given after downtime."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.deadlines.ladder import Addressee, Ladder, Rung, next_step, reached
from escalation.deadlines.workdays import BEIJING, make_calendar
from escalation.watches.cases import ANSWER, SIGN

XINJIANG = make_calendar("xinjiang")
DUE_ON = date(2025, 6, 11)  # the first working day after 古尔邦节 of 2025, 6 to 10 June
DUE_AT = XINJIANG.due_at(DUE_ON)
ample = settings(deadline=None)  # the first look at a year builds it


def beijing(text: str) -> datetime:
    """The UTC instant of a local time such as "2025-06-03 18:30"."""
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING).astimezone(UTC)


def name(rung: Rung | None) -> str | None:
    return None if rung is None else rung.name


def test_rungs_come_at_the_start_of_work_and_skip_days_off() -> None:
    assert [(rung.name, rung.at(DUE_ON, XINJIANG, DUE_AT)) for rung in ANSWER.ladder.rungs] == [
        ("T-2", beijing("2025-06-04 10:00")),
        ("T-1", beijing("2025-06-05 10:00")),
        ("T0", beijing("2025-06-11 10:00")),
        ("T+1", beijing("2025-06-12 10:00")),
    ]


def test_a_due_day_off_is_stood_for_by_the_last_working_day_before() -> None:
    # Sunday 2025-06-08, within the feast: T0 is Thursday 5 June, and the rungs before it stay apart.
    assert [rung.at(date(2025, 6, 8), XINJIANG, DUE_AT) for rung in ANSWER.ladder.rungs] == [
        beijing("2025-06-03 10:00"),
        beijing("2025-06-04 10:00"),
        beijing("2025-06-05 10:00"),
        beijing("2025-06-11 10:00"),
    ]


def test_the_default_ladders_reach_these_people() -> None:
    assert [(rung.name, [who.value for who in rung.addressees]) for rung in ANSWER.ladder.rungs] == [
        ("T-2", ["holder"]),
        ("T-1", ["holder", "head"]),
        ("T0", ["holder", "office"]),
        ("T+1", ["leader"]),
    ]
    assert [(rung.name, [who.value for who in rung.addressees]) for rung in SIGN.ladder.rungs] == [
        ("T0", ["holder"]),
        ("T+1", ["head"]),
        ("T+2", ["office"]),
    ]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("2025-06-03 09:00", "T-2"),
        ("2025-06-04 09:59", "T-2"),
        ("2025-06-04 10:00", "T-1"),
        ("2025-06-08 12:00", "T0"),
        ("2025-06-11 10:00", "T+1"),
        ("2025-06-12 10:00", None),
    ],
)
def test_the_next_step_is_strictly_later(after: str, expected: str | None) -> None:
    step = next_step(ANSWER.ladder, DUE_ON, XINJIANG, beijing(after), DUE_AT)
    assert (step and step[0].name) == expected
    assert step is None or step[1] == step[0].at(DUE_ON, XINJIANG, DUE_AT)


@pytest.mark.parametrize(
    ("since", "now", "expected"),
    [
        (None, "2025-06-04 09:59", None),
        (None, "2025-06-04 10:00", "T-2"),
        ("2025-06-04 10:00", "2025-06-05 09:59", None),
        ("2025-06-04 10:00", "2025-06-05 10:00", "T-1"),
        ("2025-06-03 10:00", "2025-06-11 23:00", "T0"),  # down for a week: T-2 and T-1 are history
        (None, "2025-07-01 10:00", "T+1"),
        ("2025-06-12 10:00", "2025-07-01 10:00", None),
    ],
)
def test_after_downtime_only_the_highest_rung_missed_is_given(
    since: str | None, now: str, expected: str | None
) -> None:
    rung = reached(ANSWER.ladder, DUE_ON, XINJIANG, beijing(since) if since else None, beijing(now), DUE_AT)
    assert name(rung) == expected


def test_ladders_survive_being_written_and_read() -> None:
    for ladder in (ANSWER.ladder, SIGN.ladder):
        assert Ladder.from_json([{**rung} for rung in ladder.to_json()]) == ladder
    assert SIGN.ladder.to_json()[1] == {"name": "T+1", "offset": 1, "addressees": ["head"]}


@pytest.mark.parametrize(
    "plain",
    [
        [],
        [{"name": "T0", "offset": 0}],
        [{"name": "T0", "offset": "0", "addressees": ["holder"]}],
        [{"name": "T0", "offset": False, "addressees": ["holder"]}],
        [{"name": "T0", "offset": 0, "addressees": ["neighbour"]}],
        [{"name": "T0", "offset": 0, "addressees": []}],
        [{"name": "T0", "offset": 0, "addressees": ["holder", "holder"]}],
        [{"name": " ", "offset": 0, "addressees": ["holder"]}],
        [{"name": "T0", "offset": 0, "addressees": ["holder"], "colour": "red"}],
    ],
)
def test_plain_values_that_are_no_ladder_are_refused(plain: list[dict[str, object]]) -> None:
    with pytest.raises(ValueError, match=r"."):
        Ladder.from_json(plain)


@pytest.mark.parametrize(
    "rungs",
    [
        (Rung("T0", 0, (Addressee.HOLDER,)), Rung("T0", 1, (Addressee.HEAD,))),
        (Rung("T+1", 1, (Addressee.HOLDER,)), Rung("T0", 0, (Addressee.HEAD,))),
        (Rung("a", 0, (Addressee.HOLDER,)), Rung("b", 0, (Addressee.HEAD,))),
    ],
)
def test_rungs_must_differ_and_rise(rungs: tuple[Rung, ...]) -> None:
    with pytest.raises(ValueError, match="提醒级"):
        Ladder(rungs)


@ample
@given(
    st.dates(date(2001, 1, 1), date(2090, 12, 31)),
    st.lists(st.integers(0, 14 * 24 * 60), min_size=1, max_size=12),
)
def test_a_patrol_that_wakes_at_any_moments_never_gives_a_rung_twice_nor_goes_down(
    due_on: date, wakes: list[int]
) -> None:
    start = XINJIANG.due_at(due_on) - timedelta(days=10)
    since: datetime | None = None
    given_offsets: list[int] = []
    for minutes in sorted(wakes):
        now = start + timedelta(minutes=minutes)
        rung = reached(ANSWER.ladder, due_on, XINJIANG, since, now, XINJIANG.due_at(due_on))
        if rung is not None:
            given_offsets.append(rung.offset)
        following = next_step(ANSWER.ladder, due_on, XINJIANG, now, XINJIANG.due_at(due_on))
        assert following is None or not given_offsets or following[0].offset > given_offsets[-1]
        since = now
    assert given_offsets == sorted(set(given_offsets))
