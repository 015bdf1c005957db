"""Where a case was finally answered teaches where the next one of its kind goes."""

from sqlalchemy import select

from storage.tables import cases, routing_lessons
from tests.support.house import HouseUnderTest


async def test_after_three_cases_answered_elsewhere_the_next_one_goes_there(either_house: HouseUnderTest) -> None:
    first, second = await either_house.officer("ayinur"), await either_house.officer("wang")
    for number in range(3):
        taxpayer = await either_house.visitor(f"visitor-{number}")
        assert "承办部门：纳税服务处" in (await taxpayer.say("计税依据明显偏低，你们怎么核定")).text
        await first.press("转办")
        await first.press("征管和科技发展处")
        await first.say("核定由征管部门负责。")
        await second.press("答复")
        await second.say("您好，按照有关规定核定，具体见附件说明。")
    receipt = await (await either_house.visitor("the next")).say("请问计税依据偏低会怎么处理")
    assert "承办部门：征管和科技发展处" in receipt.text
    assert "提到“计税依据”的办件以往多由该机构答复" in (await second.heard())[-1].text


async def test_a_sealed_case_teaches_nothing_and_keeps_no_words(house: HouseUnderTest) -> None:
    taxpayer, officer = await house.visitor(), await house.officer("ayinur")
    await taxpayer.say("我要举报某公司虚开增值税专用发票，偷逃税款")
    await officer.press("答复")
    await officer.say("已收到。")
    async with house.database.reader() as reader:
        assert await reader.value(select(cases.c.words)) == []
        assert await reader.all(select(routing_lessons)) == []
