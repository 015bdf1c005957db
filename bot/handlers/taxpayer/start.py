"""The first words, the language, and an invitation that makes an officer of a stranger."""

from aiogram import F, Router
from aiogram.filters import Command, CommandObject, CommandStart
from aiogram.types import CallbackQuery, Message

from bot.channels.webchat import WEB
from bot.conversation import Conversation
from bot.wording.buttons import Menu
from bot.wording.speech import CHINESE, ENGLISH
from escalation.duties.duties import region_of
from storage.people import bureau_name, change_address, find_officer, is_invitation, open_invitation, use_invitation


def register(router: Router) -> None:
    router.message.register(enter, CommandStart(deep_link=True, ignore_case=True))
    router.message.register(start, CommandStart(ignore_case=True))
    router.message.register(start, Command("help", ignore_case=True))
    router.message.register(change_language, Command("language", ignore_case=True))
    router.callback_query.register(press_language, Menu.filter(F.act == "language"))


async def start(_message: Message, conversation: Conversation) -> None:
    await conversation.expect_nothing()
    await welcome(conversation)


async def welcome(conversation: Conversation) -> None:
    unit, bureau_id = conversation.unit, conversation.party.bureau_id
    conversation.say(
        "talk.welcome",
        bureau=await bureau_name(unit, bureau_id),
        region=await region_of(unit, bureau_id),
        topics=[(entry.id, entry.question) for entry in conversation.deps.faq.topics()],
    )


async def enter(message: Message, command: CommandObject, conversation: Conversation) -> None:
    """第十二条: an officer comes in by a one-time invitation; this chat becomes the officer's own."""
    if conversation.party.channel == WEB:
        # A visitor's page outlives every desk session: it never becomes an officer's.
        conversation.say("desk.not_here")
        return
    if not await is_invitation(conversation.unit, command.args or ""):
        await start(message, conversation)  # some other link led here
        return
    invitation = await open_invitation(conversation.unit, command.args or "", "bind")
    if invitation is None or invitation.department_id is not None:
        conversation.say("desk.invitation_spent")
        return
    officer = await find_officer(conversation.unit, invitation.officer_id)
    if officer is None or not await use_invitation(conversation.unit, invitation.id):
        conversation.say("desk.invitation_spent")
        return
    await change_address(conversation.unit, conversation.party.address_id, officer_id=officer.id)
    await conversation.expect_nothing()
    conversation.say("desk.bound", name=officer.name)


async def change_language(_message: Message, conversation: Conversation) -> None:
    await switch_language(conversation)


async def press_language(_callback: CallbackQuery, conversation: Conversation) -> None:
    await switch_language(conversation)


async def switch_language(conversation: Conversation) -> None:
    language = CHINESE if conversation.party.language == ENGLISH else ENGLISH
    await change_address(conversation.unit, conversation.party.address_id, language=language)
    conversation.say("talk.language")
