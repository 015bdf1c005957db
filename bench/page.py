"""Writes the figures into docs/benchmarks.md, between the two marks; what stands around them is written by hand."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.figures import Figure

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
COLUMNS = ("figure", "measured", "baseline", "ratio", "aim", "met")


def write(figures: Sequence[Figure], machine: Iterable[tuple[str, str]], when: str) -> None:
    """Replace what stands between the marks. Raises ValueError where the page has no marks."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"{PAGE.name} has no marks for the figures")
    PAGE.write_text(f"{before}{BEGIN}\n{markdown(figures, machine, when)}\n{END}{after}", encoding="utf-8")


def markdown(figures: Sequence[Figure], machine: Iterable[tuple[str, str]], when: str) -> str:
    lines = [f"Measured {when}: " + "; ".join(f"{name} {value}" for name, value in machine) + ".", ""]
    lines += [_row(COLUMNS), _row(["---"] * len(COLUMNS)), *(_row(cells(figure)) for figure in figures)]
    return "\n".join(lines)


def cells(figure: Figure) -> list[str]:
    met = {None: "", True: "yes", False: "**no**"}[figure.met]
    return [figure.what, figure.measured, figure.baseline, figure.ratio, figure.aim, met]


def _row(values: Iterable[str]) -> str:
    return "| " + " | ".join(values) + " |"
