"""Who a router listens to, and what a message is read as."""

from aiogram import Bot
from aiogram.filters import BaseFilter
from aiogram.types import Message, TelegramObject
from aiogram.utils.magic_filter import MagicFilter

from bot.conversation import Conversation
from bot.wording.shortcuts import says


class FromOfficer(BaseFilter):
    """Somebody who works for the bureau, in a private chat or at the desk."""

    async def __call__(self, _event: TelegramObject, conversation: Conversation) -> bool:
        return conversation.party.officer is not None


class FromTaxpayer(BaseFilter):
    """Somebody from outside, in a private chat or on the page."""

    async def __call__(self, _event: TelegramObject, conversation: Conversation) -> bool:
        return conversation.party.officer is None and conversation.party.taxpayer_id is not None


class RepliesToUs(BaseFilter):
    """A reply to a message of ours. In a forum every line replies to the first message of its topic, which is nobody's
    card.
    """

    async def __call__(self, event: TelegramObject, bot: Bot) -> bool:
        replied_to = event.reply_to_message if isinstance(event, Message) else None
        return replied_to is not None and replied_to.from_user is not None and replied_to.from_user.id == bot.id


class ByThemselves(BaseFilter):
    """Nobody else writes there: in a group people talk to each other, and only a reply to us is meant for us."""

    async def __call__(self, _event: TelegramObject, conversation: Conversation) -> bool:
        return not conversation.in_group


class Expecting(BaseFilter):
    """The talk stands where this was asked for."""

    def __init__(self, state: str) -> None:
        self.state = state

    async def __call__(self, _event: TelegramObject, conversation: Conversation) -> bool:
        return conversation.state == self.state


class PlainWords(BaseFilter):
    """What most people write: no command, no label of a shortcut, no figures, and nothing that was asked for. It need
    not pass by everything that waits for one of these.
    """

    def __init__(self, *shortcuts: str) -> None:
        self.shortcuts = shortcuts

    async def __call__(self, event: TelegramObject, conversation: Conversation) -> bool:
        text = event.text if isinstance(event, Message) else None
        if not text or conversation.state is not None or says(text, *self.shortcuts):
            return False
        return not text.startswith("/") and not any(map(str.isdigit, text))


class Says(BaseFilter):
    """The label of a shortcut of the page, in any language, whoever writes it."""

    def __init__(self, shortcut: str) -> None:
        self.shortcut = shortcut

    async def __call__(self, event: TelegramObject) -> bool:
        return isinstance(event, Message) and event.text is not None and says(event.text, self.shortcut)


class When(BaseFilter):
    """What aiogram's `F` says of an event, found out at once: a bare `F` goes to a thread and back, and a taxpayer's
    text passes half a dozen of them.
    """

    def __init__(self, magic: MagicFilter) -> None:
        self.magic = magic

    async def __call__(self, event: TelegramObject) -> bool:
        return bool(self.magic.resolve(event))
