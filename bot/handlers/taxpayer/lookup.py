"""Finding a case again with its number and 查询码, from any browser or chat."""

import re
from datetime import datetime, timedelta

from aiogram import F, Router
from aiogram.filters import Command
from aiogram.types import CallbackQuery, Message

from bot.conversation import Conversation
from bot.handlers.filters import Expecting
from bot.wording.buttons import Menu
from escalation.cases import look_up
from intents import normalise

LOOKUP = "lookup"
TRIES = 5
TRIES_WITHIN = timedelta(hours=1)
NUMBER_AND_CODE = re.compile(r"(?P<number>\d{4}-\d{6})\D?\s*(?P<code>[0-9a-z]{4}[- ]?[0-9a-z]{4})\s*", re.IGNORECASE)


def make_router() -> Router:
    router = Router(name="lookup")
    router.message.register(ask, Command("lookup"))
    router.callback_query.register(press, Menu.filter(F.act == "lookup"))
    router.message.register(find, F.text.func(lambda text: NUMBER_AND_CODE.fullmatch(normalise(text)) is not None))
    router.message.register(not_a_code, Expecting(LOOKUP), F.text.regexp(r"\d{4}-?\d{6}|^\S{8,9}$"))
    return router


async def ask(_message: Message, conversation: Conversation) -> None:
    await _ask(conversation)


async def press(_callback: CallbackQuery, conversation: Conversation) -> None:
    await _ask(conversation)


async def _ask(conversation: Conversation) -> None:
    await conversation.expect(LOOKUP, tries=_recent(conversation))
    await conversation.say("case.lookup_ask")


async def find(message: Message, conversation: Conversation) -> None:
    given = NUMBER_AND_CODE.fullmatch(normalise(message.text or ""))
    tries = _recent(conversation)
    case = None
    if given is not None and len(tries) < TRIES:
        case = await look_up(conversation.unit, conversation.taxpayer_id, given["number"], given["code"])
    if case is None:
        await conversation.expect(LOOKUP, tries=[*tries, conversation.unit.now.isoformat()])
        await conversation.say("case.lookup_failed")
        return
    await conversation.expect_nothing()
    await conversation.say("case.view", case_id=case.id)


async def not_a_code(_message: Message, conversation: Conversation) -> None:
    """Meant as number and code, but not of their form: counted like every other failure."""
    await conversation.expect(LOOKUP, tries=[*_recent(conversation), conversation.unit.now.isoformat()])
    await conversation.say("case.lookup_failed")


def _recent(conversation: Conversation) -> list[str]:
    """The failures of the last hour."""
    since = conversation.unit.now - TRIES_WITHIN
    return [one for one in conversation.data.get("tries", []) if datetime.fromisoformat(one) > since]
