"""Who is in the console, and what they may do there: roles are looked up anew with every request.

第十二条: 明确网站负责人、安全管理员、信息发布员等的权限及操作范围.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from aiohttp import web
from aiohttp.web_request import FileField

from bot.deps import Deps
from bot.web.browser_sessions import SHIFT, Door
from bot.web.console.forms import CSRF, F, Typed, read_form
from bot.web.console.sections import SECTIONS, Right, Section, is_let_in
from bot.web.keys import DEPS
from bot.web.pages import form_of, notice
from bot.web.security import carries_csrf
from bot.wording.speech import CHINESE, Words, words_of
from language import MessageId
from storage.people import Officer, find_officer, home_bureau
from storage.sessions import session_of

CONSOLE = Door("/console", "console", "console", SHIFT)
LARGEST_FORM = 512 * 1024  # bytes: the longest text that an entry may have, escaped, and fifty phrasings
OUTSIDE = MessageId(
    "您还没有进入管理后台，或者这次登录已经结束。请在工作台或 Telegram 里向税桥发送 /console，取一个新的一次性链接。"
)
FOLLOWED = MessageId("从别处的链接来到这里的，如果刚才已经登录，按下面的按钮继续。")
DENIED = MessageId("您没有这项权限。请联系管理员，或请有权限的同事办理。")
STALE_FORM = MessageId("这张表单不是在这次登录里打开的，没有办理。请返回，重新载入页面后再试。")


@dataclass(frozen=True, slots=True)
class Caller:
    """An officer in the console. `home` is the bureau whose house this is; `waiting` tells by section how much waits
    there; whoever is not `let_in` has nothing to do in any section.
    """

    request: web.Request
    officer: Officer
    session_id: int
    token: str
    home: int
    waiting: Mapping[str, int]
    let_in: bool

    @property
    def deps(self) -> Deps:
        return self.request.app[DEPS]

    @property
    def sections(self) -> Sequence[Section]:
        """Those of the console's sections that are shown to this officer."""
        return [one for one in self.request.app[SECTIONS] if self.has(one.needs)]

    def has(self, needed: Right | None) -> bool:
        return needed is None or needed(self)


Page = Callable[[Caller], Awaitable[web.StreamResponse]]
Again = Callable[[Caller, Typed], Awaitable[web.Response]]
Deed = Callable[[Caller, F], Awaitable[web.StreamResponse]]


def shown(path: str, needs: Right | None, page: Page) -> web.RouteDef:
    """The route of a page for those who may do what it `needs`; None: for everybody who is in the console, to whom it
    shows what is theirs.
    """

    async def guarded(request: web.Request) -> web.StreamResponse:
        caller = await find_caller(request)
        return _refusal(request, caller, needs) or await page(_certain(caller))

    return web.get(path, guarded)


def posted(
    path: str,
    needs: Right | None,
    model: type[F],
    deed: Deed[F],
    *,
    again: Again | None = None,
    largest: int = LARGEST_FORM,
) -> web.RouteDef:
    """The route of a form, which must carry the token of this session; `largest` in bytes.

    Where something that people type can be wrong, the page is shown `again` with it, and with what was typed.
    """

    async def guarded(request: web.Request) -> web.StreamResponse:
        caller = await find_caller(request)
        if refusal := _refusal(request, caller, needs):
            return refusal
        fields = await form_of(request.clone(client_max_size=largest))
        try:
            if not carries_csrf(request, _certain(caller).token, str(fields.get(CSRF, ""))):
                return say(request, STALE_FORM, status=403)
            form = read_form(model, request.path, fields)
            if not isinstance(form, Typed):
                return await deed(_certain(caller), form)
            return await _show_again(_certain(caller), form, again)
        finally:
            for field in fields.values():
                if isinstance(field, FileField):
                    field.file.close()

    return web.post(path, guarded)


async def _show_again(caller: Caller, typed: Typed, again: Again | None) -> web.Response:
    """The page of a form that could not be read: 422, where the page is still there."""
    assert again is not None, "a form that tells people what is wrong has a page to tell it on"  # noqa: S101
    page = await again(caller, typed)
    if page.status == web.HTTPOk.status_code:
        page.set_status(web.HTTPUnprocessableEntity.status_code)
    return page


async def find_caller(request: web.Request) -> Caller | None:
    """Who comes with this cookie; nobody whose session is over, and nobody who has left the bureau."""
    token = request.cookies.get(CONSOLE.cookie, "")
    if not token:
        return None
    sections = request.app[SECTIONS]
    async with request.app[DEPS].database.reader() as reader:
        session = await session_of(reader, token, CONSOLE.audience)
        officer = None if session is None else await find_officer(reader, session.officer_id)
        if session is None or officer is None:
            return None
        home = await home_bureau(reader)
        waiting = {one.path: await one.waiting.count(reader) for one in sections if one.waiting is not None}
        let_in = await is_let_in(sections, reader, officer)
        return Caller(request, officer, session.id, token, home, waiting, let_in)


def _certain(caller: Caller | None) -> Caller:
    assert caller is not None  # noqa: S101  nobody else gets beyond the refusal
    return caller


def _refusal(request: web.Request, caller: Caller | None, needs: Right | None) -> web.Response | None:
    """Why this is no page for whoever asks; None where it is."""
    if caller is None:
        return _outside(request)
    if not caller.let_in or not caller.has(needs):
        return say(request, DENIED, status=403)
    return None


def _outside(request: web.Request) -> web.Response:
    """A strict cookie is not sent along with a link from elsewhere: pressing once more helps."""
    _ = console_words()
    if request.method == "GET" and "Sec-Fetch-Site" in request.headers:
        elsewhere = request.headers["Sec-Fetch-Site"] in ("cross-site", "same-site")
        if elsewhere:
            again, here = _("继续"), request.path_qs
            return notice(request, _(FOLLOWED), status=401, language=CHINESE, link_url=here, link_text=again)
    return notice(request, _(OUTSIDE), status=401, language=CHINESE)


def say(request: web.Request, sentence: str, *, status: int) -> web.Response:
    """One sentence, by its message id, on a page of its own, and the way back."""
    _ = console_words()
    back = _("返回管理后台")
    return notice(request, _(sentence), status=status, language=CHINESE, link_url=CONSOLE.base, link_text=back)


def console_words() -> Words:
    """The console speaks Chinese."""
    return words_of(CHINESE)
