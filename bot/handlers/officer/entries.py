"""Keeping the FAQ in a chat: find, read, edit, approve, and try a question. The use cases are those of the console."""

from dataclasses import replace
from datetime import datetime, timedelta

from aiogram import F, Router
from aiogram.filters import Command, CommandObject
from aiogram.types import CallbackQuery, Message

from bot.conversation import Conversation, retire_buttons
from bot.handlers.filters import Expecting, Says
from bot.handlers.officer.entry_steps import (
    LINES,
    Result,
    entry_for,
    is_concerned,
    reads_every_entry,
    show_entry,
    show_waiting,
    tell_result,
)
from bot.wording import shortcuts
from bot.wording.buttons import Keep, Menu
from bot.wording.officer.entries import SHOWN
from escalation.rules.limits import LONGEST_REASON, LONGEST_SEARCH
from escalation.rules.permissions import Action, may
from faq.entries.approval import approve, refuse, to_decide
from faq.entries.content import line_of
from faq.entries.drafting import discard, edit_entry, submit, withdraw
from faq.entries.phrasings import add_phrasings
from faq.entries.publication import verify
from faq.entries.queries import Kept, Wanted, find_by_code, search, subject_of
from faq.entries.results import Denied, Outdated, Saved, Why, Wrong
from faq.entries.steps import outdated
from faq.lifecycle import Move, can_move
from faq.matching.decision import considered
from storage.outbox import said_in

ANSWERING, PHRASING, REFUSING = "officer.entry.answer", "officer.entry.phrase", "officer.entry.refuse"
STATES = {"answer": ANSWERING, "phrase": PHRASING, "refuse": REFUSING}
NEEDED = {"answer": Action.EDIT_ENTRY, "phrase": Action.EDIT_ENTRY, "refuse": Action.APPROVE_ENTRY}
PATIENCE = timedelta(hours=1)  # what is written later may be meant for something else


def register(router: Router) -> None:
    router.message.register(look_for, Command("faq", ignore_case=True))
    router.message.register(show_home, Says(shortcuts.ENTRIES))
    for state, handler in ((ANSWERING, give_answer), (PHRASING, give_phrasings), (REFUSING, give_reason)):
        router.message.register(handler, Expecting(state), LINES, _is_no_reply_to_a_card)
    router.callback_query.register(press_home, Menu.filter(F.act == "faq"))
    router.callback_query.register(show, Keep.filter(F.act.in_({"view", "draft"})))
    router.callback_query.register(ask, Keep.filter(F.act.in_(set(STATES))))
    router.callback_query.register(act, Keep.filter(F.act.in_({"submit", "withdraw", "discard", "approve", "verify"})))
    router.callback_query.register(cancel, Keep.filter(F.act == "cancel"))


async def _is_no_reply_to_a_card(message: Message, conversation: Conversation) -> bool:
    """A reply to a case's card is meant for the case, whatever else the talk waits for."""
    if message.reply_to_message is None:
        return True
    said = await said_in(conversation.unit, conversation.party.address_id, message.reply_to_message.message_id)
    return said is None or said[0].startswith("entry.")


async def look_for(_message: Message, command: CommandObject, conversation: Conversation) -> None:
    """Entries with these words or of this code, else those of a near meaning; without words what waits. Whoever has no
    role finds those of their own department.
    """
    if not await is_concerned(conversation):
        return
    await conversation.expect_nothing()
    words = line_of(command.args or "")[:LONGEST_SEARCH]
    if not words:
        await show_waiting(conversation)
        return
    unit, officer = conversation.unit, conversation.officer
    exact = await find_by_code(unit, words)
    if exact is not None and may(officer, Action.READ_ENTRY, await subject_of(unit, exact)):
        show_entry(conversation, exact.id, draft=False)
        return
    reads_all = await reads_every_entry(conversation)
    page = await search(unit, Wanted(text=words, concerning=None if reads_all else officer))
    ids = [line.entry_id for line in page.lines[:SHOWN]]
    if not ids and reads_all:
        ids = _near(conversation, words)
    conversation.say("entry.found", entry_ids=ids, total=page.total or len(ids), near=not page.lines)


def _near(conversation: Conversation, words: str) -> list[int]:
    edition = conversation.deps.faq.edition
    return [edition.entries[one.entry_id].id for one in considered(edition.index, words)]


async def show_home(_message: Message, conversation: Conversation) -> None:
    if await is_concerned(conversation):
        await show_waiting(conversation)


async def press_home(_callback: CallbackQuery, conversation: Conversation) -> None:
    if await is_concerned(conversation):
        await show_waiting(conversation)


async def show(_callback: CallbackQuery, callback_data: Keep, conversation: Conversation) -> None:
    entry = await entry_for(conversation, callback_data.entry_id, Action.READ_ENTRY)
    if entry is None:
        return
    draft = entry.in_hand if callback_data.act == "draft" else None
    near = [] if draft is None else conversation.deps.faq.edition.nearly(draft.content.question, besides=entry.code)
    show_entry(conversation, entry.id, draft=callback_data.act == "draft", near=[one.question for one in near])


