"""How Telegram delivers to a webhook: one update of a chat after the other, each until it is answered with 2xx."""

import asyncio
import re
from typing import TYPE_CHECKING

import aiohttp

from tests.support.botapi_rules import ApiError, Json

if TYPE_CHECKING:
    from tests.support.botapi import BotApi

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
MOST_CONNECTIONS = 100
ANSWERED_WITHIN = 10.0  # seconds
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 1.0  # seconds; Telegram's own grow to minutes
CUT = (aiohttp.ClientError, ConnectionError)


class Webhook:
    """Where updates are delivered, as long as an address is set; what happened to the last one that failed."""

    def __init__(self, api: "BotApi") -> None:
        self._api = api
        self.url = ""
        self.most_at_once = 0  # deliveries that were open together, ever
        self._at_once = 0
        self._secret = ""
        self._max_connections = 40
        self._failed_at: int | None = None
        self._failure = ""
        self._connections = asyncio.Semaphore(self._max_connections)
        self._queues: dict[int, asyncio.Task[None]] = {}  # by chat

    async def set(self, asked: Json) -> None:
        """Deliver to `url` from now on; raises ApiError for what Telegram refuses."""
        url, secret = str(asked.get("url", "")), str(asked.get("secret_token", ""))
        if not re.match(r"https?://[^/\s]+", url):
            raise ApiError(400, "Bad Request: bad webhook: invalid URL")
        if secret and not SECRET.fullmatch(secret):
            raise ApiError(400, "Bad Request: secret token contains unallowed characters")
        await self.end()
        self._max_connections = max(1, min(int(asked.get("max_connections", 40)), MOST_CONNECTIONS))
        self._connections = asyncio.Semaphore(self._max_connections)
        self.url, self._secret, self._failed_at, self._failure = url, secret, None, ""
        self.wake()

    async def end(self) -> None:
        """Deliver nothing more; what is under way is cut, and waits with the rest."""
        self.url = ""
        queues = list(self._queues.values())
        for queue in queues:
            queue.cancel()
        for outcome in await asyncio.gather(*queues, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome
        self._queues.clear()  # a queue that had not begun does not say that it has ended

    def info(self) -> Json:
        told: Json = {"url": self.url, "has_custom_certificate": False}
        told |= {"pending_update_count": len(self._api.unconfirmed)}
        if self._failed_at is not None:
            told |= {"last_error_date": self._failed_at, "last_error_message": self._failure}
        return told | ({"max_connections": self._max_connections} if self.url else {})

    def wake(self) -> None:
        """Something may wait that no queue is busy with."""
        if not self.url:
            return
        for chat_id in {chat_of(update) for update in self._api.unconfirmed} - self._queues.keys():
            queue = asyncio.get_running_loop().create_task(self._deliver(chat_id))
            self._queues[chat_id] = queue

    async def _deliver(self, chat_id: int) -> None:
        """All that waits of one chat, in order."""
        pause = FIRST_PAUSE
        try:
            while (update := self._first_of(chat_id)) is not None:
                async with self._connections:
                    failure = await self._post(update)
                if failure:
                    self._failed_at, self._failure = int(self._api.now().timestamp()), failure
                    self._api.stir()
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, LONGEST_PAUSE)
                else:
                    pause = FIRST_PAUSE
                    self._api.confirm(update)
        finally:
            self._queues.pop(chat_id, None)

    def _first_of(self, chat_id: int) -> Json | None:
        return next((update for update in self._api.unconfirmed if chat_of(update) == chat_id), None)

    async def _post(self, update: Json) -> str:
        """Deliver one update; gives back what went wrong."""
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        headers = {SECRET_HEADER: self._secret} if self._secret else {}
        cut_after = self._api.cuts_delivery()
        try:
            async with (
                asyncio.timeout(ANSWERED_WITHIN if cut_after is None else cut_after),
                self._api.client.post(self.url, json=update, headers=headers, allow_redirects=False) as answer,
            ):
                taken = 200 <= answer.status < 300
                return "" if taken else f"Wrong response from the webhook: {answer.status} {answer.reason}"
        except TimeoutError:
            return "Read timeout expired"
        except CUT as error:
            refused = isinstance(error, aiohttp.ClientConnectorError)
            return "Connection refused" if refused else "Connection reset by peer"
        finally:
            self._at_once -= 1


def chat_of(update: Json) -> int:
    """The chat whose updates are delivered one after the other."""
    event = next(value for key, value in update.items() if key != "update_id")
    return int(event.get("message", event)["chat"]["id"])
