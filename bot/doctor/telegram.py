"""Telegram: whether it knows our token, and whether it delivers where we expect it to."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from bot.doctor.data import Data
from bot.doctor.findings import Finding, remark, unchecked, well, wrong
from bot.settings import Settings

TOKEN, WEBHOOK = "token", "webhook"
MANY_PENDING = 100
RECENT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where Telegram says that it delivers (empty: it is asked for updates), and how that goes."""

    url: str
    pending: int
    last_error: str
    last_error_at: datetime | None


@dataclass(frozen=True, slots=True)
class Telegram:
    """What a Bot API server answered; with `trouble` there is nothing but that and what to do."""

    user_name: str = ""
    trouble: str = ""
    advice: str = ""
    webhook: Webhook | None = None
    wanted_url: str = ""  # where it is to deliver by our settings; empty where we poll
    ahead: timedelta | None = None  # how far our clock is ahead of the server's


def check_token(settings: Settings, telegram: Telegram | None) -> Iterator[Finding]:
    if settings.telegram_token is None:
        yield remark(TOKEN, "没有 Telegram 令牌，只服务网页", "要接 Telegram，设 SHUIQIAO_TELEGRAM_TOKEN")
    elif telegram is None:
        yield unchecked(TOKEN, "上面的错误")
    elif telegram.trouble:
        yield wrong(TOKEN, telegram.trouble, telegram.advice)
    else:
        yield well(TOKEN, f"Telegram 认这个令牌，机器人是 @{telegram.user_name}")


def check_webhook(settings: Settings, telegram: Telegram | None, data: Data | None, now: datetime) -> Iterator[Finding]:
    """Whether the door through which Telegram delivers is the one that the settings want."""
    if settings.telegram_token is None:
        yield well(WEBHOOK, "没有令牌，不收 Telegram 的来信")
        return
    if telegram is None or telegram.webhook is None:
        yield unchecked(WEBHOOK, "令牌")
        return
    yield _door(telegram.webhook, telegram.wanted_url, is_served=data is not None and data.is_served)
    if telegram.webhook.url == telegram.wanted_url and telegram.wanted_url:
        yield from _failures(telegram.webhook, now)
    if telegram.webhook.pending > MANY_PENDING:
        found = f"Telegram 手上积压了 {telegram.webhook.pending} 封来信"
        yield remark(WEBHOOK, found, "税桥没有运行就启动它；在运行就看日志，Telegram 只保留 24 小时")


def _door(webhook: Webhook, wanted_url: str, *, is_served: bool) -> Finding:
    if webhook.url == wanted_url:
        return well(WEBHOOK, f"推送到 {wanted_url}" if wanted_url else "长轮询，Telegram 没有设推送")
    if not wanted_url:
        found = f"设置要的是长轮询，Telegram 却在推送到 {_site(webhook.url)}"
        advice = "可能另一套税桥在用这个令牌，请先弄清；若只是从前留下的，重新启动税桥就会撤掉"
        return wrong(WEBHOOK, found, advice)
    if webhook.url:
        found = f"应推送到 {wanted_url}，Telegram 却在推送到 {_site(webhook.url)}"
        advice = "可能另一套税桥在用这个令牌，请先弄清；若只是改过网址，重新启动税桥就会改过来"
        return wrong(WEBHOOK, found, advice)
    if is_served:
        return wrong(WEBHOOK, f"应推送到 {wanted_url}，Telegram 却没有设推送", "重新启动税桥，它会设好")
    return remark(WEBHOOK, f"还没有设推送到 {wanted_url}", "不必处理；启动时会设好")


def _failures(webhook: Webhook, now: datetime) -> Iterator[Finding]:
    if webhook.last_error_at is not None and now - webhook.last_error_at < RECENT:
        minutes = max(0, int((now - webhook.last_error_at).total_seconds() // 60))
        found = f"{minutes} 分钟前推送失败：{webhook.last_error}"
        advice = "检查对外网址、证书、反向代理和 /readyz"
        yield (wrong if webhook.pending else remark)(WEBHOOK, found, advice)


def _site(url: str) -> str:
    """Where a foreign address leads; the rest of it may be somebody's secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}/…"
