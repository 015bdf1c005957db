"""Whose chat page is behind a cookie: a taxpayer's, who becomes known here, or an officer's desk."""

import hmac

from aiohttp import web

from bot.channels.webchat import WEB, WEB_BOT_ID, Page, chat_number
from bot.web.browser_sessions import SHIFT, VISIT, Door, token_of
from bot.web.keys import DEPS, LIMITS
from bot.web.pages import language_of
from bot.web.security import network_address, new_token
from storage.people import AlreadyAdmittedError, admit, begin_session, session_address, web_page_at
from storage.sessions import end_session, is_known
from storage.unit import Reader, Unit
from storage.webchat import webchat_topic

MARK_CHARACTERS = 22
TAXPAYERS = Door("/chat", "visitor", "taxpayer", VISIT)


def desk_of(officer_id: int) -> Door:
    """Each officer's desk has a path, and so a cookie, of its own: several desks open side by side in one browser."""
    return Door(f"/desk/{officer_id}", "desk", "officer", SHIFT, officer_id)


def door_of(request: web.Request) -> Door:
    officer_id = request.match_info.get("officer")
    return TAXPAYERS if officer_id is None else desk_of(int(officer_id))


def new_visitor_token(reader: Reader) -> str:
    """Marked as ours: nothing is stored of a visitor before the page speaks, and only what we gave out may begin."""
    token = new_token()
    return f"{token}.{_mark(reader, token)}"


def _mark(reader: Reader, token: str) -> str:
    return reader.hasher("cookie", token)[:MARK_CHARACTERS]


async def may_begin(reader: Reader, token: str) -> bool:
    """Whether a visitor's cookie is one that we gave out, and no session that is over hangs on it."""
    plain, _, mark = token.partition(".")
    if not hmac.compare_digest(_mark(reader, plain).encode(), mark.encode()):
        return False
    return not await is_known(reader, token)


async def page_of(request: web.Request, door: Door) -> Page:
    """The page behind a cookie; raises 401 where there is none. One officer's cookie opens no other officer's desk."""
    async with request.app[DEPS].database.reader() as reader:
        page = await find_page(reader, door, token_of(request, door))
    if page is None:
        raise web.HTTPUnauthorized
    return page


async def visit(request: web.Request, door: Door) -> Page:
    """The page behind a cookie. A visitor whose cookie is new becomes known here, and is welcomed.

    The page's stream and its first words may come at the same time: whoever is second finds what the first one made.
    """
    try:
        return await page_of(request, door)
    except web.HTTPUnauthorized:
        if door.officer_id is not None:
            raise
    if not await request.app[LIMITS].admit_address(network_address(request)):
        raise web.HTTPTooManyRequests
    token, language = token_of(request, door), language_of(request)
    try:
        async with request.app[DEPS].database.unit() as unit:
            page = await find_page(unit, door, token)  # another tab may have been faster
            if page is None and await may_begin(unit, token):
                chat_id = chat_number(unit, "visitor", token)
                address_id = await admit(unit, WEB, WEB_BOT_ID, chat_id, language=language)
                await begin_session(unit, token, address_id, door.audience, door.length)
                page = Page(address_id, chat_id, language)
                await page.start(unit)
    except AlreadyAdmittedError:
        return await page_of(request, door)
    if page is None:
        raise web.HTTPUnauthorized
    request.app[DEPS].metrics.stored(WEB, page.newly_stored())
    return page


async def find_page(reader: Reader, door: Door, token: str) -> Page | None:
    address_id = await session_address(reader, token, door.audience) if token else None
    if address_id is None:
        return None
    row = await web_page_at(reader, address_id)
    if row is None or row.officer_id != door.officer_id:
        return None
    return Page(address_id, int(row.chat_id), row.language)


async def leave(unit: Unit, token: str, address_id: int) -> None:
    """The cookie opens nothing from now on, and its open streams are told so."""
    await end_session(unit, token)
    unit.wake.add(webchat_topic(address_id))
