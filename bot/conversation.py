"""A handler's view of the talk it is part of: who speaks, where the talk stands, and a voice to answer with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiogram.types import CallbackQuery, InaccessibleMessage, Message

from bot.deps import Deps
from escalation.cases.notices import Facts, notice_of
from escalation.cases.queries import Case
from storage.inbox import keep_conversation
from storage.outbox import Notice, tell
from storage.people import Officer, Party
from storage.unit import Unit


@dataclass(slots=True)
class Conversation:
    """One update's talk. `state` says what is expected next; state and data are written by the unit. `case_in_hand` is
    the newest case of a taxpayer that still waits for an answer.
    """

    deps: Deps
    unit: Unit
    party: Party
    update_id: int
    key: str
    in_group: bool
    received_at: datetime
    state: str | None
    data: Mapping[str, Any]
    case_in_hand: Case | None

    @property
    def officer(self) -> Officer:
        """Who speaks, in a handler that only officers reach."""
        assert self.party.officer is not None  # noqa: S101  the router's filter has seen to it
        return self.party.officer

    @property
    def taxpayer_id(self) -> int:
        """Who speaks, in a handler that only taxpayers reach."""
        assert self.party.taxpayer_id is not None  # noqa: S101  the router's filter has seen to it
        return self.party.taxpayer_id

    def say(self, kind: str, **payload: Any) -> None:
        """Write a notice to where the talk takes place; it is delivered once the unit has been committed."""
        tell(self.unit, self.party.address_id, Notice(kind, payload))

    def tell(self, facts: Facts) -> None:
        """Write a notice whose facts have types, like `say`."""
        tell(self.unit, self.party.address_id, notice_of(facts))

    async def expect(self, state: str, **data: Any) -> None:
        """Read the next message in the light of this one."""
        self.state, self.data = state, data
        await keep_conversation(self.unit, self.key, state, data)

    async def expect_nothing(self) -> None:
        if self.state is not None:
            self.state, self.data = None, {}
            await keep_conversation(self.unit, self.key, None, {})


def retire_buttons(conversation: Conversation, callback: CallbackQuery) -> None:
    """Take the buttons off a message once one of them has done its work; a courtesy, which may be lost."""
    message, bot = callback.message, callback.bot
    if bot is None or message is None or isinstance(message, InaccessibleMessage):
        return
    chat_id, message_id = message.chat.id, message.message_id
    conversation.unit.afterwards.append(
        lambda: bot.edit_message_reply_markup(chat_id=chat_id, message_id=message_id, reply_markup=None)
    )


def text_of(message: Message) -> str:
    """What was written, in a message or under a picture."""
    return message.text or message.caption or ""
