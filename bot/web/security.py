"""What every answer carries and every post must bring: headers, CSRF tokens, cookies; and no stack trace, ever."""

import hmac
import secrets
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from bot.web.keys import DEPS
from bot.web.pages import language_of, notice
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
    "Cache-Control": "no-store",
}
LOWEST_ERROR = 400
COOKIE_SECONDS = 365 * 24 * 3600

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Put the headers on, and turn what went wrong into words."""
    try:
        response = await handler(request)
    except web.HTTPException as error:
        if error.status < LOWEST_ERROR:
            error.headers.update(HEADERS)
            raise
        response = _in_words(request, error.status)
    except Exception as error:
        log.exception("request_failed", path=request.match_info.route.resource and request.match_info.route.name)
        response = _in_words(request, 503 if is_trouble_of_the_database(error) else 500)
    if not response.prepared:
        response.headers.update(HEADERS)
        if request.path.startswith("/static/"):
            response.headers["Cache-Control"] = "public, max-age=300"
    return response


def _in_words(request: web.Request, status: int) -> web.Response:
    chinese = language_of(request) == "zh"
    sentences = {
        401: ("会话已失效，请重新载入页面。", "Your session has ended. Please reload the page."),
        403: (
            "这次操作没有通过校验，请重新载入页面后再试。",
            "This could not be verified. Please reload and try again.",
        ),
        404: ("没有这个页面。", "There is no such page."),
        413: ("内容太长了，请分几条发送。", "This is too long. Please send it in parts."),
        429: ("操作太频繁，请稍等一分钟再试。", "Too many attempts. Please wait a minute."),
        503: (
            "系统暂时不可用，请稍后再试，您写下的内容仍保留在本页。",
            "Temporarily unavailable. Please try again shortly.",
        ),
    }
    fallback = ("处理时出了故障，请稍后再试，或拨打 12366。", "Something went wrong. Please try again later.")
    sentence = sentences.get(status, fallback)[0 if chinese else 1]
    if request.method == "POST" and request.content_type == "application/json":
        return web.json_response({"message": sentence, **({"retry_after": 60} if status == 429 else {})}, status=status)
    return notice(request, sentence, status=status)


def new_token() -> str:
    return secrets.token_urlsafe(32)


def csrf_for(request: web.Request, token: str) -> str:
    """Stays the same as long as the cookie does, and says nothing about it."""
    return request.app[DEPS].database.hasher("csrf", token)


def check_csrf(request: web.Request, token: str, given: str) -> None:
    """Raises 403 where the form or header does not carry the page's own token."""
    if not hmac.compare_digest(csrf_for(request, token).encode(), given.encode()):
        raise web.HTTPForbidden


def set_cookie(request: web.Request, response: web.StreamResponse, name: str, token: str, path: str) -> None:
    response.set_cookie(
        name,
        token,
        max_age=COOKIE_SECONDS,
        path=path,
        httponly=True,
        samesite="Lax",
        secure=request.app[DEPS].settings.page_url.startswith("https://"),
    )
