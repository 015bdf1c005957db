"""Signing, answering and passing on, from the card's buttons and by what is typed after them.

What is typed goes to a taxpayer at once only where it can mean nothing else; otherwise it is shown once more first.
"""

import re
from datetime import datetime, timedelta

from aiogram import F, Router
from aiogram.filters import Command
from aiogram.types import CallbackQuery, Message

from bot.conversation import Conversation, retire_buttons
from bot.handlers.filters import ByThemselves, Expecting, When
from bot.wording.buttons import Handle, PassOn, Rekind, Send
from escalation.cases.handling import answer, mark_major, sign
from escalation.cases.lifecycle import Move, can
from escalation.cases.queries import Case, find_case, find_case_by_number, messages_of
from escalation.cases.rekind import change_kind
from escalation.cases.results import Done, Refused, Why
from escalation.cases.supplements import ask_for_more
from escalation.cases.transfer import pass_on, target_of
from escalation.rules.limits import LONGEST_ANSWER, LONGEST_REASON
from escalation.rules.permissions import Action, may
from faq.hearing import doors_of
from intents import normalise
from storage.outbox import said_since

ANSWERING = "officer.answer"
REQUESTING = "officer.request"
PASSING = "officer.pass_on"
CONFIRMING = "officer.confirm"
PATIENCE = timedelta(minutes=30)  # after it, what is typed may be about something else
LINES = When(F.text & ~F.text.startswith("/"))
NO_LINES = When(~F.text)
NUMBER = re.compile(r"20\d\d-\d{6}")


def register(router: Router) -> None:
    router.callback_query.register(take, Handle.filter(F.act == "sign"))
    router.callback_query.register(begin_answer, Handle.filter(F.act == "answer"))
    router.callback_query.register(choose_department, Handle.filter(F.act == "pass_on"))
    router.callback_query.register(begin_request, Handle.filter(F.act == "ask"))
    router.callback_query.register(mark, Handle.filter(F.act == "major"))
    router.callback_query.register(cancel, Handle.filter(F.act == "cancel"))
    router.callback_query.register(ask_kind, Handle.filter(F.act == "kind"))
    router.callback_query.register(correct_kind, Rekind.filter())
    router.callback_query.register(send, Send.filter())
    router.callback_query.register(show, Handle.filter(F.act == "card"))
    router.callback_query.register(ask_pass_reason, PassOn.filter())
    router.message.register(cancel_by_word, Command("cancel", ignore_case=True))
    router.message.register(hand_on, ByThemselves(), Expecting(PASSING), LINES)
    router.message.register(give_request, ByThemselves(), Expecting(REQUESTING), LINES)
    router.message.register(give_answer, ByThemselves(), Expecting(ANSWERING), LINES)
    router.message.register(type_again, ByThemselves(), Expecting(CONFIRMING), LINES)
    router.message.register(show_by_number, ByThemselves(), When(F.text.func(is_number)))
    router.message.register(nothing_to_do, When(F.text & (F.chat.type == "private")))


async def visible(conversation: Conversation, case_id: int, action: Action) -> Case | None:
    """The case, where this officer may do this with it; the words for a refusal never tell whether it exists.

    In a group everybody reads along: there only the unsealed cases of the group's own department are handled.
    """
    case = await find_case(conversation.unit, case_id)
    hidden = case is None or (
        conversation.in_group and (case.sealed or case.department_id != conversation.party.department_id)
    )
    if case is None or hidden or not may(conversation.officer, action, case.subject):
        refuse(conversation, Refused(Why.NOT_ALLOWED))
        return None
    return case


def refuse(conversation: Conversation, refused: Refused) -> None:
    """Say why nothing was done; without a case the words are the same whether there is one or not."""
    match refused:
        case Refused(why=Why.TOO_LATE, case=Case() as case):
            who = case.signed_by_name or case.department_name
            conversation.say("desk.too_late", number=case.number, state=case.state, officer=who)
        case Refused(why=Why.FINAL, case=Case() as case):
            conversation.say("desk.final", number=case.number)
        case Refused(why=why, case=Case() as case):
            conversation.say("extension.impossible", number=case.number, why=why)
        case _:
            conversation.say("desk.not_allowed")


async def take(callback: CallbackQuery, callback_data: Handle, conversation: Conversation) -> None:
    """签收."""
    if await visible(conversation, callback_data.case_id, Action.SIGN) is None:
        return
    retire_buttons(conversation, callback)
    match await sign(conversation.unit, conversation.deps.rules, conversation.officer, callback_data.case_id):
        case Done(case=case):
            conversation.say("desk.signed", case_id=case.id, number=case.number)
        case Refused() as refused:
            refuse(conversation, refused)


