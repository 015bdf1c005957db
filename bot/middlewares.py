"""Around every update: who speaks, in which language, where the talk stands. No business here."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from aiogram import BaseMiddleware, Bot
from aiogram.dispatcher.middlewares.user_context import EVENT_CONTEXT_KEY, EventContext
from aiogram.types import CallbackQuery, TelegramObject

from bot.conversation import Conversation
from bot.deps import Deps
from bot.senders import Sender
from bot.wording.speech import CHINESE, ENGLISH
from storage.inbox import Claimed
from storage.people import Party, admit, change_address, find_party
from storage.unit import Unit

GROUP_TYPES = {"group", "supergroup"}
NO_BODY = {"channel"}

Handler = Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]]


class WhoSpeaks(BaseMiddleware):
    """Hands the conversation to the handler. Somebody new becomes known here, as a taxpayer."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    async def __call__(self, handler: Handler, event: TelegramObject, data: dict[str, Any]) -> Any:
        context: EventContext = data[EVENT_CONTEXT_KEY]
        if context.chat is None or context.chat.type in NO_BODY:
            return None
        unit: Unit = data["unit"]
        claimed: Claimed = data["claimed"]
        known: Sender = data["sender"]
        party = await self._party(unit, claimed.channel, data["bot"], context, known.party)
        data["conversation"] = Conversation(
            deps=self._deps,
            unit=unit,
            party=party,
            update_id=claimed.ids[0],
            key=claimed.lane_key,
            in_group=context.chat.type in GROUP_TYPES,
            received_at=claimed.received_at,
            state=known.state,
            data=known.data,
            case_in_hand=known.case_in_hand,
        )
        return await handler(event, data)

    async def _party(self, unit: Unit, channel: str, bot: Bot, context: EventContext, party: Party | None) -> Party:
        assert context.chat is not None  # noqa: S101  looked at by the caller
        in_group = context.chat.type in GROUP_TYPES
        if party is None:
            code = (context.user.language_code if context.user else None) or CHINESE
            language = ENGLISH if code.startswith(ENGLISH) else CHINESE
            await admit(unit, channel, bot.id, context.chat.id, language=language, group=in_group)
            party = await find_party(unit, channel, bot.id, context.chat.id)
            assert party is not None  # noqa: S101  admitted above, in this transaction
        if party.blocked:
            await change_address(unit, party.address_id, blocked_at=None)
        if in_group and context.user is not None:
            # In a group it is the person who acts, known from the private chat that was bound to an officer.
            person = await find_party(unit, channel, bot.id, context.user.id)
            party = replace(party, officer=None if person is None else person.officer)
        return party


class Acknowledge(BaseMiddleware):
    """Lets the button that was pressed stop turning, once what it did is on the disk."""

    async def __call__(self, handler: Handler, event: TelegramObject, data: dict[str, Any]) -> Any:
        if isinstance(event, CallbackQuery):
            unit: Unit = data["unit"]
            bot: Bot = data["bot"]
            callback_id = event.id
            unit.afterwards.append(lambda: bot.answer_callback_query(callback_id))
        return await handler(event, data)
