"""The chat page of taxpayers and of officers, and what it posts."""

import json
import uuid
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeGuard

from aiohttp import web

from bot.channels.webchat import WEB, Page
from bot.web.browser_sessions import VISIT, Door, token_of
from bot.web.chat.visits import TAXPAYERS, door_of, find_page, leave, may_begin, new_visitor_token, page_of, visit
from bot.web.keys import DEPS, LIMITS
from bot.web.pages import LANGUAGE_COOKIE, LANGUAGE_TAGS, form_of, language_of, notice, render, words_for
from bot.web.security import carries_csrf, check_csrf, csrf_for, network_address, set_cookie
from bot.wording import shortcuts
from bot.wording.speech import CHINESE, ENGLISH, own_name, words_of
from escalation.rules.limits import LONGEST_MESSAGE
from faq.entries.queries import concerns
from storage.outbox import Notice, tell
from storage.people import bureau_name, change_address, find_officer, home_bureau
from storage.sessions import lengthen

MOST_NUMBER = 2**53  # beyond it a browser's numbers are not exact, and not a message's

SHORTCUTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "taxpayer": (shortcuts.OWN_CASES, shortcuts.LOOKUP, shortcuts.A_PERSON),
        "officer": (shortcuts.TO_DO,),
        "keeper": (shortcuts.TO_DO, shortcuts.ENTRIES, shortcuts.CONSOLE),
    }
)


async def show_chat(request: web.Request) -> web.Response:
    """The taxpayers' page. A new visitor gets a cookie; nothing is stored before the page speaks."""
    token = token_of(request, TAXPAYERS)
    async with request.app[DEPS].database.reader() as reader:
        subtitle = await bureau_name(reader, await home_bureau(reader))
        page = await find_page(reader, TAXPAYERS, token)
        if page is None and not await may_begin(reader, token):
            token = new_visitor_token(reader)
    if page is not None:
        async with request.app[DEPS].database.unit() as unit:
            await lengthen(unit, token, VISIT)
    response = _shell(request, TAXPAYERS, token, page, subtitle=subtitle, who=TAXPAYERS.audience)
    set_cookie(request, response, TAXPAYERS.cookie, token, TAXPAYERS.base, TAXPAYERS.length)
    return response


async def show_desk(request: web.Request) -> web.Response:
    door = door_of(request)
    page = await page_of(request, door)
    async with request.app[DEPS].database.reader() as reader:
        officer = None if door.officer_id is None else await find_officer(reader, door.officer_id)
        if officer is None:
            raise web.HTTPUnauthorized
        keeper = await concerns(reader, officer)
    token = token_of(request, door)
    return _shell(request, door, token, page, subtitle=officer.name, who="keeper" if keeper else door.audience)


def _shell(request: web.Request, door: Door, token: str, page: Page | None, *, subtitle: str, who: str) -> web.Response:
    """The page around the conversation, in the language in which the conversation is held."""
    language = language_of(request) if page is None else page.language
    _ = words_of(language)
    other = CHINESE if language == ENGLISH else ENGLISH
    response = render(
        request,
        "chat.html",
        language=language,
        title=_("税桥"),
        subtitle=subtitle,
        base=door.base,
        csrf=csrf_for(request, token),
        audience=door.audience,
        shortcuts=[shortcuts.label_of(one, _) for one in SHORTCUTS[who]],
        for_script=dict(_.for_script),
        max_length=LONGEST_MESSAGE,
        other_language=(other, own_name(other)),
    )
    set_cookie(request, response, LANGUAGE_COOKIE, language, door.base, VISIT)
    return response


async def post_language(request: web.Request) -> web.Response:
    """Page and conversation change their language together; who has not spoken yet has only a page."""
    door = door_of(request)
    form = await form_of(request)
    token = token_of(request, door)
    check_csrf(request, token, str(form.get("csrf", "")))
    language = str(form.get("language", ""))
    if language not in LANGUAGE_TAGS:
        raise web.HTTPBadRequest
    async with request.app[DEPS].database.unit() as unit:
        page = await find_page(unit, door, token)
        if page is not None and page.language != language:
            await change_address(unit, page.address_id, language=language)
            tell(unit, page.address_id, Notice("talk.language", {}))
    response = web.Response(status=303, headers={"Location": door.base})
    set_cookie(request, response, LANGUAGE_COOKIE, language, door.base, VISIT)
    return response


