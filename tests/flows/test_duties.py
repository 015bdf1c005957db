"""Time passes: who is reminded of what, once, and of nothing that has been done."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import func, select, update

from escalation.deadlines.terms import Terms, Unit
from escalation.duties.duties import change_terms, held_by_role, open_duty
from escalation.duties.patrol import patrol
from escalation.duties.redating import Change, correct
from escalation.rules.permissions import Role
from escalation.watches.cases import ANSWER, SIGN
from faq.catalog import published_anew
from storage.people import home_bureau
from storage.tables import duties, notices, reminders
from tests.flows.cast import COMPLAINT, TIP_OFF, UNKNOWN, count_of, dismiss, duties_of, employ, on_telegram, time_passes
from tests.support.house import HouseUnderTest, Visitor

# The sample bureau begins work at 10:00 北京时间 in November, which is 02:00 UTC.
TUESDAY = datetime(2025, 11, 4, 2, 0, tzinfo=UTC)  # the day on which a case of Monday is to be signed for


def morning(day: int, month: int = 11, year: int = 2025) -> datetime:
    return datetime(year, month, day, 2, 0, tzinfo=UTC)


async def at(house: HouseUnderTest, moment: datetime) -> Sequence[str | None]:
    """Let the clock stand at a moment and the patrol go; gives back the rungs that were climbed."""
    climbed = await time_passes(house, seconds=(moment - house.clock()).total_seconds())
    return [one.rung for one in climbed]


class Officers:
    """One of the staff of a department, its head, and the office."""

    def __init__(self, staff: Visitor, head: Visitor, office: Visitor) -> None:
        self.staff, self.head, self.office = staff, head, office

    async def reminders(self) -> tuple[int, int, int]:
        """How many reminders each has heard: staff, head, office."""
        said = [await one.heard() for one in (self.staff, self.head, self.office)]
        staff, head, office = (count_of(one, "【提醒】") + count_of(one, "【逾期】") for one in said)
        return staff, head, office


async def officers(house: HouseUnderTest) -> Officers:
    """Ayinur heads 纳税服务处; Guli works there; Wang is the office; Ayinur and Wang are the leaders."""
    staff = await employ(house, "guli", "古丽·样例", ["service"])
    return Officers(staff, await house.officer("ayinur"), await house.officer("wang"))


async def test_signing_is_reminded_of_on_the_day_then_at_the_head_then_at_the_office(house: HouseUnderTest) -> None:
    who = await officers(house)
    await (await house.visitor()).say(COMPLAINT)
    assert await at(house, datetime(2025, 11, 4, 1, 59, 59, tzinfo=UTC)) == []
    assert await at(house, TUESDAY) == ["T0"]
    assert await who.reminders() == (1, 1, 0)
    assert (await who.staff.heard())[-1].text == "【提醒】办件 2025-000001 请于 11月4日（周二）24:00 前签收。"
    assert await at(house, morning(5)) == ["T+1"]
    assert await who.reminders() == (1, 2, 0)
    overdue = (await who.head.heard())[-1]
    assert overdue.text == "【逾期】办件 2025-000001 应于 11月4日（周二）24:00 前签收，至今未办，请立即办理。"
    assert await at(house, morning(6)) == ["T+2"]
    assert await who.reminders() == (1, 2, 1)
    assert COMPLAINT in (await who.office.press("查看办件")).text


async def test_the_answer_is_reminded_of_two_days_before_one_day_before_on_the_day_and_after(
    house: HouseUnderTest,
) -> None:
    who = await officers(house)
    await (await house.visitor()).say(COMPLAINT)
    await who.staff.press("签收")
    assert await at(house, morning(12)) == []
    assert await at(house, morning(13)) == ["T-2"]  # 17 November, less a week-end and two working days
    assert await who.reminders() == (1, 1, 0)
    assert await at(house, morning(14)) == ["T-1"]
    assert await who.reminders() == (2, 2, 0)
    assert await at(house, morning(15)) == []
    assert await at(house, morning(17)) == ["T0"]
    assert await who.reminders() == (3, 3, 1)
    assert (await who.office.heard())[-1].text == "【提醒】办件 2025-000001 请于 11月17日（周一）24:00 前答复。"
    assert await at(house, morning(18)) == ["T+1"]
    assert await who.reminders() == (3, 4, 2)
    assert "【逾期】办件 2025-000001 应于 11月17日（周一）" in (await who.head.heard())[-1].text
    assert await at(house, morning(28)) == []


async def test_after_downtime_only_the_highest_rung_missed_is_given(house: HouseUnderTest) -> None:
    who = await officers(house)
    await (await house.visitor()).say(COMPLAINT)
    assert sorted(filter(None, await at(house, morning(20)))) == ["T+1", "T+2"]
    assert await who.reminders() == (0, 1, 2)  # T+1 of the answer to the leaders, T+2 of the signing to the office
    assert await at(house, morning(30)) == []
    async with house.database.reader() as reader:
        given = [row.rung for row in await reader.all(select(reminders.c.rung).order_by(reminders.c.rung))]
    assert given == ["T+1", "T+1", "T+2"]


async def test_nobody_is_reminded_of_what_is_done(house: HouseUnderTest) -> None:
    who = await officers(house)
    await (await house.visitor()).say(COMPLAINT)
    await who.staff.press("答复")
    await who.staff.say("您好，已整改。")
    assert await at(house, morning(30)) == []
    assert [duty.outcome for duty in (*await duties_of(house, SIGN), *await duties_of(house, ANSWER))] == ["done"] * 2
    assert await who.reminders() == (0, 0, 0)


async def test_a_reminder_that_was_written_before_the_answer_is_not_said_after_it(house: HouseUnderTest) -> None:
    who = await officers(house)
    on_phone = await on_telegram(house, "guli", 901)
    await (await house.visitor()).say(COMPLAINT)
    await who.staff.press("签收")
    await who.staff.press("答复")
    house.clock.now = morning(13)
    assert [one.rung for one in await patrol(house.database, house.deps.rules, house.clock())] == ["T-2"]
    card = next(one for one in reversed(await who.staff.heard()) if "态度恶劣" in one.text)
    await who.staff.say("您好，已整改。", reply_to=card)
    assert await who.reminders() == (0, 0, 0)
    assert count_of(on_phone.heard(), "【提醒】") == 0
    async with house.database.reader() as reader:
        outcomes = await reader.all(select(notices.c.outcome).where(notices.c.duty_id.is_not(None)))
    assert [row.outcome for row in outcomes] == ["moot"] * 3  # two desks and a telephone


async def test_two_patrols_at_once_give_one_reminder(either_house: HouseUnderTest) -> None:
    who = await officers(either_house)
    for name in ("a", "b", "c"):
        await (await either_house.visitor(name)).say(COMPLAINT)
    either_house.clock.now = TUESDAY
    rules, now = either_house.deps.rules, either_house.clock()
    climbed = await asyncio.gather(*(patrol(either_house.database, rules, now) for _ in range(4)))
    await either_house.settle()
    assert [one.rung for patrolled in climbed for one in patrolled] == ["T0"] * 3
    assert await who.reminders() == (3, 3, 0)


async def test_a_reminder_is_never_given_twice_for_one_rung(either_house: HouseUnderTest) -> None:
    """Even if the ladder is climbed again from the bottom, as after a change that put the clock back."""
    who = await officers(either_house)
    await (await either_house.visitor()).say(COMPLAINT)
    await at(either_house, TUESDAY)
    assert await who.reminders() == (1, 1, 0)
    for _ in range(2):
        async with either_house.database.unit() as unit:
            await unit.run(update(duties).values(stepped_at=None, next_step_at=unit.now))
        await time_passes(either_house)
    assert await who.reminders() == (1, 1, 0)
    async with either_house.database.reader() as reader:
        assert await reader.value(select(func.count()).select_from(reminders)) == 2


async def test_a_new_date_is_reminded_of_anew(house: HouseUnderTest) -> None:
    """A reminder belongs to one clock of its duty: when the date moves the rungs are climbed again."""
    who = await officers(house)
    await (await house.visitor()).say(COMPLAINT)
    await at(house, TUESDAY)
    async with house.database.unit() as unit:
        moved = update(duties).where(duties.c.kind == SIGN.code)
        await unit.run(moved.values(clock=duties.c.clock + 1, stepped_at=None, next_step_at=unit.now))
    await time_passes(house)
    assert await who.reminders() == (2, 2, 0)


async def test_ninety_calendar_days_end_where_they_end_and_are_reminded_of_on_working_days(
    house: HouseUnderTest,
) -> None:
    """Received on 3 November, a tip-off is due on Sunday, 1 February: the Friday before stands for it."""
    officer = await house.officer("ayinur")
    await (await house.visitor()).say(TIP_OFF)
    await officer.press("签收")
    assert await at(house, morning(27, 1, 2026)) == []
    assert await at(house, morning(28, 1, 2026)) == ["T-2"]
    assert await at(house, morning(29, 1, 2026)) == ["T-1"]
    assert await at(house, morning(30, 1, 2026)) == ["T0"]
    assert (await officer.heard())[-1].text == "【提醒】办件 2025-000001 请于 2月1日（周日）24:00 前答复。"
    assert await at(house, morning(1, 2, 2026)) == []
    assert await at(house, morning(2, 2, 2026)) == ["T+1"]
    assert (await officer.heard())[-1].text.startswith("【逾期】")


async def test_a_sealed_case_is_reminded_of_within_its_department_alone(house: HouseUnderTest) -> None:
    """第十八条: the office and the leaders, who hear of other cases, hear nothing of this one."""
    office, head = await house.officer("wang"), await house.officer("ayinur")
    staff = await employ(house, "guli", "古丽·样例", ["inspection"])
    leader = await employ(house, "leader", "局长·样例", ["service"], roles=["officer", "leader"])
    await (await house.visitor()).say(TIP_OFF)
    for moment in (TUESDAY, morning(5), morning(6), morning(30, 1, 2026), morning(2, 2, 2026)):
        await at(house, moment)
    assert count_of(await staff.heard(), "2025-000001") == 4  # the card, and three rungs
    assert count_of(await head.heard(), "2025-000001") == 6  # the card, and all five
    for outsider in (office, leader):
        assert count_of(await outsider.heard(), "2025-000001") == 0


async def test_passing_on_reminds_the_new_department_and_no_longer_the_old_one(house: HouseUnderTest) -> None:
    old, new = await house.officer("wang"), await house.officer("ayinur")
    await (await house.visitor()).say(UNKNOWN)
    await old.press("转办")
    await old.press("所得税处")
    await old.say("主要涉及所得税。")
    before = len(await old.heard())
    assert await at(house, TUESDAY) == [None, "T0"]  # the answer was only looked at
    assert "【提醒】办件 2025-000001 请于 11月4日（周二）24:00 前签收" in (await new.heard())[-1].text
    assert len(await old.heard()) == before
    await new.press("查看办件")
    await new.press("签收")
    assert await at(house, morning(10)) == ["T-2"]
    assert count_of(await new.heard(), "请于 11月12日（周三）24:00 前答复") == 1
    assert len(await old.heard()) == before


async def test_an_officer_who_left_is_not_reminded_and_the_next_one_is(house: HouseUnderTest) -> None:
    who = await officers(house)
    await (await house.visitor()).say(COMPLAINT)
    await dismiss(house, "ayinur")
    await at(house, TUESDAY)
    assert await who.reminders() == (1, 0, 0)
    assert await at(house, morning(5)) == ["T+1"]  # to the head, whom the department no longer has
    assert await who.reminders() == (1, 0, 1)  # so the administrator hears of it


async def test_no_signal_is_rung_that_nobody_hears(house: HouseUnderTest) -> None:
    """Each would be one NOTIFY on PostgreSQL. Patrol, FAQ and rules are looked at by the clock."""
    rules = house.deps.rules
    async with house.database.unit() as unit:
        terms = Terms(unit.now, 1, Unit.WORKING_DAYS, "xinjiang", rules.calendar_revision)
        holder, bureau_id = held_by_role(Role.ADMINISTRATOR), await home_bureau(unit)
        await open_duty(unit, rules, SIGN, 1, holder=holder, bureau_id=bureau_id, terms=terms)
        await change_terms(unit, rules, SIGN, 1, lambda terms: terms)
        await correct(unit, rules, Change("xinjiang", {}, frozenset({2026})), "王样例")
        await published_anew(unit)
        assert unit.wake == set()
