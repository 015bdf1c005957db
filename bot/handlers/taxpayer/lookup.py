"""Finding a case again with its number and 查询码, from any browser or chat."""

import re

from aiogram import F, Router
from aiogram.filters import Command
from aiogram.types import CallbackQuery, Message

from bot.conversation import Conversation
from bot.handlers.filters import Expecting, Says, When
from bot.wording import shortcuts
from bot.wording.buttons import Menu
from escalation.cases.lookup import look_up
from intents import normalise

LOOKUP = "lookup"
# As typed or copied from the receipt, after normalising: dashes of any kind, spaces, labels or none.
NUMBER_AND_CODE = re.compile(
    r"(?:办件)?(?:编号)?[:\s]*(?P<number>20\d\d(?:\s*[-–—_]\s*|\s)\d{6})[\s,;。、/]*(?:查询码)?[:\s]*"
    r"(?P<code>[0-9a-z]{4}\s*[-–—_]?\s*[0-9a-z]{4})[\s。]*"
)
HALF_OF_IT = re.compile(r"20\d\d-?\d{6}|[0-9a-z]{4}-?[0-9a-z]{4}")


def register(router: Router) -> None:
    router.message.register(ask, Command("lookup", ignore_case=True))
    router.message.register(ask, Says(shortcuts.LOOKUP))
    router.callback_query.register(press, Menu.filter(F.act == "lookup"))
    router.message.register(find, When(F.text.func(lambda text: _number_and_code(text) is not None)))
    router.message.register(
        not_a_code, Expecting(LOOKUP), When(F.text.func(lambda text: HALF_OF_IT.fullmatch(normalise(text)) is not None))
    )


def _number_and_code(text: str) -> re.Match[str] | None:
    """Both, and nothing else; most of what people write has no figure in it, and is told from it at once."""
    return NUMBER_AND_CODE.fullmatch(normalise(text)) if any(map(str.isdigit, text)) else None


async def ask(_message: Message, conversation: Conversation) -> None:
    await _ask(conversation)


async def press(_callback: CallbackQuery, conversation: Conversation) -> None:
    await _ask(conversation)


async def _ask(conversation: Conversation) -> None:
    await conversation.expect(LOOKUP)
    conversation.say("case.lookup_ask")


async def find(message: Message, conversation: Conversation) -> None:
    given = _number_and_code(message.text or "")
    assert given is not None  # noqa: S101  the filter has seen to it
    digits = re.sub(r"\D", "", given["number"])
    case = await look_up(conversation.unit, conversation.taxpayer_id, f"{digits[:4]}-{digits[4:]}", given["code"])
    if case is None:
        await conversation.expect(LOOKUP)
        conversation.say("case.lookup_failed")
    else:
        await conversation.expect_nothing()
        conversation.say("case.view", case_id=case.id)


async def not_a_code(_message: Message, conversation: Conversation) -> None:
    """Only one of the two, where both are needed."""
    conversation.say("case.lookup_failed")
