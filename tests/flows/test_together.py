"""What several taxpayers write at the same moment is handled together, and nobody suffers for another."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from bot.intake import Intake
from storage.database import Database
from storage.inbox import waiting
from tests.flows.cast import COMPLAINT, KNOWN, letter
from tests.support.house import HouseUnderTest, TelegramPerson


@pytest.fixture
async def people(either_house: HouseUnderTest) -> list[TelegramPerson]:
    """Five taxpayers whom the house knows."""
    known = [either_house.telegram_person(1600 + number) for number in range(5)]
    for person in known:
        await person.say("/start")
    return known


@contextmanager
def units_that_settle(database: Database) -> Iterator[list[str]]:
    """The statements by which units settle updates."""
    said: list[str] = []

    def listen(_connection: object, _cursor: object, sql: str, *_: object) -> None:
        if sql.startswith("UPDATE updates SET settled_at"):
            said.append(sql)

    event.listen(database.engine.sync_engine, "before_cursor_execute", listen)
    try:
        yield said
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", listen)


async def writes(person: TelegramPerson, text: str) -> None:
    await person.receive(letter(person, text), settle=False)


async def handle_once(house: HouseUnderTest) -> None:
    assert await Intake(house.deps, house.house.dispatcher).handle_next("worker")


async def waits(house: HouseUnderTest) -> int:
    async with house.database.reader() as reader:
        return await waiting(reader)


async def test_what_taxpayers_wrote_at_the_same_moment_shares_a_unit(
    either_house: HouseUnderTest, people: list[TelegramPerson]
) -> None:
    for person in people[:3]:
        await writes(person, KNOWN)
    await writes(people[3], COMPLAINT)
    await writes(people[4], "谢谢")
    with units_that_settle(either_house.database) as units:
        await handle_once(either_house)
    assert len(units) == 1
    await either_house.settle()
    said = [person.heard()[-1].text for person in people]
    assert all("免征增值税" in text for text in said[:3])
    assert "已收到" in said[3]
    assert "不客气" in said[4]


async def test_one_who_cannot_be_answered_keeps_nobody_else_from_being_answered(
    either_house: HouseUnderTest, people: list[TelegramPerson]
) -> None:
    for person in people[:4]:
        await writes(person, KNOWN)
    chat = {"id": people[4].chat_id}
    poison = {"update_id": either_house.next_update_id(), "message": {"message_id": None, "chat": chat, "from": {}}}
    await people[4].receive(poison, settle=False)
    await handle_once(either_house)
    assert await waits(either_house) == 1
    await either_house.settle()
    assert all("免征增值税" in person.heard()[-1].text for person in people[:4])
    assert all(len(person.heard()) == 2 for person in people[:4])


async def test_an_officers_act_and_a_taxpayers_words_do_not_share_a_unit(
    either_house: HouseUnderTest, people: list[TelegramPerson]
) -> None:
    """What the one does may be just what the other's answer depends on."""
    officer = await either_house.officer("wang")
    await writes(people[0], KNOWN)
    await writes(people[1], KNOWN)
    async with either_house.database.unit() as unit:
        await officer.page.write(unit, "c1", "待办", None)
    with units_that_settle(either_house.database) as units:
        await handle_once(either_house)
    assert len(units) == 2
    assert await waits(either_house) == 0
