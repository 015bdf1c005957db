"""What a page posts is checked as if the page were not ours; whoever is refused is told why in words."""

import asyncio
import uuid
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.settings import read_settings
from tests.browser.served import ServedHouse
from tests.browser.visits import Visit, message, visit, welcomed

pytestmark = pytest.mark.asyncio(loop_scope="package")

NOBODY = str(uuid.UUID(int=1))


@pytest_asyncio.fixture(loop_scope="package")
async def visitor(served: ServedHouse) -> AsyncIterator[Visit]:
    async with welcomed(served.url) as somebody:
        yield somebody


@pytest.mark.parametrize("token", ["", "0" * 64, "令牌"])
@pytest.mark.parametrize("path", ["/chat/messages", "/chat/presses"])
async def test_a_post_without_the_pages_own_token_is_refused(visitor: Visit, path: str, token: str) -> None:
    visitor.csrf = token.encode().decode("latin-1")
    async with visitor.post(path, message("你好")) as answer:
        assert answer.status == 403
        assert (await answer.json())["message"] == "这次操作没有通过校验，请重新载入页面后再试。"


async def test_anothers_token_is_not_ones_own(visitor: Visit, served: ServedHouse) -> None:
    async with welcomed(served.url) as other:
        visitor.csrf = other.csrf
    assert await visitor.say("你好") == 403


async def test_a_post_without_a_cookie_is_refused(visitor: Visit, served: ServedHouse) -> None:
    async with visit(served.url) as stranger:
        stranger.csrf = visitor.csrf
        async with stranger.post("/chat/messages", message("你好")) as answer:
            assert answer.status == 401
            assert (await answer.json())["message"] == "会话已失效，请重新载入页面。"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"\xff\xfe\x00",
        b'["text"]',
        b"null",
        b"[" * 60_000,
        b'{"client_id": 1' + b"0" * 5_000 + b"}",
        b'{"text": "\\u4f60"}',
        b'{"text": "\\u4f60", "client_id": "x"}',
    ],
    ids=["empty", "cut", "not text", "list", "null", "deep", "long number", "no id", "not an id"],
)
async def test_what_makes_no_sense_is_refused(visitor: Visit, raw: bytes) -> None:
    async with visitor.post("/chat/messages", raw=raw) as answer:
        assert answer.status == 400
        assert (await answer.json())["message"]


@pytest.mark.parametrize(
    "fields",
    [
        {"text": " \n "},
        {"text": 5},
        {"text": None},
        {"reply_to": True},
        {"reply_to": "1"},
        {"reply_to": -1},
        {"reply_to": 2**70},
        {"client_id": ["x"]},
    ],
    ids=str,
)
async def test_a_message_of_the_wrong_shape_is_refused(visitor: Visit, fields: dict[str, object]) -> None:
    async with visitor.post("/chat/messages", {**message("你好"), **fields}) as answer:
        assert answer.status == 400
        assert (await answer.json())["message"]


@pytest.mark.parametrize("body", [message("好" * 4097), message("好" * 40_000)], ids=["too long", "far too long"])
async def test_what_is_too_long_is_refused(visitor: Visit, body: dict[str, object]) -> None:
    async with visitor.post("/chat/messages", body) as answer:
        assert answer.status == 413
        assert "长" in (await answer.json())["message"]


async def test_the_longest_message_of_the_longest_characters_is_taken(visitor: Visit) -> None:
    assert await visitor.say("🧾" * 4096) == 202


async def test_half_a_character_is_taken_and_shown_as_such(visitor: Visit) -> None:
    assert await visitor.say("发票\ud83e怎么开\x00") == 202
    assert [one["text"] for one in await visitor.listen() if one["from"] == "me"] == ["发票�怎么开\x00"]


async def test_the_same_id_again_is_the_same_message(visitor: Visit) -> None:
    once = message("你好")
    for _ in range(3):
        async with visitor.post("/chat/messages", once) as answer:
            assert answer.status == 202
    assert [one["text"] for one in await visitor.listen() if one["from"] == "me"] == ["你好"]


@pytest.mark.parametrize("message_id", [None, "1", True, 0, -1, 2**70, 1.5])
async def test_a_button_of_no_message_cannot_be_pressed(visitor: Visit, message_id: object) -> None:
    press = {"client_id": NOBODY, "message_id": message_id, "data": "m:cases"}
    async with visitor.post("/chat/presses", press) as answer:
        assert answer.status == 400


async def test_a_button_that_is_not_on_ones_own_page_cannot_be_pressed(visitor: Visit, served: ServedHouse) -> None:
    async with welcomed(served.url) as other:
        await _wait_for_words(other)
        foreign = (await other.listen())[-1]
    data = foreign["buttons"][0][0]["data"]
    await _wait_for_words(visitor)
    own = (await visitor.listen())[-1]
    for press in ({"message_id": foreign["id"], "data": data}, {"message_id": own["id"], "data": "h:1:answer"}):
        async with visitor.post("/chat/presses", {"client_id": NOBODY, **press}) as answer:
            assert answer.status == 400
            assert (await answer.json())["message"] == "这个按钮已经失效。"


