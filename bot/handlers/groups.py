"""Groups: only a department's own group is spoken to; elsewhere the bot says so once and keeps quiet."""

from aiogram import Bot, F, Router
from aiogram.filters import Command, CommandObject, CommandStart
from aiogram.types import CallbackQuery, ChatMemberUpdated, Message, TelegramObject, User

from bot.conversation import Conversation
from bot.handlers.filters import When
from bot.middlewares import GROUP_TYPES
from storage.outbox import follow, said_in
from storage.people import change_address, find_department, find_party, open_invitation, use_invitation

ANONYMOUS_ADMIN = 1087968824  # GroupAnonymousBot, in whose name Telegram shows every anonymous administrator


def make_router() -> Router:
    """Two routers, in this order: strangers' groups end here; in a department's group officers are heard first."""
    router = Router(name="groups")
    router.message.filter(When(F.chat.type.in_(GROUP_TYPES)))
    router.callback_query.filter(When(F.message.chat.type.in_(GROUP_TYPES)))
    router.my_chat_member.filter(When(F.chat.type.in_(GROUP_TYPES)))
    router.message.register(bind, CommandStart(deep_link=True, ignore_case=True))
    router.message.register(bind, Command("bind", ignore_case=True))
    router.message.register(moves_on, When(F.migrate_to_chat_id))
    router.message.register(moved_here, When(F.migrate_from_chat_id))
    router.message.register(stay_silent, _unbound)
    router.callback_query.register(stay_silent, _unbound)
    router.my_chat_member.register(joined)
    return router


def make_bystander_router() -> Router:
    """What is left in a department's group after its officers were heard: no words for chatter, words for a button."""
    router = Router(name="bystanders")
    router.message.filter(When(F.chat.type.in_(GROUP_TYPES)))
    router.callback_query.filter(When(F.message.chat.type.in_(GROUP_TYPES)))
    router.edited_message.filter(When(F.chat.type.in_(GROUP_TYPES)))
    router.callback_query.register(pressed)
    router.message.register(chatter)
    router.edited_message.register(chatter)
    return router


async def _unbound(_event: TelegramObject, conversation: Conversation) -> bool:
    return conversation.party.department_id is None


async def bind(_message: Message, command: CommandObject, conversation: Conversation) -> None:
    """A department's group is bound by an invitation of its own."""
    invitation = await open_invitation(conversation.unit, command.args or "", "bind")
    if invitation is None or invitation.department_id is None:
        conversation.say("desk.invitation_spent")
        return
    department = await find_department(conversation.unit, invitation.department_id)
    assert department is not None  # noqa: S101  a foreign key points to it
    if department.sealed:
        conversation.say("desk.sealed_department", department=department.name)
        return
    if not await use_invitation(conversation.unit, invitation.id):
        conversation.say("desk.invitation_spent")
        return
    await change_address(conversation.unit, conversation.party.address_id, department_id=department.id)
    conversation.say("desk.group_bound", department=department.name)


async def moves_on(message: Message, conversation: Conversation, bot: Bot) -> None:
    """The group becomes a supergroup, which is another chat: what was bound to it goes along."""
    party = conversation.party
    if message.migrate_to_chat_id is not None and party.department_id is not None:
        await follow(conversation.unit, party.channel, bot.id, party.address_id, message.migrate_to_chat_id)


async def moved_here(message: Message, conversation: Conversation, bot: Bot) -> None:
    """The same, told by the new chat, which may be heard first."""
    party, unit = conversation.party, conversation.unit
    if message.migrate_from_chat_id is None or party.department_id is not None:
        return
    old = await find_party(unit, party.channel, bot.id, message.migrate_from_chat_id)
    if old is not None and old.department_id is not None:
        await follow(unit, party.channel, bot.id, old.address_id, message.chat.id)


async def stay_silent(_event: TelegramObject, conversation: Conversation) -> None:
    if conversation.party.told_at is None:
        await change_address(conversation.unit, conversation.party.address_id, told_at=conversation.unit.now)
        conversation.say("talk.unbound_group")


async def joined(event: ChatMemberUpdated, conversation: Conversation) -> None:
    if event.new_chat_member.status in ("left", "kicked"):
        await change_address(conversation.unit, conversation.party.address_id, blocked_at=conversation.unit.now)
    elif conversation.party.department_id is None:
        await stay_silent(event, conversation)


async def pressed(callback: CallbackQuery, conversation: Conversation) -> None:
    if conversation.party.officer is not None:
        conversation.say("talk.stale")
    else:
        await _refuse(callback.from_user, conversation)


async def chatter(message: Message, conversation: Conversation) -> None:
    """Officers talking to each other: nothing to say. A stranger who replies to a card wants to act, and is told."""
    if message.reply_to_message is None or conversation.party.officer is not None:
        return
    card = await said_in(conversation.unit, conversation.party.address_id, message.reply_to_message.message_id)
    if card is not None:
        await _refuse(message.from_user, conversation)


async def _refuse(person: User | None, conversation: Conversation) -> None:
    anonymous = person is not None and person.id == ANONYMOUS_ADMIN
    conversation.say("desk.anonymous" if anonymous else "desk.stranger")
