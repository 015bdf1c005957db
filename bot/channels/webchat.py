"""The web is one more channel: an aiogram session whose requests become stored web messages instead of HTTP calls.

The browser's posts become `Update` objects in the same inbox; dispatcher, handlers and keyboards do not know the
difference.
"""

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Any, cast

from aiogram import Bot
from aiogram.client.session.base import BaseSession
from aiogram.methods import (
    AnswerCallbackQuery,
    EditMessageReplyMarkup,
    SendChatAction,
    SendMessage,
    TelegramMethod,
)
from aiogram.methods.base import TelegramType
from aiogram.types import Chat, InlineKeyboardMarkup, Message, User

from bot.channels import Channel, Unreachable
from storage.database import Database
from storage.inbox import Incoming, is_stored, store
from storage.people import admit, find_party, officer_address
from storage.unit import Reader, Unit
from storage.webchat import Buttons, already_posted, change_buttons, message_on, put_message

WEB = "web"
WEB_BOT_ID = 1
WEB_TOKEN = f"{WEB_BOT_ID}:webchat"


class WebSession(BaseSession):
    """Supports the few methods that the product uses, and raises on the rest."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._database = database

    async def make_request(
        self,
        bot: Bot,
        method: TelegramMethod[TelegramType],
        timeout: int | None = None,  # noqa: ARG002, ASYNC109  aiogram's signature
    ) -> TelegramType:
        match method:
            case SendMessage():
                return cast(TelegramType, await self._send(bot, method))
            case EditMessageReplyMarkup():
                return cast(TelegramType, await self._edit(bot, method))
            case AnswerCallbackQuery() | SendChatAction():
                return cast(TelegramType, True)  # noqa: FBT003  the browser shows both by itself
            case _:
                raise NotImplementedError(f"the web chat has no {type(method).__name__}")

    async def close(self) -> None:
        """Nothing to close: the database belongs to the house."""

    async def stream_content(self, *_: Any, **__: Any) -> AsyncGenerator[bytes, None]:
        raise NotImplementedError("the web chat has no files")
        yield b""

    async def _send(self, bot: Bot, method: SendMessage) -> Message:
        chat_id = int(method.chat_id)
        async with self._database.unit() as unit:
            address_id = await self._address(unit, bot, chat_id)
            reply = method.reply_parameters.message_id if method.reply_parameters else None
            message_id = await put_message(
                unit,
                address_id,
                author="bot",
                text=method.text,
                at=unit.now,
                buttons=buttons_of(method.reply_markup),
                reply_to=reply,
            )
            sent_at = unit.now
        message = Message(
            message_id=message_id,
            date=sent_at,
            chat=Chat(id=chat_id, type="private"),
            from_user=User(id=bot.id, is_bot=True, first_name="税桥"),
            text=method.text,
        )
        return message.as_(bot)

    async def _edit(self, bot: Bot, method: EditMessageReplyMarkup) -> bool:
        async with self._database.unit() as unit:
            address_id = await self._address(unit, bot, int(method.chat_id or 0))
            buttons = buttons_of(method.reply_markup)
            await change_buttons(unit, address_id, int(method.message_id or 0), buttons)
        return True

    async def _address(self, unit: Unit, bot: Bot, chat_id: int) -> int:
        party = await find_party(unit, WEB, bot.id, chat_id)
        if party is None:
            raise Unreachable
        return party.address_id


def buttons_of(markup: object) -> Buttons:
    """An inline keyboard in the form in which the page keeps it."""
    if not isinstance(markup, InlineKeyboardMarkup):
        return []
    return [
        [
            {"text": button.text, **({"url": button.url} if button.url else {"data": button.callback_data or ""})}
            for button in row
        ]
        for row in markup.inline_keyboard
    ]


ITSELF = {"id": WEB_BOT_ID, "is_bot": True, "first_name": "税桥"}


class WebBot(Channel):
    """The bot of the chat page. Its one error of its own is a page that is gone; all others are the database's."""

    async def say(self, chat_id: int, text: str, keyboard: InlineKeyboardMarkup | None = None) -> int:
        return (await self.send_message(chat_id, text, reply_markup=keyboard)).message_id


