"""Replies to what we said: the one way of writing to us in a group, and the surest everywhere."""

from collections.abc import Mapping
from typing import Any

from aiogram import Router
from aiogram.types import Message

from bot.conversation import Conversation
from bot.handlers.filters import RepliesToUs
from bot.handlers.officer import cases, extensions
from storage.outbox import said_in


def register(router: Router) -> None:
    router.message.register(reply, RepliesToUs(), cases.LINES)
    router.message.register(reply_without_words, RepliesToUs(), cases.NO_LINES)
    router.edited_message.register(edit, RepliesToUs())


async def reply(message: Message, conversation: Conversation) -> None:
    """A reply to a card, or to a message that asked for something, is meant for its case."""
    text = message.text or ""
    match await _replied_to(message, conversation):
        case ("case.card" | "desk.ask_answer" | "desk.signed", payload):
            await cases.answer_case(conversation, int(payload["case_id"]), text)
        case ("desk.ask_request", payload):
            await cases.request(conversation, int(payload["case_id"]), text)
        case ("desk.ask_pass_reason", payload) if _expects(conversation, cases.PASSING, payload):
            await cases.hand_on(message, conversation)
        case ("extension.ask_reason", payload) if _expects(conversation, extensions.REASON, payload):
            await extensions.request(message, conversation)
        case _ if conversation.state == cases.ANSWERING and not conversation.in_group:
            # It is no reply to that case's messages, so it may be meant for another.
            await cases.confirm_answer(conversation, text)
        case _:
            conversation.say("desk.what_to_do")


async def _replied_to(message: Message, conversation: Conversation) -> tuple[str, Mapping[str, Any]] | None:
    """The kind and the facts of what we said in the message that is replied to."""
    assert message.reply_to_message is not None  # noqa: S101  the filter has seen to it
    return await said_in(conversation.unit, conversation.party.address_id, message.reply_to_message.message_id)


def _expects(conversation: Conversation, state: str, payload: Mapping[str, Any]) -> bool:
    return conversation.state == state and int(conversation.data["case_id"]) == int(payload["case_id"])


async def reply_without_words(message: Message, conversation: Conversation) -> None:
    """A picture or a file in reply to a card did not go out, and whoever sent it must know."""
    if await _replied_to(message, conversation) is not None:
        conversation.say("desk.only_text", content=message.content_type)


async def edit(message: Message, conversation: Conversation) -> None:
    """What was sent stays as it was sent."""
    if await _replied_to(message, conversation) is not None:
        conversation.say("desk.edited")
