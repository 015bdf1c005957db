"""What no other handler took: refused politely and by name, never dropped without a word."""

import structlog
from aiogram import F, Router
from aiogram.types import CallbackQuery, ChatMemberUpdated, Message

from bot.conversation import Conversation, text_of
from bot.handlers.filters import When
from bot.handlers.taxpayer import ask
from storage.people import change_address

log = structlog.get_logger("handlers")


WRITTEN = frozenset(
    {
        *("text", "photo", "video", "video_note", "animation", "voice", "audio", "document", "sticker", "contact"),
        *("location", "venue", "poll", "dice", "story", "game", "paid_media", "checklist", "unknown"),
    }
)
"""What somebody has sent. All else a chat tells of itself: what was pinned, a timer that was set, a new title."""


def make_router() -> Router:
    router = Router(name="anything")
    router.message.register(pass_over, When(~F.content_type.in_(WRITTEN)))
    router.message.register(unreadable)
    router.edited_message.register(edited, When(F.text | F.caption))
    router.edited_message.register(pass_over)
    router.callback_query.register(stale)
    router.my_chat_member.register(comes_or_goes)
    return router


async def unreadable(message: Message, conversation: Conversation, album: tuple[Message, ...] = ()) -> None:
    """A picture, a voice, a sticker …: refused by name, once for a whole album; what was written under it is heard."""
    if conversation.party.taxpayer_id is None and conversation.party.officer is None:
        conversation.say("desk.nobody_here")
        return
    captions = "\n".join(text for text in (text_of(part) for part in (message, *album)) if text)
    heard = bool(captions) and conversation.party.officer is None and conversation.party.taxpayer_id is not None
    conversation.say("talk.unreadable", content=message.content_type, with_words=heard)
    if heard:
        await ask.hear(message.model_copy(update={"text": captions}), conversation)


async def pass_over(_message: Message, conversation: Conversation) -> None:
    """What nobody wrote gets no words: a position that moved on, a pin, a timer."""
    log.debug("nobody_wrote_it", update=conversation.update_id)


async def edited(_message: Message, conversation: Conversation) -> None:
    conversation.say("talk.edited")


async def stale(_callback: CallbackQuery, conversation: Conversation) -> None:
    conversation.say("talk.stale")


async def comes_or_goes(event: ChatMemberUpdated, conversation: Conversation) -> None:
    """Somebody blocked the bot, or came back: what is owed to the address waits meanwhile."""
    gone = event.new_chat_member.status in ("kicked", "left")
    await change_address(
        conversation.unit, conversation.party.address_id, blocked_at=conversation.unit.now if gone else None
    )
