"""Asks a Bot API server what it knows of our bot, without changing anything there and without waiting long."""

from datetime import timedelta
from email.utils import parsedate_to_datetime

import aiohttp
from aiogram.client.telegram import PRODUCTION
from aiogram.types import WebhookInfo

from bot.channels import Refused, Temporary
from bot.channels.telegram import (
    INTRODUCTION_SECONDS,
    NoBotApi,
    NoWay,
    TokenRefused,
    ask_about,
    make_telegram_bot,
    webhook_url,
)
from bot.doctor.data import Clock
from bot.doctor.telegram import Telegram, Webhook
from bot.settings import Settings

HALF_A_SECOND = timedelta(seconds=0.5)  # a Date header is cut to the second


async def look_at_telegram(settings: Settings, clock: Clock) -> Telegram | None:
    """What Telegram says of our bot; None without a token."""
    bot = make_telegram_bot(settings)
    if bot is None:
        return None
    server = settings.telegram_api or PRODUCTION.base.partition("/bot")[0]
    try:
        me, info = await ask_about(bot)
        return Telegram(
            user_name=me.username or "",
            webhook=_webhook(info),
            wanted_url=webhook_url(settings) if settings.telegram_webhook else "",
            ahead=await _ahead(server, clock),
        )
    except (Temporary, Refused) as error:
        trouble, advice = _reason(error, server)
        return Telegram(trouble=trouble, advice=advice)
    finally:
        await bot.session.close()


def _webhook(info: WebhookInfo) -> Webhook:
    last_error = info.last_error_message or "没有说明"
    return Webhook(info.url, info.pending_update_count, last_error, info.last_error_date)


def _reason(error: Temporary | Refused, server: str) -> tuple[str, str]:
    match error:
        case TokenRefused():
            return "Telegram 不认这个令牌", "核对 SHUIQIAO_TELEGRAM_TOKEN，或向 BotFather 取新的"
        case NoWay():
            advice = "检查网络；官方服务器连不上的地方，自建 Bot API 服务器，设 SHUIQIAO_TELEGRAM_API"
            return f"连不上 {server}", advice
        case NoBotApi():
            return f"{server} 的答复不像 Bot API 服务器", "核对 SHUIQIAO_TELEGRAM_API"
        case Refused(why=why):
            return f"Telegram 不接受：{why}", "核对 SHUIQIAO_TELEGRAM_TOKEN 和 SHUIQIAO_TELEGRAM_API"
        case Temporary():
            return f"{server} 现在不答复（{type(error.__cause__).__name__}）", "稍后再体检一次"


async def _ahead(server: str, clock: Clock) -> timedelta | None:
    """How far our clock is ahead of the server's, to half a second or so; None where it does not tell the time."""
    timeout = aiohttp.ClientTimeout(total=INTRODUCTION_SECONDS)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as session:
            asked_at = clock()
            async with session.head(server) as response:
                ours = asked_at + (clock() - asked_at) / 2
                theirs = parsedate_to_datetime(response.headers["Date"]) + HALF_A_SECOND
    except (aiohttp.ClientError, TimeoutError, KeyError, ValueError):
        return None
    return None if theirs.tzinfo is None else ours - theirs
