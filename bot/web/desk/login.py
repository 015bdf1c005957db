"""The way to the desk: a one-time link that asks before it lets anybody in, so that no preview spends it."""

from aiohttp import web

from bot.channels.webchat import open_desk
from bot.web.browser_sessions import SHIFT
from bot.web.chat.visits import desk_of
from bot.web.keys import DEPS, LIMITS
from bot.web.pages import form_of, language_of, notice, render, words_for
from bot.web.security import check_csrf, csrf_for, network_address, new_token, set_cookie
from storage.people import begin_session, find_officer, open_invitation, use_invitation


async def show_door(request: web.Request) -> web.Response:
    """第十二条: who enters, and one button."""
    token = request.match_info["token"]
    if not await request.app[LIMITS].admit_address(network_address(request)):
        raise web.HTTPTooManyRequests
    async with request.app[DEPS].database.reader() as reader:
        invitation = await open_invitation(reader, token, "desk")
        officer = None if invitation is None else await find_officer(reader, invitation.officer_id)
    if officer is None:
        return _spent(request)
    _ = words_for(request)
    title, csrf = _("进入工作台"), csrf_for(request, token)
    return render(request, "enter.html", title=title, who=officer.name, action=request.path, csrf=csrf)


async def enter(request: web.Request) -> web.Response:
    token = request.match_info["token"]
    form = await form_of(request)
    check_csrf(request, token, str(form.get("csrf", "")))
    session = new_token()
    async with request.app[DEPS].database.unit() as unit:
        invitation = await open_invitation(unit, token, "desk")
        officer = None if invitation is None else await find_officer(unit, invitation.officer_id)
        entered = invitation is not None and officer is not None and await use_invitation(unit, invitation.id)
        if entered and officer is not None:
            address_id = await open_desk(unit, officer.id, language_of(request))
            await begin_session(unit, session, address_id, "officer", SHIFT)
    if not entered or officer is None:
        return _spent(request)
    door = desk_of(officer.id)
    response = web.Response(status=303, headers={"Location": door.base})
    set_cookie(request, response, door.cookie, session, door.base, door.length)
    return response


def _spent(request: web.Request) -> web.Response:
    _ = words_for(request)
    return notice(request, _("这个链接已经用过或已过期。请向管理员要一个新的链接。"), status=410)


ROUTES = [web.get("/enter/{token}", show_door), web.post("/enter/{token}", enter)]
