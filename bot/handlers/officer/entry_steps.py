"""What the talk about an entry has in common: who may, and what came of an act."""

from collections.abc import Sequence

from aiogram import F

from bot.conversation import Conversation
from bot.handlers.filters import When
from bot.wording.officer.entries import findings_facts
from escalation.rules.permissions import Action, may
from faq.entries.queries import Kept, concerns, find_entry, subject_of
from faq.entries.results import Denied, Outdated, Saved, Why, Wrong

LINES = When(F.text & ~F.text.startswith("/"))
Result = Saved | Outdated | Denied | Wrong


def deny(conversation: Conversation, why: Why) -> None:
    conversation.say("entry.denied", why=why.value)


async def is_concerned(conversation: Conversation) -> bool:
    """Whether there is any entry that this officer may read, and nobody else reads along; said where not."""
    if conversation.in_group:
        conversation.say("entry.in_private")
        return False
    allowed = await concerns(conversation.unit, conversation.officer)
    if not allowed:
        deny(conversation, Why.NOT_ALLOWED)
    return allowed


async def reads_every_entry(conversation: Conversation) -> bool:
    """Whether this officer may read every entry, by role."""
    return may(conversation.officer, Action.READ_ENTRY, await subject_of(conversation.unit))


async def entry_for(conversation: Conversation, entry_id: int, needed: Action) -> Kept | None:
    """The entry, where this officer may do this with it; the words for a refusal never tell whether it exists."""
    if conversation.in_group:
        conversation.say("entry.in_private")
        return None
    entry = await find_entry(conversation.unit, entry_id)
    if entry is None or not may(conversation.officer, needed, await subject_of(conversation.unit, entry)):
        deny(conversation, Why.NOT_ALLOWED)
        return None
    return entry


def show_entry(
    conversation: Conversation, entry_id: int, *, draft: bool, done: str | None = None, near: Sequence[str] = ()
) -> None:
    facts = {"entry_id": entry_id, "officer_id": conversation.officer.id, "draft": draft, "done": done}
    conversation.say("entry.show", **facts, near=list(near))


def tell_result(
    conversation: Conversation, result: Result, done: str, *, draft: bool, typed_for: int | None = None
) -> None:
    """What came of an act: the entry as it stands now, or why nothing was done. `typed_for` is the entry for which
    something was typed.
    """
    match result:
        case Saved(entry_id=entry_id):
            show_entry(conversation, entry_id, draft=draft, done=done)
        case Outdated(entry_id=entry_id, officer=officer):
            conversation.say("entry.outdated", entry_id=entry_id, officer=officer, typed=typed_for is not None)
        case Denied(why=why):
            deny(conversation, why)
        case Wrong(findings=findings):
            conversation.say("entry.wrong", findings=findings_facts(findings), entry_id=typed_for)


async def show_waiting(conversation: Conversation) -> None:
    await conversation.expect_nothing()
    conversation.say("entry.home", officer_id=conversation.officer.id)