def make_web_bot(database: Database) -> WebBot:
    return WebBot(WEB_TOKEN, session=WebSession(database))


async def open_desk(unit: Unit, officer_id: int, language: str) -> int:
    """The officer's address on the web. Cards are sent to it from the first day, whether anybody looks or not."""
    found = await officer_address(unit, officer_id, WEB)
    if found is not None:
        return found
    chat_id = chat_number(unit, "desk", officer_id)
    address_id = await admit(unit, WEB, WEB_BOT_ID, chat_id, language=language, officer_id=officer_id)
    await Page(address_id, chat_id, language).start(unit)
    return address_id


def chat_number(reader: Reader, *parts: str | int) -> int:
    """A chat number (48 bits) of the web channel, which nobody can guess from what it is made of."""
    return int(reader.hasher(*parts)[:12], 16)


class Page:
    """One visitor's page, as the browser's posts reach it: stored in one unit as a web message and as an update."""

    def __init__(self, address_id: int, chat_id: int, language: str) -> None:
        self.address_id = address_id
        self.chat_id = chat_id
        self.language = language
        self._stored = 0

    async def write(self, unit: Unit, client_id: str, text: str, reply_to: int | None) -> None:
        """What the visitor typed. The same `client_id` again is the same message."""
        if await already_posted(unit, self.address_id, client_id):
            return
        message_id = await put_message(
            unit, self.address_id, author="me", text=text, at=unit.now, reply_to=reply_to, client_id=client_id
        )
        message = self._message(message_id, unit.now, text)
        if reply_to is not None:
            # Only what the house said can be replied to on a page.
            message["reply_to_message"] = {**self._message(reply_to, unit.now, ""), "from": ITSELF}
        await self._store(unit, client_id, {"update_id": message_id, "message": message})

    async def press(self, unit: Unit, client_id: str, message_id: int, data: str) -> bool:
        """A button that the visitor pressed; False where no such button stands on this page. The same `client_id` again
        is the same press, also when the button has done its work meanwhile.
        """
        if await is_stored(unit, WEB, self._external_id(client_id)):
            return True
        row = await message_on(unit, self.address_id, message_id)
        buttons = [] if row is None else [button for line in row.buttons for button in line]
        pressed = next((button for button in buttons if button.get("data") == data), None)
        if row is None or pressed is None:
            return False
        # The buttons go once one of them has done its work; what was chosen stays in the talk.
        await put_message(unit, self.address_id, author="me", text=pressed["text"], at=unit.now, reply_to=message_id)
        callback = {
            "id": client_id,
            "from": self._user(),
            "chat_instance": WEB,
            "data": data,
            "message": self._message(message_id, row.at, row.text),
        }
        await self._store(unit, client_id, {"update_id": message_id, "callback_query": callback})
        return True

    async def start(self, unit: Unit) -> None:
        """The first time a page is opened it says /start, as a Telegram client would."""
        message = self._message(0, unit.now, "/start")
        message["entities"] = [{"type": "bot_command", "offset": 0, "length": 6}]
        await self._store(unit, "start", {"update_id": 0, "message": message})

    def newly_stored(self) -> int:
        """How many updates were new since this was asked last."""
        stored, self._stored = self._stored, 0
        return stored

    async def _store(self, unit: Unit, client_id: str, body: dict[str, Any]) -> None:
        lane = (WEB, WEB_BOT_ID, self.chat_id, self.chat_id)
        new = await store(unit, Incoming(WEB, self._external_id(client_id), lane, unit.now, body)) is not None
        self._stored += new

    def _external_id(self, client_id: str) -> str:
        return f"{self.address_id}:{client_id}"

    def _message(self, message_id: int, at: datetime, text: str) -> dict[str, Any]:
        return {
            "message_id": message_id,
            "date": int(at.timestamp()),
            "chat": {"id": self.chat_id, "type": "private"},
            "from": self._user(),
            "text": text,
        }

    def _user(self) -> dict[str, Any]:
        return {"id": self.chat_id, "is_bot": False, "first_name": "访客", "language_code": self.language}
