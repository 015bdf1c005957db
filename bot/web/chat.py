"""The chat page of taxpayers and of officers: what it posts, and the stream of what it is told."""

import asyncio
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any

from aiohttp import web
from sqlalchemy import Row, select

from bot.channels.webchat import WEB, WEB_BOT_ID, Page, chat_number
from bot.web.keys import DEPS, LIMITS
from bot.web.pages import LANGUAGE_COOKIE, language_of, render
from bot.web.security import check_csrf, csrf_for, new_token, set_cookie
from storage.people import admit, begin_session, session_address
from storage.tables import addresses, bureaus, officers
from storage.unit import Reader
from storage.webchat import messages_after, webchat_topic

VISITOR_COOKIE = "visitor"
DESK_COOKIE = "desk"
VISIT = timedelta(days=365)
MOST_CHARACTERS = 4096
MOST_HISTORY = 300
QUIET_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Door:
    """Through which a browser came in: whose cookie, under which path."""

    base: str
    cookie: str
    audience: str


def door_of(request: web.Request) -> Door:
    """/chat is the taxpayers' page; each officer's desk has a path, and so a cookie, of its own."""
    officer_id = request.match_info.get("officer")
    if officer_id is None:
        return Door("/chat", VISITOR_COOKIE, "taxpayer")
    return Door(f"/desk/{officer_id}", DESK_COOKIE, "officer")


async def show_chat(request: web.Request) -> web.Response:
    """The taxpayers' page. A new visitor gets a cookie; nothing is stored before the page speaks."""
    token = request.cookies.get(VISITOR_COOKIE) or new_token()
    async with request.app[DEPS].database.reader() as reader:
        subtitle = await reader.value(select(bureaus.c.name).where(bureaus.c.parent_id.is_(None)).limit(1))
    response = _page(request, door_of(request), token, subtitle=subtitle or "")
    set_cookie(request, response, VISITOR_COOKIE, token, "/chat")
    return response


async def show_desk(request: web.Request) -> web.Response:
    door = door_of(request)
    token = request.cookies.get(DESK_COOKIE, "")
    async with request.app[DEPS].database.reader() as reader:
        address_id = await session_address(reader, token, door.audience)
        name = await _officer_name(reader, address_id, request.match_info["officer"])
    if name is None:
        raise web.HTTPUnauthorized
    return _page(request, door, token, subtitle=name)


async def _officer_name(reader: Reader, address_id: int | None, officer_id: str) -> str | None:
    """The officer whose desk this address is; a cookie opens no other officer's desk."""
    if address_id is None or not officer_id.isdecimal():
        return None
    name: str | None = await reader.value(
        select(officers.c.name)
        .join(addresses, addresses.c.officer_id == officers.c.id)
        .where(addresses.c.id == address_id, officers.c.id == int(officer_id))
    )
    return name


def _page(request: web.Request, door: Door, token: str, *, subtitle: str) -> web.Response:
    chinese = language_of(request) == "zh"
    taxpayer = [
        ("我的办件", "My cases", "/cases"),
        ("凭查询码查询", "Find a case", "/lookup"),
        ("转人工", "Staff", "转人工"),
    ]
    officer = [("待办办件", "To do", "/todo")]
    other = ("English", "?lang=en") if chinese else ("中文", "?lang=zh")
    response = render(
        request,
        "chat.html",
        title="税桥" if chinese else "Shuiqiao",
        subtitle=subtitle,
        base=door.base,
        csrf=csrf_for(request, token),
        audience=door.audience,
        shortcuts=[
            {"text": zh if chinese else en, "send": send}
            for zh, en, send in (taxpayer if door.audience == "taxpayer" else officer)
        ],
        max_length=MOST_CHARACTERS,
        switch_language={"label": other[0], "url": other[1]},
    )
    if request.query.get("lang"):
        response.set_cookie(LANGUAGE_COOKIE, language_of(request), path="/", samesite="Lax", httponly=True)
    return response


async def post_message(request: web.Request) -> web.Response:
    """202 only after the words are on the disk; the same client_id again is the same message."""
    page, body = await _admitted(request)
    text, reply_to = body.get("text"), body.get("reply_to")
    if not isinstance(text, str) or not text.strip() or not (reply_to is None or isinstance(reply_to, int)):
        return _refusal(request, 400, "消息是空的，请写下内容再发送。", "The message is empty.")
    if len(text) > MOST_CHARACTERS:
        return _refusal(
            request, 413, f"消息太长，请控制在 {MOST_CHARACTERS} 个字以内。", f"At most {MOST_CHARACTERS} characters."
        )
    async with request.app[DEPS].database.unit() as unit:
        await page.write(unit, _client_id(body), text, reply_to)
    return web.json_response({}, status=202)


