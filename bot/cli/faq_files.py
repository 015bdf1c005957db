"""How `faq export` and `faq import` work on a terminal: the bar, what is wrong row by row, and what came of it."""

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bot.cli.admin import Impossible, officer_called, with_database
from bot.cli.terminal import MOST_LINES_NAMED, fail, make_console
from bot.duty_kinds import duty_kinds
from bot.settings import Settings
from escalation.rules.rulebook import make_rulebook
from escalation.seed import load_kinds
from faq.entries.drafting import submit
from faq.entries.results import Denied, Wrong
from faq.files.formats import format_of, read_file
from faq.files.plan import Plan, examine
from faq.files.table import FileError
from faq.files.transfer import carry_out, export, read_baseline
from intents import make_tokenizer
from storage.database import Database, DatabaseError
from storage.read_only import look_into

MOST_SUBMITTED = 200  # each is a duty of the approvers, who are reminded of every one

Tell = Callable[[int], None]


def export_entries(settings: Settings, now: datetime, path: Path, encoding: str, *, overwrite: bool) -> None:
    """Write every entry into a file; nothing is written where it cannot be written whole."""
    chosen = format_of(path)
    if path.exists() and not overwrite:
        raise FileError(f"{path} 已经存在。请换一个文件名，或加上 --overwrite。")
    entries = asyncio.run(look_into(settings.database_url, now, export))
    if entries is None:
        raise DatabaseError("还没有数据库。请先启动一次税桥（make run）。")
    content = chosen.write(entries, encoding)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise FileError(f"写不了 {path}（{error.strerror}）。请核对路径、权限和磁盘空间。") from error
    make_console().print(f"已写出 {len(entries)} 条：{path}", soft_wrap=True)


def import_entries(
    settings: Settings, now: datetime, path: Path, officer: str | None, *, dry_run: bool, and_submit: bool
) -> None:
    """Make drafts of what a file says, of all of it or of nothing; with `dry_run` only say what would come of it."""
    reading = read_file(path)
    if reading.entries and officer is None and not dry_run:
        fail("请用 --by 写明以哪位工作人员的名义导入，例如 --by wang。", 2)
    baseline = asyncio.run(look_into(settings.database_url, now, read_baseline))
    if baseline is None:
        raise DatabaseError("还没有数据库。请先启动一次税桥（make run）。")
    with _bar("逐行比对", len(reading.entries)) as tell:
        plan = examine(reading, baseline, make_tokenizer(), tell)
    _name(path, plan)
    drafts = len(plan.new) + len(plan.changed)
    if and_submit and drafts > MOST_SUBMITTED:
        fail(f"一次最多提交 {MOST_SUBMITTED} 条审批，这里有 {drafts} 条。请分批，或去掉 --submit，先存为草稿。")
    summary = f"新建 {len(plan.new)} 条，修改 {len(plan.changed)} 条，不变 {plan.unchanged} 条"
    if dry_run or officer is None or not drafts:
        make_console().print(f"{summary}。没有写入任何内容。", soft_wrap=True)
        return
    with _bar("写入草稿", drafts) as tell:
        write = partial(_write, code=officer, plan=plan, tell=tell, and_submit=and_submit)
        refused = asyncio.run(with_database(settings, now, write))
    if refused is not None:
        fail(refused.why)
    became = "已提交审批" if and_submit else "已存为草稿，审批之前不会用来答复"
    make_console().print(f"{summary}；{became}。", soft_wrap=True)


def _name(path: Path, plan: Plan) -> None:
    """Say what there is to say about the rows, first what is wrong; where anything is, that is the end."""
    for title, remarks in (("有误", plan.wrong), ("提醒", [one for one in plan.remarks if not one.wrong])):
        for remark in remarks[:MOST_LINES_NAMED]:
            print(f"{title} {path} {remark}", file=sys.stderr)  # noqa: T201  the terminal reads it
        if len(remarks) > MOST_LINES_NAMED:
            print(f"{title}的共 {len(remarks)} 处，以上是前 {MOST_LINES_NAMED} 处。", file=sys.stderr)  # noqa: T201  the same
    if plan.wrong:
        fail(f"共 {len(plan.wrong)} 处有误，什么都没有导入。请更正后再试。")


async def _write(database: Database, *, code: str, plan: Plan, tell: Tell, and_submit: bool) -> Impossible | None:
    """Everything in one unit: whatever comes between, nothing is half imported."""
    async with database.unit() as unit:
        actor = await officer_called(unit, code)
        if isinstance(actor, Impossible):
            return actor
        drafted = await carry_out(unit, actor, plan, tell)
        if isinstance(drafted, Denied):
            return Impossible(drafted.sentence)
        rules = make_rulebook(load_kinds(), duty_kinds())
        for entry_id, head in drafted if and_submit else ():
            result = await submit(unit, rules, actor, entry_id, head=head)
            if isinstance(result, Wrong):
                findings = "；".join(finding.sentence for finding in result.findings)
                raise FileError(f"有条目不能提交：{findings}。什么都没有导入。")
    return None


@contextmanager
def _bar(what: str, total: int) -> Iterator[Tell]:
    """A bar on standard error, where that is a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.update(task, completed=done)
