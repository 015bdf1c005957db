"""What a page is told: server-sent events, which a browser resumes where it was."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC
from typing import Any

import structlog
from aiohttp import web

from bot.channels.webchat import Page
from bot.web.browser_sessions import Door, token_of
from bot.web.chat.visits import door_of, visit
from bot.web.keys import DEPS, STREAMS
from storage.people import session_address
from storage.signals import Bell
from storage.webchat import WebMessage, messages_after, webchat_topic

log = structlog.get_logger("web")

MOST_HISTORY = 300
LONGEST_NUMBER = 16
# A look costs 1.6 ms, and the bell rings for all that is said and for a session that ends here. What rings nowhere,
# an officer who left or a signal that was lost, is seen this much later; a thousand open pages cost a third of a core.
LOOK_ANYWAY_SECONDS = 5.0
QUIET_SECONDS = 15.0


async def stream(request: web.Request) -> web.StreamResponse:
    """The history after `Last-Event-ID` (else `after`), then whatever changes, until the session or the house ends."""
    door = door_of(request)
    page = await visit(request, door)
    after = _number(request.headers.get("Last-Event-ID") or request.query.get("after"))
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
    try:
        await response.prepare(request)
    except ConnectionResetError:
        return response  # the browser has gone before the first word
    with request.app[DEPS].database.signals.listen(webchat_topic(page.address_id)) as bell:
        request.app[STREAMS].add(bell)
        try:
            await _tell(request, response, door, page, after, bell)
        except ConnectionResetError:
            pass  # the browser has gone
        except Exception:  # the answer has begun, so there are no more words for it: the browser comes back by itself
            log.exception("stream_failed")
        finally:
            request.app[STREAMS].discard(bell)
    return response


async def _tell(
    request: web.Request, response: web.StreamResponse, door: Door, page: Page, after: int, bell: Bell
) -> None:
    deps = request.app[DEPS]
    token = token_of(request, door)
    clock = asyncio.get_running_loop().time
    ready, quiet_since = False, clock()
    while not deps.nursery.stopping.is_set():
        async with deps.database.reader() as reader:
            if await session_address(reader, token, door.audience) is None:
                await _send(response, "bye", {})
                return
            changed = await messages_after(reader, page.address_id, after, most=MOST_HISTORY)
        for row in changed:
            await _send(response, "message", message_json(row), number=row.seq)
            after = row.seq
        if not ready:
            await _send(response, "ready", {})
            ready = True
        if changed:
            quiet_since = clock()
        elif clock() - quiet_since > QUIET_SECONDS:
            await response.write(b": still here\n\n")
            quiet_since = clock()
        await bell.wait(LOOK_ANYWAY_SECONDS)


async def stop_streams(app: web.Application) -> None:
    """Let no browser's stream hold up the end of the house."""
    for bell in app[STREAMS]:
        bell.ring()


def message_json(row: WebMessage) -> dict[str, Any]:
    """A web message as the page reads it."""
    return {
        "id": row.id,
        "seq": row.seq,
        "from": row.author,
        "text": row.text,
        "at": row.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "buttons": row.buttons,
        "reply_to": row.reply_to,
        "client_id": row.client_id,
    }


async def _send(
    response: web.StreamResponse, event: str, data: Mapping[str, Any], *, number: int | None = None
) -> None:
    head = f"id: {number}\n" if number is not None else ""
    await response.write(f"{head}event: {event}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode())


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.isdecimal() and len(text) < LONGEST_NUMBER else 0


ROUTES = [
    web.get("/chat/events", stream, allow_head=False),
    web.get("/desk/{officer:[0-9]{1,9}}/events", stream, allow_head=False),
]
