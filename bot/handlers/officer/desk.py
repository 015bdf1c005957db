"""An officer's own list, and the words for what is not about a case."""

from aiogram import F, Router
from aiogram.filters import Command, CommandStart
from aiogram.types import CallbackQuery, Message

from bot.conversation import Conversation
from bot.handlers.filters import When
from bot.handlers.taxpayer.start import switch_language
from bot.wording.buttons import Menu
from escalation.casebook import open_cases_for

LABELS = {"待办办件", "To do"}  # the page's shortcut says its label


def register(router: Router) -> None:
    router.message.register(start, CommandStart())
    router.message.register(start, Command("help"))
    router.message.register(list_todo, Command("todo", "cases"))
    router.message.register(list_todo, When(F.text.in_(LABELS)))
    router.message.register(change_language, Command("language"))
    router.callback_query.register(press_todo, Menu.filter(F.act == "todo"))


async def start(_message: Message, conversation: Conversation) -> None:
    await conversation.expect_nothing()
    conversation.say("desk.welcome", name=conversation.officer.name)


async def list_todo(_message: Message, conversation: Conversation) -> None:
    await _show_todo(conversation)


async def press_todo(_callback: CallbackQuery, conversation: Conversation) -> None:
    await _show_todo(conversation)


async def _show_todo(conversation: Conversation) -> None:
    waiting = await open_cases_for(conversation.unit, conversation.officer.departments)
    if conversation.in_group:
        # Everybody there reads along: only what the group's own department has been shown there.
        waiting = [
            case for case in waiting if case.department_id == conversation.party.department_id and not case.sealed
        ]
    conversation.say("desk.todo", case_ids=[case.id for case in waiting])


async def change_language(_message: Message, conversation: Conversation) -> None:
    await switch_language(conversation)
