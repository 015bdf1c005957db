"""The entry that was asked for: found by our matcher and by the best existing tools, among the same entries.

Each matcher has a process of its own, with one thread for numerics; they take turns, round after round.
"""

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median

from bench.figures import Figure, Scale, Step
from bench.matchers import MATCHERS, OURS
from bench.questions import SAMPLE, make
from bench.trial import Grades, Order, Trial

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
# Of the smaller and the larger number of made entries: scored and decided in a second, and seconds to build.
AIMS: tuple[tuple[float | None, float, float], ...] = ((5_000, 2_000, 2), (None, 300, 30))

Trials = Mapping[str, Sequence[Trial]]  # of each matcher that was not left out, round after round


async def measure(scale: Scale, step: Step) -> list[Figure]:
    """Answers are graded in the first round alone: in another they would be the same."""
    labelled = tuple(map(str, scale.data)) or (SAMPLE,)
    with tempfile.TemporaryDirectory(prefix="shuiqiao-bench-") as folder:
        step("making entries")
        made = [str(make(Path(folder) / str(size), size)) for size in scale.sizes]
        tried: dict[str, dict[str, list[Trial]]] = {name: {} for name in (*labelled, *made)}
        for number in range(scale.rounds):
            for matcher in MATCHERS:
                step(matcher)
                order = Order(matcher, tuple(tried), scale.matched, graded=() if number else labelled)
                for name, trial in zip(tried, await _carried_out(order), strict=True):
                    if trial:
                        tried[name].setdefault(matcher, []).append(trial)
    figures = [figure for name in labelled for figure in of_labelled(name, tried[name])]
    for size, aims, name in zip(scale.sizes, AIMS, made, strict=True):
        figures += of_made(size, aims, tried[name])
    return figures


async def _carried_out(order: Order) -> list[Trial | None]:
    """What the matcher's process tells."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "ignore", "-m", "bench.trial", json.dumps(asdict(order))),
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | ONE_THREAD,
    )
    try:
        told, _ = await child.communicate()
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode:
        raise RuntimeError(f"{order.matcher} failed with {child.returncode}")
    return [_read(line) for line in told.splitlines()]


def _read(line: bytes) -> Trial | None:
    told = json.loads(line)
    return told and Trial(**told | {"grades": told["grades"] and Grades(**told["grades"])})


def of_labelled(name: str, trials: Trials) -> list[Figure]:
    """What was found, then how quickly. What nobody could be asked for is left out."""
    what = f"matching, {Path(name).name}"
    grades = {matcher: rounds[0].grades for matcher, rounds in trials.items() if rounds[0].grades}

    def share(of: str, part: Callable[[Grades], float | None]) -> list[Figure]:
        shares = {matcher: value for matcher, one in grades.items() if (value := part(one)) is not None}
        return [_beside(f"{what}: {of}", shares, ".3f")] if shares else []

    figures = [
        *share("right entry first", lambda one: one.top1),
        *share("among the first three", lambda one: one.recall_at_3),
        *share("answerable told apart, AUROC", lambda one: one.auroc),
        *share("the same, all by score", lambda one: one.auroc_of_score),
        *_outright(f"{what}: answered outright", grades[OURS]),
    ]
    complete, built = _each(trials, lambda trial: trial.rate), _each(trials, lambda trial: trial.build_seconds)
    return [
        *figures,
        _beside(f"{what}: complete", complete, ",.0f", "/s"),
        _beside(f"{what}: built", built, ".2f", " s", less=True),
    ]


def of_made(size: int, aims: tuple[float | None, float, float], trials: Trials) -> list[Figure]:
    """How quickly, and how much memory it takes."""
    what, (scored, decided, built) = f"matching, {size:,} made entries", aims
    return [
        _beside(f"{what}: scoring alone", _each(trials, lambda one: one.rate_of_scoring), ",.0f", "/s", scored),
        _beside(f"{what}: complete", _each(trials, lambda one: one.rate), ",.0f", "/s", decided),
        _beside(f"{what}: built", _each(trials, lambda one: one.build_seconds), ".2f", " s", built, less=True),
        _beside(f"{what}: memory", _each(trials, lambda one: one.memory_mb), ",.0f", " MB", less=True),
    ]


def _each(trials: Trials, measured: Callable[[Trial], float]) -> dict[str, float]:
    return {matcher: median(map(measured, rounds)) for matcher, rounds in trials.items()}


def _outright(what: str, ours: Grades) -> list[Figure]:
    if ours.coverage is None:
        return []
    right = "" if ours.precision is None else f", right {ours.precision:.3f}"
    return [Figure(what, f"{ours.coverage:.3f}{right}")]


def _beside(
    what: str, values: Mapping[str, float], spec: str, unit: str = "", aim: float | None = None, *, less: bool = False
) -> Figure:
    """Ours beside all rivals, and its ratio to the best of them; `less` where less is better."""
    ours = values[OURS]
    rivals = {matcher: values[matcher] for matcher in MATCHERS if matcher in values and matcher != OURS}
    best = (min if less else max)(rivals.values())
    return Figure(
        what,
        f"{ours:{spec}}{unit}",
        ", ".join(f"{matcher} {value:{spec}}{unit}" for matcher, value in rivals.items()),
        f"{ours / best:.2f}" if best else "",
        "" if aim is None else f"{'≤' if less else '≥'} {aim:,g}{unit}",
        None if aim is None else (ours <= aim if less else ours >= aim),
    )
