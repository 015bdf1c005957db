"""Free text in: words for a courtesy, an answer from the FAQ, a choice, or a case (faq/answering.py decides)."""

from datetime import datetime, timedelta

from aiogram import F, Router
from aiogram.types import CallbackQuery, Message

from bot.conversation import Conversation, retire_buttons
from bot.handlers.filters import When
from bot.handlers.taxpayer.cases import show_list
from bot.wording import buttons
from bot.wording.buttons import Belongs, Choice, Feedback, Insist, Meant, Sort, Topic
from bot.wording.taxpayer.answers import answer_facts
from escalation.cases import notices
from escalation.cases.lifecycle import UNFINISHED
from escalation.cases.queries import Case, case_of
from escalation.cases.supplements import sort_out, take_out
from escalation.rules.limits import LONGEST_MESSAGE
from faq.answering import (
    Line,
    Writer,
    answer,
    answer_apart,
    belongs,
    give_to_people,
    release_withheld,
    settle_kind,
)
from faq.asked import WITHHELD_FOR, Asked, asked_at, conclude, release
from faq.catalog import Entry
from faq.results import (
    Answered,
    AnsweredInParts,
    AskedBack,
    AskedKind,
    Before,
    CaseOpened,
    Offered,
    Result,
    Supplemented,
    Words,
)
from faq.secrecy import CONSEQUENCES
from intents import Kind, Turn

LETTER = "letter"
VERDICTS = ("solved", "unsolved", "human", "drop")
DANGER = "danger"  # a life was in danger a moment ago
DANGER_LASTS = timedelta(minutes=30)
TALK = "talk"  # what was written before is read together with what comes next
KEPT_FOR = timedelta(minutes=10)

COURTESIES = {
    Kind.GREETING: "talk.greeting",
    Kind.THANKS: "talk.thanks",
    Kind.UNINTELLIGIBLE: "talk.unintelligible",
    Kind.OBJECTION: "talk.objection",
    Kind.COMPLAINT: "talk.wages",
}


def register(router: Router) -> None:
    router.message.register(hear, When(F.text))
    router.callback_query.register(feedback, Feedback.filter())
    router.callback_query.register(choose, Choice.filter())
    router.callback_query.register(say_kind, Meant.filter())
    router.callback_query.register(ask_topic, Topic.filter())
    router.callback_query.register(add_to_case, Belongs.filter())
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
        in_danger=_in_danger(conversation),
        case=conversation.case_in_hand,
        before=_before(conversation),
    )
    if not people_wanted or isinstance(result, CaseOpened | AskedKind):
        await _keep_for_the_next(conversation, result)
    await say(conversation, result)


def _in_danger(conversation: Conversation) -> bool:
    if conversation.state != DANGER:
        return False
    return conversation.received_at - datetime.fromisoformat(conversation.data["written_at"]) <= DANGER_LASTS


def _before(conversation: Conversation) -> Before | None:
    """What was written a moment ago and belongs to what is written now; what was asked about waits for its answer."""
    data = conversation.data
    if conversation.state not in (TALK, LETTER) or "text" not in data:
        return None
    received_at = datetime.fromisoformat(data["received_at"])
    before = Before(data["text"], received_at, data["asked_id"], data["offered"])
    kept_for = KEPT_FOR if before.asked_id is None or before.offered else WITHHELD_FOR
    written_at = datetime.fromisoformat(data["written_at"])
    return before if conversation.received_at - written_at <= kept_for else None


async def _keep_for_the_next(conversation: Conversation, result: Result) -> None:
    match result:
        case (
            Words(before=Before() as before)
            | AskedKind(before=before)
            | AskedBack(before=Before() as before)
            | Offered(before=Before() as before)
        ):
            await conversation.expect(
                TALK,
                text=before.text,
                received_at=before.received_at.isoformat(),
                written_at=conversation.received_at.isoformat(),
                asked_id=before.asked_id,
                offered=before.offered,
            )
        case Words(turn=Turn.DANGER):
            await conversation.expect(DANGER, written_at=conversation.received_at.isoformat())
        case _ if _in_danger(conversation):
            pass  # a question between takes nothing away
        case Words():
            pass  # a courtesy between two pieces takes nothing away
        case _:
            await conversation.expect_nothing()


