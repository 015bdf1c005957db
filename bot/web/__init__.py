"""What browsers and machines reach over HTTP: chat page, desk, console, Telegram's door, health, metrics."""

from aiohttp import web

from bot.channels.telegram import TELEGRAM, Arrivals
from bot.deps import Deps
from bot.web import console, pages, security, telegram_webhook
from bot.web.backlog import SharedBacklog
from bot.web.chat import pages as chat
from bot.web.chat import stream
from bot.web.desk import login
from bot.web.keys import ARRIVALS, BACKLOG, DEPS, LEAST_FREE_BYTES, LIMITS, POST_SECONDS, STREAMS
from bot.web.limits import PostLimits
from bot.web.monitoring import health, metrics
from storage.disk import LEAST_FREE

LARGEST_BODY = 64 * 1024  # bytes: 4,096 characters, escaped, and some room


def make_web_app(
    deps: Deps, *, least_free_bytes: int = LEAST_FREE, post_seconds: float = security.LONGEST_POST
) -> web.Application:
    """The pages of an open house. With less than `least_free_bytes` left on the database's disk it is not ready; a post
    that is not taken in after `post_seconds` is refused.
    """
    app = web.Application(middlewares=[security.guard], client_max_size=LARGEST_BODY)
    app[DEPS] = deps
    app[LIMITS] = PostLimits(deps.settings)
    deps.clock_watch.when_set(app[LIMITS].forget)
    if TELEGRAM in deps.bots:
        app[ARRIVALS] = Arrivals(deps.database, deps.bots[TELEGRAM].id)
    app[STREAMS] = set()
    app[LEAST_FREE_BYTES] = least_free_bytes
    app[POST_SECONDS] = post_seconds
    app[BACKLOG] = SharedBacklog(deps)
    app.on_response_prepare.append(security.put_headers)
    app.on_shutdown.append(stream.stop_streams)
    pages.set_up(app)
    console.set_up(app)
    app.add_routes([web.get("/", _home), web.get("/favicon.ico", _icon)])
    app.add_routes([*pages.ROUTES, *chat.ROUTES, *stream.ROUTES, *login.ROUTES, *console.ROUTES])
    app.add_routes([*telegram_webhook.ROUTES, *health.ROUTES, *metrics.ROUTES])
    return app


async def _home(_request: web.Request) -> web.StreamResponse:
    raise web.HTTPFound("/chat")


async def _icon(_request: web.Request) -> web.StreamResponse:
    raise web.HTTPFound("/static/icon.svg")
