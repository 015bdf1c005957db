"""Groups: only a department's own group is spoken to; elsewhere the bot says so once and keeps quiet."""

from aiogram import F, Router
from aiogram.filters import Command, CommandObject, CommandStart
from aiogram.types import CallbackQuery, ChatMemberUpdated, Message, TelegramObject

from bot.conversation import Conversation
from bot.middlewares import GROUP_TYPES
from storage.people import change_address, departments_of, find_officer, open_invitation, use_invitation


def make_router() -> Router:
    """Two routers, in this order: strangers' groups end here; in a department's group officers are heard first."""
    router = Router(name="groups")
    router.message.filter(F.chat.type.in_(GROUP_TYPES))
    router.callback_query.filter(F.message.chat.type.in_(GROUP_TYPES))
    router.my_chat_member.filter(F.chat.type.in_(GROUP_TYPES))
    router.message.register(bind, CommandStart(deep_link=True))
    router.message.register(bind, Command("bind"))
    router.message.register(stay_silent, _unbound)
    router.callback_query.register(stay_silent, _unbound)
    router.my_chat_member.register(joined)
    return router


def make_bystander_router() -> Router:
    """What is left in a department's group after its officers were heard: no words for chatter, words for a button."""
    router = Router(name="bystanders")
    router.message.filter(F.chat.type.in_(GROUP_TYPES))
    router.callback_query.filter(F.message.chat.type.in_(GROUP_TYPES))
    router.edited_message.filter(F.chat.type.in_(GROUP_TYPES))
    router.callback_query.register(stranger_pressed)
    router.message.register(chatter)
    router.edited_message.register(chatter)
    return router


async def _unbound(_event: TelegramObject, conversation: Conversation) -> bool:
    return conversation.party.department_id is None


async def bind(_message: Message, command: CommandObject, conversation: Conversation) -> None:
    """A department's group is bound by an invitation of its own."""
    invitation = await open_invitation(conversation.unit, command.args or "", "bind")
    if invitation is None or invitation.department_id is None:
        await conversation.say("desk.invitation_spent")
        return
    officer = await find_officer(conversation.unit, invitation.officer_id)
    if officer is None or not await use_invitation(conversation.unit, invitation.id):
        await conversation.say("desk.invitation_spent")
        return
    departments = await departments_of(conversation.unit, officer.bureau_id)
    department = next(one for one in departments if one.id == invitation.department_id)
    await change_address(conversation.unit, conversation.party.address_id, department_id=department.id)
    await conversation.say("desk.group_bound", department=department.name)


async def stay_silent(_event: TelegramObject, conversation: Conversation) -> None:
    if conversation.party.told_at is None:
        await change_address(conversation.unit, conversation.party.address_id, told_at=conversation.unit.now)
        await conversation.say("talk.unbound_group")


async def joined(event: ChatMemberUpdated, conversation: Conversation) -> None:
    if event.new_chat_member.status in ("left", "kicked"):
        await change_address(conversation.unit, conversation.party.address_id, blocked_at=conversation.unit.now)
    elif conversation.party.department_id is None:
        await stay_silent(event, conversation)


async def stranger_pressed(_callback: CallbackQuery, conversation: Conversation) -> None:
    await conversation.say("desk.anonymous")


async def chatter(_message: Message) -> None:
    """Officers talking to each other: nothing to say."""
