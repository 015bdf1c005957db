"""Who is in the console, and what they may do there: roles are looked up anew with every request.

第十二条: 明确网站负责人、安全管理员、信息发布员等的权限及操作范围.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from aiohttp import web
from aiohttp.web_request import FileField
from sqlalchemy import func, select

from bot.deps import Deps
from bot.web.doors import SHIFT, Door
from bot.web.keys import DEPS
from bot.web.pages import form_of, notice
from bot.web.security import carries_csrf
from escalation.permissions import Action, EntrySubject, may
from faq.keeping import Denied, Why, concerns
from faq.lifecycle import RevisionState
from storage.people import Officer, find_officer, home_bureau
from storage.sessions import session_of
from storage.tables import revisions
from storage.unit import Reader

CONSOLE = Door("/console", "console", "console", SHIFT)
LARGEST_FORM = 512 * 1024  # bytes: the longest text that an entry may have, escaped, and fifty phrasings
OUTSIDE = (
    "您还没有进入管理后台，或者这次登录已经结束。请在工作台或 Telegram 里向税桥发送 /console，取一个新的一次性链接。"
)
FOLLOWED = "从别处的链接来到这里的，如果刚才已经登录，按下面的按钮继续。"
DENIED = Denied(Why.NOT_ALLOWED).sentence
STALE_FORM = "这张表单不是在这次登录里打开的，没有办理。请返回，重新载入页面后再试。"


@dataclass(frozen=True, slots=True)
class Caller:
    """An officer in the console. `home` is the bureau that keeps the FAQ; `waiting` texts wait for approval; whoever is
    `concerned` has something to do there, be it with a single entry.
    """

    request: web.Request
    officer: Officer
    session_id: int
    token: str
    home: int
    waiting: int
    concerned: bool

    @property
    def deps(self) -> Deps:
        return self.request.app[DEPS]

    def may(self, action: Action, subject: EntrySubject | None = None) -> bool:
        """Whether the officer may do this with an entry or, without one, with the FAQ as a whole."""
        return may(self.officer, action, subject or EntrySubject(self.home))


Form = Mapping[str, object]
Page = Callable[[Caller], Awaitable[web.StreamResponse]]
Deed = Callable[[Caller, Form], Awaitable[web.StreamResponse]]


def shown(path: str, needs: Action | None, page: Page) -> web.RouteDef:
    """The route of a page for those who may do what it `needs`; None: for everybody who is in the console, to whom it
    shows what is theirs.
    """

    async def guarded(request: web.Request) -> web.StreamResponse:
        caller = await find_caller(request)
        return _refusal(request, caller, needs) or await page(_certain(caller))

    return web.get(path, guarded)


def posted(path: str, needs: Action | None, deed: Deed, *, largest: int = LARGEST_FORM) -> web.RouteDef:
    """The route of a form, which must carry the token of this session; `largest` in bytes."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        caller = await find_caller(request)
        if refusal := _refusal(request, caller, needs):
            return refusal
        form = await form_of(request.clone(client_max_size=largest))
        try:
            if not carries_csrf(request, _certain(caller).token, str(form.get("csrf", ""))):
                return say(request, STALE_FORM, status=403)
            return await deed(_certain(caller), form)
        finally:
            for field in form.values():
                if isinstance(field, FileField):
                    field.file.close()

    return web.post(path, guarded)


async def find_caller(request: web.Request) -> Caller | None:
    """Who comes with this cookie; nobody whose session is over, and nobody who has left the bureau."""
    token = request.cookies.get(CONSOLE.cookie, "")
    if not token:
        return None
    async with request.app[DEPS].database.reader() as reader:
        session = await session_of(reader, token, CONSOLE.audience)
        officer = None if session is None else await find_officer(reader, session.officer_id)
        if session is None or officer is None:
            return None
        home = await home_bureau(reader)
        concerned = await concerns(reader, officer)
        return Caller(request, officer, session.id, token, home, await _waiting(reader), concerned)


async def _waiting(reader: Reader) -> int:
    return int(await reader.value(select(func.count()).where(revisions.c.state == RevisionState.SUBMITTED)))


def _certain(caller: Caller | None) -> Caller:
    assert caller is not None  # noqa: S101  nobody else gets beyond the refusal
    return caller


def _refusal(request: web.Request, caller: Caller | None, needs: Action | None) -> web.Response | None:
    """Why this is no page for whoever asks; None where it is."""
    if caller is None:
        return _outside(request)
    if not caller.concerned or (needs is not None and not caller.may(needs)):
        return say(request, DENIED, status=403)
    return None


def _outside(request: web.Request) -> web.Response:
    """A strict cookie is not sent along with a link from elsewhere: pressing once more helps."""
    if request.method == "GET" and "Sec-Fetch-Site" in request.headers:
        elsewhere = request.headers["Sec-Fetch-Site"] in ("cross-site", "same-site")
        if elsewhere:
            return notice(request, FOLLOWED, status=401, language="zh", link_url=request.path_qs, link_text="继续")
    return notice(request, OUTSIDE, status=401, language="zh")


def say(request: web.Request, sentence: str, *, status: int) -> web.Response:
    """One sentence on a page of its own, and the way back."""
    return notice(request, sentence, status=status, language="zh", link_url=CONSOLE.base, link_text="返回管理后台")
