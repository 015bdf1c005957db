"""A question tried out in a chat, and the wording taught in one press."""

from aiogram import F, Router
from aiogram.filters import Command, CommandObject
from aiogram.types import CallbackQuery, Message

from bot.conversation import Conversation, retire_buttons
from bot.handlers.officer.entry_steps import (
    deny,
    entry_for,
    reads_every_entry,
    show_waiting,
    tell_result,
)
from bot.wording.buttons import Teach, Undo
from bot.wording.officer.trial import explanation_facts
from escalation.rules.limits import LONGEST_QUESTION
from escalation.rules.permissions import Action
from faq.entries.content import line_of
from faq.entries.phrasings import add_phrasings, clear_override, override
from faq.entries.queries import Kept, overrides_of
from faq.entries.results import Denied, Done, Saved, Why
from faq.explanation import explain
from faq.hearing import preview
from faq.matching.features import plain_view
from storage.outbox import said_in


def register(router: Router) -> None:
    router.message.register(try_question, Command("faqtest", ignore_case=True))
    router.callback_query.register(teach, Teach.filter(F.act.in_({"phrase", "override"})))
    router.callback_query.register(undo, Undo.filter())


async def try_question(_message: Message, command: CommandObject, conversation: Conversation) -> None:
    """What a taxpayer who writes this would get, and why; nothing is counted and nobody else hears of it."""
    if conversation.in_group:
        conversation.say("entry.in_private")
        return
    if not await reads_every_entry(conversation):
        deny(conversation, Why.NOT_ALLOWED)
        return
    await conversation.expect_nothing()
    text = line_of(command.args or "")
    if not text:
        await show_waiting(conversation)
    elif len(text) > LONGEST_QUESTION:
        conversation.say("talk.too_long", most=LONGEST_QUESTION)
    else:
        found = preview(conversation.deps.in_force, conversation.officer.bureau_id, text)
        facts = explanation_facts(explain(conversation.deps.faq.edition, text))
        conversation.say("entry.test", officer_id=conversation.officer.id, understood=found.kind.value, **facts)


async def teach(callback: CallbackQuery, callback_data: Teach, conversation: Conversation) -> None:
    """The wording that was tried becomes a phrasing of an entry, or is always answered by it."""
    entry = await entry_for(conversation, callback_data.entry_id, Action.EDIT_ENTRY)
    if entry is None:
        return
    message_id = 0 if callback.message is None else callback.message.message_id
    match await said_in(conversation.unit, conversation.party.address_id, message_id):
        case ("entry.test", facts) if callback_data.act == "phrase":
            added = await add_phrasings(conversation.unit, conversation.officer, entry.id, [facts["wording"]])
            tell_result(conversation, added, "phrased", draft=False)
        case ("entry.test", facts):
            await _lay_down(conversation, entry, facts["wording"])
        case _:
            conversation.say("talk.stale")


async def _lay_down(conversation: Conversation, entry: Kept, wording: str) -> None:
    unit, interpreter = conversation.unit, conversation.deps.interpreter
    result = await override(unit, conversation.officer, entry.id, wording, interpreter)
    if not isinstance(result, Saved):
        tell_result(conversation, result, "saved", draft=False)
        return
    laid_down = await overrides_of(conversation.unit, entry.id)
    number = next(number for number, text in laid_down if plain_view(text) == plain_view(wording))
    question = (entry.published or entry.latest).content.question
    conversation.say("entry.overridden", override_id=number, wording=wording, question=question)


async def undo(callback: CallbackQuery, callback_data: Undo, conversation: Conversation) -> None:
    if conversation.in_group:
        conversation.say("entry.in_private")
        return
    match await clear_override(conversation.unit, conversation.officer, callback_data.override_id):
        case Denied(why=why):
            deny(conversation, why)
        case Done():
            retire_buttons(conversation, callback)
            conversation.say("entry.override_cleared")
