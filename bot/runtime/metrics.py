"""What this process counts for whoever watches over the house, as Prometheus reads it.

No label carries anything of a person or a conversation: only channels, kinds, outcomes and the like, of which there are
few, all named in the code. What is counted is looked up once and then kept: counting takes less than a microsecond.
"""

import asyncio
from collections.abc import Iterable
from contextlib import AbstractContextManager
from datetime import datetime
from itertools import product
from typing import TypeVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.metrics import MetricWrapperBase

from bot import VERSION
from storage.outbox import ANSWER, DIGEST, REMINDER, Waiting

PREFIX = "shuiqiao"
PRIORITIES = {ANSWER: "answer", REMINDER: "reminder", DIGEST: "digest"}
HANDLED, SET_ASIDE = "handled", "set_aside"
EXCEPTION, DEADLINE, DATABASE = "exception", "deadline", "database"
LAG_EVERY_SECONDS = 1.0

HANDLER_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
DELAY_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200)
LAG_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1)

Metric = TypeVar("Metric", bound=MetricWrapperBase)


class Children(dict[tuple[str, ...], Metric]):
    """The series of one metric by their labels; those of `known` are there from the beginning, at zero."""

    def __init__(self, metric: Metric, known: Iterable[tuple[str, ...]]) -> None:
        super().__init__()
        self._metric = metric
        for labels in known:
            self[labels] = metric.labels(*labels)

    def __missing__(self, labels: tuple[str, ...]) -> Metric:
        child = self[labels] = self._metric.labels(*labels)
        return child


class Metrics:
    """The figures of one house in one process, in a registry of their own."""

    def __init__(self, channels: Iterable[str]) -> None:
        # Created metrics are a second series beside each one, which only says when this process began.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the library gives it no types
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self._of_the_inbox(tuple(channels))
        self._of_the_outbox(tuple(channels))
        self._of_the_process()

    def _of_the_inbox(self, channels: tuple[str, ...]) -> None:
        each = [(channel,) for channel in channels]
        self._stored = self._counter("updates_stored", "收下并存好的来信；重复送来的不算", ("channel",), each)
        self._settled = self._counter(
            "updates_settled", "办结的来信，按结果", ("channel", "outcome"), product(channels, (HANDLED, SET_ASIDE))
        )
        self._failed = self._counter(
            "updates_failed",
            "处理来信失败的次数，按原因；失败的会重试",
            ("channel", "cause"),
            product(channels, (EXCEPTION, DEADLINE, DATABASE)),
        )
        self._abandoned = self._counter(
            "updates_abandoned", "放弃的处理：别的进程已经接手，什么都没有发生", ("channel",), each
        )
        self._polls_failed = Counter(
            "telegram_polls_failed", "向 Telegram 取来信失败的次数", namespace=PREFIX, registry=self.registry
        )
        self._handling = self._histogram(
            "handler_duration_seconds",
            "处理一条来信用的时间，含写入数据库",
            ("channel", "kind"),
            HANDLER_BUCKETS,
        )

    def _of_the_outbox(self, channels: tuple[str, ...]) -> None:
        each = [(channel,) for channel in channels]
        self._ended = self._counter(
            "notices_settled",
            "了结的通知，按结果",
            ("channel", "outcome"),
            product(channels, ("sent", "moot", "failed")),
        )
        self._told_to_wait = self._counter("sends_told_to_wait", "发送时渠道要求等待的次数（429）", ("channel",), each)
        self._backed_off = self._counter("sends_backed_off", "发送失败、过一会再试的次数", ("channel",), each)
        self._blocked = self._counter("addresses_blocked", "发现无法送达的地址：被拉黑、会话已删除", ("channel",), each)
        self._delays = self._histogram(
            "notice_delay_seconds", "一条通知从写下到说出的时间", ("channel", "priority"), DELAY_BUCKETS
        )

    def _of_the_process(self) -> None:
        Gauge("build_info", "版本", ("version",), namespace=PREFIX, registry=self.registry).labels(VERSION).set(1)
        self._patrolled = Gauge(
            "patrol_last_run_timestamp_seconds",
            "巡查最近一次在本进程跑完的时刻；没有跑过是 0",
            namespace=PREFIX,
            registry=self.registry,
        )
        self._lag = Histogram(
            "event_loop_lag_seconds",
            "事件循环比约定晚醒多久，每秒量一次",
            namespace=PREFIX,
            registry=self.registry,
            buckets=LAG_BUCKETS,
        )

    def _counter(
        self, name: str, meaning: str, labels: tuple[str, ...], known: Iterable[tuple[str, ...]]
    ) -> Children[Counter]:
        return Children(Counter(name, meaning, labels, namespace=PREFIX, registry=self.registry), known)

    def _histogram(
        self, name: str, meaning: str, labels: tuple[str, ...], buckets: tuple[float, ...]
    ) -> Children[Histogram]:
        metric = Histogram(name, meaning, labels, namespace=PREFIX, registry=self.registry, buckets=buckets)
        return Children(metric, ())

    def stored(self, channel: str, count: int) -> None:
        """So many updates are on the disk that were not there before."""
        self._stored[channel,].inc(count)

    def handling(self, channel: str, kind: str) -> AbstractContextManager[object]:
        """Around the handling of one update, successful or not."""
        return self._handling[channel, kind].time()

    def settled(self, channel: str, outcome: str, count: int) -> None:
        self._settled[channel, outcome].inc(count)

    def failed(self, channel: str, cause: str) -> None:
        self._failed[channel, cause].inc()

    def abandoned(self, channel: str) -> None:
        self._abandoned[channel,].inc()

    def poll_failed(self) -> None:
        self._polls_failed.inc()

    def notice_settled(self, channel: str, notice: Waiting, outcome: str, now: datetime) -> None:
        self._ended[channel, outcome].inc()
        if outcome == "sent":
            delay = (now - notice.created_at).total_seconds()
            self._delays[channel, PRIORITIES[notice.priority]].observe(max(0.0, delay))  # clocks differ a little

    def told_to_wait(self, channel: str) -> None:
        self._told_to_wait[channel,].inc()

    def backed_off(self, channel: str) -> None:
        self._backed_off[channel,].inc()

    def blocked(self, channel: str) -> None:
        self._blocked[channel,].inc()

    def patrolled(self, at: datetime) -> None:
        self._patrolled.set(at.timestamp())

    async def watch_lag(self) -> None:
        """For ever: how late this process is woken."""
        clock = asyncio.get_running_loop().time
        while True:
            began = clock()
            await asyncio.sleep(LAG_EVERY_SECONDS)
            self._lag.observe(max(0.0, clock() - began - LAG_EVERY_SECONDS))
