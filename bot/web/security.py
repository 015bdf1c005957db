"""What every answer carries and every post must bring: headers, CSRF tokens, cookies; and no stack trace, ever."""

import asyncio
import hmac
import secrets
from collections.abc import Awaitable, Callable
from datetime import timedelta
from ipaddress import ip_address

import structlog
from aiohttp import web

from bot.settings import Networks
from bot.web.keys import DEPS, POST_SECONDS
from bot.web.pages import notice, words_for
from language import MessageId
from storage.database import is_trouble_of_the_database

log = structlog.get_logger("web")

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Server": "shuiqiao",  # and not which versions of what
}
LOWEST_ERROR = 400
PAUSE_SECONDS = 60  # the minute of the limits
LONGEST_POST = 15.0  # seconds, within which a post must have arrived and been taken in

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SENTENCES = {
    400: MessageId("没有看懂这次请求，请重新载入页面后再试。"),
    401: MessageId("会话已失效，请重新载入页面。"),
    403: MessageId("这次操作没有通过校验，请重新载入页面后再试。"),
    404: MessageId("没有这个页面。"),
    408: MessageId("网络太慢，没有收全，请再发一次。"),
    413: MessageId("内容太长了，请分几条发送。"),
    429: MessageId("操作太频繁，请稍等一分钟再试。"),
    503: MessageId("系统暂时不可用，请稍后再试。"),
}
FALLBACK = MessageId("处理时出了故障，请稍后再试，或拨打 12366。")
DESK_CLOSED = MessageId("工作台的会话已结束。再次进入需要新的一次性链接，请向管理员索取。")


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn what went wrong into words, and let nobody take for ever to post something."""
    deadline = asyncio.timeout(request.app[POST_SECONDS] if request.method == "POST" else None)
    try:
        async with deadline:
            return await handler(request)
    except web.HTTPException as error:
        if error.status < LOWEST_ERROR:
            raise
        response = _in_words(request, error.status)
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return response
    except Exception as error:
        if deadline.expired():
            return _in_words(request, web.HTTPRequestTimeout.status_code)
        resource = request.match_info.route.resource
        log.exception("request_failed", path=resource and resource.canonical)
        return _in_words(request, 503 if is_trouble_of_the_database(error) else 500)


async def put_headers(request: web.Request, response: web.StreamResponse) -> None:
    """On every answer, a stream's and a redirection's too."""
    response.headers.update(HEADERS)
    static = request.path.startswith("/static/") and response.status < LOWEST_ERROR
    response.headers["Cache-Control"] = "public, max-age=300" if static else "no-store"


def _in_words(request: web.Request, status: int) -> web.Response:
    sentence = words_for(request)(_sentence(request, status))
    if request.method == "POST" and request.content_type == "application/json":
        waiting = {"retry_after": PAUSE_SECONDS} if status == web.HTTPTooManyRequests.status_code else {}
        response = web.json_response({"message": sentence, **waiting}, status=status)
    else:
        response = notice(request, sentence, status=status)
    if status == web.HTTPTooManyRequests.status_code:
        response.headers["Retry-After"] = str(PAUSE_SECONDS)
    return response


def _sentence(request: web.Request, status: int) -> str:
    if status == web.HTTPUnauthorized.status_code and request.path.startswith("/desk/"):
        return DESK_CLOSED
    if status == web.HTTPMethodNotAllowed.status_code:
        return SENTENCES[404]
    return SENTENCES.get(status, FALLBACK)


def new_token() -> str:
    return secrets.token_urlsafe(32)


def csrf_for(request: web.Request, token: str) -> str:
    """Stays the same as long as the cookie does, and says nothing about it."""
    return request.app[DEPS].database.hasher("csrf", token)


def carries_csrf(request: web.Request, token: str, given: str) -> bool:
    """Whether the form or header carries the page's own token."""
    return hmac.compare_digest(csrf_for(request, token).encode(), given.encode("utf-8", "surrogateescape"))


def check_csrf(request: web.Request, token: str, given: str) -> None:
    """Raises 403 where the form or header does not carry the page's own token."""
    if not carries_csrf(request, token, given):
        raise web.HTTPForbidden


def set_cookie(
    request: web.Request,
    response: web.StreamResponse,
    name: str,
    value: str,
    path: str,
    length: timedelta,
    *,
    samesite: str = "Lax",
) -> None:
    response.set_cookie(
        name,
        value,
        max_age=int(length.total_seconds()),
        path=path,
        httponly=True,
        samesite=samesite,
        secure=request.app[DEPS].settings.page_url.startswith("https://"),
    )


def network_address(request: web.Request) -> str:
    """Who is at the other end. Where a proxy stands before us (a public address is set), whom it names is believed as
    far back as there are proxies that we trust; what a browser claims by itself comes before that.
    """
    settings = request.app[DEPS].settings
    address = request.remote or ""
    if settings.public_url is None:
        return address
    named = [one.strip() for line in request.headers.getall("X-Forwarded-For", []) for one in line.split(",")]
    while named and _is_among(address, settings.trusted_proxies):
        address = named.pop()
    return address


def comes_from(request: web.Request, networks: Networks) -> bool:
    return _is_among(network_address(request), networks)


def _is_among(address: str, networks: Networks) -> bool:
    try:
        return any(ip_address(address) in network for network in networks)
    except ValueError:
        return False
