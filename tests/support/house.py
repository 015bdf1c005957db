"""The house under test, and the people who talk to it.

Only the edges are faked: the clock, and the session of the Telegram bot. Nothing runs in the background: `settle` lets
intake and delivery work until nothing waits, so a test needs no sleep and no luck.
"""

import asyncio
import itertools
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, cast

from aiogram import Bot
from aiogram.client.session.base import BaseSession
from aiogram.methods import GetMe, SendMessage, TelegramMethod
from aiogram.methods.base import TelegramType
from aiogram.types import Chat, InlineKeyboardMarkup, Message, User
from sqlalchemy import select

from bot.app import House, open_house
from bot.channels import Channel
from bot.channels.telegram import TELEGRAM, TelegramBot, incoming
from bot.channels.webchat import WEB, WEB_BOT_ID, Page, chat_number, make_web_bot, open_desk
from bot.delivery import Delivery
from bot.deps import Deps
from bot.intake import Intake
from bot.settings import Settings, read_settings
from escalation.rules.duty_kinds import DutyKind
from intents import Interpreter, make_interpreter
from storage.database import Database, parse_url
from storage.inbox import store
from storage.people import admit
from storage.tables import officers
from storage.webchat import messages_after

TELEGRAM_BOT_ID = 4242
MONDAY = datetime(2025, 11, 3, 4, 0, tzinfo=UTC)  # 北京时间 12:00, an ordinary working day


class Clock:
    """Stands still until a test moves it."""

    def __init__(self, now: datetime = MONDAY) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **lengths: float) -> None:
        self.now += timedelta(**lengths)


