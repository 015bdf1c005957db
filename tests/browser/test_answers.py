"""What every answer carries, whatever was asked: protecting headers, words and no traces, cookies in their place."""

import re
from http.cookies import SimpleCookie

import aiohttp
import pytest
from sqlalchemy import func, select

from storage.tables import addresses
from tests.browser.served import ServedHouse
from tests.browser.visits import visit, welcomed

pytestmark = pytest.mark.asyncio(loop_scope="package")

NOWHERE = [
    "/nothing",
    "/chat/",
    "/chat/messages",
    "/desk",
    "/desk/0",
    "/desk/x",
    "/desk/99999999999999999999",
    "/desk/１",
    "/static/",
    "/static/nothing.js",
    "/static/%2e%2e/chat.py",
    "/static/..%2f..%2fsettings.py",
    "/%00",
    "/%ff%fe",
    "/enter/",
    "/enter/a/b",
    "/.env",
]
TRACE = re.compile(r"Traceback|File \"|aiohttp|sqlalchemy|Python", re.IGNORECASE)


@pytest.mark.parametrize("path", NOWHERE)
async def test_a_page_that_is_not_there_says_so_without_a_trace(served: ServedHouse, path: str) -> None:
    async with aiohttp.ClientSession() as session, session.get(served.url + path) as answer:
        text = await answer.text()
        assert answer.status in (401, 404, 405)
        assert "工作台的会话已结束" in text if answer.status == 401 else "没有这个页面。" in text
        assert not TRACE.search(text + str(answer.headers))


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "TRACE", "OPTIONS"])
async def test_other_methods_are_refused_and_do_nothing(served: ServedHouse, method: str) -> None:
    async with welcomed(served.url) as visitor:
        for path in ("/chat/events", "/chat/messages", "/chat/language"):
            async with visitor.session.request(method, served.url + path) as answer:
                assert answer.status == 405
                assert answer.headers["Allow"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 302),
        ("/favicon.ico", 302),
        ("/chat", 200),
        ("/static/chat.css", 200),
        ("/static/message.js", 200),
        ("/static/nothing", 404),
        ("/nothing", 404),
        ("/desk/1", 401),
        ("/chat/events", 401),
        ("/enter/guess", 410),
        ("/healthz", 200),
        ("/readyz", 200),
    ],
)
async def test_every_answer_carries_the_headers_that_protect_it(served: ServedHouse, path: str, status: int) -> None:
    async with aiohttp.ClientSession() as session, session.get(served.url + path, allow_redirects=False) as answer:
        assert answer.status == status
        _check(answer)
        static = path.startswith("/static/") and status == 200
        assert answer.headers["Cache-Control"] == ("public, max-age=300" if static else "no-store")


async def test_a_stream_carries_them_too(served: ServedHouse) -> None:
    async with welcomed(served.url) as visitor, visitor.session.get(served.url + "/chat/events") as answer:
        assert answer.content_type == "text/event-stream"
        _check(answer)


def _check(answer: aiohttp.ClientResponse) -> None:
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Server"] == "shuiqiao"


async def test_no_page_has_script_or_style_of_its_own(served: ServedHouse) -> None:
    async with visit(served.url) as visitor:
        for path in ("/chat", "/nothing", (await served.desk_link("ayinur")).removeprefix(served.url)):
            text = await visitor.load(path)
            assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", text)


@pytest.mark.parametrize(("public_url", "secure"), [(None, False), ("https://tax.example", True)])
async def test_cookies_stay_with_their_page(served: ServedHouse, public_url: str | None, *, secure: bool) -> None:
    desk = f"/desk/{await served.officer_id('ayinur')}"
    door = (await served.desk_link("ayinur")).removeprefix(served.url)
    async with served.under_other_rules(public_url=public_url) as url, visit(url) as visitor:
        async with visitor.session.get(url + "/chat") as answer:
            chat = _cookies(answer)
        await visitor.load(door)
        async with visitor.session.post(url + door, data={"csrf": visitor.csrf}, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, desk)
            office = _cookies(answer)
    assert {name: morsel["path"] for name, morsel in chat.items()} == {"visitor": "/chat", "language": "/chat"}
    assert {name: morsel["path"] for name, morsel in office.items()} == {"desk": desk}
    assert int(office["desk"]["max-age"]) == 12 * 3600
    for morsel in (*chat.values(), *office.values()):
        assert morsel["httponly"]
        assert morsel["samesite"] == "Lax"
        assert bool(morsel["secure"]) is secure


