"""What a person sees when the server goes away and comes back."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect
from sqlalchemy import func, select

from storage.tables import updates
from tests.browser.people import Person, somebody
from tests.browser.served import ServedHouse

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.browser]

UNREACHABLE = {"ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_CONNECTION_RESET"}
STOP_SECONDS = 5  # two open streams do not hold it up
BACK_MS = 20_000  # a browser tries again every few seconds


@pytest_asyncio.fixture(loop_scope="package")
async def house(tmp_path: Path) -> AsyncIterator[ServedHouse]:
    """A house of the test's own, which it may stop."""
    own = ServedHouse(tmp_path)
    await own.start()
    yield own
    await own.stop()


@pytest_asyncio.fixture(loop_scope="package")
async def visitor(browser: Browser, house: ServedHouse) -> AsyncIterator[Person]:
    async with somebody(browser, house) as person:
        person.expected_errors |= UNREACHABLE
        await person.visit()
        await person.hear("您好，这里是")
        yield person


async def _stored(house: ServedHouse) -> int:
    async with house.deps.database.reader() as reader:
        return int(await reader.value(select(func.count()).select_from(updates)))


async def test_what_was_not_delivered_says_so_and_is_delivered_once_by_a_press(
    visitor: Person, house: ServedHouse
) -> None:
    await visitor.say("你好")
    await visitor.hear("请直接写下您的税费问题")
    before = await _stored(house)
    await house.stop()
    await visitor.say("谢谢")
    await visitor.say("个体户月销售额10万元以内要交增值税吗")
    retry = visitor.page.get_by_role("button", name="未送达，重试")
    await expect(retry).to_have_count(2)
    await expect(visitor.page.locator("#banner")).to_contain_text("连接中断")
    await retry.first.click()
    await expect(retry).to_have_count(2)

    await house.start()
    await visitor.hear("不客气")
    await visitor.hear("免征增值税")
    await expect(retry).to_have_count(0)
    await expect(visitor.page.locator("#banner")).to_be_hidden()
    assert await visitor.own_words() == ["你好", "谢谢", "个体户月销售额10万元以内要交增值税吗"]
    assert await _stored(house) == before + 2


async def test_undelivered_words_survive_a_reload_of_the_page(visitor: Person, house: ServedHouse) -> None:
    await visitor.page.context.set_offline(True)
    visitor.expected_errors.add("ERR_INTERNET_DISCONNECTED")
    await visitor.say("谢谢")
    await expect(visitor.page.get_by_role("button", name="未送达，重试")).to_be_visible()
    await visitor.page.context.set_offline(False)
    await house.stop()
    await house.start()
    await visitor.page.reload()
    await visitor.hear("不客气")
    assert await visitor.own_words() == ["谢谢"]


async def test_a_page_resumes_where_it_was_when_the_server_is_back(visitor: Person, house: ServedHouse) -> None:
    phone = await visitor.another_tab()
    phone.expected_errors |= UNREACHABLE
    await phone.visit()
    await phone.hear("您好，这里是")
    async with asyncio.timeout(STOP_SECONDS):
        await house.stop()
    await expect(visitor.page.locator("#banner")).to_contain_text("连接中断")
    await house.start()
    await expect(visitor.page.locator("#banner")).to_be_hidden(timeout=BACK_MS)
    await visitor.say("你好")
    await visitor.hear("请直接写下您的税费问题")
    await phone.hear("请直接写下您的税费问题")
    for person in (visitor, phone):
        await expect(person.page.locator("#log .theirs")).to_have_count(2)
        await expect(person.page.locator("#log .mine")).to_have_count(1)
    phone.check_console()
