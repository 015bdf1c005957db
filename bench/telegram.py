"""Telegram's side of the wire, as quick as can be: a message has arrived as soon as it is sent."""

import asyncio
import itertools
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any, cast

from aiogram import Bot
from aiogram.client.session.base import BaseSession
from aiogram.methods import GetMe, SendMessage, TelegramMethod
from aiogram.methods.base import TelegramType
from aiogram.types import Chat, Message, User

from bot.channels.telegram import RawUpdates

BOT_ID = 4242
TOKEN = f"{BOT_ID}:{'t' * 30}"
SENT_AT = datetime(2026, 11, 25, tzinfo=UTC)


class AtOnce(BaseSession):
    """Answers without a network, and tells who waits for it that a chat has been written to."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = 0
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[str]] = {}

    def next_message(self, chat_id: int) -> asyncio.Future[str]:
        """The text of the next message to this chat."""
        self._waiting[chat_id] = waiting = asyncio.get_running_loop().create_future()
        return waiting

    async def make_request(
        self,
        bot: Bot,
        method: TelegramMethod[TelegramType],
        timeout: int | None = None,  # noqa: ARG002, ASYNC109  aiogram's signature
    ) -> TelegramType:
        match method:
            case SendMessage():
                return cast(TelegramType, self._send(method).as_(bot))
            case RawUpdates():
                await asyncio.get_running_loop().create_future()  # nobody writes this way
            case GetMe():
                return cast(TelegramType, User(id=bot.id, is_bot=True, first_name="税桥", username="shuiqiao_bot"))
        return cast(TelegramType, True)  # noqa: FBT003  what Telegram answers to the rest

    def _send(self, method: SendMessage) -> Message:
        chat_id = int(method.chat_id)
        self.sent += 1
        waiting = self._waiting.pop(chat_id, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(method.text)
        chat = Chat(id=chat_id, type="private")
        return Message(message_id=next(self._numbers), date=SENT_AT, chat=chat, text=method.text)

    async def close(self) -> None:
        """Nothing to close."""

    async def stream_content(self, *_: Any, **__: Any) -> AsyncGenerator[bytes, None]:
        raise NotImplementedError
        yield b""
