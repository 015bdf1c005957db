"""A channel that nobody has heard of is heard, answered and, whatever it means by its errors, acted upon."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from aiogram.types import InlineKeyboardMarkup

from bot.channels import Channel, Moved, Refused, Temporary, Unreachable
from storage.inbox import Incoming, store
from storage.stuck import Way, stuck
from tests.flows.cast import KNOWN
from tests.support.house import HouseUnderTest, open_test_house, sqlite_url

PIGEONS = "pigeons"
REST = 30  # seconds
FIRST, SECOND, THIRD = 11, 12, 13  # lofts, which are chats to a pigeon


class Pigeons(Channel):
    """Carries texts to lofts. What goes wrong next at a loft is said before."""

    def __init__(self) -> None:
        super().__init__("77:pigeons")
        self.carried: list[tuple[int, str]] = []
        self.keyboards: list[InlineKeyboardMarkup | None] = []
        self.goes_wrong: dict[int, list[Exception]] = {}

    async def say(self, chat_id: int, text: str, keyboard: InlineKeyboardMarkup | None = None) -> int:
        if errors := self.goes_wrong.get(chat_id):
            raise errors.pop(0)
        self.carried.append((chat_id, text))
        self.keyboards.append(keyboard)
        return len(self.carried)

    def heard_at(self, chat_id: int) -> list[str]:
        """The beginnings of what arrived."""
        return [text[:3] for loft, text in self.carried if loft == chat_id]


@dataclass
class Town:
    """A house with pigeons, and who writes by them."""

    house: HouseUnderTest
    pigeons: Pigeons
    _letters: int = field(default=0)

    async def says(self, chat_id: int, text: str, *, settle: bool = True) -> None:
        """A letter arrives, and everything that it leads to is done."""
        self._letters += 1
        now = self.house.clock()
        body = {
            "update_id": self._letters,
            "message": {
                "message_id": self._letters,
                "date": int(now.timestamp()),
                "chat": {"id": chat_id, "type": "private"},
                "from": {"id": chat_id, "is_bot": False, "first_name": "鸽友", "language_code": "zh"},
                "text": text,
            },
        }
        lane = (PIGEONS, self.pigeons.id, chat_id, chat_id)
        async with self.house.database.unit() as unit:
            await store(unit, Incoming(PIGEONS, str(self._letters), lane, now, body))
        if settle:
            await self.house.settle()

    async def after(self, seconds: float) -> None:
        self.house.clock.advance(seconds=seconds)
        await self.house.settle()


@pytest.fixture
async def town(founded_folder: Path, tmp_path: Path) -> AsyncIterator[Town]:
    shutil.copytree(founded_folder, tmp_path, dirs_exist_ok=True)
    pigeons = Pigeons()
    async with open_test_house(sqlite_url(tmp_path), tmp_path, channels={PIGEONS: pigeons}) as house:
        yield Town(house, pigeons)


async def test_who_writes_is_answered_with_buttons(town: Town) -> None:
    await town.says(FIRST, KNOWN)
    (answer,) = town.pigeons.carried
    assert "免征增值税" in answer[1]
    (keyboard,) = town.pigeons.keyboards
    assert keyboard is not None
    assert [button.text for row in keyboard.inline_keyboard for button in row] == ["解决了", "没解决", "转人工"]


async def test_who_is_told_to_wait_waits_as_long_as_that_and_nobody_else_does(town: Town) -> None:
    town.pigeons.goes_wrong[FIRST] = [Temporary(timedelta(seconds=REST))]
    await town.says(FIRST, "谢谢")
    await town.says(SECOND, "谢谢")
    await town.after(REST - 1)
    assert (town.pigeons.heard_at(FIRST), town.pigeons.heard_at(SECOND)) == ([], ["不客气"])
    await town.after(1)
    assert town.pigeons.heard_at(FIRST) == ["不客气"]


async def test_where_two_are_told_to_wait_at_once_the_channel_waits(town: Town) -> None:
    await town.says(THIRD, "你好")
    for chat_id in (FIRST, SECOND):
        town.pigeons.goes_wrong[chat_id] = [Temporary(timedelta(seconds=REST))]
        await town.says(chat_id, "谢谢", settle=False)
    await town.house.settle()
    await town.says(THIRD, "谢谢")
    assert [chat_id for chat_id, _ in town.pigeons.carried] == [THIRD]  # what it was told before
    await town.after(REST)
    assert [town.pigeons.heard_at(chat_id)[-1:] for chat_id in (FIRST, SECOND, THIRD)] == [["不客气"]] * 3


@pytest.mark.parametrize("error", [Temporary(), OSError("a fault in the channel")], ids=["meant", "not foreseen"])
async def test_what_may_pass_is_tried_again_after_a_growing_pause(town: Town, error: Exception) -> None:
    town.pigeons.goes_wrong[FIRST] = [error, error]
    await town.says(FIRST, "谢谢")
    await town.after(1.5)  # the longest first pause
    assert (town.pigeons.carried, town.pigeons.goes_wrong[FIRST]) == ([], [])
    await town.after(0.9)  # the shortest second one is a second
    assert town.pigeons.carried == []
    await town.after(2.1)
    assert town.pigeons.heard_at(FIRST) == ["不客气"]


async def test_what_is_owed_to_who_cannot_be_reached_is_said_first_when_they_write_again(town: Town) -> None:
    town.pigeons.goes_wrong[FIRST] = [Unreachable()]
    await town.says(FIRST, "谢谢")
    await town.after(3600)
    assert town.pigeons.carried == []
    await town.says(FIRST, "你好")
    assert town.pigeons.heard_at(FIRST) == ["不客气", "您好！"]


async def test_who_has_moved_is_followed(town: Town) -> None:
    town.pigeons.goes_wrong[FIRST] = [Moved(SECOND)]
    await town.says(FIRST, "谢谢")
    assert town.pigeons.heard_at(SECOND) == ["不客气"]
    await town.says(SECOND, "你好")
    assert town.pigeons.heard_at(SECOND) == ["不客气", "您好！"]
    assert town.pigeons.heard_at(FIRST) == []


async def test_a_message_that_is_refused_is_kept_as_stuck_and_the_next_one_is_said(town: Town) -> None:
    town.pigeons.goes_wrong[FIRST] = [Refused("too heavy")]
    await town.says(FIRST, "谢谢")
    await town.says(FIRST, "你好")
    assert town.pigeons.heard_at(FIRST) == ["您好！"]
    async with town.house.database.reader() as reader:
        assert [one.channel for one in await stuck(reader, Way.OUT)] == [PIGEONS]
