"""What moves a promise and what does not: waiting for the taxpayer, more time, passing on, marking as major."""

from datetime import timedelta

from bot.jobs import watch_duties
from storage.people import invite
from tests.support.house import HouseUnderTest

QUESTION = "非居民企业间接转让中国境内企业股权，怎样申报缴纳企业所得税？"  # 国际税收管理处, where 王样例 works
DUE = "11月12日（周三）24:00"


async def test_waiting_for_the_taxpayer_stops_the_clock_and_the_reply_starts_it_again(
    either_house: HouseUnderTest,
) -> None:
    taxpayer, officer = await either_house.visitor(), await either_house.officer("wang")
    assert DUE in (await taxpayer.say(QUESTION)).text
    await officer.press("请留言人补充")
    await officer.say("请补充股权转让合同的签订日期。")
    asked = (await taxpayer.heard())[-1]
    assert "请您补充" in asked.text
    assert "请补充股权转让合同的签订日期" in asked.text
    assert "没有正在计算的期限" in (await taxpayer.press("如何计算")).text

    either_house.clock.advance(days=2)
    await taxpayer.say("合同是今年三月签的")
    assert any("恢复计时，答复期限：2025年11月14日（周五）24:00" in heard.text for heard in await taxpayer.heard())
    how = await taxpayer.press("如何计算")
    assert "11月4日（周二）　暂停计时" in how.text
    assert "合同是今年三月签的" in (await officer.heard())[-1].text


async def test_passing_on_a_case_that_waits_starts_its_clock_again(house: HouseUnderTest) -> None:
    taxpayer, officer = await house.visitor(), await house.officer("wang")
    await taxpayer.say(QUESTION)
    await officer.press("请留言人补充")
    await officer.say("请补充合同日期。")
    await officer.press("转办")
    await officer.press("所得税处")
    await officer.say("主要涉及所得税。")
    assert DUE in (await taxpayer.press("如何计算")).text  # the day that was stopped is day 0


async def test_an_answer_ends_the_extension_that_nobody_decided(house: HouseUnderTest) -> None:
    taxpayer, officer, leader = await house.visitor(), await house.officer("wang"), await house.officer("ayinur")
    await taxpayer.say(QUESTION)
    await officer.press("申请延期")
    await officer.say("需要核对资料。")
    await officer.press("答复")
    await officer.say("您好，已核对完毕。")
    assert "已经有人处理" in (await leader.press("同意延期")).text
    house.clock.advance(days=5)
    before = len(await leader.heard())
    await watch_duties(house.deps)
    await house.settle()
    assert len(await leader.heard()) == before


async def test_no_reminder_comes_while_the_clock_stands_still(house: HouseUnderTest) -> None:
    taxpayer, officer = await house.visitor(), await house.officer("wang")
    await taxpayer.say(QUESTION)
    await officer.press("请留言人补充")
    await officer.say("请补充合同日期。")
    heard = len(await officer.heard())
    house.clock.advance(days=30)
    await watch_duties(house.deps)
    await house.settle()
    assert len(await officer.heard()) == heard


async def test_an_extension_is_asked_for_with_a_reason_and_granted_by_somebody_else(
    either_house: HouseUnderTest,
) -> None:
    taxpayer, officer = await either_house.visitor(), await either_house.officer("wang")
    leader = await either_house.officer("ayinur")
    await taxpayer.say(QUESTION)
    await officer.press("申请延期")
    assert "已提交" in (await officer.say("需要与境外税务机关核对资料。")).text
    card = (await leader.heard())[-1]
    assert "需要与境外税务机关核对资料" in card.text
    assert "已同意" in (await leader.press("同意延期")).text
    told = (await taxpayer.heard())[-1]
    assert "原因：需要与境外税务机关核对资料。" in told.text
    assert "2025年11月24日（周一）24:00" in told.text  # 15 working days in all
    assert "阿依努尔·样例已同意" in (await officer.heard())[-1].text
    await officer.press("申请延期")
    assert "只能延期一次" in (await officer.say("还要更多时间。")).text


async def test_nobody_grants_what_they_asked_for_themselves(house: HouseUnderTest) -> None:
    taxpayer, officer, leader = await house.visitor(), await house.officer("wang"), await house.officer("ayinur")
    await taxpayer.say(QUESTION)
    await officer.press("申请延期")
    await officer.say("需要核对资料。")
    data = (await leader.heard())[-1].buttons["同意延期"]
    telegram = house.telegram_person(77)
    async with house.database.unit() as unit:
        token = await invite(unit, 2, "bind", timedelta(hours=1))
    await telegram.say(f"/start {token}")
    await telegram.press_data(data)
    assert "须由其他领导批准" in telegram.heard()[-1].text


async def test_an_extension_is_too_late_once_the_date_has_passed(house: HouseUnderTest) -> None:
    taxpayer, officer = await house.visitor(), await house.officer("wang")
    await taxpayer.say(QUESTION)
    house.clock.advance(days=14)
    await officer.press("申请延期")
    assert "答复期限已过" in (await officer.say("需要核对资料。")).text


async def test_a_refused_extension_leaves_the_date_and_may_be_asked_for_again(house: HouseUnderTest) -> None:
    taxpayer, officer, leader = await house.visitor(), await house.officer("wang"), await house.officer("ayinur")
    await taxpayer.say(QUESTION)
    await officer.press("申请延期")
    await officer.say("需要核对资料。")
    await leader.press("不同意")
    assert "请按原期限答复" in (await officer.heard())[-1].text
    assert DUE in (await taxpayer.press("如何计算")).text
    await officer.press("申请延期")
    assert "已提交" in (await officer.say("补充理由：对方税务机关尚未回函。")).text


async def test_the_second_time_a_case_is_passed_on_the_office_decides_and_that_is_final(house: HouseUnderTest) -> None:
    taxpayer, wang, ayinur = await house.visitor(), await house.officer("wang"), await house.officer("ayinur")
    await taxpayer.say("计税依据明显偏低，你们怎么核定")  # 纳税服务处
    await ayinur.press("转办")
    await ayinur.press("所得税处")
    await ayinur.say("应由所得税部门核定。")
    assert any("转办理由：应由所得税部门核定。" in heard.text for heard in await ayinur.heard())
    await ayinur.press("转办")
    await ayinur.press("法制处")
    assert "已转办公室" in (await ayinur.say("涉及处罚。")).text
    await wang.press("转办")
    await wang.press("纳税服务处")
    assert "已转纳税服务处" in (await wang.say("由纳税服务处办理。")).text
    await ayinur.press("转办")
    await ayinur.press("法制处")
    assert "由办公室确定，不能再转办" in (await ayinur.say("还是不归我们。")).text


async def test_a_case_marked_as_major_is_shown_to_the_leaders(house: HouseUnderTest) -> None:
    taxpayer, officer, leader = await house.visitor(), await house.officer("wang"), await house.officer("ayinur")
    await taxpayer.say(QUESTION)
    assert "已标为重大" in (await officer.press("标为重大")).text
    assert "办件 2025-000001 · 咨询 · 重大" in (await leader.heard())[-1].text