async def _wait_for_words(visitor: Visit) -> None:
    while not await visitor.listen():
        pass


async def test_a_desk_takes_nothing_from_a_taxpayers_cookie(visitor: Visit, served: ServedHouse) -> None:
    desk = f"/desk/{await served.officer_id('ayinur')}"
    cookie = next(one for one in visitor.session.cookie_jar if one.key == "visitor")
    headers = {"Cookie": f"desk={cookie.value}"}
    for path, body in [("/messages", message("你好")), ("/presses", {"message_id": 1, "data": "m:todo"})]:
        async with visitor.post(desk + path, body, headers=headers) as answer:
            assert answer.status == 401
            assert "工作台的会话已结束" in (await answer.json())["message"]
    async with visitor.session.get(served.url + desk + "/events", headers=headers) as answer:
        assert answer.status == 401


async def test_a_stream_resumes_after_the_last_event(visitor: Visit) -> None:
    assert await visitor.say("你好") == 202
    told = await visitor.listen()
    mark = next(one["seq"] for one in told if one["from"] == "me")
    assert await visitor.say("谢谢") == 202
    later = await visitor.listen(after=mark)
    assert "谢谢" in [one["text"] for one in later]
    assert "你好" not in [one["text"] for one in later]
    assert len(await visitor.listen(after=10**14)) == 0


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh-CN,zh;q=0.9", "操作太频繁，请稍等一分钟再试。"),
        ("en-GB,en;q=0.9", "Too many attempts. Please wait a minute."),
    ],
)
async def test_who_posts_too_often_is_told_when_to_come_back(served: ServedHouse, language: str, words: str) -> None:
    async with served.under_other_rules(posts_per_minute=3) as url, visit(url) as visitor:
        visitor.session.headers["Accept-Language"] = language
        await visitor.load()
        await visitor.listen()
        assert [await visitor.say("你好") for _ in range(4)] == [202, 202, 202, 429]
        async with visitor.post("/chat/messages", message("你好")) as answer:
            assert answer.headers["Retry-After"] == "60"
            assert await answer.json() == {"message": words, "retry_after": 60}


async def test_a_minute_is_shared_by_all_who_come_from_one_address(served: ServedHouse) -> None:
    async with served.under_other_rules(posts_per_minute_per_address=4) as url:
        async with welcomed(url) as first, welcomed(url) as second:  # two tries to become known
            assert [await first.say("你好"), await second.say("你好"), await second.say("你好")] == [202, 202, 429]
        async with visit(url) as third:
            await third.load()
            async with third.session.get(url + "/chat/events") as answer:
                assert answer.status == 429
                assert "操作太频繁" in await answer.text()
            async with third.session.get(url + "/enter/guess") as answer:
                assert answer.status == 429


@pytest.mark.parametrize(
    ("public_url", "trusted_proxies", "third"),
    [
        ("https://tax.example", "127.0.0.0/8", 410),  # two people behind our proxy
        ("https://tax.example", "127.0.0.0/8,198.51.100.0/24", 429),  # one, who came through two proxies of ours
        ("https://tax.example", "10.0.0.0/8", 429),  # the proxy is not ours: all count as one
        (None, "127.0.0.0/8", 429),  # nobody stands before us
    ],
)
async def test_behind_proxies_the_address_is_whom_the_last_trusted_one_names(
    served: ServedHouse, public_url: str | None, trusted_proxies: str, third: int
) -> None:
    statuses = []
    trusted = read_settings({}, trusted_proxies=trusted_proxies).trusted_proxies
    async with (
        served.under_other_rules(public_url=public_url, trusted_proxies=trusted, posts_per_minute_per_address=2) as url,
        visit(url) as visitor,
    ):
        for named in ("203.0.113.9", "198.51.100.1, 203.0.113.9", "203.0.113.9, 198.51.100.1"):
            async with visitor.session.get(url + "/enter/guess", headers={"X-Forwarded-For": named}) as answer:
                statuses.append(answer.status)
    assert statuses == [410, 410, third]


async def test_a_post_that_never_ends_is_refused_in_words(served: ServedHouse) -> None:
    async def half() -> AsyncIterator[bytes]:
        yield b'{"text": "'
        await asyncio.Event().wait()

    async with served.under_other_rules(post_seconds=0.1) as url, visit(url) as visitor:
        await visitor.load()
        headers = {"X-CSRF-Token": visitor.csrf, "Content-Type": "application/json"}
        async with visitor.session.post(url + "/chat/messages", data=half(), headers=headers) as answer:
            assert answer.status == 408
            assert (await answer.json())["message"] == "网络太慢，没有收全，请再发一次。"


async def test_words_that_are_faster_than_the_pages_stream_are_taken_in(served: ServedHouse) -> None:
    async with visit(served.url) as newcomer:
        await newcomer.load()
        assert await newcomer.say("你好") == 202
        assert [one["text"] for one in await newcomer.listen() if one["from"] == "me"] == ["你好"]
