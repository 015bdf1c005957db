"""`python -m tests.storm`: lets a storm blow, shows how it goes, and prints the account; exit code 1 if it is off."""

import asyncio
import random
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.storm.account import Account
from tests.storm.course import Storm
from tests.storm.plan import Plan

LOOK_SECONDS = 0.5
LARGEST_SEED = 2**32
INTERRUPTED = 130
DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
FAULTS = {
    "cut before the effect": "办成前断线",
    "cut after the effect": "办成后断线",
    "slow": "应答迟缓",
    "409": "409 另一程序在取",
    "delivery cut": "推送中断线",
}


class Choice(StrEnum):
    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"
    BOTH = "both"


def main(
    updates: Annotated[int, typer.Option(min=1, help="至少发多少封来信。")] = 10_000,
    database: Annotated[Choice, typer.Option(help="在哪种数据库上。")] = Choice.BOTH,
    seed: Annotated[int | None, typer.Option(envvar="STORM_SEED", help="种子；同一种子重演同一场风浪。")] = None,
    minutes: Annotated[int, typer.Option(min=1, help="每种数据库最多多少分钟。")] = 60,
) -> None:
    """大风浪：许多人同时来信，程序、数据库、磁盘、时钟和 Telegram 轮番出事，最后对账。"""
    console = Console()
    seed = random.SystemRandom().randrange(LARGEST_SEED) if seed is None else seed
    console.print(f"STORM_SEED={seed}")
    kinds = list(DATABASES) if database is Choice.BOTH else [database.value]
    plans = [Plan(kind, seed, updates, give_up_after=60.0 * minutes) for kind in kinds]
    try:
        accounts = [asyncio.run(_blow(plan, console)) for plan in plans]
    except (KeyboardInterrupt, asyncio.CancelledError):
        console.print("已中止，启动过的都已结束。")
        sys.exit(INTERRUPTED)
    for account in accounts:
        console.print(table_of(account))
    sys.exit(any(account.findings for account in accounts))


async def _blow(plan: Plan, console: Console) -> Account:
    """One storm, with a bar that shows it; SIGTERM ends it as Ctrl-C does."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    folder = Path(tempfile.mkdtemp(prefix="shuiqiao-storm-"))
    storm = Storm(plan, folder)
    showing = asyncio.get_running_loop().create_task(_show(storm, console))
    try:
        account = await storm.blow()
    finally:
        showing.cancel()
        with suppress(asyncio.CancelledError):
            await showing
        if not storm.account.findings:
            shutil.rmtree(folder)
    if account.findings:
        account.findings.append(f"各进程的输出和日志留在 {folder}")
    return account


async def _show(storm: Storm, console: Console) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("", total=storm.plan.updates)
        while True:
            doing = f"{DATABASES[storm.plan.database]} · {storm.doing}"
            progress.update(bar, completed=storm.sent, total=max(storm.sent, storm.total), description=doing)
            await asyncio.sleep(LOOK_SECONDS)


def table_of(account: Account) -> Table:
    title = f"对账 · {DATABASES[account.database]} · STORM_SEED={account.seed}"
    table = Table("项目", "数目", title=title, title_justify="left", show_lines=False)
    for name, value in rows_of(account):
        table.add_row(name, value)
    return table


def rows_of(account: Account) -> Iterator[tuple[str, str]]:
    yield "历时", f"{account.seconds:.0f} 秒，{account.people} 人"
    yield "发出的来信", f"{account.sent}"
    yield "立的办件", f"{account.cases}"
    yield "Telegram 接口的毛病", _counts(Counter({FAULTS.get(name, name): n for name, n in account.faults.items()}))
    yield "风浪", _counts(account.disasters)
    yield "强行杀死", f"{account.kills} 次"
    yield "起不来而自行退出", f"{account.exits.total()} 次"
    yield "丢失（应为 0）", f"{account.lost}"
    yield "重复办理（应为 0）", f"{account.doubled}"
    yield "重复说出的消息", f"{account.repeats} 条；规则许可 {account.repeats_allowed} 条"
    yield "超过 Telegram 限度（应为 0）", f"{account.over_limit} 次"
    yield "为无法送达的人留着的通知", f"{account.kept} 条"
    for finding in account.findings:
        yield "不符", finding
    yield "结论", "有不符之处" if account.findings else "相符：一封不丢，一件不重，各人的次序不乱"


def _counts(counter: Counter[str]) -> str:
    """「a 3 次，b 2 次」, the most frequent first."""
    return "，".join(f"{name} {number} 次" for name, number in counter.most_common()) or "无"


if __name__ == "__main__":
    typer.run(main)
