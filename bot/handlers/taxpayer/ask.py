"""Free text in: words for a courtesy, an answer from the FAQ, a choice, or a case (faq/answering.py decides)."""

from datetime import datetime

from aiogram import F, Router
from aiogram.types import CallbackQuery, Message

from bot.conversation import Conversation, retire_buttons
from bot.handlers.filters import When
from bot.handlers.taxpayer.cases import show_list
from bot.wording import buttons
from bot.wording.buttons import Choice, Feedback, Insist, Sort
from bot.wording.taxpayer.answers import answer_facts
from escalation.cases import notices
from escalation.cases.lifecycle import UNFINISHED
from escalation.cases.queries import Case, case_of
from escalation.cases.supplements import sort_out, take_out
from escalation.rules.limits import LONGEST_MESSAGE
from faq.answering import (
    Answered,
    AskedBack,
    CaseOpened,
    Line,
    Offered,
    Result,
    Supplemented,
    Words,
    Writer,
    answer,
    answer_apart,
    give_to_people,
    release_withheld,
)
from faq.asked import WITHHELD_FOR, Asked, asked_at, conclude
from faq.catalog import Entry
from intents import Kind

LETTER = "letter"

COURTESIES = {
    Kind.GREETING: "talk.greeting",
    Kind.THANKS: "talk.thanks",
    Kind.UNINTELLIGIBLE: "talk.unintelligible",
    Kind.OBJECTION: "talk.objection",
}


def register(router: Router) -> None:
    router.message.register(hear, When(F.text))
    router.callback_query.register(feedback, Feedback.filter())
    router.callback_query.register(choose, Choice.filter())
    router.callback_query.register(insist, Insist.filter())
    router.callback_query.register(sort_withheld, buttons.Withheld.filter(F.act.in_({"supplement", "apart"})))
    router.callback_query.register(sort, Sort.filter(F.act.in_({"supplement", "new"})))


async def hear(message: Message, conversation: Conversation) -> None:
    text = message.text or ""
    if len(text) > LONGEST_MESSAGE:
        conversation.say("talk.too_long", most=LONGEST_MESSAGE)
        return
    people_wanted = conversation.state == LETTER
    result = await answer(
        conversation.unit,
        conversation.deps.in_force,
        _line(conversation, text),
        people_wanted=people_wanted,
        case=conversation.case_in_hand,
    )
    if people_wanted and isinstance(result, CaseOpened):
        await conversation.expect_nothing()
    await say(conversation, result)


def _line(conversation: Conversation, text: str, received_at: datetime | None = None) -> Line:
    """A text of whoever speaks; what was written before has its own moment of receipt."""
    party = conversation.party
    writer = Writer(conversation.taxpayer_id, party.address_id, party.bureau_id)
    return Line(conversation.update_id, writer, text, received_at or conversation.received_at)


