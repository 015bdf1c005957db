"""Free text in: words for a courtesy, an answer from the FAQ, a choice, or a case."""

from collections.abc import Sequence
from dataclasses import replace

from aiogram import F, Router
from aiogram.types import CallbackQuery, Message

from bot.conversation import Conversation, retire_buttons
from bot.handlers.filters import When
from bot.handlers.taxpayer.cases import show_list
from bot.wording.answers import answer_facts
from bot.wording.buttons import Choice, Feedback, Insist, Sort, Withheld
from escalation.casebook import UNFINISHED, WAITING, Case, case_of
from escalation.cases import Letter, open_case
from escalation.lessons import lessons_for
from escalation.routing import route
from escalation.rulebook import Rulebook
from escalation.supplements import keep_unsorted, sort_out, supplement, take_out
from faq.asked import WITHHELD, WITHHELD_FOR, Asked, asked_at, conclude, hand_over, remember
from faq.catalog import Entry
from faq.matching import Answer, Choices, Nothing
from intents import Kind, Understanding

LETTER = "letter"
NEAR_ENOUGH = 0.3  # below this confidence the nearest entry says nothing about whose business a question is
MOST_CHARACTERS = 4096

COURTESIES = {
    Kind.GREETING: "talk.greeting",
    Kind.THANKS: "talk.thanks",
    Kind.UNINTELLIGIBLE: "talk.unintelligible",
    Kind.OBJECTION: "talk.objection",
}
# After 「转人工」 the next text becomes a case, unless it is one of these.
NO_LETTERS = {*COURTESIES, Kind.HUMAN, Kind.STATUS}


def register(router: Router) -> None:
    router.message.register(hear, When(F.text))
    router.callback_query.register(feedback, Feedback.filter())
    router.callback_query.register(choose, Choice.filter())
    router.callback_query.register(insist, Insist.filter())
    router.callback_query.register(sort_withheld, Withheld.filter(F.act.in_({"supplement", "apart"})))
    router.callback_query.register(sort, Sort.filter(F.act.in_({"supplement", "new"})))


async def hear(message: Message, conversation: Conversation) -> None:
    text = message.text or ""
    if len(text) > MOST_CHARACTERS:
        conversation.say("talk.too_long", most=MOST_CHARACTERS)
        return
    understanding = understand(conversation, text)
    if conversation.state == LETTER and understanding.kind not in NO_LETTERS:
        await conversation.expect_nothing()
        await open_from(conversation, text, understanding)
        return
    match understanding.kind:
        case kind if kind in COURTESIES:
            conversation.say(COURTESIES[kind])
        case Kind.STATUS:
            await show_list(conversation)
        case Kind.HUMAN:
            await conversation.expect(LETTER)
            conversation.say("talk.human_what")
        case _:
            case_in_hand = conversation.case_in_hand
            if case_in_hand is None or is_sealed(conversation.deps.rules, understanding):
                await deal_with(conversation, text, understanding)
            elif may_be_sealed(conversation.deps.rules, understanding):
                withhold(conversation, case_in_hand, text, understanding)
            elif case_in_hand.state == WAITING:
                await add_what_was_asked_for(conversation, case_in_hand, text)
            else:
                await ask_where_it_belongs(conversation, case_in_hand, text)


def understand(conversation: Conversation, text: str) -> Understanding:
    """What a text is taken for; what those who keep the FAQ have laid down word for word is a question to it."""
    understanding = conversation.deps.interpreter.understand(text)
    claimed = conversation.deps.faq.edition.claims(text, understanding.kind)
    return replace(understanding, kind=Kind.QUESTION) if claimed else understanding


def is_sealed(rules: Rulebook, understanding: Understanding) -> bool:
    """第十八条: what is plainly of a sealed kind opens a case of its own, and is never kept with another."""
    return understanding.explicit and any(
        rules.kind(kind).sealed for kind in (understanding.kind, understanding.content) if kind is not None
    )


def may_be_sealed(rules: Rulebook, understanding: Understanding) -> bool:
    return any(rules.kind(kind).sealed for kind in understanding.possible)