def _line(conversation: Conversation, text: str, received_at: datetime | None = None) -> Line:
    """A text of whoever speaks; what was written before has its own moment of receipt."""
    party = conversation.party
    writer = Writer(conversation.taxpayer_id, party.address_id, party.bureau_id)
    return Line(conversation.update_id, writer, text, received_at or conversation.received_at)


async def say(conversation: Conversation, result: Result) -> None:
    """Put into words what became of a line; a receipt and a supplement have been told already."""
    match result:
        case Words(turn=Turn() as turn, asked_id=asked_id, again=again, case=case):
            number = None if case is None else case.number
            conversation.say("talk.turn", turn=turn.value, asked_id=asked_id, again=again, number=number)
        case Words(kind=Kind.STATUS):
            await show_list(conversation)
        case Words(kind=Kind.HUMAN):
            pieces = conversation.data if conversation.state == TALK else {}
            await conversation.expect(LETTER, **pieces)
            conversation.say("talk.human_what")
        case Words(kind=Kind.OUTOFSCOPE, asked_id=asked_id):
            conversation.say("talk.outofscope", asked_id=asked_id)
        case Words(kind=kind, asked_id=asked_id):
            conversation.say(COURTESIES[kind], asked_id=asked_id)
        case Answered(asked_id=asked_id, entry=entry, case=case):
            facts = answer_facts(entry, conversation.unit.now)
            conversation.say("faq.answer", asked_id=asked_id, **facts, **_beside(case))
        case Offered(asked_id=asked_id, entries=entries, case=case):
            questions = [(entry.id, entry.question) for entry in entries]
            conversation.say("faq.choices", asked_id=asked_id, questions=questions, **_beside(case))
        case AnsweredInParts(asked_id=asked_id, parts=parts):
            answers = [
                {"asked": part.text, "answer": part.entry and answer_facts(part.entry, conversation.unit.now)}
                for part in parts
            ]
            conversation.say("faq.answers", asked_id=asked_id, answers=answers)
        case AskedKind(asked_id=asked_id, kinds=kinds, text=text, again=again):
            codes = tuple(kind.value for kind in kinds)
            conversation.tell(notices.WhichKind(asked_id, codes, text, _minutes(), again))
        case AskedBack(case=case, asked_id=None, text=text, line_id=line_id):
            conversation.say("case.sort", case_id=case.id, number=case.number, text=text, line_id=line_id)
        case AskedBack(case=case, asked_id=int(asked_id), text=text):
            conversation.tell(notices.Withheld(case.id, asked_id, text, _minutes()))
        case CaseOpened() | Supplemented():
            pass


