"""More time: an officer asks for it with a reason, a leader grants or refuses it."""

from aiogram import F, Router
from aiogram.types import CallbackQuery, Message

from bot.conversation import Conversation, retire_buttons
from bot.handlers.filters import Expecting, When
from bot.handlers.officer.cases import visible
from bot.wording.buttons import Extend, Handle
from escalation.cases import NotAllowedError
from escalation.extensions import Decided, Impossible, Requested, decide_extension, request_extension
from escalation.permissions import Action

REASON = "officer.extension"
MOST_CHARACTERS = 500


def register(router: Router) -> None:
    router.callback_query.register(ask_reason, Handle.filter(F.act == "extend"))
    router.callback_query.register(decide, Extend.filter())
    router.message.register(request, Expecting(REASON), When(F.text & ~F.text.startswith("/")))


async def ask_reason(_callback: CallbackQuery, callback_data: Handle, conversation: Conversation) -> None:
    case = await visible(conversation, callback_data.case_id, Action.EXTEND)
    if case is None:
        return
    await conversation.expect(REASON, case_id=case.id)
    conversation.say("extension.ask_reason", case_id=case.id, number=case.number)


async def request(message: Message, conversation: Conversation) -> None:
    reason = (message.text or "").strip()
    if len(reason) > MOST_CHARACTERS:
        conversation.say("talk.too_long", most=MOST_CHARACTERS)
        return
    case_id = int(conversation.data["case_id"])
    await conversation.expect_nothing()
    try:
        result = await request_extension(
            conversation.unit, conversation.deps.rules, conversation.officer, case_id, reason
        )
    except NotAllowedError:
        conversation.say("desk.not_allowed")
        return
    match result:
        case Requested(case=case):
            conversation.say("extension.requested", number=case.number)
        case Impossible(case=case, why=why):
            conversation.say("extension.impossible", number=case.number, why=why.value)


async def decide(callback: CallbackQuery, callback_data: Extend, conversation: Conversation) -> None:
    """The leaders decide in their own chats, to which alone these buttons are sent."""
    if conversation.in_group:
        conversation.say("desk.not_allowed")
        return
    try:
        result = await decide_extension(
            conversation.unit,
            conversation.deps.rules,
            conversation.officer,
            callback_data.extension_id,
            grant=callback_data.act == "grant",
        )
    except NotAllowedError:
        conversation.say("desk.not_allowed")
        return
    match result:
        case Decided(case=case, granted=granted):
            retire_buttons(conversation, callback)
            conversation.say("extension.decided", number=case.number, granted=granted)
        case Impossible(case=case, why=why):
            conversation.say("extension.impossible", number=case.number, why=why.value)
