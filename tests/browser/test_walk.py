"""The walk of a taxpayer and an officer, each in front of a browser."""

import pytest
from playwright.async_api import Browser, expect

from tests.browser.people import Person, code_in, number_in, somebody
from tests.browser.served import ServedHouse

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.browser]

COMPLAINT = "我要投诉办税服务厅，工作人员态度恶劣，排队两个小时没人管"


async def test_a_question_is_answered_at_once_with_its_legal_basis(taxpayer: Person) -> None:
    await taxpayer.say("个体户月销售额10万元以内要交增值税吗")
    answer = await taxpayer.hear("免征增值税")
    assert "依据：《中华人民共和国增值税法》" in answer
    assert "样例，未经本局核实" in answer
    keys = taxpayer.said("免征增值税").get_by_role("button")
    assert await keys.all_text_contents() == ["解决了", "没解决", "转人工"]
    await taxpayer.press("解决了")
    await taxpayer.hear("很高兴能帮到您")


@pytest.mark.parametrize("question", ["发票丢了", "契税多少"])
async def test_an_ambiguous_question_offers_what_may_be_meant(taxpayer: Person, question: str) -> None:
    await taxpayer.say(question)
    await taxpayer.hear("您想问的是下面哪一个")
    keys = await taxpayer.said("您想问的是").get_by_role("button").all_text_contents()
    assert 2 <= len(keys) - 2 <= 3
    assert keys[-2:] == ["都不是", "不用了"]
    await taxpayer.press(keys[0])
    assert f"【{keys[0]}】" in await taxpayer.hear("依据：")


async def test_what_was_chosen_stays_in_the_talk(taxpayer: Person) -> None:
    await taxpayer.say("发票丢了")
    await taxpayer.hear("您想问的是下面哪一个")
    await taxpayer.press("都不是")
    await taxpayer.hear("办件编号")
    await expect(taxpayer.page.locator(".mine", has_text="都不是")).to_have_count(1)
    await taxpayer.page.reload()
    await expect(taxpayer.page.locator(".mine", has_text="都不是")).to_have_count(1)


async def test_an_unsent_draft_outlives_a_reload(taxpayer: Person) -> None:
    box, unsent = taxpayer.page.locator("#text"), taxpayer.page.locator("#unsent")
    await box.fill("我想问一下契税")
    await taxpayer.page.reload()
    await expect(box).to_have_value("我想问一下契税")
    await expect(unsent).to_be_visible()
    await box.press("Enter")
    await expect(unsent).to_be_hidden()
    await taxpayer.page.reload()
    await expect(box).to_have_value("")


async def test_none_of_the_candidates_means_that_people_answer(taxpayer: Person) -> None:
    await taxpayer.say("发票丢了")
    await taxpayer.hear("您想问的是下面哪一个")
    await taxpayer.press("都不是")
    assert number_in(await taxpayer.hear("办件编号"))
    await expect(taxpayer.said("您想问的是").get_by_role("button")).to_have_count(0)


async def test_courtesies_gibberish_and_business_of_others_get_words_and_no_case(taxpayer: Person) -> None:
    for text, words in [
        ("你好", "您好！请直接写下您的税费问题"),
        ("谢谢", "不客气"),
        ("asdf;lkj", "这条消息我没有看懂"),
        ("今天天气怎么样", "可能不归税务部门办理"),
    ]:
        await taxpayer.say(text)
        await taxpayer.hear(words)
    await taxpayer.shortcut("我的办件")
    await taxpayer.hear("您还没有办件")


