"""Who gets in: one-time links, desks side by side in one browser, sessions that end."""

from datetime import timedelta

import pytest
from playwright.async_api import Browser, expect
from sqlalchemy import update

from bot.web.browser_sessions import SHIFT
from storage.tables import officers, sessions
from tests.browser.people import Person, somebody
from tests.browser.served import ServedHouse

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.browser]

REFUSED = "the server responded with a status of 4"  # what the browser says of a page that tells why not


async def test_a_one_time_link_lets_in_once_and_a_preview_does_not_spend_it(
    browser: Browser, served: ServedHouse
) -> None:
    link = await served.desk_link("ayinur")
    async with somebody(browser, served) as messenger, somebody(browser, served) as officer:
        await messenger.page.goto(link)
        await expect(messenger.page.get_by_role("button", name="确认进入")).to_be_visible()
        await officer.page.goto(link)
        await expect(officer.page.locator(".who")).to_have_text("阿依努尔·样例")
        await officer.page.get_by_role("button", name="确认进入").click()
        await officer.hear("阿依努尔·样例，您好")
    async with somebody(browser, served) as thief:
        thief.expected_errors.add(REFUSED)
        answer = await thief.page.goto(link)
        assert answer is not None
        assert answer.status == 410
        await expect(thief.page.locator(".sheet")).to_contain_text("这个链接已经用过或已过期")
        await expect(thief.page.get_by_role("link")).to_have_count(0)


async def test_of_two_who_press_at_once_one_comes_in(browser: Browser, served: ServedHouse) -> None:
    link = await served.desk_link("ayinur")
    async with somebody(browser, served) as first, somebody(browser, served) as second:
        second.expected_errors.add(REFUSED)
        for person in (first, second):
            await person.page.goto(link)
        for person in (first, second):
            await person.page.get_by_role("button", name="确认进入").click()
        await first.hear("阿依努尔·样例，您好")
        await expect(second.page.locator(".sheet")).to_contain_text("这个链接已经用过或已过期")


async def test_both_desks_and_the_chat_are_used_side_by_side_in_one_browser(
    browser: Browser, served: ServedHouse
) -> None:
    async with somebody(browser, served) as ayinur:
        await ayinur.enter_desk("ayinur")
        wang, taxpayer = await ayinur.another_tab(), await ayinur.another_tab()
        await wang.enter_desk("wang")
        await taxpayer.visit()
        await taxpayer.hear("您好，这里是")
        await expect(ayinur.page.locator(".names")).to_contain_text("阿依努尔·样例")
        await expect(wang.page.locator(".names")).to_contain_text("王样例")
        for person, words in [(ayinur, "办件"), (wang, "办件"), (taxpayer, "您还没有办件")]:
            await person.page.bring_to_front()
            await person.shortcut("我的办件" if person is taxpayer else "待办办件")
            await person.hear(words)
        await ayinur.page.reload()
        await expect(ayinur.page.locator(".names")).to_contain_text("阿依努尔·样例")
        for person in (wang, taxpayer):
            person.check_console()


async def test_one_officers_cookie_opens_no_other_officers_desk(browser: Browser, served: ServedHouse) -> None:
    async with somebody(browser, served) as wang:
        wang.expected_errors.add(REFUSED)
        await wang.enter_desk("wang")
        own = next(cookie for cookie in await wang.page.context.cookies() if cookie["name"] == "desk")
        foreign = f"/desk/{await served.officer_id('ayinur')}"
        await wang.page.context.add_cookies(
            [{"name": "desk", "value": own["value"], "domain": "127.0.0.1", "path": foreign}]
        )
        answer = await wang.page.goto(served.url + foreign)
        assert answer is not None
        assert answer.status == 401
        await expect(wang.page.locator(".sheet")).to_contain_text("工作台的会话已结束")


async def test_an_officer_who_leaves_the_desk_is_out_in_every_tab(browser: Browser, served: ServedHouse) -> None:
    async with somebody(browser, served) as officer:
        officer.expected_errors.add(REFUSED)
        await officer.enter_desk("ayinur")
        desk = officer.page.url
        other = await officer.another_tab()
        await other.page.goto(desk)
        await expect(other.page.locator("#log")).to_have_attribute("aria-busy", "false")
        await officer.page.get_by_role("button", name="退出").click()
        await expect(officer.page.locator(".sheet")).to_contain_text("您已退出工作台")
        await expect(other.page.locator("#banner")).to_contain_text("本次会话已结束")
        await expect(other.page.locator("#text")).to_be_disabled()
        await officer.page.goto(desk)
        await expect(officer.page.locator(".sheet")).to_contain_text("工作台的会话已结束")


async def test_an_officer_who_has_left_the_bureau_loses_desk_and_buttons(browser: Browser, served: ServedHouse) -> None:
    gone = update(officers).where(officers.c.code == "wang")
    async with somebody(browser, served) as wang:
        wang.expected_errors.add(REFUSED)
        await wang.enter_desk("wang")
        try:
            async with served.deps.database.unit() as unit:
                await unit.run(gone.values(left_at=unit.now))
            await wang.press("待办办件")
            await expect(wang.page.locator("#banner")).to_contain_text("会话已")
            await expect(wang.page.locator("#text")).to_be_disabled()
        finally:
            async with served.deps.database.unit() as unit:
                await unit.run(gone.values(left_at=None))


async def test_a_session_that_is_over_says_goodbye_by_itself(browser: Browser, served: ServedHouse) -> None:
    async with somebody(browser, served) as officer:
        await officer.enter_desk("wang")
        async with served.deps.database.unit() as unit:
            over = sessions.c.expires_at > unit.now + SHIFT - timedelta(minutes=1)
            await unit.run(update(sessions).where(sessions.c.audience == "officer", over).values(expires_at=unit.now))
        await expect(officer.page.locator("#banner")).to_contain_text("本次会话已结束", timeout=10_000)
        await expect(officer.page.get_by_role("button", name="重新载入")).to_be_visible()


async def test_a_visitor_whose_session_is_over_begins_anew(taxpayer: Person, served: ServedHouse) -> None:
    taxpayer.expected_errors.add(REFUSED)
    await taxpayer.say("你好")
    await taxpayer.hear("请直接写下您的税费问题")
    async with served.deps.database.unit() as unit:
        await unit.run(update(sessions).where(sessions.c.audience == "taxpayer").values(expires_at=unit.now))
    await taxpayer.say("谢谢")
    await expect(taxpayer.page.locator("#banner")).to_contain_text("会话已")
    await taxpayer.page.get_by_role("button", name="重新载入").click()
    await expect(taxpayer.said("您好，这里是")).to_be_visible()