def _cookies(answer: aiohttp.ClientResponse) -> SimpleCookie:
    cookies = SimpleCookie()
    for header in answer.headers.getall("Set-Cookie", []):
        cookies.load(header)
    return cookies


@pytest.mark.parametrize("chosen", ["x", "x" * 43, "x" * 43 + "." + "0" * 22, "."])
async def test_a_cookie_that_we_did_not_give_begins_nothing(served: ServedHouse, chosen: str) -> None:
    async with aiohttp.ClientSession(headers={"Cookie": f"visitor={chosen}"}) as session:
        async with session.get(served.url + "/chat/events") as answer:
            assert answer.status == 401
        async with session.get(served.url + "/chat") as answer:
            assert _cookies(answer)["visitor"].value != chosen


async def test_a_page_that_is_only_looked_at_stores_nothing(served: ServedHouse) -> None:
    async with served.deps.database.reader() as reader:
        before = await reader.value(select(func.count()).select_from(addresses))
    async with visit(served.url) as visitor:
        await visitor.load()
        async with visitor.session.head(served.url + "/chat") as answer:
            assert answer.status == 200
    async with served.deps.database.reader() as reader:
        assert await reader.value(select(func.count()).select_from(addresses)) == before


async def test_the_link_to_a_desk_is_spent_by_its_button_alone(served: ServedHouse) -> None:
    link = await served.desk_link("wang")
    async with visit(served.url) as visitor:
        for method in ("HEAD", "GET"):
            async with visitor.session.request(method, link) as answer:
                assert answer.status == 200
        async with visitor.session.post(link, data={"csrf": "0" * 64}) as answer:
            assert answer.status == 403
            assert "没有通过校验" in await answer.text()
        async with visitor.session.post(link, data=b"\xff", headers={"Content-Type": "multipart/form-data"}) as answer:
            assert answer.status == 400
        await visitor.load(link.removeprefix(served.url))
        form = {"csrf": visitor.csrf}
        async with visitor.session.post(link, data=form, allow_redirects=False) as answer:
            assert answer.status == 303
        async with visitor.session.post(link, data=form) as answer:
            assert answer.status == 410
            assert "这个链接已经用过或已过期" in await answer.text()


@pytest.mark.parametrize("path", ["/chat/language", "/desk/1/language", "/desk/1/leave"])
async def test_forms_need_the_pages_own_token(served: ServedHouse, path: str) -> None:
    async with (
        welcomed(served.url) as visitor,
        visitor.session.post(served.url + path, data={"language": "en"}) as answer,
    ):
        assert answer.status == (401 if path.endswith("leave") else 403)
        assert not _cookies(answer)


async def test_an_unknown_language_is_refused(served: ServedHouse) -> None:
    async with welcomed(served.url) as visitor:
        form = {"language": "xx", "csrf": visitor.csrf}
        async with visitor.session.post(served.url + "/chat/language", data=form) as answer:
            assert answer.status == 400
            assert "没有看懂这次请求" in await answer.text()


async def test_a_browser_in_english_is_spoken_to_in_english(served: ServedHouse) -> None:
    async with visit(served.url) as visitor:
        visitor.session.headers["Accept-Language"] = "en-GB"
        assert '<html lang="en">' in await visitor.load()
        while not (told := await visitor.listen()):
            pass
        assert "Welcome" in told[0]["text"]
        assert "There is no such page." in await visitor.load("/nothing")
