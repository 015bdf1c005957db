"""What a measurement comes to, and how much of it is done."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

Step = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `met` is None where nothing was aimed at, or nothing could be measured."""

    what: str
    measured: str
    baseline: str = ""
    ratio: str = ""
    aim: str = ""
    met: bool | None = None


@dataclass(frozen=True, slots=True)
class Scale:
    """How long to measure. `steps` of a part are told to whoever waits."""

    rounds: int = 3
    people: int = 64  # who ask at once
    answers: int = 640  # of the house and the plain bot, each round
    echoes: int = 6400
    load_seconds: int = 5
    questions: int = 50  # in the browser
    starts: int = 3
    marks: tuple[int, int] = (10_000, 100_000)  # updates after which memory is looked at
    most_seconds: float = 200.0  # for these updates
    matched: int = 640  # questions to each matcher, each round
    sizes: tuple[int, int] = (7_196, 100_000)  # entries that are made for the matchers
    data: tuple[Path, ...] = ()  # folders of labelled questions that take the sample's place


FULL = Scale()
QUICK = Scale(
    rounds=1,
    people=8,
    answers=16,
    echoes=32,
    load_seconds=1,
    questions=3,
    starts=1,
    marks=(20, 60),
    most_seconds=30.0,
    matched=20,
    sizes=(40, 80),
)

Measure = Callable[[Scale, Step], Awaitable[list[Figure]]]
