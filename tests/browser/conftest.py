"""One house and one browser for all who visit; whoever stops the house has one of their own."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from testbed.chromium import chromium
from tests.browser.people import Person, somebody
from tests.browser.served import ServedHouse

MANY_POSTS = 10_000  # all visitors of a test run come from one address


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ServedHouse]:
    house = ServedHouse(tmp_path_factory.mktemp("house"), posts_per_minute_per_address=MANY_POSTS)
    await house.start()
    yield house
    await house.stop()


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="package")
async def taxpayer(browser: Browser, served: ServedHouse) -> AsyncIterator[Person]:
    """Somebody new at the chat page, who has been welcomed."""
    async with somebody(browser, served) as person:
        await person.visit()
        await person.hear("您好，这里是国家税务总局新疆维吾尔自治区税务局的“税桥”。")
        yield person


@pytest_asyncio.fixture(loop_scope="package")
async def officer(browser: Browser, served: ServedHouse) -> AsyncIterator[Person]:
    """阿依努尔·样例 at her desk, in a browser of her own."""
    async with somebody(browser, served) as person:
        await person.enter_desk("ayinur")
        yield person
