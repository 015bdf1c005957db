"""The page that Prometheus reads: what this process has counted, how it stands, and what waits in the database.

It is for the networks named in the settings; for everybody else there is no such page.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from aiohttp import web
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.core import Metric as Family
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from bot.deps import Deps
from bot.runtime.metrics import PREFIX
from bot.web.backlog import Backlog
from bot.web.keys import BACKLOG, DEPS
from bot.web.security import comes_from, network_address
from escalation.duties.duties import OpenDuties
from escalation.watches.stuck import SET_ASIDE
from storage.disk import free_bytes

READING = ("GET", "HEAD")
OF_PROXIES = ("Forwarded", "Via", "X-Forwarded-For", "X-Real-IP")


@dataclass(frozen=True, slots=True)
class Figures(Collector):
    """Several sources, one after the other."""

    sources: tuple[Callable[[], Iterable[Family]], ...]

    def collect(self) -> Iterator[Family]:
        for source in self.sources:
            yield from source()


async def show_metrics(request: web.Request) -> web.Response:
    if not _is_admitted(request):
        raise web.HTTPNotFound
    if request.method not in READING:
        raise web.HTTPMethodNotAllowed(request.method, READING)
    deps = request.app[DEPS]
    backlog = await request.app[BACKLOG].latest()
    encode, content_type = _encoder(request.headers.get("Accept", ""))
    figures = Figures(
        (deps.metrics.registry.collect, partial(of_the_house, deps), partial(of_the_backlog, deps, backlog))
    )
    return web.Response(body=encode(figures), headers={"Content-Type": content_type})


def _is_admitted(request: web.Request) -> bool:
    """Whoever comes through a proxy and is not named by it, as we believe proxies, could be anybody."""
    through_a_proxy = any(header in request.headers for header in OF_PROXIES)
    if through_a_proxy and network_address(request) == request.remote:
        return False
    return comes_from(request, request.app[DEPS].settings.metrics_from)


def _encoder(accepted: str) -> tuple[Callable[[Collector], bytes], str]:
    """The form that is asked for; the plain one where the question makes no sense."""
    try:
        return choose_encoder(accepted)
    except (TypeError, ValueError):  # the version is no number
        return choose_encoder("")


def of_the_house(deps: Deps) -> Iterator[Family]:
    """What this process goes by, and the disk that it writes to."""
    yield _gauge("faq_revision", "本进程在用的问答版本", deps.faq.edition.revision)
    yield _gauge("faq_entries", "本进程在用的问答条目数", len(deps.faq.edition.entries))
    yield _gauge("calendar_revision", "本进程在用的工作日历版本", deps.rules.calendar_revision)
    if deps.database.is_sqlite and deps.database.url.database:
        with suppress(OSError):
            free = free_bytes(Path(deps.database.url.database))
            yield _gauge("disk_free_bytes", "数据库所在磁盘的剩余空间；只在 SQLite 上有", free)


def of_the_backlog(deps: Deps, backlog: Backlog | None) -> Iterator[Family]:
    """Facts of the database, the same in every process; none of them while it is away."""
    yield _gauge("database_up", "数据库是否应答：1 或 0", backlog is not None)
    if backlog is None:
        return
    inbox, outbox, at = backlog.inbox, backlog.outbox, backlog.at
    yield _gauge("updates_waiting", "收下而未办结的来信", inbox.updates)
    yield _gauge("lanes_waiting", "有来信未办结的会话", inbox.lanes)
    yield _gauge("updates_oldest_waiting_seconds", "未办结的来信里最早的一条已等多久；没有是 0", _age(inbox.since, at))
    yield _by(
        "channel",
        "notices_waiting",
        "写下而未说出的通知，不含无法送达的",
        {key: one.waiting for key, one in outbox.items()},
    )
    yield _by(
        "channel",
        "notices_unreachable",
        "因地址无法送达而留着的通知；对方回来后补发",
        {key: one.unreachable for key, one in outbox.items()},
    )
    yield _by(
        "channel",
        "notices_oldest_waiting_seconds",
        "未说出的通知里最早的一条已等多久；没有是 0",
        {key: _age(one.since, at) for key, one in outbox.items()},
    )
    yield _by(
        "channel",
        "notices_oldest_sayable_seconds",
        "现在就能说的通知（地址不在发送中，也不在等待）里最早的一条已等多久；没有是 0",
        {key: _age(one.sayable_since, at) for key, one in outbox.items()},
    )
    nothing = OpenDuties(0, 0)
    duties = {kind: backlog.duties.get(kind, nothing) for kind in deps.rules.duty_kinds}
    yield _by("kind", "duties_open", "未了结的待办", {kind: one.open for kind, one in duties.items()})
    yield _by("kind", "duties_overdue", "未了结且已过期限的待办", {kind: one.overdue for kind, one in duties.items()})
    yield _gauge("updates_set_aside", "屡次失败、已搁置而未处理的来信", duties[SET_ASIDE.code].open)
    yield _gauge("patrol_lag_seconds", "到点而未巡查的待办里最早的一件已晚多久；没有是 0", _age(backlog.step, at))


def _age(since: datetime | None, at: datetime) -> float:
    return 0.0 if since is None else max(0.0, (at - since).total_seconds())


def _gauge(name: str, meaning: str, value: float) -> Family:
    return GaugeMetricFamily(f"{PREFIX}_{name}", meaning, value=value)


def _by(label: str, name: str, meaning: str, values: Mapping[str, float]) -> Family:
    family = GaugeMetricFamily(f"{PREFIX}_{name}", meaning, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


ROUTES = [web.route("*", "/metrics", show_metrics)]