async def begin_answer(_callback: CallbackQuery, callback_data: Handle, conversation: Conversation) -> None:
    case = await visible(conversation, callback_data.case_id, Action.ANSWER)
    if case is None:
        return
    if not can(Move.ANSWER, case.state):
        refuse(conversation, Refused(Why.TOO_LATE, case))
        return
    await _expect(conversation, ANSWERING, case_id=case.id)
    conversation.say("desk.ask_answer", case_id=case.id, number=case.number)


async def _expect(conversation: Conversation, state: str, **data: object) -> None:
    """Read what is typed next as what was asked for; the moment is kept, because a prompt lapses."""
    await conversation.expect(state, asked_at=conversation.unit.now.isoformat(), **data)


async def _surely_meant(conversation: Conversation) -> bool:
    """Whether what was typed can only belong to what was asked for: soon after it, and nothing was said meanwhile."""
    asked_at = datetime.fromisoformat(conversation.data["asked_at"])
    late = conversation.received_at - asked_at > PATIENCE
    return not late and not await said_since(conversation.unit, conversation.party.address_id, asked_at)


async def _confirm(conversation: Conversation, what: str, case_id: int, text: str) -> None:
    """Show what was typed once more, with its case, before it goes to a taxpayer."""
    if await visible(conversation, case_id, Action.ANSWER) is None:
        await conversation.expect_nothing()
        return
    typed_id = conversation.update_id
    await conversation.expect(CONFIRMING, what=what, case_id=case_id, text=text, typed_id=typed_id)
    conversation.say("desk.confirm", what=what, case_id=case_id, text=text, typed_id=typed_id)


async def give_answer(message: Message, conversation: Conversation) -> None:
    case_id, text = int(conversation.data["case_id"]), message.text or ""
    if await _surely_meant(conversation):
        await answer_case(conversation, case_id, text)
    else:
        await confirm_answer(conversation, text)


async def confirm_answer(conversation: Conversation, text: str) -> None:
    await _confirm(conversation, ANSWERING, int(conversation.data["case_id"]), text)


async def give_request(message: Message, conversation: Conversation) -> None:
    case_id, text = int(conversation.data["case_id"]), message.text or ""
    if await _surely_meant(conversation):
        await request(conversation, case_id, text)
    else:
        await _confirm(conversation, REQUESTING, case_id, text)


async def type_again(message: Message, conversation: Conversation) -> None:
    """Something else was typed instead of pressing 「发出」: that is shown in its place."""
    await _confirm(conversation, conversation.data["what"], int(conversation.data["case_id"]), message.text or "")


async def send(callback: CallbackQuery, callback_data: Send, conversation: Conversation) -> None:
    """「发出」, under what was shown once more: that goes out, and not what was typed after it."""
    if conversation.state != CONFIRMING or conversation.data["typed_id"] != callback_data.typed_id:
        conversation.say("talk.stale")
        return
    retire_buttons(conversation, callback)
    send_it = answer_case if conversation.data["what"] == ANSWERING else request
    await send_it(conversation, callback_data.case_id, conversation.data["text"])


async def answer_case(conversation: Conversation, case_id: int, text: str) -> None:
    if not text.strip():
        conversation.say("desk.what_to_do")
        return
    if len(text) > LONGEST_ANSWER:
        conversation.say("talk.too_long", most=LONGEST_ANSWER)
        return
    await conversation.expect_nothing()
    if await visible(conversation, case_id, Action.ANSWER) is None:
        return
    match await answer(conversation.unit, conversation.officer, case_id, text):
        case Done(case=case):
            conversation.say("desk.answered", number=case.number)
        case Refused() as refused:
            refuse(conversation, refused)


async def choose_department(_callback: CallbackQuery, callback_data: Handle, conversation: Conversation) -> None:
    case = await visible(conversation, callback_data.case_id, Action.PASS_ON)
    if case is None:
        return
    if case.sealed:
        refuse(conversation, Refused(Why.NOT_ALLOWED))
    elif not can(Move.PASS_ON, case.state):
        refuse(conversation, Refused(Why.TOO_LATE, case))
    else:
        conversation.say("desk.ask_department", case_id=case.id)


async def ask_pass_reason(callback: CallbackQuery, callback_data: PassOn, conversation: Conversation) -> None:
    case = await visible(conversation, callback_data.case_id, Action.PASS_ON)
    if case is None:
        return
    department = await target_of(conversation.unit, case, callback_data.department_id)
    if department is None or department.id == case.department_id:
        refuse(conversation, Refused(Why.NOT_ALLOWED))
        return
    retire_buttons(conversation, callback)
    await _expect(conversation, PASSING, case_id=case.id, department_id=department.id)
    conversation.say("desk.ask_pass_reason", case_id=case.id, number=case.number, department=department.name)


