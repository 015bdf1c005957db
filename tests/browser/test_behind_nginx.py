"""The house behind the nginx of docs/nginx.conf, as the public reaches it."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO

import aiohttp
import pytest
import pytest_asyncio

from bot.channels.telegram import webhook_of
from bot.web.telegram_webhook import SECRET_HEADER
from tests.browser.served import ServedHouse
from tests.browser.visits import Visit
from tests.support.nginx import Nginx, nginx_before

pytestmark = pytest.mark.asyncio(loop_scope="module")

KNOWN = "个体户月销售额10万元以内要交增值税吗"
TOKEN = f"4242:{'t' * 30}"
POSTS_PER_MINUTE_PER_ADDRESS = 5


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def behind(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ServedHouse]:
    """A house that serves the pages and takes in what Telegram delivers, and to which Telegram is out of reach."""
    house = ServedHouse(
        tmp_path_factory.mktemp("house"),
        public_url="https://shuiqiao.example.gov.cn",
        trusted_proxies="127.0.0.1",
        telegram_token=TOKEN,
        telegram_api="http://127.0.0.1:9",
        telegram_webhook=True,
        posts_per_minute_per_address=POSTS_PER_MINUTE_PER_ADDRESS,
    )
    await house.start()
    yield house
    await house.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def nginx(behind: ServedHouse, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Nginx]:
    async with nginx_before(behind.url.removeprefix("http://"), tmp_path_factory.mktemp("nginx")) as running:
        yield running


@asynccontextmanager
async def somebody(nginx: Nginx, address: str) -> AsyncIterator[Visit]:
    """A visitor whose network address is `address`, one of the loopback's."""
    connector = aiohttp.TCPConnector(ssl=nginx.trust, local_addr=(address, 0))
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=jar) as session:
        yield Visit(session, nginx.url)


async def test_the_page_comes_encrypted_and_its_cookies_stay_so(nginx: Nginx) -> None:
    async with somebody(nginx, "127.0.0.2") as visitor:
        async with visitor.session.get(nginx.plain_url + "/chat", allow_redirects=False) as answer:
            assert answer.status == 301
            assert answer.headers["Location"].startswith("https://")
        async with visitor.session.get(nginx.url + "/chat") as answer:
            assert answer.status == 200
            assert "max-age" in answer.headers["Strict-Transport-Security"]
            cookies = answer.headers.getall("Set-Cookie")
        assert cookies
        assert [one for one in cookies if "Secure" not in one or "HttpOnly" not in one] == []


async def test_a_question_is_answered_through_the_stream_that_nobody_buffers(nginx: Nginx) -> None:
    async with somebody(nginx, "127.0.0.3") as visitor:
        await visitor.load()
        await visitor.listen()
        assert await visitor.say(KNOWN) == 202
        async with visitor.session.get(nginx.url + "/chat/events") as stream:
            async for line in stream.content:
                if line.startswith(b"data: ") and "依据：" in json.loads(line[6:]).get("text", ""):
                    return
    raise AssertionError("the stream ended without the answer")


async def test_each_visitor_has_limits_of_their_own_whatever_they_claim(nginx: Nginx) -> None:
    async with somebody(nginx, "127.0.0.4") as one, somebody(nginx, "127.0.0.5") as other:
        for number in range(POSTS_PER_MINUTE_PER_ADDRESS):
            headers = {"X-Forwarded-For": f"203.0.113.{number}"}
            async with one.session.get(nginx.url + "/enter/guess", headers=headers) as answer:
                assert answer.status == 410
        async with one.session.get(nginx.url + "/enter/guess", headers={"X-Forwarded-For": "203.0.113.9"}) as answer:
            assert answer.status == 429
        async with other.session.get(nginx.url + "/enter/guess") as answer:
            assert answer.status == 410


async def test_telegram_delivers_long_updates_and_nobody_delivers_endless_ones(
    behind: ServedHouse, nginx: Nginx
) -> None:
    webhook = webhook_of(behind.deps.settings, behind.deps.database.hasher)
    assert webhook is not None
    path = webhook.url.removeprefix("https://shuiqiao.example.gov.cn")
    headers = {SECRET_HEADER: webhook.secret}
    async with somebody(nginx, "127.0.0.6") as telegram:
        for kilobytes, status in ((200, 200), (2000, 413)):
            update = json.dumps({"update_id": kilobytes, "unknown": "长" * (kilobytes * 1000 // 6)}).encode()
            async with telegram.session.post(nginx.url + path, data=BytesIO(update), headers=headers) as answer:
                assert answer.status == status


async def test_figures_are_not_for_the_public(nginx: Nginx) -> None:
    async with somebody(nginx, "127.0.0.7") as visitor, visitor.session.get(nginx.url + "/metrics") as answer:
        assert answer.status == 404