async def test_a_complaint_is_received_signed_answered_and_rated(taxpayer: Person, officer: Person) -> None:
    await taxpayer.say(COMPLAINT)
    receipt = await taxpayer.hear("办件编号")
    number = number_in(receipt)
    assert "承办部门：纳税服务处" in receipt
    assert "24:00前（北京时间）" in receipt
    assert code_in(receipt)
    await taxpayer.press("如何计算")
    assert "当日不计" in await taxpayer.hear(f"办件 {number} 的期限是这样计算的")

    card = await officer.hear(f"办件 {number} · 服务投诉")
    assert COMPLAINT in card
    await officer.press("签收", under=number)
    await officer.hear(f"您已签收办件 {number}")
    await taxpayer.hear(f"办件 {number} 已由纳税服务处签收")
    await expect(officer.said(f"办件 {number} · 服务投诉").get_by_role("button", name="签收")).to_have_count(0)
    await officer.press("答复", under=f"您已签收办件 {number}")
    await officer.hear(f"请输入对办件 {number}（")
    await officer.say("经核实，当日叫号系统故障，已修复，向您致歉。")
    await officer.hear(f"办件 {number} 已答复")

    assert "已修复，向您致歉" in await taxpayer.hear(f"办件 {number} 已有答复（纳税服务处）")
    await taxpayer.press("非常满意", under=f"办件 {number} 已有答复")
    await taxpayer.hear("感谢您的评价：非常满意")
    await taxpayer.shortcut("我的办件")
    await taxpayer.hear("您的办件")
    await taxpayer.press(f"{number} 服务投诉 · 已答复")
    assert "已修复，向您致歉" in await taxpayer.hear("经过：")


async def test_an_officer_answers_by_replying_to_the_card(taxpayer: Person, officer: Person) -> None:
    await taxpayer.say("转人工")
    await taxpayer.hear("请用一条消息把您的问题或诉求写完整")
    await taxpayer.say("企业所得税跨地区汇总纳税，我公司的分摊比例怎么定？请给个书面说法")
    number = number_in(await taxpayer.hear("办件编号"))
    await officer.hear(f"办件 {number}")
    await officer.said(f"办件 {number} · ").get_by_role("button", name="回复").click()
    await expect(officer.page.locator("#strip")).to_contain_text(f"办件 {number}")
    await officer.say("您好，请按分摊表填写。")
    await officer.hear(f"办件 {number} 已答复")
    await expect(officer.page.locator("#log .mine .quote").last).to_contain_text(f"办件 {number}")
    assert "请按分摊表填写" in await taxpayer.hear(f"办件 {number} 已有答复")


async def test_a_second_line_is_asked_whether_it_belongs_to_the_open_case(taxpayer: Person, officer: Person) -> None:
    await taxpayer.say(COMPLAINT)
    number = number_in(await taxpayer.hear("办件编号"))
    await taxpayer.say("还有，三号窗口一直没有人")
    await taxpayer.hear(f"您的办件 {number} 正在办理")
    await taxpayer.press("补充到该办件")
    await taxpayer.hear(f"已补充到办件 {number}")
    assert "【补充】" in await officer.hear("三号窗口一直没有人")

    await taxpayer.say("个体户月销售额10万元以内要交增值税吗")
    await taxpayer.hear("免征增值税")
    await taxpayer.press(f"补充到办件 {number}")
    assert "个体户月销售额" in await officer.hear("10万元以内")


async def test_a_case_is_found_again_from_another_browser(
    taxpayer: Person, browser: Browser, served: ServedHouse
) -> None:
    await taxpayer.say(COMPLAINT)
    receipt = await taxpayer.hear("办件编号")
    number, code = number_in(receipt), code_in(receipt)
    async with somebody(browser, served, phone=True) as stranger:
        await stranger.visit()
        await stranger.shortcut("凭查询码查询")
        await stranger.hear("请输入办件编号和查询码")
        await stranger.say(f"{number} AAAA-AAAA")
        await stranger.hear("没有找到相符的办件")
        await stranger.say(f"{number} {code}")
        assert COMPLAINT in await stranger.hear(f"办件 {number}（服务投诉）")


async def test_the_history_is_there_after_a_reload_and_in_another_tab(taxpayer: Person) -> None:
    await taxpayer.say("你好")
    await taxpayer.hear("请直接写下您的税费问题")
    await taxpayer.shortcut("我的办件")
    await taxpayer.hear("您还没有办件")
    before = await taxpayer.page.locator("#log .text").all_text_contents()
    assert await taxpayer.own_words() == ["你好", "我的办件"]
    await taxpayer.page.reload()
    await expect(taxpayer.page.locator("#log .text")).to_have_text(before)
    other = await taxpayer.another_tab()
    await other.visit()
    await expect(other.page.locator("#log .text")).to_have_text(before)
    await other.say("谢谢")
    await taxpayer.hear("不客气")
    other.check_console()
