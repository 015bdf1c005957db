"""「我的办件」: the list, one case, how its date was counted, the rating."""

from aiogram import F, Router
from aiogram.filters import Command
from aiogram.types import CallbackQuery, Message

from bot.conversation import Conversation, retire_buttons
from bot.handlers.filters import Says
from bot.wording import shortcuts
from bot.wording.buttons import Menu, OwnCase, OwnCases, Rate
from escalation.cases.handling import rate
from escalation.cases.queries import case_of, cases_of
from escalation.cases.results import Done, Refused, Why


def register(router: Router) -> None:
    router.message.register(list_cases, Command("cases", ignore_case=True))
    router.message.register(list_cases, Says(shortcuts.OWN_CASES))
    router.callback_query.register(press_list, Menu.filter(F.act == "cases"))
    router.callback_query.register(turn_page, OwnCases.filter())
    router.callback_query.register(look, OwnCase.filter(F.act.in_({"view", "how"})))
    router.callback_query.register(give_stars, Rate.filter())


async def list_cases(_message: Message, conversation: Conversation) -> None:
    await show_list(conversation)


async def press_list(_callback: CallbackQuery, conversation: Conversation) -> None:
    await show_list(conversation)


async def turn_page(_callback: CallbackQuery, callback_data: OwnCases, conversation: Conversation) -> None:
    await show_list(conversation, before=callback_data.before)


async def show_list(conversation: Conversation, *, before: int | None = None) -> None:
    own, more = await cases_of(conversation.unit, conversation.taxpayer_id, before=before)
    conversation.say("case.list", case_ids=[case.id for case in own], more=more)


async def look(_callback: CallbackQuery, callback_data: OwnCase, conversation: Conversation) -> None:
    case = await case_of(conversation.unit, conversation.taxpayer_id, callback_data.case_id)
    if case is None:
        conversation.say("talk.stale")
    else:
        conversation.say(f"case.{callback_data.act}", case_id=case.id)


async def give_stars(callback: CallbackQuery, callback_data: Rate, conversation: Conversation) -> None:
    match await rate(conversation.unit, conversation.taxpayer_id, callback_data.case_id, callback_data.stars):
        case Done():
            retire_buttons(conversation, callback)
            conversation.say("case.rated", stars=callback_data.stars)
        case Refused(why=Why.RATED):
            conversation.say("case.already_rated")
        case Refused():
            conversation.say("talk.stale")
