"""What no other handler took: refused politely and by name, never dropped without a word."""

from aiogram import Router
from aiogram.types import CallbackQuery, ChatMemberUpdated, Message

from bot.conversation import Conversation, text_of
from bot.handlers.taxpayer import ask
from storage.people import change_address


def make_router() -> Router:
    router = Router(name="anything")
    router.message.register(unreadable)
    router.edited_message.register(edited)
    router.callback_query.register(stale)
    router.my_chat_member.register(comes_or_goes)
    return router


async def unreadable(message: Message, conversation: Conversation, album: tuple[Message, ...] = ()) -> None:
    """A picture, a voice, a sticker …: refused by name, once for a whole album; what was written under it is heard."""
    if conversation.party.taxpayer_id is None and conversation.party.officer is None:
        conversation.say("desk.nobody_here")
        return
    conversation.say("talk.unreadable", content=message.content_type)
    captions = "\n".join(text for text in (text_of(part) for part in (message, *album)) if text)
    if captions and conversation.party.officer is None and conversation.party.taxpayer_id is not None:
        await ask.hear(message.model_copy(update={"text": captions}), conversation)


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
