"""What the web application carries."""

from aiohttp import web
from jinja2 import Environment

from bot.channels.telegram import Arrivals
from bot.deps import Deps
from bot.web.backlog import SharedBacklog
from bot.web.limits import PostLimits
from storage.signals import Bell

DEPS = web.AppKey("deps", Deps)
LIMITS = web.AppKey("limits", PostLimits)
TEMPLATES = web.AppKey("templates", dict[str, Environment])  # by language
ARRIVALS = web.AppKey("deliveries", Arrivals)
STREAMS = web.AppKey("streams", set[Bell])
LEAST_FREE_BYTES = web.AppKey("least_free_bytes", int)
POST_SECONDS = web.AppKey("post_seconds", float)
BACKLOG = web.AppKey("backlog", SharedBacklog)
