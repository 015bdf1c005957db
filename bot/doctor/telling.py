"""Tells the findings: to people as a table that fits a narrow terminal, to programs as plain values."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len, chop_cells
from rich.console import Console, ConsoleOptions
from rich.table import Column, Table
from rich.text import Text

from bot.doctor.findings import TITLES, Finding, State, overall

WORDS = {State.WELL: "好", State.REMARK: "注意", State.WRONG: "有问题"}
STYLES = {State.WELL: "green", State.REMARK: "yellow", State.WRONG: "bold red"}


# What stays together where a line ends: a word or a sign, and the punctuation around it.
TOGETHER = re.compile(r"[（“]*(?:[!-~]+|.)[，。；：、）”…]*")


@dataclass(frozen=True, slots=True)
class Folded:
    """Lines that are broken between Chinese characters where the terminal ends, and never within a command's word."""

    lines: Sequence[str]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        for line in self.lines:
            for part in fold(line, options.max_width):
                yield Text(part, no_wrap=True)


def fold(line: str, width: int) -> Iterator[str]:
    """The line in parts of at most `width` cells (two for a Chinese character); no blanks at their ends."""
    part = ""
    for piece in TOGETHER.findall(line):
        if cell_len((part + piece).rstrip()) <= width:
            part += piece
            continue
        if part:
            yield part.rstrip()
        *full, part = chop_cells(piece, width)
        yield from full
    yield part.rstrip()


def tell(findings: Sequence[Finding], console: Console) -> None:
    """A line for each finding, what to do below it, and at the end how many there are of each state."""
    table = Table(Column(no_wrap=True), Column(no_wrap=True), Column(), box=None, show_header=False)
    for finding in findings:
        state = Text(WORDS[finding.state], STYLES[finding.state])
        lines = (finding.found, f"→ {finding.advice}") if finding.advice else (finding.found,)
        table.add_row(state, TITLES[finding.name], Folded(lines))
    console.print(table)
    states = [finding.state for finding in findings]
    counts = "，".join(f"{states.count(state)} 项{word}" for state, word in WORDS.items())
    console.print(f"\n{counts}。")


def to_json(findings: Sequence[Finding]) -> dict[str, Any]:
    """`state` is the worst of all: well, remark or wrong."""
    return {
        "state": overall(findings).value,
        "findings": [
            {"name": one.name, "state": one.state.value, "found": one.found, "advice": one.advice} for one in findings
        ],
    }