async def post_press(request: web.Request) -> web.Response:
    page, body = await _admitted(request)
    message_id, data = body.get("message_id"), body.get("data")
    if not isinstance(message_id, int) or not isinstance(data, str):
        raise web.HTTPBadRequest
    async with request.app[DEPS].database.unit() as unit:
        stands = await page.press(unit, _client_id(body), message_id, data)
    if not stands:
        return _refusal(request, 400, "这个按钮已经失效。", "This button is no longer valid.")
    return web.json_response({}, status=202)


async def _admitted(request: web.Request) -> tuple[Page, Mapping[str, Any]]:
    """The page that posts, with its CSRF token checked and its share of posts counted, and what it posted."""
    door = door_of(request)
    token = request.cookies.get(door.cookie, "")
    page = await _page_of(request, door, token)
    check_csrf(request, token, request.headers.get("X-CSRF-Token", ""))
    if not await request.app[LIMITS].admit(str(page.address_id), request.remote or ""):
        raise web.HTTPTooManyRequests
    try:
        body = await request.json()
    except ValueError as error:
        raise web.HTTPBadRequest from error
    if not isinstance(body, dict):
        raise web.HTTPBadRequest
    return page, body


def _client_id(body: Mapping[str, Any]) -> str:
    try:
        return str(uuid.UUID(str(body.get("client_id"))))
    except ValueError as error:
        raise web.HTTPBadRequest from error


async def _page_of(request: web.Request, door: Door, token: str) -> Page:
    """The page behind a cookie; raises 401 where there is none."""
    deps = request.app[DEPS]
    async with deps.database.reader() as reader:
        address_id = await session_address(reader, token, door.audience) if token else None
        row = None
        if address_id is not None:
            row = await reader.one(
                select(addresses.c.id, addresses.c.chat_id, addresses.c.language, addresses.c.officer_id).where(
                    addresses.c.id == address_id
                )
            )
    if row is None or (door.audience == "officer" and str(row.officer_id) != request.match_info["officer"]):
        raise web.HTTPUnauthorized
    return Page(row.id, int(row.chat_id), row.language)


def _refusal(request: web.Request, status: int, chinese: str, english: str) -> web.Response:
    return web.json_response({"message": chinese if language_of(request) == "zh" else english}, status=status)


async def stream(request: web.Request) -> web.StreamResponse:
    """Server-sent events: the history after `Last-Event-ID`, then whatever changes."""
    door = door_of(request)
    page = await _visit(request, door)
    after = _number(request.headers.get("Last-Event-ID") or request.query.get("after"))
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    )
    await response.prepare(request)
    deps = request.app[DEPS]
    token = request.cookies.get(door.cookie, "")
    with deps.database.signals.listen(webchat_topic(page.address_id)) as bell:
        ready = False
        quiet_since = asyncio.get_running_loop().time()
        while not deps.nursery.stopping.is_set():
            async with deps.database.reader() as reader:
                if await session_address(reader, token, door.audience) is None:
                    await _send(response, "bye", {})
                    break
                changed = await messages_after(reader, page.address_id, after, most=MOST_HISTORY)
            for row in changed:
                await _send(response, "message", message_json(row), number=row.seq)
                after = row.seq
            if not ready:
                await _send(response, "ready", {})
                ready = True
            now = asyncio.get_running_loop().time()
            if changed:
                quiet_since = now
            elif now - quiet_since > QUIET_SECONDS:
                await response.write(b": still here\n\n")
                quiet_since = now
            await bell.wait()
    return response


async def _visit(request: web.Request, door: Door) -> Page:
    """The page that listens. A visitor whose cookie is new becomes known here, and is welcomed."""
    token = request.cookies.get(door.cookie, "")
    try:
        return await _page_of(request, door, token)
    except web.HTTPUnauthorized:
        if door.audience == "officer" or not token:
            raise
    if not await request.app[LIMITS].admit_address(request.remote or ""):
        raise web.HTTPTooManyRequests
    deps = request.app[DEPS]
    language = language_of(request)
    async with deps.database.unit() as unit:
        chat_id = chat_number(unit, "visitor", token)
        known = await session_address(unit, token, door.audience)
        if known is None:
            address_id = await admit(unit, WEB, WEB_BOT_ID, chat_id, language=language)
            await begin_session(unit, token, address_id, door.audience, VISIT)
            await Page(address_id, chat_id, language).start(unit)
    return await _page_of(request, door, token)


def message_json(row: Row[Any]) -> dict[str, Any]:
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
    return int(text) if text is not None and text.isdecimal() and len(text) < 16 else 0


ROUTES = [
    web.get("/chat", show_chat),
    web.get("/chat/events", stream),
    web.post("/chat/messages", post_message),
    web.post("/chat/presses", post_press),
    web.get(r"/desk/{officer:\d+}", show_desk),
    web.get(r"/desk/{officer:\d+}/events", stream),
    web.post(r"/desk/{officer:\d+}/messages", post_message),
    web.post(r"/desk/{officer:\d+}/presses", post_press),
]
