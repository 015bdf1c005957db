"""Who may read /metrics and who finds no such page, in which form, how often the database is asked; what is counted at
the doors.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp.test_utils import TestServer
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from sqlalchemy import event, text

from bot.channels.telegram import TELEGRAM, webhook_of
from bot.settings import read_settings
from bot.web import make_web_app
from bot.web.backlog import SharedBacklog
from bot.web.telegram_webhook import SECRET_HEADER
from testbed.postgres import drop_database, fresh_database
from tests.browser.visits import Visit, message, welcomed
from tests.support.figures import figures_in, scrape
from tests.support.house import HouseUnderTest, open_test_house, sqlite_url

pytestmark = pytest.mark.asyncio(loop_scope="module")

TOKEN = f"4242:{'t' * 30}"
PUBLIC = "https://tax.example"
NO_SUCH_PAGE = "没有这个页面。"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[HouseUnderTest]:
    """Behind a proxy, and Telegram delivers to it. It takes in, and handles nothing."""
    folder = tmp_path_factory.mktemp("house")
    settings: dict[str, Any] = {"public_url": PUBLIC, "telegram_token": TOKEN, "telegram_webhook": True}
    async with open_test_house(sqlite_url(folder), folder, **settings) as under_test:
        yield under_test


@asynccontextmanager
async def served(house: HouseUnderTest, **settings: Any) -> AsyncIterator[str]:
    """The address of the pages of a house, with other settings where they are given."""
    deps = replace(house.deps, settings=house.deps.settings.model_copy(update=settings))
    async with TestServer(make_web_app(deps)) as server:
        yield str(server.make_url("")).rstrip("/")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def url(house: HouseUnderTest) -> AsyncIterator[str]:
    async with served(house) as address:
        yield address


async def read(url: str, *, method: str = "GET", path: str = "/metrics", **headers: str) -> tuple[int, str, str]:
    """Status, content type and text of an answer."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, url + path, headers=names, allow_redirects=False) as answer,
    ):
        return answer.status, answer.headers.get("Content-Type", ""), await answer.text()


async def test_this_machine_may_read_the_figures(url: str) -> None:
    status, form, body = await read(url)
    assert (status, form) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert figures_in(body).value("shuiqiao_database_up") == 1


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE"])
async def test_for_everybody_else_there_is_no_such_page(house: HouseUnderTest, method: str) -> None:
    networks = read_settings({"SHUIQIAO_METRICS_FROM": "10.0.0.0/8"}).metrics_from
    async with served(house, metrics_from=networks) as url:
        refused = await read(url, method=method)
        assert refused == await read(url, method=method, path="/no-such-page")
    assert refused[0] == 404


@pytest.mark.parametrize("named", ["203.0.113.9", "127.0.0.1, 203.0.113.9", "127.0.0.1", ""])
async def test_whoever_comes_through_the_proxy_on_this_machine_is_not_this_machine(url: str, named: str) -> None:
    status, _, body = await read(url, X_Forwarded_For=named)
    assert status == 404
    assert NO_SUCH_PAGE in body


@pytest.mark.parametrize("header", ["X_Forwarded_For", "Forwarded", "Via", "X_Real_IP"])
async def test_a_proxy_that_we_were_not_told_of_opens_the_page_to_nobody(house: HouseUnderTest, header: str) -> None:
    async with served(house, public_url=None) as url:
        assert (await read(url))[0] == 200
        assert (await read(url, **{header: "127.0.0.1"}))[0] == 404


async def test_a_network_that_is_named_may_read_through_the_proxy(house: HouseUnderTest) -> None:
    networks = read_settings({"SHUIQIAO_METRICS_FROM": "10.1.0.0/16, ::1"}).metrics_from
    async with served(house, metrics_from=networks) as url:
        assert (await read(url, X_Forwarded_For="10.1.2.3"))[0] == 200
        assert (await read(url, X_Forwarded_For="10.2.2.3"))[0] == 404
        assert (await read(url))[0] == 404


