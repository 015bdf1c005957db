"""The walk of a taxpayer and an officer, from the question to the rating."""

from tests.support.house import HouseUnderTest


async def test_a_question_that_the_faq_answers_is_answered_at_once(either_house: HouseUnderTest) -> None:
    taxpayer = await either_house.visitor()
    answer = await taxpayer.say("个体户月销售额10万元以内要交增值税吗")
    assert "免征增值税" in answer.text
    assert "依据：《中华人民共和国增值税法》" in answer.text
    assert "样例，未经本局核实" in answer.text
    assert list(answer.buttons) == ["解决了", "没解决", "转人工"]
    assert "很高兴" in (await taxpayer.press("解决了")).text


async def test_a_complaint_becomes_a_case_that_is_signed_answered_and_rated(either_house: HouseUnderTest) -> None:
    taxpayer, officer = await either_house.visitor(), await either_house.officer("ayinur")
    receipt = await taxpayer.say("我要投诉办税服务厅，工作人员态度恶劣，排队两个小时没人管")
    assert "办件编号：2025-000001" in receipt.text
    assert "承办部门：纳税服务处" in receipt.text
    assert "2025年11月17日（周一）24:00前（北京时间）" in receipt.text
    assert "查询码：" in receipt.text
    how = await taxpayer.press("如何计算")
    assert "第1天　11月4日（周二）　工作日" in how.text
    assert "不计　　11月8日（周六）　周六" in how.text

    card = (await officer.heard())[-1]
    assert "办件 2025-000001 · 服务投诉" in card.text
    assert "态度恶劣" in card.text
    assert "已签收" in (await officer.press("签收")).text
    assert "已由纳税服务处签收" in (await taxpayer.heard())[-1].text
    await officer.press("答复")
    assert "已答复" in (await officer.say("您好，经核实，当日叫号系统故障，已整改并向您致歉。")).text
    answer = (await taxpayer.heard())[-1]
    assert "已整改并向您致歉" in answer.text
    assert "感谢您的评价：非常满意" in (await taxpayer.press("非常满意")).text
    assert "已答复" in str((await taxpayer.say("/cases")).buttons)
