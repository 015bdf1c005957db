"""An officer's own list, the way into the console, and the words for what is not about a case."""

from aiogram import F, Router
from aiogram.filters import Command, CommandStart
from aiogram.types import CallbackQuery, Message

from bot.conversation import Conversation, retire_buttons
from bot.handlers.filters import Says
from bot.handlers.taxpayer.start import switch_language
from bot.wording import shortcuts
from bot.wording.buttons import Danger, Menu, Todo
from escalation.cases.queries import open_cases_for
from escalation.rules.limits import INVITATION
from escalation.watches.danger import see_to
from faq.entries.queries import concerns
from storage.people import invite


def register(router: Router) -> None:
    router.message.register(start, CommandStart(ignore_case=True))
    router.message.register(start, Command("help", ignore_case=True))
    router.message.register(list_todo, Command("todo", "cases", ignore_case=True))
    router.message.register(list_todo, Says(shortcuts.TO_DO))
    router.message.register(open_console, Command("console", ignore_case=True))
    router.message.register(open_console, Says(shortcuts.CONSOLE))
    router.message.register(change_language, Command("language", ignore_case=True))
    router.callback_query.register(press_todo, Menu.filter(F.act == "todo"))
    router.callback_query.register(see_to_danger, Danger.filter())
    router.callback_query.register(turn_page, Todo.filter())
    router.callback_query.register(press_console, Menu.filter(F.act == "console"))


async def start(_message: Message, conversation: Conversation) -> None:
    await conversation.expect_nothing()
    keeps = not conversation.in_group and await _keeps_entries(conversation)
    conversation.say("desk.welcome", name=conversation.officer.name, keeps_entries=keeps)


async def list_todo(_message: Message, conversation: Conversation) -> None:
    await _show_todo(conversation)


async def press_todo(_callback: CallbackQuery, conversation: Conversation) -> None:
    await _show_todo(conversation)


async def see_to_danger(callback: CallbackQuery, callback_data: Danger, conversation: Conversation) -> None:
    """「我来处理」, under the alarm about a life in danger."""
    seen_to = None
    if not conversation.in_group:
        seen_to = await see_to(conversation.unit, conversation.officer, callback_data.address_id)
    if seen_to is None:
        conversation.say("desk.not_allowed")
        return
    retire_buttons(conversation, callback)
    conversation.say("desk.danger_seen_to", first=seen_to)


async def turn_page(_callback: CallbackQuery, callback_data: Todo, conversation: Conversation) -> None:
    await _show_todo(conversation, after=callback_data.after)


async def _show_todo(conversation: Conversation, *, after: int = 0) -> None:
    departments = conversation.officer.departments
    if conversation.in_group:
        # Everybody there reads along: only what the group's own department has been shown there.
        departments &= {conversation.party.department_id}
    also_sealed = not conversation.in_group
    waiting, more = await open_cases_for(conversation.unit, departments, also_sealed=also_sealed, after=after)
    conversation.say("desk.todo", case_ids=[case.id for case in waiting], more=more)


async def open_console(_message: Message, conversation: Conversation) -> None:
    await _let_in(conversation)


async def press_console(_callback: CallbackQuery, conversation: Conversation) -> None:
    await _let_in(conversation)


async def _let_in(conversation: Conversation) -> None:
    """A one-time link into the console, for whoever has something to do there; never where others read along."""
    if conversation.in_group or not await _keeps_entries(conversation):
        conversation.say("desk.no_console", in_group=conversation.in_group)
        return
    token = await invite(conversation.unit, conversation.officer.id, "console", INVITATION)
    conversation.say("desk.console", url=f"{conversation.deps.settings.page_url}/console/enter/{token}")


async def _keeps_entries(conversation: Conversation) -> bool:
    return await concerns(conversation.unit, conversation.officer)


async def change_language(_message: Message, conversation: Conversation) -> None:
    await switch_language(conversation)
