"""The way into the console and out of it: a one-time link that asks before it lets in, and one's own sessions."""

from aiohttp import web

from bot.channels.webchat import open_desk
from bot.web.console.access import CONSOLE, Caller, console_words, posted, shown
from bot.web.console.forms import NoFields
from bot.web.console.layout import go, show
from bot.web.console.sections import SECTIONS, Section, is_let_in
from bot.web.keys import DEPS, LIMITS
from bot.web.pages import form_of, notice, render
from bot.web.security import check_csrf, csrf_for, network_address, new_token, set_cookie
from bot.wording.speech import CHINESE
from language import MessageId
from storage.people import Officer, begin_session, find_officer, open_invitation, use_invitation
from storage.sessions import end_sessions, open_sessions
from storage.unit import Reader

SPENT = MessageId("这个链接已经用过或已过期。请在工作台或 Telegram 里向税桥发送 /console，取一个新的链接。")
LEFT = MessageId("您已退出管理后台。再次进入需要新的一次性链接。")


async def show_door(request: web.Request) -> web.Response:
    """第十二条: who enters, and one button; a preview does not spend the link."""
    token = request.match_info["token"]
    if not await request.app[LIMITS].admit_address(network_address(request)):
        raise web.HTTPTooManyRequests
    async with request.app[DEPS].database.reader() as reader:
        invited = await _invited(request, reader, token)
    if invited is None:
        return _spent(request)
    officer, _ = invited
    csrf = csrf_for(request, token)
    title = console_words()("进入管理后台")
    return render(
        request, "enter.html", language=CHINESE, title=title, who=officer.name, action=request.path, csrf=csrf
    )


async def enter(request: web.Request) -> web.Response:
    """The link is spent, and the browser has a session."""
    token = request.match_info["token"]
    check_csrf(request, token, str((await form_of(request)).get("csrf", "")))
    session = new_token()
    async with request.app[DEPS].database.unit() as unit:
        invited = await _invited(request, unit, token)
        entered = invited is not None and await use_invitation(unit, invited[1])
        if entered and invited is not None:
            address_id = await open_desk(unit, invited[0].id, CHINESE)
            await begin_session(unit, session, address_id, CONSOLE.audience, CONSOLE.length)
    if not entered:
        return _spent(request)
    response = go("", "entered")
    set_cookie(request, response, CONSOLE.cookie, session, CONSOLE.base, CONSOLE.length, samesite="Strict")
    return response


def _spent(request: web.Request) -> web.Response:
    return notice(request, console_words()(SPENT), status=410, language=CHINESE)


async def _invited(request: web.Request, reader: Reader, token: str) -> tuple[Officer, int] | None:
    """Whom a link lets in, who still has something to do there, and the number of the invitation."""
    invitation = await open_invitation(reader, token, CONSOLE.audience)
    officer = None if invitation is None else await find_officer(reader, invitation.officer_id)
    if invitation is None or officer is None or not await is_let_in(request.app[SECTIONS], reader, officer):
        return None
    return officer, invitation.id


async def show_sessions(caller: Caller) -> web.Response:
    async with caller.deps.database.reader() as reader:
        mine = await open_sessions(reader, caller.officer.id, CONSOLE.audience)
    _ = console_words()
    return show(caller, "sessions.html", title=_("登录会话"), sessions=mine, this=caller.session_id)


async def end_one(caller: Caller, _form: NoFields) -> web.Response:
    """Log one browser out; one's own is told good-bye."""
    session_id = int(caller.request.match_info["session"])
    async with caller.deps.database.unit() as unit:
        await end_sessions(unit, caller.officer.id, CONSOLE.audience, session_id)
    return _left(caller) if session_id == caller.session_id else go("/sessions", "ended")


async def end_all(caller: Caller, _form: NoFields) -> web.Response:
    async with caller.deps.database.unit() as unit:
        await end_sessions(unit, caller.officer.id, CONSOLE.audience)
    return _left(caller)


async def leave(caller: Caller, _form: NoFields) -> web.Response:
    async with caller.deps.database.unit() as unit:
        await end_sessions(unit, caller.officer.id, CONSOLE.audience, caller.session_id)
    return _left(caller)


def _left(caller: Caller) -> web.Response:
    response = notice(caller.request, console_words()(LEFT), language=CHINESE)
    response.del_cookie(CONSOLE.cookie, path=CONSOLE.base)
    return response


ROUTES = [
    web.get("/console/enter/{token}", show_door),
    web.post("/console/enter/{token}", enter),
    shown("/console/sessions", None, show_sessions),
    posted("/console/sessions/leave", None, NoFields, leave),
    posted("/console/sessions/end", None, NoFields, end_all),
    posted(r"/console/sessions/{session:\d{1,15}}/end", None, NoFields, end_one),
]
SECTION = Section(
    "/console/sessions",
    MessageId("登录会话"),
    None,
    ROUTES,
    done={"entered": MessageId("您已进入管理后台。"), "ended": MessageId("那个会话已经结束。")},
)
