"""Somebody who speaks HTTP without a browser, and so may leave out or forge what a browser would send."""

import json
import re
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp


@dataclass
class Visit:
    """A cookie jar, and the page's own token once it was loaded."""

    session: aiohttp.ClientSession
    url: str
    csrf: str = ""

    async def load(self, path: str = "/chat") -> str:
        """Load the page and remember its token; gives back its HTML."""
        async with self.session.get(self.url + path) as answer:
            text = await answer.text()
        found = re.search(r'name="csrf(?:-token)?" (?:content|value)="([0-9a-f]+)"', text)
        self.csrf = found[1] if found else ""
        return text

    async def listen(self, path: str = "/chat", *, after: int | None = None) -> list[dict[str, Any]]:
        """The messages that a stream tells before it has caught up."""
        headers = {} if after is None else {"Last-Event-ID": str(after)}
        told: list[dict[str, Any]] = []
        async with self.session.get(f"{self.url}{path}/events", headers=headers) as answer:
            answer.raise_for_status()
            event = ""
            async for raw in answer.content:
                name, _, value = raw.decode().rstrip("\n").partition(": ")
                match name, event:
                    case "event", _:
                        event = value
                    case "data", "message":
                        told.append(json.loads(value))
                    case "data", "ready" | "bye":
                        return told
        raise AssertionError("the stream ended before it had caught up")

    @asynccontextmanager
    async def post(
        self, path: str, body: object = None, *, raw: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Post JSON (or `raw` bytes as if they were) as the page does; `headers` come on top."""
        sent = {"Content-Type": "application/json", "X-CSRF-Token": self.csrf, **(headers or {})}
        data = json.dumps(body).encode() if raw is None else raw
        async with self.session.post(self.url + path, data=data, headers=sent) as answer:
            yield answer

    async def say(self, text: str, **fields: Any) -> int:
        """The status of the answer."""
        async with self.post("/chat/messages", message(text, **fields)) as answer:
            return answer.status


def message(text: str, **fields: Any) -> dict[str, Any]:
    return {"client_id": str(uuid.uuid4()), "text": text, "reply_to": None, **fields}


@asynccontextmanager
async def visit(url: str) -> AsyncIterator[Visit]:
    """Somebody with an empty cookie jar, who follows no redirection by accident."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield Visit(session, url)


@asynccontextmanager
async def welcomed(url: str) -> AsyncIterator[Visit]:
    """A visitor whose page has been loaded and has listened."""
    async with visit(url) as visitor:
        await visitor.load()
        await visitor.listen()
        yield visitor