class RecordingSession(BaseSession):
    """Telegram's side of the wire: keeps every request, and gives messages their numbers. While `lets_through` is clear
    messages are on their way and do not arrive.
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.requests: list[TelegramMethod[Any]] = []
        self.sent: list[Message] = []
        self.lets_through = asyncio.Event()
        self.lets_through.set()
        self._clock = clock
        self._numbers = itertools.count(1000)

    async def make_request(
        self,
        bot: Bot,
        method: TelegramMethod[TelegramType],
        timeout: int | None = None,  # noqa: ARG002, ASYNC109  aiogram's signature
    ) -> TelegramType:
        self.requests.append(method)
        match method:
            case GetMe():
                return cast(TelegramType, User(id=bot.id, is_bot=True, first_name="税桥", username="shuiqiao_test_bot"))
            case SendMessage():
                await self.lets_through.wait()
                chat_id = int(method.chat_id)
                message = Message(
                    message_id=next(self._numbers),
                    date=self._clock(),
                    chat=Chat(id=chat_id, type="private" if chat_id > 0 else "group"),
                    text=method.text,
                    reply_markup=cast(InlineKeyboardMarkup | None, method.reply_markup),
                )
                self.sent.append(message)
                return cast(TelegramType, message.as_(bot))
            case _:
                return cast(TelegramType, True)  # noqa: FBT003  what Telegram answers to the rest

    async def close(self) -> None:
        """Nothing to close."""

    async def stream_content(self, *_: Any, **__: Any) -> AsyncGenerator[bytes, None]:
        raise NotImplementedError
        yield b""


@dataclass(frozen=True, slots=True)
class Heard:
    """One message as a person sees it."""

    id: int
    text: str
    buttons: Mapping[str, str]  # label → data


@dataclass
class HouseUnderTest:
    """The open house, its clock, and the work that has not been done yet."""

    house: House
    clock: Clock
    telegram: RecordingSession
    _updates: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    @property
    def deps(self) -> Deps:
        return self.house.deps

    @property
    def database(self) -> Database:
        return self.deps.database

    async def settle(self) -> None:
        """Handle everything that came in, and say everything that is to be said."""
        intake = Intake(self.deps, self.house.dispatcher)
        senders = [Delivery(self.deps, channel) for channel in self.deps.bots]
        busy = True
        while busy:
            busy = await intake.handle_next("test")
            for sender in senders:
                busy = await sender.deliver_next("test") or busy

    async def visitor(self, name: str = "visitor", *, language: str = "zh") -> "Visitor":
        """Somebody new at the chat page, who has been welcomed."""
        async with self.database.unit() as unit:
            chat_id = chat_number(unit, "test", name)
            address_id = await admit(unit, WEB, WEB_BOT_ID, chat_id, language=language)
            page = Page(address_id, chat_id, language)
            await page.start(unit)
        await self.settle()
        return Visitor(self, page)

    async def officer(self, code: str) -> "Visitor":
        """A sample officer ("ayinur" or "wang") at the desk."""
        async with self.database.unit() as unit:
            officer_id = await unit.value(select(officers.c.id).where(officers.c.code == code))
            address_id = await open_desk(unit, officer_id, "zh")
            chat_id = chat_number(unit, "desk", officer_id)
        await self.settle()
        return Visitor(self, Page(address_id, chat_id, "zh"))

    def telegram_person(self, user_id: int, *, chat_id: int | None = None, language: str = "zh") -> "TelegramPerson":
        """Somebody on Telegram, in a private chat or (negative `chat_id`) in a group."""
        return TelegramPerson(self, user_id, chat_id or user_id, language)

    def next_update_id(self) -> int:
        return next(self._updates)


@dataclass
class Visitor:
    """A person in a browser: a taxpayer on the page, or an officer at the desk."""

    under_test: HouseUnderTest
    page: Page

    async def say(self, text: str, *, reply_to: Heard | None = None) -> "Heard":
        """Write, wait until all is settled, and give back the last thing that was said to this person."""
        async with self.under_test.database.unit() as unit:
            await self.page.write(unit, str(uuid.uuid4()), text, None if reply_to is None else reply_to.id)
        await self.under_test.settle()
        return (await self.heard())[-1]

    async def press(self, label: str, *, on: Heard | None = None) -> "Heard":
        """Press the newest button of that label (or the one on a given message)."""
        for heard in [on] if on is not None else reversed(await self.heard()):
            if heard is not None and label in heard.buttons:
                async with self.under_test.database.unit() as unit:
                    assert await self.page.press(unit, str(uuid.uuid4()), heard.id, heard.buttons[label])
                await self.under_test.settle()
                return (await self.heard())[-1]
        raise AssertionError(f"no button {label!r} in {await self.heard()}")

    async def heard(self) -> list[Heard]:
        """Everything the bot said on this page, oldest first, as it stands now."""
        async with self.under_test.database.reader() as reader:
            rows = await messages_after(reader, self.page.address_id, 0, most=1000)
        said = sorted((row for row in rows if row.author == "bot"), key=lambda row: row.id)
        return [
            Heard(row.id, row.text, {button["text"]: button.get("data", "") for line in row.buttons for button in line})
            for row in said
        ]


@dataclass
class TelegramPerson:
    """A person on Telegram; updates are put where the poller would put them."""

    under_test: HouseUnderTest
    user_id: int
    chat_id: int
    language: str

    async def say(self, text: str, *, reply_to: Heard | None = None, at: datetime | None = None) -> None:
        fields: dict[str, Any] = {"text": text}
        if text.startswith("/"):
            fields["entities"] = [{"type": "bot_command", "offset": 0, "length": len(text.split()[0])}]
        if reply_to is not None:
            by_the_bot = {"id": TELEGRAM_BOT_ID, "is_bot": True, "first_name": "税桥"}
            fields["reply_to_message"] = {**self._message(reply_to.id, {"text": reply_to.text}), "from": by_the_bot}
        await self.send(fields, at=at)

    async def send(self, fields: Mapping[str, Any], *, kind: str = "message", at: datetime | None = None) -> None:
        """Any message or event, and then everything it leads to."""
        update_id = self.under_test.next_update_id()
        await self.receive({"update_id": update_id, kind: self._message(update_id, fields, at=at)})

    async def press(self, label: str, *, on: Heard | None = None) -> None:
        for heard in [on] if on is not None else reversed(self.heard()):
            if heard is not None and label in heard.buttons:
                await self.press_data(heard.buttons[label], message_id=heard.id)
                return
        raise AssertionError(f"no button {label!r} in {self.heard()}")

    async def press_data(self, data: str, *, message_id: int = 1) -> None:
        """Press anything, as a forger would."""
        callback = {
            "id": uuid.uuid4().hex,
            "from": self._user(),
            "chat_instance": "test",
            "data": data,
            "message": self._message(message_id, {"text": "…"}),
        }
        await self.receive({"update_id": self.under_test.next_update_id(), "callback_query": callback})

    async def receive(self, *updates: Mapping[str, Any], settle: bool = True) -> None:
        """Raw updates, stored in one unit as the poller stores them."""
        async with self.under_test.database.unit() as unit:
            for update in updates:
                await store(unit, incoming(TELEGRAM_BOT_ID, update, unit.now))
        if settle:
            await self.under_test.settle()

    def heard(self) -> list[Heard]:
        return [
            Heard(
                message.message_id,
                message.text or "",
                {
                    button.text: button.callback_data or ""
                    for row in (message.reply_markup.inline_keyboard if message.reply_markup else [])
                    for button in row
                },
            )
            for message in self.under_test.telegram.sent
            if message.chat.id == self.chat_id
        ]

    def _message(self, message_id: int, fields: Mapping[str, Any], *, at: datetime | None = None) -> dict[str, Any]:
        stamp = at or self.under_test.clock()
        chat_type = "private" if self.chat_id > 0 else "group"
        return {
            "message_id": message_id,
            "date": int(stamp.timestamp()),
            "chat": {"id": self.chat_id, "type": chat_type},
            "from": self._user(),
            **fields,
        }

    def _user(self) -> dict[str, Any]:
        return {"id": self.user_id, "is_bot": False, "first_name": "测试", "language_code": self.language}


@cache
def interpreter() -> Interpreter:
    """Immutable and slow to make: one serves all tests."""
    return make_interpreter()


def settings_for(database_url: str, folder: Path, **overrides: Any) -> Settings:
    return read_settings({}, database_url=database_url, key_file=folder / "key", **overrides)


@asynccontextmanager
async def open_test_house(
    database_url: str,
    folder: Path,
    *,
    kinds_of_duty: Sequence[DutyKind] | None = None,
    channels: Mapping[str, Channel] | None = None,
    **overrides: Any,
) -> AsyncIterator[HouseUnderTest]:
    """A house on a database of its own, with the web channel, a recorded Telegram, and those `channels` beside them;
    `overrides` are settings.
    """
    clock = Clock()
    settings = settings_for(database_url, folder, **overrides)
    session = RecordingSession(clock)
    telegram = TelegramBot(f"{TELEGRAM_BOT_ID}:{'t' * 30}", session=session)

    def bots(database: Database) -> dict[str, Channel]:
        return {WEB: make_web_bot(database), TELEGRAM: telegram, **(channels or {})}

    async with open_house(
        settings,
        clock=clock,
        say=lambda _sentence: None,
        interpreter=interpreter(),
        make_bots=bots,
        kinds_of_duty=kinds_of_duty,
    ) as house:
        yield HouseUnderTest(house, clock, session)


def sqlite_url(folder: Path) -> str:
    return parse_url(f"sqlite:///{folder}/test.db").render_as_string(hide_password=False).replace("+aiosqlite", "")