async def post_leave(request: web.Request) -> web.Response:
    """An officer leaves the desk: the session ends in every tab of this browser."""
    door = door_of(request)
    page = await page_of(request, door)
    token = token_of(request, door)
    check_csrf(request, token, str((await form_of(request)).get("csrf", "")))
    async with request.app[DEPS].database.unit() as unit:
        await leave(unit, token, page.address_id)
    _ = words_of(page.language)
    left = _("您已退出工作台。再次进入需要新的一次性链接。")
    response = notice(request, left, language=page.language)
    response.del_cookie(door.cookie, path=door.base)
    return response


async def post_message(request: web.Request) -> web.Response:
    """202 only after the words are on the disk; the same client_id again is the same message."""
    page, body = await _admitted(request)
    _ = words_for(request)
    text, reply_to = body.get("text"), body.get("reply_to")
    if not isinstance(text, str) or not text.strip() or not (reply_to is None or _is_number(reply_to)):
        return _refusal(400, _("消息是空的，请写下内容再发送。"))
    if len(text) > LONGEST_MESSAGE:
        return _refusal(413, _("消息太长，请控制在 {most} 个字以内。", most=LONGEST_MESSAGE))
    async with request.app[DEPS].database.unit() as unit:
        await page.write(unit, _client_id(body), _whole(text), reply_to)
    request.app[DEPS].metrics.stored(WEB, page.newly_stored())
    return web.json_response({}, status=202)


async def post_press(request: web.Request) -> web.Response:
    page, body = await _admitted(request)
    message_id, data = body.get("message_id"), body.get("data")
    if not _is_number(message_id) or not isinstance(data, str):
        raise web.HTTPBadRequest
    async with request.app[DEPS].database.unit() as unit:
        stands = await page.press(unit, _client_id(body), message_id, data)
    request.app[DEPS].metrics.stored(WEB, page.newly_stored())
    if not stands:
        _ = words_for(request)
        return _refusal(400, _("这个按钮已经失效。"))
    return web.json_response({}, status=202)


async def _admitted(request: web.Request) -> tuple[Page, Mapping[str, Any]]:
    """The page that posts, with its CSRF token checked and its share of posts counted, and what it posted."""
    door = door_of(request)
    token, given = token_of(request, door), request.headers.get("X-CSRF-Token", "")
    # The first words may be faster than the page's stream: whoever carries the page's own token is let in with them.
    page = await (visit if carries_csrf(request, token, given) else page_of)(request, door)
    check_csrf(request, token, given)
    if not await request.app[LIMITS].admit(str(page.address_id), network_address(request)):
        raise web.HTTPTooManyRequests
    try:
        body = json.loads(await request.read())
    except (ValueError, RecursionError) as error:
        raise web.HTTPBadRequest from error
    if not isinstance(body, dict):
        raise web.HTTPBadRequest
    return page, body


def _client_id(body: Mapping[str, Any]) -> str:
    try:
        return str(uuid.UUID(str(body.get("client_id"))))
    except ValueError as error:
        raise web.HTTPBadRequest from error


def _is_number(value: object) -> TypeGuard[int]:
    """Whether this can be the number of a message."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < MOST_NUMBER


def _whole(text: str) -> str:
    """Half a character (a browser may cut an emoji in two) cannot be stored; it is shown as such."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _refusal(status: int, sentence: str) -> web.Response:
    return web.json_response({"message": sentence}, status=status)


ROUTES = [
    web.get("/chat", show_chat),
    web.post("/chat/language", post_language),
    web.post("/chat/messages", post_message),
    web.post("/chat/presses", post_press),
    web.get("/desk/{officer:[0-9]{1,9}}", show_desk),
    web.post("/desk/{officer:[0-9]{1,9}}/language", post_language),
    web.post("/desk/{officer:[0-9]{1,9}}/leave", post_leave),
    web.post("/desk/{officer:[0-9]{1,9}}/messages", post_message),
    web.post("/desk/{officer:[0-9]{1,9}}/presses", post_press),
]
