"""What Telegram delivers is stored before it hears so; whoever is not Telegram finds no page there."""

import asyncio
import json
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from sqlalchemy import select

from bot.channels.telegram import TELEGRAM, Webhook, webhook_of
from bot.web.telegram_webhook import SECRET_HEADER
from storage.tables import updates
from tests.browser.served import ServedHouse

pytestmark = pytest.mark.asyncio(loop_scope="module")

TOKEN = f"4242:{'t' * 30}"
PERSON = {"id": 7, "is_bot": False, "first_name": "测试"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ServedHouse]:
    """Takes in, and handles nothing."""
    served = ServedHouse(
        tmp_path_factory.mktemp("house"),
        works=False,
        public_url="https://tax.example",
        telegram_token=TOKEN,
        telegram_webhook=True,
    )
    await served.start()
    yield served
    await served.stop()


def webhook(house: ServedHouse) -> Webhook:
    found = webhook_of(house.deps.settings, house.deps.database.hasher)
    assert found is not None
    return found


def letter(update_id: int, text: str = "你好") -> dict[str, Any]:
    message = {"message_id": update_id, "date": 1_700_000_000, "chat": {"id": 7, "type": "private"}, "from": PERSON}
    return {"update_id": update_id, "message": message | {"text": text}}


async def deliver(house: ServedHouse, body: bytes, *, secret: str | None = None, path: str = "", url: str = "") -> int:
    """The status of the answer; the right secret and path where none are given."""
    known = webhook(house)
    headers = {"Content-Type": "application/json", SECRET_HEADER: known.secret if secret is None else secret}
    where = (url or house.url) + (path or known.url.removeprefix("https://tax.example"))
    async with aiohttp.ClientSession() as session, session.post(where, data=BytesIO(body), headers=headers) as answer:
        return answer.status


async def stored(house: ServedHouse) -> list[str]:
    async with house.deps.database.reader() as reader:
        rows = await reader.all(
            select(updates.c.external_id).where(updates.c.channel == TELEGRAM).order_by(updates.c.id)
        )
    return [row.external_id for row in rows]


async def test_an_update_is_on_the_disk_before_the_200_and_a_repeated_one_is_the_same(house: ServedHouse) -> None:
    before = await stored(house)
    for _ in range(3):
        assert await deliver(house, json.dumps(letter(100)).encode()) == 200
        assert await stored(house) == [*before, "4242:100"]


async def test_the_address_tells_nobody_the_secret_and_is_the_same_in_every_process(house: ServedHouse) -> None:
    known = webhook(house)
    assert known.url == "https://tax.example/telegram/4242"
    assert TOKEN.partition(":")[2] not in known.url + known.secret
    assert known == webhook(house)
    assert 1 <= len(known.secret) <= 256  # what Telegram takes
    assert known.secret.isalnum()


@pytest.mark.parametrize("secret", ["", "guess", "秘密".encode().decode("latin-1")])
async def test_whoever_does_not_know_the_secret_finds_no_page(house: ServedHouse, secret: str) -> None:
    before = await stored(house)
    assert await deliver(house, json.dumps(letter(101)).encode(), secret=secret) == 404
    assert await stored(house) == before


async def test_another_bots_address_is_no_page(house: ServedHouse) -> None:
    assert await deliver(house, json.dumps(letter(102)).encode(), path="/telegram/4243") == 404


async def test_where_updates_are_fetched_nothing_is_delivered(house: ServedHouse) -> None:
    async with house.under_other_rules(telegram_webhook=False) as url:
        assert await deliver(house, json.dumps(letter(103)).encode(), url=url) == 404


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff", b"[]", b"null", b'{"message": {}}', b'{"update_id": "7"}', b"[" * 60_000],
    ids=["empty", "cut", "not text", "list", "null", "no id", "not an id", "deep"],
)
async def test_what_telegram_cannot_have_sent_is_refused(house: ServedHouse, body: bytes) -> None:
    before = await stored(house)
    assert await deliver(house, body) == 400
    assert await stored(house) == before


async def test_a_kind_of_update_that_nobody_knows_is_kept_all_the_same(house: ServedHouse) -> None:
    assert await deliver(house, b'{"update_id": 104, "something_new": {"a": 1}}') == 200
    assert (await stored(house))[-1] == "4242:104"


async def test_a_long_text_answering_a_long_text_is_taken_in(house: ServedHouse) -> None:
    update = letter(105, "长" * 4096)
    update["message"]["reply_to_message"] = letter(1, "长" * 4096)["message"]
    assert await deliver(house, json.dumps(update).encode().ljust(900_000)) == 200
    assert await deliver(house, json.dumps(letter(106)).encode().ljust(1_100_000)) == 413


async def test_a_delivery_that_never_ends_is_cut_off(house: ServedHouse) -> None:
    async def half() -> AsyncIterator[bytes]:
        yield b'{"update_id": 107'
        await asyncio.Event().wait()

    known = webhook(house)
    async with house.under_other_rules(post_seconds=0.1) as url, aiohttp.ClientSession() as session:
        path = known.url.removeprefix("https://tax.example")
        async with session.post(url + path, data=half(), headers={SECRET_HEADER: known.secret}) as answer:
            assert answer.status == 408
    assert "4242:107" not in await stored(house)