def _minutes() -> int:
    return int(WITHHELD_FOR.total_seconds() // 60)


def _beside(case: Case | None) -> dict[str, object]:
    """The facts of an open case to which a question may belong."""
    return {} if case is None else {"case_id": case.id, "number": case.number}


async def feedback(callback: CallbackQuery, callback_data: Feedback, conversation: Conversation) -> None:
    """「解决了 / 没解决 / 转人工」."""
    question = await asked_at(conversation.unit, conversation.party.address_id, callback_data.asked_id)
    if question is None or question.is_withheld or callback_data.verdict not in VERDICTS:
        conversation.say("talk.stale")
    elif question.case_id is not None:
        conversation.say("faq.already_with_people")
    elif callback_data.verdict == "human":
        await _give(callback, conversation, question)
    elif not await conclude(conversation.unit, question.id, callback_data.verdict):
        conversation.say("talk.stale")
    else:
        if callback_data.verdict == "drop":
            retire_buttons(conversation, callback)
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
    elif (entry := _entry(conversation, callback_data.entry_id)) is None or not await conclude(
        conversation.unit, question.id, "chosen", entry_id=entry.id
    ):
        conversation.say("talk.stale")
    else:
        conversation.say("faq.answer", asked_id=question.id, **answer_facts(entry, conversation.unit.now))


def _entry(conversation: Conversation, entry_id: int) -> Entry | None:
    entries = conversation.deps.faq.edition.entries.values()
    return next((entry for entry in entries if entry.id == entry_id), None)


async def ask_topic(_callback: CallbackQuery, callback_data: Topic, conversation: Conversation) -> None:
    """A question that is asked often was pressed instead of written."""
    entry = _entry(conversation, callback_data.entry_id)
    if entry is None:
        conversation.say("talk.stale")
        return
    line = _line(conversation, entry.question)
    await say(conversation, await answer_apart(conversation.unit, conversation.deps.in_force, line))


async def say_kind(callback: CallbackQuery, callback_data: Meant, conversation: Conversation) -> None:
    """「问政策 / 有意见 / 反映违纪 / …」, of a line that nobody else has seen; or 「不用了」."""
    question = await asked_at(conversation.unit, conversation.party.address_id, callback_data.asked_id)
    if question is None or not question.is_withheld:
        conversation.say("talk.stale")
        return
    retire_buttons(conversation, callback)
    if callback_data.kind == "drop":
        dropped = await release(conversation.unit, question.id, "drop")
        conversation.say("faq.drop" if dropped else "talk.stale")
        await _forget_the_talk(conversation, question)
        return
    kind = Kind(callback_data.kind) if callback_data.kind in CONSEQUENCES | {Kind.QUESTION} else None
    line = _line(conversation, question.text)
    result = await settle_kind(conversation.unit, conversation.deps.in_force, line, question, kind)
    await _forget_the_talk(conversation, question)
    if result is None:
        conversation.say("talk.stale")
    else:
        await say(conversation, result)


async def _forget_the_talk(conversation: Conversation, question: Asked) -> None:
    """What was asked about is settled, so the next line is not read together with it, nor for people because of it."""
    if conversation.state in (TALK, LETTER) and conversation.data.get("asked_id") == question.id:
        await conversation.expect_nothing()


async def add_to_case(callback: CallbackQuery, callback_data: Belongs, conversation: Conversation) -> None:
    """「补充到办件」, under an answer that came while a case is open."""
    question = await asked_at(conversation.unit, conversation.party.address_id, callback_data.asked_id)
    case = await case_of(conversation.unit, conversation.taxpayer_id, callback_data.case_id)
    if question is None or question.is_withheld or case is None:
        conversation.say("talk.stale")
    elif case.state not in UNFINISHED:
        conversation.say("case.answered_meanwhile", number=case.number)
        await _give(callback, conversation, question)
    else:
        retire_buttons(conversation, callback)
        line = _line(conversation, question.text)
        if await belongs(conversation.unit, conversation.deps.in_force, line, question, case) is None:
            conversation.say("faq.already_with_people")


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
    line = _line(conversation, question.text)
    if await give_to_people(conversation.unit, conversation.deps.in_force, line, question) is None:
        conversation.say("talk.stale")


async def sort_withheld(callback: CallbackQuery, callback_data: buttons.Withheld, conversation: Conversation) -> None:
    """「补充这件 / 另一件事」, of a line that nobody else has seen."""
    question = await asked_at(conversation.unit, conversation.party.address_id, callback_data.asked_id)
    case = await case_of(conversation.unit, conversation.taxpayer_id, callback_data.case_id)
    if question is None or case is None or not question.is_withheld:
        conversation.say("talk.stale")
        return
    retire_buttons(conversation, callback)
    await _forget_the_talk(conversation, question)
    added = callback_data.act == "supplement"
    if added and case.state not in UNFINISHED:
        conversation.say("case.answered_meanwhile", number=case.number)
        added = False
    line = _line(conversation, question.text)
    in_force = conversation.deps.in_force
    result = await release_withheld(conversation.unit, in_force, line, question, case if added else None)
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
        await _supplement(conversation, case, callback_data.line_id)
        return
    text = await take_out(conversation.unit, case, callback_data.line_id)
    if text is None:
        conversation.say("talk.stale")
        return
    if callback_data.act == "supplement":
        conversation.say("case.answered_meanwhile", number=case.number)
    line = _line(conversation, text)
    await say(conversation, await answer_apart(conversation.unit, conversation.deps.in_force, line))


async def _supplement(conversation: Conversation, case: Case, line_id: int) -> None:
    if await sort_out(conversation.unit, conversation.deps.rules, case, line_id):
        conversation.tell(notices.Supplemented(case.number))
    else:
        conversation.say("talk.stale")
