"""People with Telegram: what they write, press and read, for tests that talk to the bot as somebody would."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from tests.support.botapi_rules import Json

if TYPE_CHECKING:
    from tests.support.botapi import BotApi


@dataclass(slots=True, eq=False)
class Heard:
    """One message of the bot as its reader sees it now; `edits` are its earlier texts."""

    raw: Json  # Telegram's Message
    markup: Json  # inline keyboard or reply keyboard
    at: datetime
    tick: float  # seconds on the event loop's clock
    edits: list[str] = field(default_factory=list)
    answered: bool = True  # the bot was told that its message has arrived

    @property
    def chat_id(self) -> int:
        return int(self.raw["chat"]["id"])

    @property
    def message_id(self) -> int:
        return int(self.raw["message_id"])

    @property
    def text(self) -> str:
        return str(self.raw["text"])

    @property
    def buttons(self) -> list[str]:
        return [button["text"] for button in self._keys()]

    def button(self, label: str) -> Json:
        """The button with exactly this label: `callback_data`, `url` or only `text`."""
        found = [button for button in self._keys() if button["text"] == label]
        assert found, f"no button {label!r} among {self.buttons} under {self.text!r}"
        return found[0]

    def _keys(self) -> list[Json]:
        rows = self.markup.get("inline_keyboard") or self.markup.get("keyboard") or []
        return [button if isinstance(button, dict) else {"text": button} for row in rows for button in row]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with Telegram, in their private chat with the bot or in a group."""

    api: "BotApi"
    user: Json
    chat: Json

    @property
    def heard(self) -> list[Heard]:
        """What the bot said in this chat, in order."""
        return self.api.heard_in(self.chat["id"])

    def in_group(self, chat_id: int, title: str = "办公群") -> "Person":
        """The same person in a group; the bot is a member from now on."""
        group = replace(self, chat={"id": chat_id, "type": "supergroup", "title": title})
        self.api.knows(group.chat)
        return group

    def says(self, text: str, *, at: datetime | None = None) -> Json:
        """Write `text`; `at` is the instant on the message, now if left out. Returns Telegram's Message."""
        command = re.match(r"/\w+(@\w+)?", text)
        entities = [{"type": "bot_command", "offset": 0, "length": command.end()}] if command else []
        return self.sends({"text": text} | ({"entities": entities} if entities else {}), at=at)

    def sends(self, fields: Json, *, at: datetime | None = None) -> Json:
        """Send a message of any kind: `fields` are those of Telegram's Message (sticker, photo, media_group_id …)."""
        self.api.knows(self.chat)
        return self.api.arrives("message", {"from": self.user, "chat": self.chat} | fields, at)

    def replies(self, to: Heard | Json, text: str, *, at: datetime | None = None) -> Json:
        return self.sends({"text": text, "reply_to_message": to.raw if isinstance(to, Heard) else to}, at=at)

    def edits(self, message: Json, text: str, *, at: datetime | None = None) -> Json:
        edited_at = int((at or self.api.now()).timestamp())
        return self.api.arrives("edited_message", message | {"text": text, "edit_date": edited_at})

    def presses(self, message: Heard, label: str) -> str:
        """Press a button. Returns the callback query's id (see `BotApi.answers`); a reply keyboard's button is said."""
        button = message.button(label)
        if "inline_keyboard" not in message.markup:
            self.says(label)
            return ""
        assert "callback_data" in button, f"{label!r} opens {button}"
        query_id = str(next(self.api.numbers))
        query = {"id": query_id, "from": self.user, "chat_instance": str(self.chat["id"]), "message": dict(message.raw)}
        self.api.arrives("callback_query", query | {"data": button["callback_data"]})
        return query_id

    def blocks(self) -> None:
        """Block the bot: it is told, and may not write here until `unblocks`."""
        self.api.shut(self.chat, "Forbidden: bot was blocked by the user")
        self.api.membership(self.user, self.chat, "member", "kicked")

    def unblocks(self) -> None:
        self.api.knows(self.chat)
        self.api.membership(self.user, self.chat, "kicked", "member")

    def vanishes(self) -> None:
        """The chat is gone ("chat not found") until something is written in it."""
        self.api.forgets(self.chat)

    def upgrades(self, new_id: int) -> "Person":
        """The group becomes a supergroup with another number, as both chats are told; the same person in it."""
        upgraded = replace(self, chat=self.chat | {"id": new_id, "type": "supergroup"})
        self.sends({"migrate_to_chat_id": new_id})
        self.api.migrate(self.chat, upgraded.chat)
        upgraded.sends({"migrate_from_chat_id": self.chat["id"]})
        return upgraded

    async def hears(self, wanted: str | Callable[[Heard], bool] = "", *, within: float = 5.0) -> Heard:
        """Wait for the next message in this chat that contains or fulfils `wanted`; earlier ones are passed over.

        Every call goes on after the message that the call before it returned. `within` is seconds.
        """
        key, found = (self.user["id"], self.chat["id"]), list[Heard]()

        def fits(message: Heard) -> bool:
            return wanted in message.text if isinstance(wanted, str) else wanted(message)

        def ready() -> bool:
            start = self.api.read_up_to.get(key, 0)
            found[:] = [message for message in self.heard[start:] if fits(message)][:1]
            return bool(found)

        heard = await self.api.comes_true(ready, within=within)
        assert heard, f"waited {within} s for {wanted!r} in chat {key[1]}; there was {[one.text for one in self.heard]}"
        self.api.read_up_to[key] = self.heard.index(found[0]) + 1
        return found[0]


@dataclass(frozen=True, slots=True)
class Channel:
    """A broadcast channel that the bot belongs to."""

    api: "BotApi"
    chat: Json

    def posts(self, text: str, *, at: datetime | None = None) -> Json:
        return self.api.arrives("channel_post", {"chat": self.chat, "sender_chat": self.chat, "text": text}, at)
