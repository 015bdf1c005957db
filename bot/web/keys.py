"""What the web application carries."""

from aiohttp import web
from jinja2 import Environment

from bot.deps import Deps
from bot.web.limits import PostLimits

DEPS = web.AppKey("deps", Deps)
LIMITS = web.AppKey("limits", PostLimits)
TEMPLATES = web.AppKey("templates", Environment)
