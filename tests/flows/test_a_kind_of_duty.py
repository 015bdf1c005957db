"""A kind of duty is declared in one place: here is one that stands in this file alone, and the house does the rest."""

import ast
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.app import duty_kinds
from escalation.deadlines.ladder import Addressee, Ladder, Rung
from escalation.deadlines.terms import Unit as Span
from escalation.duties.duties import (
    OpenDuties,
    duty_of,
    held_by_role,
    latest_duty_of,
    open_by_kind,
    open_duty,
    region_of,
    settle,
)
from escalation.rules.duty_kinds import Duty, DutyKind, Reminder, Sealed, Settling
from escalation.rules.permissions import Role
from language import MessageId
from storage.people import home_bureau
from storage.tables import bureaus, notices
from storage.unit import Reader
from tests.flows.cast import time_passes
from tests.support.figures import scrape
from tests.support.house import HouseUnderTest, Visitor, open_test_house, sqlite_url

ROOMS = ("bot", "faq", "escalation")


async def _bureau(reader: Reader, duty: Duty) -> Mapping[str, object] | None:
    name = await reader.value(select(bureaus.c.name).where(bureaus.c.id == duty.subject_id))
    return None if name is None else {"bureau": name}


BACKUP = DutyKind(
    code="bureau.backup",
    title=MessageId("确认备份"),
    holder=MessageId("管理员"),
    ladder=Ladder(
        (
            Rung("T-1", -1, (Addressee.HOLDER,)),
            Rung("T0", 0, (Addressee.HOLDER, Addressee.LEADER)),
            Rung("T+1", 1, (Addressee.HOLDER,)),
        )
    ),
    settled=Settling.BY_HAND,
    span=3,
    unit=Span.WORKING_DAYS,
    reminder=Reminder(
        before_due=MessageId("【提醒】请于 {day} 24:00 前确认{bureau}的备份可以恢复。"),
        overdue=MessageId("【逾期】{bureau}的备份应于 {day} 24:00 前确认，至今未办。"),
        blanks=_bureau,
    ),
)
SECRET = replace(BACKUP, code="bureau.secret", sealed=Sealed.ALWAYS)


async def owe(house: HouseUnderTest, kind: DutyKind, subject_id: int | None = None) -> int:
    async with house.database.unit() as unit:
        home = await home_bureau(unit)
        rules = house.deps.rules
        terms = kind.terms(unit.now, await region_of(unit, home), rules.calendar_revision)
        holder = held_by_role(Role.ADMINISTRATOR)
        return await open_duty(unit, rules, kind, subject_id or home, holder=holder, bureau_id=home, terms=terms)


async def confirm(house: HouseUnderTest, kind: DutyKind) -> bool:
    async with house.database.unit() as unit:
        return await settle(unit, kind, await home_bureau(unit))


async def at(house: HouseUnderTest, day: int) -> Sequence[str | None]:
    """At the start of work on a day of November 2025; the rungs that are climbed."""
    morning = datetime(2025, 11, day, 2, 0, tzinfo=UTC)
    return [one.rung for one in await time_passes(house, seconds=(morning - house.clock()).total_seconds())]


async def heard(officer: Visitor) -> list[str]:
    return [one.text for one in await officer.heard() if "的备份" in one.text]


async def counted(house: HouseUnderTest, kind: DutyKind) -> tuple[float, float]:
    figures = await scrape(house.deps)
    return (
        figures.value("shuiqiao_duties_open", kind=kind.code),
        figures.value("shuiqiao_duties_overdue", kind=kind.code),
    )


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[HouseUnderTest]:
    kinds = (*duty_kinds(), BACKUP, SECRET)
    async with open_test_house(sqlite_url(tmp_path), tmp_path, kinds_of_duty=kinds) as opened:
        yield opened


async def test_a_kind_that_is_declared_is_opened_climbed_told_listed_counted_and_settled(house: HouseUnderTest) -> None:
    administrator, leader = await house.officer("wang"), await house.officer("ayinur")
    duty_id = await owe(house, BACKUP)
    async with house.database.reader() as reader:
        assert (await open_by_kind(reader))[BACKUP.code] == OpenDuties(open=1, overdue=0)
        assert await duty_of(reader, duty_id) is not None
    assert await counted(house, BACKUP) == (1, 0)
    assert await at(house, 4) == []
    assert await at(house, 5) == ["T-1"]  # due on Thursday, the 6th, three working days after the 3rd
    assert await heard(administrator) == [
        "【提醒】请于 11月6日（周四） 24:00 前确认国家税务总局新疆维吾尔自治区税务局的备份可以恢复。"
    ]
    assert await heard(leader) == []
    assert await at(house, 6) == ["T0"]
    assert (len(await heard(administrator)), len(await heard(leader))) == (2, 1)
    assert await at(house, 7) == ["T+1"]
    assert (await heard(administrator))[-1].startswith("【逾期】国家税务总局")
    assert await counted(house, BACKUP) == (1, 1)
    assert await confirm(house, BACKUP)
    assert not await confirm(house, BACKUP)
    assert await counted(house, BACKUP) == (0, 0)
    async with house.database.reader() as reader:
        settled = await latest_duty_of(reader, BACKUP, await home_bureau(reader))
        assert settled is not None
        assert (settled.id, settled.outcome) == (duty_id, "done")


async def test_who_reads_english_is_told_in_chinese_what_nobody_has_translated(house: HouseUnderTest) -> None:
    administrator = await house.officer("wang")
    await administrator.say("/language")
    await owe(house, BACKUP)
    await at(house, 5)
    assert (await heard(administrator))[-1].startswith("【提醒】请于 Thu, 6 Nov 2025 24:00 前确认")


async def test_of_a_sealed_kind_nobody_hears_but_its_holder(house: HouseUnderTest) -> None:
    administrator, leader = await house.officer("wang"), await house.officer("ayinur")
    await owe(house, SECRET)
    assert await at(house, 6) == ["T0"]
    assert (len(await heard(administrator)), await heard(leader)) == (1, [])


async def test_what_is_no_longer_true_is_not_said(house: HouseUnderTest) -> None:
    administrator = await house.officer("wang")
    duty_id = await owe(house, BACKUP, subject_id=10**6)
    assert await at(house, 5) == ["T-1"]
    assert await heard(administrator) == []
    async with house.database.reader() as reader:
        outcomes = await reader.all(select(notices.c.outcome).where(notices.c.duty_id == duty_id))
    assert {row.outcome for row in outcomes} == {"moot"}


async def test_a_house_does_not_start_with_a_kind_that_nobody_has_words_for(tmp_path: Path) -> None:
    mute = replace(BACKUP, code="bureau.mute", reminder=None)
    with pytest.raises(ValueError, match=r"bureau\.mute 没有提醒的话"):
        async with open_test_house(sqlite_url(tmp_path), tmp_path, kinds_of_duty=(*duty_kinds(), mute)):
            pass


async def test_a_house_does_not_start_with_two_kinds_of_one_code(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"bureau\.backup 重复"):
        async with open_test_house(sqlite_url(tmp_path), tmp_path, kinds_of_duty=(BACKUP, replace(BACKUP, span=4))):
            pass


def test_every_kind_that_a_room_declares_is_in_the_list() -> None:
    root = Path(__file__).parents[2]
    declared = [
        call
        for room in ROOMS
        for path in (root / room).rglob("*.py")
        for call in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(call, ast.Call) and ast.unparse(call.func) == DutyKind.__name__
    ]
    assert len(declared) == len(duty_kinds()) == len({kind.code for kind in duty_kinds()})
