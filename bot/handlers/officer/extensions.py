"""More time: an officer asks for it with a reason, a leader grants or refuses it."""

from aiogram import F, Router
from aiogram.types import CallbackQuery, Message

from bot.conversation import Conversation, retire_buttons
from bot.handlers.filters import ByThemselves, Expecting
from bot.handlers.officer.cases import LINES, refuse, visible
from bot.wording.buttons import Extend, Handle
from escalation.cases.extensions import decide_extension, request_extension
from escalation.cases.results import Done, Refused, Why
from escalation.rules.limits import LONGEST_REASON
from escalation.rules.permissions import Action

REASON = "officer.extension"


def register(router: Router) -> None:
    router.callback_query.register(ask_reason, Handle.filter(F.act == "extend"))
    router.callback_query.register(decide, Extend.filter())
    router.message.register(request, ByThemselves(), Expecting(REASON), LINES)


async def ask_reason(_callback: CallbackQuery, callback_data: Handle, conversation: Conversation) -> None:
    case = await visible(conversation, callback_data.case_id, Action.EXTEND)
    if case is None:
        return
    await conversation.expect(REASON, case_id=case.id)
    conversation.say("extension.ask_reason", case_id=case.id, number=case.number)


async def request(message: Message, conversation: Conversation) -> None:
    reason = (message.text or "").strip()
    if len(reason) > LONGEST_REASON:
        conversation.say("talk.too_long", most=LONGEST_REASON)
        return
    case_id = int(conversation.data["case_id"])
    await conversation.expect_nothing()
    rules, officer = conversation.deps.rules, conversation.officer
    match await request_extension(conversation.unit, rules, officer, case_id, reason):
        case Done(case=case):
            conversation.say("extension.requested", number=case.number)
        case Refused() as refused:
            refuse(conversation, refused)


async def decide(callback: CallbackQuery, callback_data: Extend, conversation: Conversation) -> None:
    """The leaders decide in their own chats, to which alone these buttons are sent."""
    if conversation.in_group:
        refuse(conversation, Refused(Why.NOT_ALLOWED))
        return
    rules, officer, grant = conversation.deps.rules, conversation.officer, callback_data.act == "grant"
    match await decide_extension(conversation.unit, rules, officer, callback_data.extension_id, grant=grant):
        case Done(case=case):
            retire_buttons(conversation, callback)
            conversation.say("extension.decided", number=case.number, granted=grant)
        case Refused() as refused:
            refuse(conversation, refused)
