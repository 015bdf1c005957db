"""What everybody must be able to use: a small telephone, a keyboard alone, another language, hostile words."""

import pytest
from playwright.async_api import Browser, expect

from tests.browser.people import Person, code_in, number_in, somebody
from tests.browser.served import ServedHouse

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.browser]

HOSTILE = "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\"> javascript:alert(1)"
REFUSED = "the server responded with a status of 4"


async def test_nothing_has_to_be_scrolled_sideways_on_a_small_telephone(browser: Browser, served: ServedHouse) -> None:
    async with somebody(browser, served, phone=True) as taxpayer, somebody(browser, served, phone=True) as officer:
        taxpayer.expected_errors.add(REFUSED)
        await officer.page.goto(await served.desk_link("ayinur"))
        assert await officer.sideways() == 0
        await officer.enter_desk("ayinur")
        await taxpayer.visit()
        await taxpayer.hear("您好，这里是")
        await taxpayer.say("发票丢了")
        await taxpayer.hear("您想问的是下面哪一个")
        await taxpayer.say("我要投诉办税服务厅，工作人员态度恶劣" + "https://example.com/" + "a" * 300)
        number = number_in(await taxpayer.hear("办件编号"))
        await taxpayer.press("如何计算")
        await taxpayer.hear("当日不计")
        await officer.hear(number)
        await officer.press("转办", under=number)
        await officer.hear("转给哪个部门")
        for person in (taxpayer, officer):
            assert await person.sideways() == 0
        await taxpayer.visit("/nothing")
        assert await taxpayer.sideways() == 0


async def test_a_long_answer_is_read_from_its_beginning(browser: Browser, served: ServedHouse) -> None:
    async with somebody(browser, served, phone=True) as taxpayer:
        await taxpayer.visit()
        await taxpayer.hear("您好，这里是")
        await taxpayer.say("个体户月销售额10万元以内要交增值税吗")
        await taxpayer.hear("免征增值税")
        text = taxpayer.said("免征增值税").locator(".text")
        box, header = await text.bounding_box(), await taxpayer.page.locator("header").bounding_box()
        assert box is not None
        assert header is not None
        assert box["height"] > 400  # pixels: more than fits between header and composer
        assert box["y"] >= header["y"] + header["height"]


async def test_the_whole_walk_needs_no_mouse(browser: Browser, served: ServedHouse) -> None:
    async with somebody(browser, served) as officer, somebody(browser, served) as taxpayer:
        await officer.page.goto(await served.desk_link("ayinur"))
        await expect(officer.page.get_by_role("button", name="确认进入")).to_be_focused()
        await officer.page.keyboard.press("Enter")
        await expect(officer.page.locator("#text")).to_be_focused()
        await taxpayer.visit()
        await taxpayer.hear("您好，这里是")
        await taxpayer.page.keyboard.type("我要投诉办税服务厅")
        await taxpayer.page.keyboard.press("Shift+Enter")
        await taxpayer.page.keyboard.type("工作人员态度恶劣")
        await taxpayer.page.keyboard.press("Enter")
        number = number_in(await taxpayer.hear("办件编号"))
        assert await taxpayer.own_words() == ["我要投诉办税服务厅\n工作人员态度恶劣"]
        await officer.hear(f"办件 {number}")
        await _tab_back_to(officer, "签收")
        await officer.page.keyboard.press("Enter")
        await officer.hear(f"您已签收办件 {number}")
        await _tab_back_to(officer, "回复")
        await officer.page.keyboard.press("Enter")
        await expect(officer.page.locator("#text")).to_be_focused()
        await officer.page.keyboard.press("Escape")
        await expect(officer.page.locator("#strip")).to_be_hidden()
        await _tab_back_to(officer, "回复")
        await officer.page.keyboard.press("Space")
        await officer.page.keyboard.type("您好，已经处理。")
        await officer.page.keyboard.press("Enter")
        assert "已经处理" in await taxpayer.hear(f"办件 {number} 已有答复")
        await _tab_back_to(taxpayer, "非常满意")
        await taxpayer.page.keyboard.press("Enter")
        await taxpayer.hear("感谢您的评价：非常满意")