async def hand_on(message: Message, conversation: Conversation) -> None:
    """The reason has come: the case goes on."""
    reason = await _short(conversation, message.text or "")
    if reason is None:
        return
    case_id, department_id = int(conversation.data["case_id"]), int(conversation.data["department_id"])
    await conversation.expect_nothing()
    if await visible(conversation, case_id, Action.PASS_ON) is None:
        return
    rules, officer = conversation.deps.rules, conversation.officer
    match await pass_on(conversation.unit, rules, officer, case_id, department_id, reason):
        case Done(case=case):
            conversation.say("desk.passed_on", number=case.number, department=case.department_name)
        case Refused() as refused:
            refuse(conversation, refused)


async def _short(conversation: Conversation, text: str) -> str | None:
    """A reason or a request: a few sentences; None where it is too long, and was said to be."""
    text = text.strip()
    if len(text) > LONGEST_REASON:
        conversation.say("talk.too_long", most=LONGEST_REASON)
        return None
    return text


async def ask_kind(_callback: CallbackQuery, callback_data: Handle, conversation: Conversation) -> None:
    case = await visible(conversation, callback_data.case_id, Action.CHANGE_KIND)
    if case is not None:
        conversation.say("desk.ask_kind", case_id=case.id, in_group=conversation.in_group)


async def correct_kind(callback: CallbackQuery, callback_data: Rekind, conversation: Conversation) -> None:
    """The right kind was pressed: its door is chosen from the letter, as if it had come so."""
    case = await visible(conversation, callback_data.case_id, Action.CHANGE_KIND)
    rules, in_force = conversation.deps.rules, conversation.deps.in_force
    kind = next((kind for kind in rules.kinds if kind.value == callback_data.kind), None)
    if case is None or kind is None or not rules.kinds[kind].may_be_said(in_group=conversation.in_group):
        refuse(conversation, Refused(Why.NOT_ALLOWED))
        return
    letter = (await messages_of(conversation.unit, case.id))[0].text
    departments = doors_of(in_force, case.bureau_id, letter, kind)
    match await change_kind(conversation.unit, rules, conversation.officer, case.id, kind.value, departments):
        case Done(case=changed):
            retire_buttons(conversation, callback)
            facts = {"number": changed.number, "now": changed.kind, "department": changed.department_name}
            conversation.say("desk.kind_changed", **facts)
        case Refused() as refused:
            refuse(conversation, refused)


async def begin_request(_callback: CallbackQuery, callback_data: Handle, conversation: Conversation) -> None:
    case = await visible(conversation, callback_data.case_id, Action.ANSWER)
    if case is None:
        return
    if not can(Move.ASK_FOR_MORE, case.state):
        refuse(conversation, Refused(Why.TOO_LATE, case))
        return
    await _expect(conversation, REQUESTING, case_id=case.id)
    conversation.say("desk.ask_request", case_id=case.id, number=case.number)


async def request(conversation: Conversation, case_id: int, text: str) -> None:
    short = await _short(conversation, text)
    if short is None:
        return
    await conversation.expect_nothing()
    if await visible(conversation, case_id, Action.ANSWER) is None:
        return
    match await ask_for_more(conversation.unit, conversation.deps.rules, conversation.officer, case_id, short):
        case Done(case=case):
            conversation.say("desk.requested", number=case.number)
        case Refused() as refused:
            refuse(conversation, refused)


async def mark(_callback: CallbackQuery, callback_data: Handle, conversation: Conversation) -> None:
    if await visible(conversation, callback_data.case_id, Action.MARK_MAJOR) is None:
        return
    match await mark_major(conversation.unit, conversation.officer, callback_data.case_id):
        case Done(case=case):
            conversation.say("desk.marked", number=case.number)
        case Refused(why=Why.TOO_LATE, case=Case() as case):
            conversation.say("case.card", case_id=case.id)
        case Refused() as refused:
            refuse(conversation, refused)


async def show(_callback: CallbackQuery, callback_data: Handle, conversation: Conversation) -> None:
    case = await visible(conversation, callback_data.case_id, Action.SEE)
    if case is not None:
        conversation.say("case.card", case_id=case.id)


def is_number(text: str) -> bool:
    return NUMBER.fullmatch(normalise(text)) is not None


async def show_by_number(message: Message, conversation: Conversation) -> None:
    """A case is opened by its number, however many there are."""
    case = await find_case_by_number(conversation.unit, normalise(message.text or ""))
    if case is None or not may(conversation.officer, Action.SEE, case.subject):
        refuse(conversation, Refused(Why.NOT_ALLOWED))
    else:
        conversation.say("case.card", case_id=case.id)


async def cancel(callback: CallbackQuery, callback_data: Handle, conversation: Conversation) -> None:  # noqa: ARG001  aiogram names it
    retire_buttons(conversation, callback)
    await conversation.expect_nothing()
    conversation.say("desk.cancelled")


async def cancel_by_word(_message: Message, conversation: Conversation) -> None:
    await conversation.expect_nothing()
    conversation.say("desk.cancelled")


async def nothing_to_do(_message: Message, conversation: Conversation) -> None:
    conversation.say("desk.what_to_do")
