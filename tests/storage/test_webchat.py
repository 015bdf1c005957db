"""A page's messages are told in the order in which they were committed."""

import asyncio

import pytest
from sqlalchemy.exc import IntegrityError

from storage.database import Database
from storage.signals import relay
from storage.webchat import (
    already_posted,
    change_buttons,
    message_on,
    messages_after,
    put_message,
    webchat_topic,
)
from tests.storage.opened import found_address, found_bureau, opened, until_somebody_waits_for_a_lock

ALL = 1000


async def open_page(database: Database) -> int:
    async with database.unit() as unit:
        await found_bureau(unit)
        return await found_address(unit, channel="web")


async def put(database: Database, address_id: int, text: str, client_id: str | None = None) -> int:
    async with database.unit() as unit:
        return await put_message(unit, address_id, author="bot", text=text, at=unit.now, client_id=client_id)


async def read(database: Database, address_id: int, after: int = 0, most: int = ALL) -> list[tuple[int, str]]:
    async with database.reader() as reader:
        return [(row.seq, row.text) for row in await messages_after(reader, address_id, after, most=most)]


async def test_messages_are_told_in_order_and_from_where_the_browser_was(database: Database) -> None:
    page, other = await open_page(database), 0
    async with database.unit() as unit:
        other = await found_address(unit, channel="web")
    for text in ("一", "二", "三"):
        await put(database, page, text)
    await put(database, other, "别人的")
    assert await read(database, page) == [(1, "一"), (2, "二"), (3, "三")]
    assert await read(database, page, 2) == [(3, "三")]
    assert await read(database, page, 3) == []
    assert await read(database, page, most=2) == [(2, "二"), (3, "三")]
    assert await read(database, other) == [(1, "别人的")]


async def test_changed_buttons_are_told_again(database: Database) -> None:
    page = await open_page(database)
    first = await put(database, page, "一")
    await put(database, page, "二")
    async with database.unit() as unit:
        await change_buttons(unit, page, first, [[{"text": "签收", "data": "sign:1"}]])
    assert await read(database, page, 2) == [(3, "一")]
    async with database.reader() as reader:
        row = await message_on(reader, page, first)
        assert row is not None
        assert row.buttons == [[{"text": "签收", "data": "sign:1"}]]
        assert await message_on(reader, page + 1, first) is None


async def test_what_the_browser_sent_twice_is_found(database: Database) -> None:
    page = await open_page(database)
    await put(database, page, "一", "client-1")
    async with database.reader() as reader:
        assert await already_posted(reader, page, "client-1")
        assert not await already_posted(reader, page, "client-2")
    with pytest.raises(IntegrityError):
        await put(database, page, "一", "client-1")
    assert await read(database, page) == [(1, "一")]


async def test_a_message_that_is_rolled_back_leaves_no_gap(database: Database) -> None:
    page = await open_page(database)

    async def fail() -> None:
        async with database.unit() as unit:
            await put_message(unit, page, author="bot", text="x", at=unit.now)
            raise ValueError("failed")

    with pytest.raises(ValueError, match="failed"):
        await fail()
    await put(database, page, "一")
    assert await read(database, page) == [(1, "一")]


async def test_a_browser_that_keeps_reading_misses_nothing(database: Database) -> None:
    page = await open_page(database)
    done = asyncio.Event()
    seen: list[tuple[int, str]] = []

    async def listen() -> None:
        while True:
            finished = done.is_set()
            seen.extend(await read(database, page, seen[-1][0] if seen else 0))
            if finished:
                return
            await asyncio.sleep(0)

    async def write(writer: int) -> None:
        for number in range(8):
            await put(database, page, f"{writer}:{number}")

    async def write_all() -> None:
        await asyncio.gather(*(write(writer) for writer in range(5)))
        done.set()

    async with asyncio.timeout(60):
        await asyncio.gather(listen(), write_all())
    assert [seq for seq, _ in seen] == list(range(1, 41))
    assert sorted(text for _, text in seen) == sorted(f"{w}:{n}" for w in range(5) for n in range(8))


async def test_the_later_number_is_never_committed_before_the_earlier_one(postgresql: Database) -> None:
    page = await open_page(postgresql)
    async with postgresql.unit() as slow:
        await put_message(slow, page, author="bot", text="slow", at=slow.now)
        quick = asyncio.get_running_loop().create_task(put(postgresql, page, "quick"))
        await until_somebody_waits_for_a_lock(postgresql)
        assert await read(postgresql, page) == []
    await quick
    assert await read(postgresql, page) == [(1, "slow"), (2, "quick")]


async def test_a_page_hears_of_what_another_process_writes(postgresql: Database, postgresql_url: str) -> None:
    page = await open_page(postgresql)
    loop = asyncio.get_running_loop()
    async with opened(postgresql_url) as other:
        listening = loop.create_task(relay(postgresql.url, postgresql.signals))
        with postgresql.signals.listen(webchat_topic(page)) as bell:
            async with asyncio.timeout(20):
                heard = loop.create_task(bell.wait(60))
                while not heard.done():  # the first ones may be said before the relay listens
                    await put(other, page, "另一个进程")
                    await asyncio.wait((heard,), timeout=0.2)
        listening.cancel()
        await asyncio.wait((listening,))
    assert (await read(postgresql, page))[0] == (1, "另一个进程")