async def test_who_may_read_may_not_write(url: str) -> None:
    assert (await read(url, method="POST"))[0] == 405
    assert (await read(url, method="HEAD"))[0] == 200


async def test_open_metrics_are_spoken_where_they_are_asked_for(url: str) -> None:
    accepted = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1"
    status, form, body = await read(url, Accept=accepted)
    assert status == 200
    assert form.startswith("application/openmetrics-text; version=1.0.0")
    families = open_metrics(body)  # type: ignore[no-untyped-call]  # the library gives it no types
    assert "shuiqiao_lanes_waiting" in {family.name for family in families}


@pytest.mark.parametrize(
    "accepted", ["text/plain; version=new", "application/openmetrics-text; version=", ";;,", "*/*"]
)
async def test_a_form_that_makes_no_sense_gets_the_plain_one_or_the_one_it_names(url: str, accepted: str) -> None:
    assert (await read(url, Accept=accepted))[0] == 200


async def test_many_who_ask_at_once_ask_the_database_once(house: HouseUnderTest) -> None:
    asked: list[str] = []

    def listen(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    backlog = SharedBacklog(house.deps, fresh_seconds=3600)
    event.listen(house.deps.database.engine.sync_engine, "before_cursor_execute", listen)
    try:
        answers = await asyncio.gather(*(backlog.latest() for _ in range(30)))
    finally:
        event.remove(house.deps.database.engine.sync_engine, "before_cursor_execute", listen)
    assert sum("FROM updates" in statement for statement in asked) == 1
    assert None not in answers


async def stored(house: HouseUnderTest, channel: str) -> float:
    return (await scrape(house.deps)).value("shuiqiao_updates_stored_total", channel=channel)


async def post_again_and_again(visitor: Visit, path: str, body: object) -> None:
    for _ in range(3):
        async with visitor.post(path, body) as answer:
            assert answer.status == 202


async def test_what_a_page_posts_is_counted_once_when_it_is_stored(house: HouseUnderTest) -> None:
    before = await stored(house, "web")
    # A browser keeps the cookies of an encrypted page to itself, so this one is not.
    async with served(house, public_url=None) as url, welcomed(url) as visitor:
        assert await stored(house, "web") == before + 1
        await post_again_and_again(visitor, "/chat/messages", message("你好"))
        assert await stored(house, "web") == before + 2
        assert await visitor.say(" ") == 400
        assert await visitor.say("在吗") == 202
    assert await stored(house, "web") == before + 3


async def test_what_telegram_delivers_is_counted_once_when_it_is_stored(house: HouseUnderTest, url: str) -> None:
    known = webhook_of(house.deps.settings, house.deps.database.hasher)
    assert known is not None
    door = url + known.url.removeprefix(PUBLIC)
    before = await stored(house, TELEGRAM)
    async with aiohttp.ClientSession() as session:
        for secret in (known.secret, known.secret, "guess"):
            body = json.dumps({"update_id": 7, "something_new": {}})
            async with session.post(door, data=body, headers={SECRET_HEADER: secret}):
                pass
    assert await stored(house, TELEGRAM) == before + 1


async def test_while_the_database_is_away_the_process_tells_its_own_figures(tmp_path: Path, postgres: str) -> None:
    address = await fresh_database(postgres)
    async with open_test_house(address, tmp_path) as house, asyncio.timeout(60):
        async with house.database.engine.connect() as other:
            backlog = SharedBacklog(house.deps, fresh_seconds=0, answers_within=0.2)
            await other.execute(text("LOCK TABLE updates IN ACCESS EXCLUSIVE MODE"))
            assert await backlog.latest() is None  # it is there, and does not answer
            await other.rollback()
            assert await backlog.latest() is not None
        await drop_database(address)
        figures = await scrape(house.deps)
        assert figures.value("shuiqiao_database_up") == 0
        assert figures.value("shuiqiao_updates_stored_total", channel="web") == 0
        assert figures.value("shuiqiao_faq_entries") > 100
        assert "shuiqiao_lanes_waiting" not in figures.families
