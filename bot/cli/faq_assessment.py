"""How `faq assess` looks on a terminal: a bar while it works, then a table of the figures."""

import sys
from dataclasses import asdict

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from faq.assess import Assessment, assess
from faq.collection import Collection
from intents import make_tokenizer

LABELS = {
    "entries": "条目",
    "queries": "问题",
    "top1": "排在首位",
    "recall_at_3": "排在前三",
    "mrr_at_10": "名次倒数的平均（前十）",
    "auroc": "能答与不能答的区分度（AUROC）",
    "answered": "直接答复",
    "answered_right": "　其中答对",
    "answered_wrong": "　其中答错",
    "precision": "直接答复的准确率",
    "coverage": "直接答复的覆盖率",
    "choices_with_right": "请提问人选择，含正确条目",
    "choices_without": "请提问人选择，不含正确条目",
    "handed_on": "转工作人员",
    "build_seconds": "建立索引（秒）",
    "queries_per_second": "每秒判断的问题",
    "memory_mb": "内存峰值（MB）",
}
PERCENT = {"top1", "recall_at_3", "precision", "coverage"}


def assess_with_bar(collection: Collection) -> Assessment:
    """The figures; meanwhile a bar on standard error, where that is a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(
        *columns,
        console=Console(stderr=True),
        transient=True,
        refresh_per_second=4,  # it runs beside what is measured
        disable=not sys.stderr.isatty(),
    ) as progress:
        bar = progress.add_task("建立索引", total=None)

        def tell(asked: int) -> None:
            progress.update(bar, description="逐条提问", total=len(collection.queries), completed=asked)

        return assess(collection, make_tokenizer(), tell)


def table_of(found: Assessment) -> Table:
    """Every figure with its label and its key in JSON."""
    table = Table(
        Column("指标", overflow="fold"), Column("数值", justify="right"), Column("JSON 中的键", overflow="fold")
    )
    for key, value in asdict(found).items():
        table.add_row(LABELS[key], _written(key, value), key)
    return table


def twins_note(collection: Collection) -> str:
    """What the figures can't tell apart; empty where there is nothing of the kind."""
    twins = collection.twins()
    return f"有 {twins} 个条目与别的条目共用同样的问法；只认标注的条目，另一个算错。" if twins else ""


def _written(key: str, value: float | None) -> str:
    match value:
        case None:
            return "—"
        case int():
            return str(value)
    return f"{100 * value:.1f} %" if key in PERCENT else f"{value:.3f}" if value < 10 else f"{value:.0f}"
