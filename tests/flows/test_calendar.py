"""An administrator corrects the calendar: what moves is shown before, moved in one commit, and told."""

from dataclasses import FrozenInstanceError
from datetime import date

import pytest

from bot.jobs import watch_rules
from escalation.deadlines.workdays import Correction
from escalation.duties.redating import Change, correct, preview
from escalation.rules.live import LiveRules
from tests.support.house import HouseUnderTest

QUESTION = "非居民企业间接转让中国境内企业股权，怎样申报缴纳企业所得税？"
OFF = Change("xinjiang", {date(2025, 11, 7): Correction(counts=False, why="特别放假")})


async def open_a_case(house: HouseUnderTest, name: str = "asker") -> str:
    taxpayer = await house.visitor(name)
    receipt = await taxpayer.say(QUESTION)
    assert "11月12日（周三）24:00" in receipt.text
    return receipt.text


async def test_a_preview_shows_what_a_day_off_would_move_and_moves_nothing(house: HouseUnderTest) -> None:
    await open_a_case(house)
    async with house.database.reader() as reader:
        moves = await preview(reader, house.deps.rules, OFF)
    assert [(move.kind, move.was_on, move.will_be_on) for move in moves] == [
        ("case.answer", date(2025, 11, 12), date(2025, 11, 13))
    ]
    taxpayer = await house.visitor("asker-again")
    assert "11月12日（周三）24:00" in (await taxpayer.say(QUESTION)).text


async def test_a_day_off_moves_the_open_promise_and_its_taxpayer_is_told(either_house: HouseUnderTest) -> None:
    taxpayer = await either_house.visitor()
    await taxpayer.say(QUESTION)
    async with either_house.database.unit() as unit:
        await correct(unit, either_house.deps.rules, OFF, "王样例")
    await watch_rules(either_house.deps)
    await either_house.settle()
    told = (await taxpayer.heard())[-1]
    assert "答复期限改为：2025年11月13日（周四）24:00前" in told.text
    assert "不计　　11月7日（周五）　特别放假" in (await taxpayer.press("如何计算")).text


async def test_a_case_opened_after_a_correction_counts_with_it(house: HouseUnderTest) -> None:
    async with house.database.unit() as unit:
        assert await correct(unit, house.deps.rules, OFF, "王样例") == []
    await watch_rules(house.deps)
    taxpayer = await house.visitor()
    assert "11月13日（周四）24:00" in (await taxpayer.say(QUESTION)).text


async def test_confirming_a_year_ends_what_was_provisional(house: HouseUnderTest) -> None:
    assert house.deps.rules.calendar("xinjiang").day(date(2026, 5, 27)).provisional
    async with house.database.unit() as unit:
        await correct(unit, house.deps.rules, Change("xinjiang", {}, frozenset({2026})), "王样例")
    await watch_rules(house.deps)
    assert not house.deps.rules.calendar("xinjiang").day(date(2026, 5, 27)).provisional
    assert house.deps.rules.calendar_revision == 2


async def test_the_rules_are_swapped_whole_and_the_house_stays_as_it_was_put_together(house: HouseUnderTest) -> None:
    before = house.deps.rules
    assert not await house.deps.live_rules.refresh(house.database)
    async with house.database.unit() as unit:
        await correct(unit, before, OFF, "王样例")
    assert await house.deps.live_rules.refresh(house.database)
    assert before.calendar("xinjiang").day(date(2025, 11, 7)).counts  # what began with these rules ends with them
    assert not house.deps.rules.calendar("xinjiang").day(date(2025, 11, 7)).counts
    with pytest.raises(FrozenInstanceError):
        setattr(house.deps, "live_rules", LiveRules(before))  # noqa: B010  mypy knows already
