"""A small Telegram on the loopback: its Bot API for the bot under test, and people who write to the bot.

What Telegram refuses is refused here in its words. Updates stay queued until an offset confirms them or a webhook has
taken them, so a bot may be killed and started again; a bot that calls what is not modelled here gets Telegram's 404,
kept in `unknown_calls`.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Self

import aiohttp
from aiohttp import web

from tests.support.botapi_faults import OTHER_POLLER, Fault, Faults
from tests.support.botapi_limits import Limits
from tests.support.botapi_people import Channel, Heard, Person
from tests.support.botapi_rules import ApiError, Json, keyboard, readable
from tests.support.botapi_webhook import Webhook

BOT: Json = {"id": 4242, "is_bot": True, "first_name": "税桥", "username": "shuiqiao_test_bot"}
JSON_FIELDS = {"reply_markup", "reply_parameters", "entities", "allowed_updates"}
POLL_AT_MOST = 50  # seconds
ANSWER_CHARACTERS = 200
SET_WEBHOOK = "terminated by setWebhook request"
WEBHOOK_ACTIVE = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"


@dataclass(frozen=True, slots=True)
class Call:
    """One request of the bot, as it came in."""

    method: str
    parameters: Json
    at: datetime


class BotApi(Faults):
    """The server: `async with BotApi() as api`, then `TelegramAPIServer.from_base(api.url)` and `api.token`.

    With `limits` a bot that sends faster than Telegram allows gets 429, and is counted in `over_limit`.
    """

    def __init__(self, now: Callable[[], datetime] | None = None, *, limits: Limits | None = None) -> None:
        super().__init__()
        self.token, self.now, self.url = f"{BOT['id']}:made-up-for-tests", now or _now, ""
        self.heard: list[Heard] = []
        self.calls: list[Call] = []
        self.unknown_calls: list[Call] = []
        self.answers: dict[str, Json] = {}  # of callback queries, by id
        self.arrived = 0  # updates, ever
        self.unconfirmed: list[Json] = []  # updates that no offset has confirmed, and no webhook taken
        self.over_limit = 0
        self.webhook = Webhook(self)
        self.read_up_to: dict[tuple[int, int], int] = {}
        self.numbers = count(1000)
        self._updates = count(700_001)
        self._limits = limits
        self._chats: dict[int, Json] = {}
        self._shut: dict[int, ApiError] = {}
        self._heard: dict[int, list[Heard]] = {}  # by chat
        self._messages: dict[tuple[int, str], Json | Heard] = {}  # by chat and number, whoever wrote them
        self._queries: set[str] = set()
        self._allowed: list[str] = []
        self._poll, self._poll_ended = 0, ""
        self._news = asyncio.Event()
        self._methods: dict[str, Callable[[Json], Awaitable[object]]] = {
            "getme": self._get_me,
            "getupdates": self._get_updates,
            "setwebhook": self._set_webhook,
            "deletewebhook": self._delete_webhook,
            "getwebhookinfo": self._get_webhook_info,
            "sendmessage": self._send_message,
            "editmessagetext": self._edit_message_text,
            "editmessagereplymarkup": self._edit_message_reply_markup,
            "answercallbackquery": self._answer_callback_query,
            "sendchataction": self._send_chat_action,
            "setmycommands": self._set_my_commands,
            "getchat": self._get_chat,
            "leavechat": self._leave_chat,
        }

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/bot{token}/{method}", self._serve)
        self._runner = web.AppRunner(app, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self.client = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.webhook.end()
        await self.client.close()
        self._end_polls(OTHER_POLLER)
        await self._runner.cleanup()

    # --- the test's side: who is there, what they do, what goes wrong

    def person(self, user_id: int, first_name: str, language_code: str = "zh-hans") -> Person:
        """Somebody in their private chat. The bot cannot write to them before they have written to it."""
        user = {"id": user_id, "is_bot": False, "first_name": first_name, "language_code": language_code}
        return Person(self, user, {"id": user_id, "type": "private", "first_name": first_name})

    def channel(self, chat_id: int, title: str) -> Channel:
        chat = {"id": chat_id, "type": "channel", "title": title}
        self.knows(chat)
        return Channel(self, chat)

    def heard_in(self, chat_id: int) -> list[Heard]:
        """What the bot said in a chat, in order."""
        return self._heard.setdefault(chat_id, [])

    def knows(self, chat: Json) -> None:
        """The bot may write to this chat from now on."""
        self._chats[chat["id"]] = chat
        self._shut.pop(chat["id"], None)

    def forgets(self, chat: Json) -> None:
        """There is no such chat any more, until somebody writes in it."""
        self._chats.pop(chat["id"], None)

    def shut(self, chat: Json, description: str) -> None:
        """Whatever the bot sends to this chat is refused with 403 and these words."""
        self._shut[chat["id"]] = ApiError(403, description)

    def migrate(self, chat: Json, new: Json) -> None:
        """A group has become another chat: what the bot sends to the old one is refused with the new number."""
        self.knows(new)
        words = "Bad Request: group chat was upgraded to a supergroup chat"
        self._shut[chat["id"]] = ApiError(400, words, migrate_to_chat_id=new["id"])

    def arrives(self, kind: str, content: Json, at: datetime | None = None) -> Json:
        """Queue an update for the bot and return its content, completed by id and date."""
        if kind in {"message", "channel_post"}:
            stamp: Json = {"message_id": next(self.numbers), "date": int((at or self.now()).timestamp())}
            content = stamp | content
            self._messages[content["chat"]["id"], str(content["message_id"])] = content
        if kind == "callback_query":
            self._queries.add(content["id"])
        if not self._allowed or kind in self._allowed:
            self.arrived += 1
            self.unconfirmed.append({"update_id": next(self._updates), kind: content})
            self.webhook.wake()
        self.stir()
        return content

    def confirm(self, update: Json) -> None:
        """The bot has taken this update."""
        self.unconfirmed = [one for one in self.unconfirmed if one is not update]
        self.stir()

    def membership(self, user: Json, chat: Json, old: str, new: str) -> None:
        """Tell the bot that its own standing in a chat changed ("member", "left", "kicked")."""
        was, now = ({"user": BOT, "status": status, "until_date": 0} for status in (old, new))
        content = {"chat": chat, "from": user, "old_chat_member": was, "new_chat_member": now}
        self.arrives("my_chat_member", content | {"date": int(self.now().timestamp())})

    async def comes_true(self, ready: Callable[[], bool], *, within: float = 5.0) -> bool:
        """Wait until `ready()`, looked at whenever something happens here; False after `within` seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while not ready():
                    await self._news.wait()
        return ready()

    # --- the bot's side

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        call = Call(request.match_info["method"], await _parameters(request), self.now())
        try:
            if request.match_info["token"] != self.token:
                raise ApiError(401, "Unauthorized")
            self.calls.append(call)
            return await self._answer(request, call, self.next_fault(call.method, call.parameters.get("chat_id", "")))
        except ApiError as error:
            return web.json_response(error.body(), status=error.code)
        finally:
            self.stir()

    async def _answer(self, request: web.Request, call: Call, fault: Fault | None) -> web.StreamResponse:
        if fault is not None and not fault.after_effect:
            await asyncio.sleep(fault.seconds)
            if fault.loses_the_answer:
                return self._lose(request, fault)
        result = await self._effect(call)
        answer = web.json_response({"ok": True, "result": result.raw if isinstance(result, Heard) else result})
        if fault is not None and fault.after_effect:
            await asyncio.sleep(fault.seconds)
            if fault.loses_the_answer:
                answer = self._lose(request, fault)
        told = request.transport is not None and (fault is None or not fault.loses_the_answer)
        if isinstance(result, Heard) and not told:
            result.answered = False
        return answer

    def _lose(self, request: web.Request, fault: Fault) -> web.Response:
        """The bot gets an error instead of the result, or nothing."""
        if fault.error is not None:
            new_chat = fault.error.parameters.get("migrate_to_chat_id")
            if new_chat is not None:
                self.knows({"id": new_chat, "type": "supergroup", "title": "办公群"})
            if fault.page:
                return web.Response(status=fault.error.code, text=fault.page, content_type="text/html")
            return web.json_response(fault.error.body(), status=fault.error.code)
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    async def _effect(self, call: Call) -> object:
        method = self._methods.get(call.method.lower())
        if method is None:
            self.unknown_calls.append(call)
            raise ApiError(404, "Not Found")
        return await method(call.parameters)

    def stir(self) -> None:
        """Something has happened: whoever waits looks again."""
        self._news.set()
        self._news = asyncio.Event()

    def _end_polls(self, why: str) -> None:
        """Whoever is polling is told that somebody else has taken over."""
        self._poll, self._poll_ended = self._poll + 1, why
        self.stir()

    async def _get_me(self, _: Json) -> Json:
        rights = {"can_join_groups": True, "can_read_all_group_messages": True, "supports_inline_queries": False}
        return BOT | rights

    async def _get_updates(self, asked: Json) -> list[Json]:
        """Offset n confirms all below n; -n keeps the last n. A newer poll ends the one before it with 409."""
        if self.webhook.url:
            raise ApiError(409, f"Conflict: {WEBHOOK_ACTIVE}")
        offset, limit = int(asked.get("offset", 0)), max(1, min(int(asked.get("limit", 100)), 100))
        self._allowed = asked.get("allowed_updates", self._allowed)
        self._end_polls(OTHER_POLLER)
        mine = self._poll
        if offset > 0:
            self.unconfirmed = [update for update in self.unconfirmed if update["update_id"] >= offset]
        elif offset < 0:
            self.unconfirmed = self.unconfirmed[offset:]
        seconds = min(int(asked.get("timeout", 0)), POLL_AT_MOST)
        await self.comes_true(lambda: bool(self.unconfirmed) or self._poll != mine, within=seconds)
        if self._poll != mine:
            raise ApiError(409, f"Conflict: {self._poll_ended}")
        return self.unconfirmed[:limit]

    async def _set_webhook(self, asked: Json) -> bool:
        if not asked.get("url"):
            return await self._delete_webhook(asked)
        self._drop_if_asked(asked)
        self._allowed = asked.get("allowed_updates", self._allowed)
        await self.webhook.set(asked)
        self._end_polls(SET_WEBHOOK)
        return True

    async def _delete_webhook(self, asked: Json) -> bool:
        self._drop_if_asked(asked)
        await self.webhook.end()
        return True

    def _drop_if_asked(self, asked: Json) -> None:
        if str(asked.get("drop_pending_updates")).lower() == "true":
            self.unconfirmed = []

    async def _get_webhook_info(self, _: Json) -> Json:
        return self.webhook.info() | ({"allowed_updates": self._allowed} if self._allowed else {})

    async def _send_message(self, asked: Json) -> Heard:
        chat = self._open_chat(asked)
        text, entities = readable(asked)
        markup, answered = keyboard(asked), self._answered(chat, asked)
        self._check_limits(chat)
        number, at = next(self.numbers), self.now()
        sender: Json = {"sender_chat": chat} if chat["type"] == "channel" else {"from": BOT}
        message = {"message_id": number, "date": int(at.timestamp()), "chat": chat, "text": text} | sender
        message |= {"entities": entities} if entities else {}
        message |= {"reply_markup": markup} if "inline_keyboard" in markup else {}
        message |= {"reply_to_message": answered} if answered else {}
        heard = Heard(message, markup, at, asyncio.get_running_loop().time())
        self.heard.append(heard)
        self.heard_in(chat["id"]).append(heard)
        self._messages[chat["id"], str(number)] = heard
        return heard

    def _check_limits(self, chat: Json) -> None:
        now = asyncio.get_running_loop().time()
        if self._limits is not None and (wait := self._limits.take(chat["id"], now)):
            self.over_limit += 1
            raise ApiError(429, f"Too Many Requests: retry after {wait}", retry_after=wait)

    async def _edit_message_text(self, asked: Json) -> Json:
        message = self._own_message(asked)
        text, entities = readable(asked)
        return self._edited(message, asked, {"text": text} | ({"entities": entities} if entities else {}))

    async def _edit_message_reply_markup(self, asked: Json) -> Json:
        message = self._own_message(asked)
        kept: Json = {key: message.raw[key] for key in ("text", "entities") if key in message.raw}
        return self._edited(message, asked, kept)

    def _edited(self, message: Heard, asked: Json, content: Json) -> Json:
        """An edit replaces text, entities and keyboard together; a keyboard that is left out is removed."""
        markup = keyboard(asked)
        content |= {"reply_markup": markup} if markup.get("inline_keyboard") else {}
        before = {key: message.raw[key] for key in ("text", "entities", "reply_markup") if key in message.raw}
        if content == before:
            same = "specified new message content and reply markup are exactly the same as a current content"
            raise ApiError(400, f"Bad Request: message is not modified: {same} and reply markup of the message")
        message.edits.append(message.text)
        rest = {key: value for key, value in message.raw.items() if key not in before}
        message.raw = rest | content | {"edit_date": int(self.now().timestamp())}
        message.markup = content.get("reply_markup", {})
        return message.raw

    async def _answer_callback_query(self, asked: Json) -> bool:
        query_id = str(asked.get("callback_query_id"))
        if query_id not in self._queries:
            words = "query is too old and response timeout expired or query ID is invalid"
            raise ApiError(400, f"Bad Request: {words}")
        if len(asked.get("text", "")) > ANSWER_CHARACTERS:
            raise ApiError(400, "Bad Request: MESSAGE_TOO_LONG")
        self.answers[query_id] = asked
        return True

    async def _send_chat_action(self, asked: Json) -> bool:
        return bool(self._open_chat(asked))

    async def _set_my_commands(self, _: Json) -> bool:
        return True

    async def _get_chat(self, asked: Json) -> Json:
        gifts = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
        limits = {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": dict.fromkeys(gifts, True)}
        return self._known_chat(asked) | limits

    async def _leave_chat(self, asked: Json) -> bool:
        chat = self._open_chat(asked)
        self.shut(chat, f"Forbidden: bot is not a member of the {chat['type']} chat")
        return True

    def _known_chat(self, asked: Json) -> Json:
        if not (name := str(asked.get("chat_id", ""))):
            raise ApiError(400, "Bad Request: chat_id is empty")
        for chat_id, chat in self._chats.items():
            if str(chat_id) == name:
                return chat
        raise ApiError(400, "Bad Request: chat not found")

    def _open_chat(self, asked: Json) -> Json:
        chat = self._known_chat(asked)
        if error := self._shut.get(chat["id"]):
            raise ApiError(error.code, error.description, **error.parameters)
        return chat

    def _answered(self, chat: Json, asked: Json) -> Json | None:
        """The message that this one replies to."""
        reply: Json = asked.get("reply_parameters") or {}
        number = reply.get("message_id") or asked.get("reply_to_message_id")
        found = self._messages.get((chat["id"], str(number))) if number else None
        if number and not found and not reply.get("allow_sending_without_reply"):
            raise ApiError(400, "Bad Request: message to be replied not found")
        return found.raw if isinstance(found, Heard) else found

    def _own_message(self, asked: Json) -> Heard:
        found = self._messages.get((self._open_chat(asked)["id"], str(asked.get("message_id"))))
        if isinstance(found, Heard):
            return found
        words = "message can't be edited" if found else "message to edit not found"
        raise ApiError(400, f"Bad Request: {words}")


async def _parameters(request: web.Request) -> Json:
    """Query, form or JSON body: Telegram takes all of them; nested values of forms are JSON texts."""
    sent: Json = dict(request.query)
    sent |= await request.json() if request.content_type == "application/json" else dict(await request.post())
    return {
        name: json.loads(value) if name in JSON_FIELDS and isinstance(value, str) else value
        for name, value in sent.items()
    }


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 — Telegram has a clock of its own
