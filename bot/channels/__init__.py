"""Where people are: one file a channel. What every channel owes stands here.

**To hear.** Whatever arrives is stored (`storage.inbox.store`), and only then is the channel told that it has arrived.
An `Incoming` carries the channel's own id of the update, so that one that comes twice is one row, and a body in the
form of an aiogram `Update`: the dispatcher and the handlers know no other form.

**To say.** A channel is a `Channel`: an aiogram bot with an id of its own. Its `say` brings one text to one chat.
Courtesies, such as a pressed button that stops turning, go through the bot's session and may be lost.

**To tell what an error means.** `say` raises one of four meanings: `Temporary`, `Unreachable`, `Moved` or `Refused`.
The delivery acts on the meaning and knows no channel's own errors. Any other exception is a fault of the channel: it is
logged, and the notice is tried again.

A channel by carrier pigeon, whole but for what the pigeons bring back:

    class Pigeons(Channel):
        async def say(self, chat_id: int, text: str, keyboard: InlineKeyboardMarkup | None = None) -> int:
            try:
                return await self._loft.send(chat_id, text)
            except Storm as storm:
                raise Temporary(storm.rest) from storm
            except NobodyThere as error:
                raise Unreachable from error
            except LivesElsewhere as error:
                raise Moved(error.chat_id) from error
            except TooHeavy as error:
                raise Refused(str(error)) from error
"""

from abc import ABC, abstractmethod
from datetime import timedelta

from aiogram import Bot
from aiogram.types import InlineKeyboardMarkup


class Undelivered(Exception):  # noqa: N818  the four are named by what they mean
    """A message did not arrive, as far as the channel knows. Its `__cause__` is the channel's own error."""


class Temporary(Undelivered):
    """It may arrive later: after `retry_after`, where the channel told us to wait; else the wait grows each time."""

    def __init__(self, retry_after: timedelta | None = None) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


class Unreachable(Undelivered):
    """Nobody can write to this chat until something changes there. What is owed to it is kept."""


class Moved(Undelivered):
    """The chat has become another one: `to`."""

    def __init__(self, to: int) -> None:
        super().__init__(to)
        self.to = to


class Refused(Undelivered):
    """The channel takes other messages, but never this one. `why` is in the channel's words, and not for the log."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Channel(Bot, ABC):
    """One channel, as the dispatcher and the delivery know it."""

    @abstractmethod
    async def say(self, chat_id: int, text: str, keyboard: InlineKeyboardMarkup | None = None) -> int:
        """Bring a text to a chat, and return the number that the message got there.

        Raises Temporary, Unreachable, Moved or Refused.
        """