async def say(conversation: Conversation, result: Result) -> None:
    """Put into words what became of a line; a receipt and a supplement have been told already."""
    match result:
        case Words(kind=Kind.STATUS):
            await show_list(conversation)
        case Words(kind=Kind.HUMAN):
            await conversation.expect(LETTER)
            conversation.say("talk.human_what")
        case Words(kind=Kind.OUTOFSCOPE, asked_id=asked_id):
            conversation.say("talk.outofscope", asked_id=asked_id)
        case Words(kind=kind):
            conversation.say(COURTESIES[kind])
        case Answered(asked_id=asked_id, entry=entry):
            conversation.say("faq.answer", asked_id=asked_id, **answer_facts(entry, conversation.unit.now))
        case Offered(asked_id=asked_id, entries=entries):
            questions = [(entry.id, entry.question) for entry in entries]
            conversation.say("faq.choices", asked_id=asked_id, questions=questions)
        case AskedBack(case=case, asked_id=None):
            conversation.say("case.sort", case_id=case.id, number=case.number)
        case AskedBack(case=case, asked_id=int(asked_id), text=text):
            minutes = int(WITHHELD_FOR.total_seconds() // 60)
            conversation.tell(notices.Withheld(case.id, asked_id, text, minutes))
        case CaseOpened() | Supplemented():
            pass


async def feedback(callback: CallbackQuery, callback_data: Feedback, conversation: Conversation) -> None:
    """「解决了 / 没解决 / 转人工」."""
    question = await asked_at(conversation.unit, conversation.party.address_id, callback_data.asked_id)
    if question is None or question.is_withheld or callback_data.verdict not in ("solved", "unsolved", "human"):
        conversation.say("talk.stale")
    elif question.case_id is not None:
        conversation.say("faq.already_with_people")
    elif callback_data.verdict == "human":
        await _give(callback, conversation, question)
    else:
        await conclude(conversation.unit, question.id, callback_data.verdict)
        conversation.say(f"faq.{callback_data.verdict}", asked_id=question.id)


async def choose(callback: CallbackQuery, callback_data: Choice, conversation: Conversation) -> None:
    """One of the candidates, or 「都不是」: after one such round the question goes to people."""
    question = await asked_at(conversation.unit, conversation.party.address_id, callback_data.asked_id)
    if question is None or question.is_withheld:
        conversation.say("talk.stale")
    elif question.case_id is not None:
        conversation.say("faq.already_with_people")
    elif callback_data.entry_id == 0:
        await _give(callback, conversation, question)
    elif (entry := _entry(conversation, callback_data.entry_id)) is None:
        conversation.say("talk.stale")
    else:
        await conclude(conversation.unit, question.id, "chosen", entry_id=entry.id)
        conversation.say("faq.answer", asked_id=question.id, **answer_facts(entry, conversation.unit.now))


def _entry(conversation: Conversation, entry_id: int) -> Entry | None:
    entries = conversation.deps.faq.edition.entries.values()
    return next((entry for entry in entries if entry.id == entry_id), None)


async def insist(callback: CallbackQuery, callback_data: Insist, conversation: Conversation) -> None:
    """Not the bureau's business, but the person insists."""
    question = await asked_at(conversation.unit, conversation.party.address_id, callback_data.asked_id)
    if question is None or question.is_withheld:
        conversation.say("talk.stale")
    elif question.case_id is not None:
        conversation.say("faq.already_with_people")
    else:
        await _give(callback, conversation, question)


async def _give(callback: CallbackQuery, conversation: Conversation, question: Asked) -> None:
    retire_buttons(conversation, callback)
    await give_to_people(conversation.unit, conversation.deps.in_force, _line(conversation, question.text), question)


async def sort_withheld(callback: CallbackQuery, callback_data: buttons.Withheld, conversation: Conversation) -> None:
    """「补充这件 / 另一件事」, of a line that nobody else has seen."""
    question = await asked_at(conversation.unit, conversation.party.address_id, callback_data.asked_id)
    case = await case_of(conversation.unit, conversation.taxpayer_id, callback_data.case_id)
    if question is None or case is None or not question.is_withheld:
        conversation.say("talk.stale")
        return
    retire_buttons(conversation, callback)
    belongs = callback_data.act == "supplement"
    if belongs and case.state not in UNFINISHED:
        conversation.say("case.answered_meanwhile", number=case.number)
        belongs = False
    line = _line(conversation, question.text)
    in_force = conversation.deps.in_force
    result = await release_withheld(conversation.unit, in_force, line, question, case if belongs else None)
    if result is None:
        conversation.say("talk.stale")
    else:
        await say(conversation, result)


async def sort(callback: CallbackQuery, callback_data: Sort, conversation: Conversation) -> None:
    """「补充到该办件 / 新问题」."""
    case = await case_of(conversation.unit, conversation.taxpayer_id, callback_data.case_id)
    if case is None:
        conversation.say("talk.stale")
        return
    retire_buttons(conversation, callback)
    if callback_data.act == "supplement" and case.state in UNFINISHED:
        await _supplement(conversation, case)
        return
    text = await take_out(conversation.unit, case)
    if text is None:
        conversation.say("talk.stale")
        return
    if callback_data.act == "supplement":
        conversation.say("case.answered_meanwhile", number=case.number)
    line = _line(conversation, text)
    await say(conversation, await answer_apart(conversation.unit, conversation.deps.in_force, line))


async def _supplement(conversation: Conversation, case: Case) -> None:
    if await sort_out(conversation.unit, conversation.deps.rules, case):
        conversation.tell(notices.Supplemented(case.number))
    else:
        conversation.say("talk.stale")
