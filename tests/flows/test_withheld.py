"""What is of a sealed kind, or may be, never touches another case: 第十八条."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from bot.jobs import open_what_was_withheld
from faq.asked import WITHHELD
from storage.tables import addresses, asked, bureaus, cases, taxpayers
from tests.flows.cast import COMPLAINT, employ
from tests.support.house import HouseUnderTest, Visitor

REPORT = "纳税服务处的李某收了企业好处费，请保密"
PERHAPS = "他就在货劳处，姓马"


async def leave_open(_officer: Visitor) -> None:
    """Nobody has signed for the case yet."""


async def sign(officer: Visitor) -> None:
    await officer.press("签收")


async def ask_for_more(officer: Visitor) -> None:
    await officer.press("请留言人补充")
    await officer.say("请补充窗口号")


STANDS = pytest.mark.parametrize("bring_about", [leave_open, sign, ask_for_more])
BringAbout = Callable[[Visitor], Awaitable[None]]


async def all_that_was_shown(officer: Visitor) -> str:
    return "\n".join(heard.text for heard in await officer.heard())


async def open_the_case(officer: Visitor) -> None:
    """Look at the whole card of the first case, as it stands now."""
    todo = await officer.press("待办办件")
    await officer.press(next(label for label in todo.buttons if "2025-000001" in label), on=todo)


@STANDS
async def test_a_report_on_an_officer_opens_its_own_case_whatever_the_open_one_waits_for(
    house: HouseUnderTest, bring_about: BringAbout
) -> None:
    taxpayer, officer = await house.visitor(), await employ(house, "c1", "只在纳税服务处", ["service"])
    await taxpayer.say(COMPLAINT)
    await bring_about(officer)
    receipt = await taxpayer.say(REPORT)
    assert "办件编号：2025-000002" in receipt.text
    assert "李某" not in await all_that_was_shown(officer)
    await open_the_case(officer)
    assert "李某" not in await all_that_was_shown(officer)


@STANDS
async def test_what_may_be_sealed_is_shown_to_nobody_before_its_writer_says_so(
    house: HouseUnderTest, bring_about: BringAbout
) -> None:
    taxpayer, officer = await house.visitor(), await employ(house, "c1", "只在纳税服务处", ["service"])
    await taxpayer.say(COMPLAINT)
    await bring_about(officer)
    question = await taxpayer.say(PERHAPS)
    assert PERHAPS in question.text
    assert "会给纳税服务处看到" in question.text
    assert list(question.buttons) == ["补充这件", "另一件事"]
    await open_the_case(officer)
    assert "姓马" not in await all_that_was_shown(officer)
    await taxpayer.press("补充这件", on=question)
    assert any("已补充到办件 2025-000001" in heard.text for heard in await taxpayer.heard())
    assert "姓马" in await all_that_was_shown(officer)


async def test_a_withheld_line_is_sorted_once(house: HouseUnderTest) -> None:
    taxpayer = house.telegram_person(601)
    await taxpayer.say(COMPLAINT)
    await taxpayer.say(PERHAPS)
    question = taxpayer.heard()[-1]
    await taxpayer.press("补充这件", on=question)
    await taxpayer.press("另一件事", on=question)
    assert "这个按钮已经失效" in taxpayer.heard()[-1].text


@pytest.mark.parametrize("text", [PERHAPS, "钱是现金给的，在停车场交的"])
async def test_what_is_another_matter_becomes_a_sealed_case_and_never_reaches_the_open_one(
    house: HouseUnderTest, text: str
) -> None:
    taxpayer, officer = await house.visitor(), await employ(house, "c1", "只在纳税服务处", ["service"])
    await taxpayer.say(COMPLAINT)
    question = await taxpayer.say(text)
    assert "2025-000002" in (await taxpayer.press("另一件事", on=question)).text
    async with house.database.reader() as reader:
        assert await reader.value(select(cases.c.sealed).where(cases.c.number == "2025-000002"))
    await open_the_case(officer)
    assert text not in await all_that_was_shown(officer)


@pytest.mark.parametrize("forged", ["f:{id}:human", "f:{id}:solved", "c:{id}:0", "c:{id}:1", "i:{id}"])
async def test_no_other_button_opens_a_withheld_line(house: HouseUnderTest, forged: str) -> None:
    taxpayer = house.telegram_person(602)
    await taxpayer.say(COMPLAINT)
    await taxpayer.say(PERHAPS)
    async with house.database.reader() as reader:
        asked_id = await reader.value(select(asked.c.id).where(asked.c.decision == WITHHELD))
    await taxpayer.press_data(forged.format(id=asked_id))
    assert "这个按钮已经失效" in taxpayer.heard()[-1].text
    async with house.database.reader() as reader:
        assert await reader.value(select(func.count()).select_from(cases)) == 1
        assert await reader.value(select(asked.c.outcome).where(asked.c.id == asked_id)) is None


async def test_one_withheld_line_that_cannot_become_a_case_keeps_no_other(house: HouseUnderTest) -> None:
    first, second = house.telegram_person(604), house.telegram_person(605)
    for taxpayer in (first, second):
        await taxpayer.say(COMPLAINT)
        await taxpayer.say(PERHAPS)
    async with house.database.unit() as unit:  # a bureau that was founded after this process began
        await unit.run(bureaus.insert().values(id=99, code="new", name="新设税务局", region="xinjiang"))
        earlier = select(asked.c.address_id).order_by(asked.c.id).limit(1).scalar_subquery()
        writer = select(addresses.c.taxpayer_id).where(addresses.c.id == earlier).scalar_subquery()
        await unit.run(update(taxpayers).where(taxpayers.c.id == writer).values(bureau_id=99))
    house.clock.advance(minutes=31)
    await open_what_was_withheld(house.deps)
    await house.settle()
    assert "办件编号：2025-000003" in second.heard()[-1].text
    assert "选定之前" in first.heard()[-1].text


async def test_what_cannot_be_read_may_be_of_a_sealed_kind(house: HouseUnderTest) -> None:
    taxpayer, officer = await house.visitor(), await employ(house, "c1", "只在纳税服务处", ["service"])
    await taxpayer.say(COMPLAINT)
    question = await taxpayer.say("بۇ ئادەم پارا ئالدى")
    assert list(question.buttons) == ["补充这件", "另一件事"]
    assert "پارا" not in await all_that_was_shown(officer)


async def test_a_withheld_line_of_which_nothing_is_said_becomes_a_sealed_case_of_its_own(
    house: HouseUnderTest,
) -> None:
    taxpayer, officer = await house.visitor(), await employ(house, "c1", "只在纳税服务处", ["service"])
    await taxpayer.say(COMPLAINT)
    question = await taxpayer.say(PERHAPS)
    house.clock.advance(minutes=29)
    await open_what_was_withheld(house.deps)
    assert (await taxpayer.heard())[-1].text == question.text
    house.clock.advance(minutes=2)
    await open_what_was_withheld(house.deps)
    await open_what_was_withheld(house.deps)
    await house.settle()
    receipt = (await taxpayer.heard())[-1].text
    assert "办件编号：2025-000002" in receipt
    async with house.database.reader() as reader:
        case = await reader.one(select(cases).where(cases.c.number == "2025-000002"))
        assert case is not None
        assert case.sealed
        assert case.received_at == house.clock() - timedelta(minutes=31)
        assert await reader.value(select(func.count()).select_from(cases)) == 2
    await open_the_case(officer)
    assert "姓马" not in await all_that_was_shown(officer)