async def _tab_back_to(person: Person, label: str) -> None:
    """Shift+Tab until the newest button of that label has the focus."""
    target = person.page.locator("#log").get_by_role("button", name=label, exact=True).last
    await target.wait_for()
    for _ in range(60):
        if await target.evaluate("(node) => node === document.activeElement"):
            return
        await person.page.keyboard.press("Shift+Tab")
    raise AssertionError(f"no way to {label!r} by keyboard")


async def test_a_screen_reader_is_told_what_is_what(taxpayer: Person) -> None:
    page = taxpayer.page
    await expect(page.get_by_role("log", name="对话记录")).to_be_visible()
    await expect(page.get_by_role("textbox", name="输入消息")).to_be_focused()
    await expect(page.get_by_role("group", name="常用操作")).to_be_visible()
    await expect(page.get_by_role("heading", name="税桥")).to_be_visible()
    assert await page.locator("html").get_attribute("lang") == "zh-CN"
    await taxpayer.say("你好")
    await taxpayer.hear("请直接写下您的税费问题")
    assert await page.locator("#log .unseen").all_text_contents() == ["税桥：", "我：", "税桥："]


async def test_the_switch_changes_the_language_of_page_and_conversation(taxpayer: Person) -> None:
    page = taxpayer.page
    await page.get_by_role("button", name="English").click()
    await taxpayer.hear("Switched to English")
    await expect(page.locator("html")).to_have_attribute("lang", "en")
    for label, words in [("My cases", "no cases"), ("Find a case", "access code"), ("Talk to a person", "question")]:
        await taxpayer.shortcut(label)
        await taxpayer.hear(words)
    assert await taxpayer.own_words() == ["My cases", "Find a case", "Talk to a person"]
    await page.reload()
    await expect(page.locator("html")).to_have_attribute("lang", "en")
    assert await taxpayer.own_words() == ["My cases", "Find a case", "Talk to a person"]
    await page.get_by_role("button", name="中文").click()
    await taxpayer.hear("已切换为中文")
    await expect(page.get_by_role("button", name="发送")).to_be_visible()


async def test_the_language_follows_when_it_is_changed_by_command(taxpayer: Person) -> None:
    await taxpayer.say("/language")
    await taxpayer.hear("Switched to English")
    await taxpayer.page.reload()
    await expect(taxpayer.page.get_by_role("button", name="Send")).to_be_visible()


async def test_a_desk_and_a_chat_in_one_browser_keep_their_own_language(browser: Browser, served: ServedHouse) -> None:
    async with somebody(browser, served) as officer:
        await officer.enter_desk("wang")
        taxpayer = await officer.another_tab()
        await taxpayer.visit()
        await taxpayer.hear("您好，这里是")
        await taxpayer.page.get_by_role("button", name="English").click()
        await taxpayer.hear("Switched to English")
        await officer.page.reload()
        await expect(officer.page.get_by_role("button", name="发送")).to_be_visible()


async def test_hostile_words_are_shown_as_words_on_either_side(taxpayer: Person, officer: Person) -> None:
    titles = [await person.page.title() for person in (taxpayer, officer)]
    await taxpayer.say(f"我要投诉办税服务厅工作人员态度恶劣 {HOSTILE}")
    receipt = await taxpayer.hear("办件编号")
    number = number_in(receipt)
    assert HOSTILE in await officer.hear(number)
    await officer.said(f"办件 {number} · ").get_by_role("button", name="回复").click()
    await officer.say(HOSTILE)
    assert HOSTILE in await taxpayer.hear(f"办件 {number} 已有答复")
    assert HOSTILE in (await taxpayer.own_words())[0]
    await taxpayer.say(f"{number} {code_in(receipt)}")
    assert HOSTILE in await taxpayer.hear(f"办件 {number}（服务投诉）")
    for person in (taxpayer, officer):
        assert await person.page.locator("#log script, #log img").count() == 0
        assert await person.said(number).locator("a").count() == 0
    assert [await person.page.title() for person in (taxpayer, officer)] == titles