def withhold(conversation: Conversation, case: Case, text: str, understanding: Understanding) -> None:
    """Keep the line where nobody sees it, and ask its writer whether those of the case may."""
    asked_id = _remember(conversation, text, WITHHELD, understanding.confidence, None)
    minutes = int(WITHHELD_FOR.total_seconds() // 60)
    conversation.say("case.withheld", asked_id=asked_id, case_id=case.id, text=text, minutes=minutes)


async def ask_where_it_belongs(conversation: Conversation, case: Case, text: str) -> None:
    """A second line while a case is open: kept with the case at once, and its writer is asked."""
    await keep_unsorted(conversation.unit, case, text, conversation.received_at)
    conversation.say("case.sort", case_id=case.id, number=case.number)


async def add_what_was_asked_for(conversation: Conversation, case: Case, text: str) -> None:
    """The department waits for this taxpayer: what comes now is what it waits for, and its clock goes on."""
    conversation.say("case.supplemented", number=case.number)
    await supplement(conversation.unit, conversation.deps.rules, case, text, conversation.received_at)


async def deal_with(conversation: Conversation, text: str, understanding: Understanding) -> None:
    """第十五条: what can be answered at once is answered at once; the rest becomes a case."""
    match understanding.kind:
        case Kind.OUTOFSCOPE:
            asked_id = _remember(conversation, text, "outofscope", understanding.confidence, None)
            conversation.say("talk.outofscope", asked_id=asked_id)
        case Kind.QUESTION:
            await look_into_faq(conversation, text, understanding)
        case _:
            await open_from(conversation, text, understanding)


async def look_into_faq(conversation: Conversation, text: str, understanding: Understanding) -> None:
    edition = conversation.deps.faq.edition
    match edition.decide(text):
        case Answer(candidate=candidate, confidence=confidence):
            entry = edition.entries[candidate.entry_id]
            asked_id = _remember(conversation, text, "answer", confidence, entry)
            conversation.say("faq.answer", asked_id=asked_id, **answer_facts(entry, conversation.unit.now))
        case Choices(candidates=candidates, confidence=confidence):
            entries = [edition.entries[candidate.entry_id] for candidate in candidates]
            asked_id = _remember(conversation, text, "choices", confidence, None)
            _offer(conversation, asked_id, entries)
        case Nothing(nearest=nearest, confidence=confidence):
            near_enough = nearest if confidence >= NEAR_ENOUGH else None
            entry_near = None if near_enough is None else edition.entries[near_enough.entry_id]
            asked_id = _remember(conversation, text, "nothing", confidence, entry_near)
            await open_from(conversation, text, understanding, asked_id=asked_id, nearest=entry_near)


def _remember(conversation: Conversation, text: str, decision: str, confidence: float, entry: Entry | None) -> int:
    return remember(
        conversation.unit,
        conversation.update_id,
        conversation.party.address_id,
        text,
        asked_at=conversation.received_at,
        decision=decision,
        confidence=confidence,
        entry_id=None if entry is None else entry.id,
    )


def _offer(conversation: Conversation, asked_id: int, entries: Sequence[Entry]) -> None:
    questions = [(entry.id, entry.question) for entry in entries]
    conversation.say("faq.choices", asked_id=asked_id, questions=questions)


async def feedback(callback: CallbackQuery, callback_data: Feedback, conversation: Conversation) -> None:
    """「解决了 / 没解决 / 转人工」."""
    question = await asked_at(conversation.unit, conversation.party.address_id, callback_data.asked_id)
    if question is None or callback_data.verdict not in ("solved", "unsolved", "human"):
        conversation.say("talk.stale")
    elif question.case_id is not None:
        conversation.say("faq.already_with_people")
    elif callback_data.verdict == "human":
        retire_buttons(conversation, callback)
        await give_to_people(conversation, question)
    else:
        await conclude(conversation.unit, question.id, callback_data.verdict)
        conversation.say(f"faq.{callback_data.verdict}", asked_id=question.id)


async def choose(callback: CallbackQuery, callback_data: Choice, conversation: Conversation) -> None:
    """One of the candidates, or 「都不是」: after one such round the question goes to people."""
    question = await asked_at(conversation.unit, conversation.party.address_id, callback_data.asked_id)
    if question is None:
        conversation.say("talk.stale")
        return
    if question.case_id is not None:
        conversation.say("faq.already_with_people")
        return
    if callback_data.entry_id == 0:
        retire_buttons(conversation, callback)
        await give_to_people(conversation, question)
        return
    entry = _entry(conversation, callback_data.entry_id)
    if entry is None:
        conversation.say("talk.stale")
        return
    await conclude(conversation.unit, question.id, "chosen", entry_id=entry.id)
    conversation.say("faq.answer", asked_id=question.id, **answer_facts(entry, conversation.unit.now))


def _entry(conversation: Conversation, entry_id: int | None) -> Entry | None:
    entries = conversation.deps.faq.edition.entries.values()
    return next((entry for entry in entries if entry.id == entry_id), None)


async def insist(callback: CallbackQuery, callback_data: Insist, conversation: Conversation) -> None:
    """Not the bureau's business, but the person insists."""
    question = await asked_at(conversation.unit, conversation.party.address_id, callback_data.asked_id)
    if question is None:
        conversation.say("talk.stale")
    elif question.case_id is not None:
        conversation.say("faq.already_with_people")
    else:
        retire_buttons(conversation, callback)
        await give_to_people(conversation, question)


async def sort(callback: CallbackQuery, callback_data: Sort, conversation: Conversation) -> None:
    """「补充到该办件 / 新问题」."""
    case = await case_of(conversation.unit, conversation.taxpayer_id, callback_data.case_id)
    if case is None:
        conversation.say("talk.stale")
        return
    retire_buttons(conversation, callback)
    if callback_data.act == "supplement" and case.state in UNFINISHED:
        if await sort_out(conversation.unit, conversation.deps.rules, case):
            conversation.say("case.supplemented", number=case.number)
        else:
            conversation.say("talk.stale")
        return
    text = await take_out(conversation.unit, case)
    if text is None:
        conversation.say("talk.stale")
        return
    if callback_data.act == "supplement":
        conversation.say("case.answered_meanwhile", number=case.number)
    await deal_with(conversation, text, understand(conversation, text))


async def sort_withheld(callback: CallbackQuery, callback_data: Withheld, conversation: Conversation) -> None:
    """「补充这件 / 另一件事」."""
    line = await asked_at(conversation.unit, conversation.party.address_id, callback_data.asked_id)
    case = await case_of(conversation.unit, conversation.taxpayer_id, callback_data.case_id)
    if line is None or case is None or line.outcome is not None:
        conversation.say("talk.stale")
        return
    retire_buttons(conversation, callback)
    if callback_data.act == "supplement" and case.state in UNFINISHED:
        await conclude(conversation.unit, line.id, "supplement")
        await add_what_was_asked_for(conversation, case, line.text)
        return
    if callback_data.act == "supplement":
        conversation.say("case.answered_meanwhile", number=case.number)
    await conclude(conversation.unit, line.id, "apart")
    await deal_with(conversation, line.text, understand(conversation, line.text))


async def give_to_people(conversation: Conversation, question: Asked) -> None:
    understanding = conversation.deps.interpreter.understand(question.text)
    nearest = _entry(conversation, question.entry_id)
    await open_from(conversation, question.text, understanding, asked_id=question.id, nearest=nearest)


def kind_of_case(rules: Rulebook, understanding: Understanding) -> Kind:
    """What becomes a case is of the kind it was understood as; a letter to the director is of its content's kind."""
    kind = understanding.kind
    if rules.kind(kind).by_content and understanding.content is not None:
        kind = understanding.content
    return kind if rules.kind(kind).opens_case else Kind.QUESTION


async def open_from(
    conversation: Conversation,
    text: str,
    understanding: Understanding,
    *,
    asked_id: int | None = None,
    nearest: Entry | None = None,
) -> None:
    """The text becomes a case of its kind, at the department that the rules and earlier answers choose."""
    deps = conversation.deps
    kind = kind_of_case(deps.rules, understanding)
    words = [word for word in understanding.tokens if word in deps.interpreter.tokenizer.terms]
    chosen = route(
        understanding.normalised,
        understanding.tokens,
        kind,
        deps.routing[conversation.party.bureau_id],
        deps.rules.kinds,
        nearest_department=None if nearest is None else nearest.department_code,
        lessons=await lessons_for(conversation.unit, conversation.party.bureau_id, words),
    )
    opened = await open_case(
        conversation.unit,
        deps.rules,
        Letter(
            kind=kind.value,
            text=text,
            taxpayer_id=conversation.taxpayer_id,
            address_id=conversation.party.address_id,
            bureau_id=conversation.party.bureau_id,
            received_at=conversation.received_at,
            departments=[ranked.department for ranked in chosen.departments],
            reasons=[*understanding.reasons, *chosen.reasons],
            confidence=understanding.confidence,
            words=words,
        ),
    )
    if asked_id is not None:
        await hand_over(conversation.unit, asked_id, opened.case_id)
