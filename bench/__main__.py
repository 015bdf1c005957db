"""One command, one table: `python -m bench`, or `make bench`, which also writes the table into docs/benchmarks.md."""

import argparse
import asyncio
from dataclasses import replace
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from bench import answers, browser, matching, memory, page, start, webhook
from bench.figures import FULL, QUICK, Figure, Measure, Scale
from bench.machine import is_busy, machine
from faq.collection import CollectionError, read_collection

PARTS: dict[str, Measure] = {
    "answers": answers.measure,
    "webhook": webhook.measure,
    "browser": browser.measure,
    "start": start.measure,
    "memory": memory.measure,
    "matching": matching.measure,
}


def main() -> None:
    options = _options()
    console = Console()
    where, busy = machine(), is_busy()
    figures = asyncio.run(measure(options.only or list(PARTS), _scale(options), console))
    console.print(_table(figures))
    console.print("; ".join(f"{name} {value}" for name, value in where), markup=False)
    if options.write and not options.data:  # what somebody measures with is not the house's to show
        when = f"on {date.today():%Y-%m-%d}"  # noqa: DTZ011  the day as people here call it
        page.write(figures, where, f"{when} (preliminary: the machine was busy)" if busy else when)
        console.print(f"→ {page.PAGE.name}")


async def measure(only: list[str], scale: Scale, console: Console) -> list[Figure]:
    """The parts one after the other: nothing else runs while one is measured."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    figures: list[Figure] = []
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=None)
        for name in only:

            def step(doing: str, part: str = name) -> None:
                progress.update(task, description=f"{part}: {doing}")

            figures += await PARTS[name](scale, step)
    return figures


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure the house against its baselines.")
    parser.add_argument("--only", nargs="+", choices=list(PARTS), metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="only see that everything runs; the figures say nothing")
    parser.add_argument("--long", action="store_true", help="all of the updates that memory is weighed after")
    parser.add_argument(
        "--data",
        nargs="+",
        type=_labelled,
        default=[],
        metavar="FOLDER",
        help="labelled questions, as `faq assess` reads them, for matching instead of the sample's",
    )
    parser.add_argument("--write", action="store_true", help="write the table into docs/benchmarks.md")
    return parser.parse_args()


def _labelled(name: str) -> Path:
    """A folder that can be measured with."""
    try:
        read_collection(Path(name))
    except CollectionError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return Path(name).resolve()


def _scale(options: argparse.Namespace) -> Scale:
    scale = replace(QUICK if options.quick else FULL, data=tuple(options.data))
    return replace(scale, most_seconds=float("inf")) if options.long else scale


def _table(figures: list[Figure]) -> Table:
    table = Table(*page.COLUMNS)
    for figure in figures:
        table.add_row(*(cell.replace("*", "") for cell in page.cells(figure)))
    return table


if __name__ == "__main__":
    main()