async def ask(_callback: CallbackQuery, callback_data: Keep, conversation: Conversation) -> None:
    """Ask for the new answer, for phrasings, or for the reason of a refusal; nobody shall write in vain."""
    what = callback_data.act
    entry = await entry_for(conversation, callback_data.entry_id, NEEDED[what])
    if entry is None:
        return
    if why_not := _why_not(conversation, entry, callback_data):
        tell_result(conversation, why_not, what, draft=True)
    else:
        asked_at = conversation.received_at.isoformat()
        await conversation.expect(STATES[what], entry_id=entry.id, head=callback_data.head, asked_at=asked_at)
        conversation.say("entry.ask", entry_id=entry.id, what=what, question=entry.latest.content.question)


def _why_not(conversation: Conversation, entry: Kept, pressed: Keep) -> Outdated | Denied | None:
    """What the use case would refuse in the end."""
    if pressed.act == "phrase":
        return None
    if entry.head != pressed.head:
        return outdated(entry)
    if pressed.act == "answer":
        in_review = entry.in_hand is not None and not can_move(Move.EDIT, entry.in_hand.state)
        return Denied(Why.IN_REVIEW) if in_review else None
    decided = to_decide(entry, conversation.officer)
    return decided if isinstance(decided, Denied) else None


async def give_answer(message: Message, conversation: Conversation) -> None:
    """The new text becomes a draft at once; what is wrong with it is said, and the next message tries again."""
    entry = await _expected(conversation, Action.EDIT_ENTRY)
    if entry is None:
        return
    content = replace(entry.latest.content, answer=message.text or "")
    head = int(conversation.data["head"])
    result = await edit_entry(conversation.unit, conversation.officer, entry.id, content, head=head)
    await _typed(conversation, entry, result, "saved", draft=True)


async def give_phrasings(message: Message, conversation: Conversation) -> None:
    entry = await _expected(conversation, Action.EDIT_ENTRY)
    if entry is None:
        return
    wordings = [line for line in (message.text or "").splitlines() if line.strip()]
    result = await add_phrasings(conversation.unit, conversation.officer, entry.id, wordings)
    await _typed(conversation, entry, result, "phrased", draft=False)


async def give_reason(message: Message, conversation: Conversation) -> None:
    entry = await _expected(conversation, Action.APPROVE_ENTRY)
    if entry is None:
        return
    reason = line_of(message.text or "")
    if len(reason) > LONGEST_REASON:
        conversation.say("talk.too_long", most=LONGEST_REASON)
        return
    head = int(conversation.data["head"])
    result = await refuse(conversation.unit, conversation.officer, entry.id, reason, head=head)
    await _typed(conversation, entry, result, "refused", draft=True)


async def _expected(conversation: Conversation, needed: Action) -> Kept | None:
    """The entry that the talk is about; None, and it was said, where the officer may no longer or took too long."""
    entry_id, asked_at = int(conversation.data["entry_id"]), datetime.fromisoformat(conversation.data["asked_at"])
    if conversation.received_at - asked_at > PATIENCE:
        await conversation.expect_nothing()
        conversation.say("entry.waited", entry_id=entry_id, minutes=int(PATIENCE.total_seconds() // 60))
        return None
    entry = await entry_for(conversation, entry_id, needed)
    if entry is None:
        await conversation.expect_nothing()
    return entry


async def _typed(conversation: Conversation, entry: Kept, result: Result, done: str, *, draft: bool) -> None:
    """What came of a text that was typed. What is wrong may be sent again, put right."""
    if not isinstance(result, Wrong):
        await conversation.expect_nothing()
    tell_result(conversation, result, done, draft=draft, typed_for=entry.id)


async def act(callback: CallbackQuery, callback_data: Keep, conversation: Conversation) -> None:
    """What takes one tap. The use case looks at the right, and whether anything has changed since the button stood."""
    if conversation.in_group:
        conversation.say("entry.in_private")
        return
    unit, rules, officer = conversation.unit, conversation.deps.rules, conversation.officer
    entry_id, head = callback_data.entry_id, callback_data.head
    result: Result
    match callback_data.act:
        case "submit":
            result, done = await submit(unit, rules, officer, entry_id, head=head), "submitted"
        case "withdraw":
            result, done = await withdraw(unit, officer, entry_id, head=head), "withdrawn"
        case "discard":
            result, done = await discard(unit, officer, entry_id, head=head), "discarded"
        case "approve":
            result, done = await approve(unit, officer, entry_id, head=head), "approved"
        case _:
            result, done = await verify(unit, officer, entry_id, head=head), "verified"
    if isinstance(result, Saved):
        retire_buttons(conversation, callback)
    tell_result(conversation, result, done, draft=done in ("submitted", "withdrawn"))


async def cancel(callback: CallbackQuery, conversation: Conversation) -> None:
    retire_buttons(conversation, callback)
    if conversation.state in STATES.values():  # what another dialogue asked for meanwhile goes on
        await conversation.expect_nothing()
    conversation.say("desk.cancelled")
