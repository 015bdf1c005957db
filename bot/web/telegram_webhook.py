"""The door through which Telegram delivers: stored before the 200; anything else makes Telegram deliver again."""

import hmac
import json
from collections.abc import Mapping
from typing import Any

import structlog
from aiohttp import web

from bot.channels.telegram import HOOK_PATH, TELEGRAM, is_numbered, webhook_of
from bot.web.keys import ARRIVALS, DEPS, LIMITS
from bot.web.security import network_address

log = structlog.get_logger("telegram")

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  the name of a header
LARGEST_UPDATE = 1024 * 1024  # bytes: a text, the message that it answers, and each character of them escaped


async def take_in(request: web.Request) -> web.Response:
    """One update. Whoever does not know the secret finds no page here."""
    deps = request.app[DEPS]
    webhook = webhook_of(deps.settings, deps.database.hasher)
    given = request.headers.get(SECRET_HEADER, "").encode("utf-8", "surrogateescape")
    bot = deps.bots.get(TELEGRAM)
    if webhook is None or bot is None or request.match_info["bot"] != str(bot.id):
        raise web.HTTPNotFound
    if not hmac.compare_digest(webhook.secret.encode(), given):
        if await request.app[LIMITS].admit_address(network_address(request)):  # nobody is to fill the log
            log.warning("webhook_refused", advice="有人不带口令访问推送地址；若是 Telegram，请重新启动以重设")
        raise web.HTTPNotFound
    update = _update_in(await request.clone(client_max_size=LARGEST_UPDATE).read())
    deps.metrics.stored(TELEGRAM, int(await request.app[ARRIVALS].keep(update)))
    return web.Response()


def _update_in(body: bytes) -> Mapping[str, Any]:
    """Raises 400 for what Telegram cannot have sent."""
    try:
        update = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise web.HTTPBadRequest from error
    if not isinstance(update, dict) or not is_numbered(update):
        raise web.HTTPBadRequest
    return update


ROUTES = [web.post(HOOK_PATH + "/{bot:[0-9]{1,20}}", take_in)]
