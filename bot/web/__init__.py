"""What browsers and machines reach over HTTP: the chat page, the officers' desk, health."""

from aiohttp import web

from bot.deps import Deps
from bot.web import chat, desk, health, pages
from bot.web.keys import DEPS, LIMITS
from bot.web.limits import PostLimits
from bot.web.security import guard

LARGEST_BODY = 64 * 1024  # bytes: 4,096 characters, escaped, and some room


def make_web_app(deps: Deps) -> web.Application:
    app = web.Application(middlewares=[guard], client_max_size=LARGEST_BODY)
    app[DEPS] = deps
    app[LIMITS] = PostLimits(deps.settings)
    pages.set_up(app)
    app.add_routes([web.get("/", _home), *chat.ROUTES, *desk.ROUTES, *health.ROUTES])
    app.router.add_static("/static", pages.STATIC)
    return app


async def _home(_request: web.Request) -> web.StreamResponse:
    raise web.HTTPFound("/chat")
