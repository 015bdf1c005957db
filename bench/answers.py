"""Durable answers from the FAQ in one process, 64 people at once: ours, a bare echo, and a plain bot with an ORM."""

import tempfile
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from statistics import median

from bench.contestants import echo, ours, settings_of
from bench.crowd import Asked, Crowd, TakeIn
from bench.figures import Figure, Scale, Step
from bench.knowledge import knowledge
from bench.plain import plain
from bench.telegram import AtOnce
from testbed.postgres import drop_database, fresh_database, postgres_server

AIM_OF_ECHO, AIM_OF_PLAIN, AIM_P99 = 0.22, 2.0, 100.0

Contestant = Callable[[AtOnce], AbstractAsyncContextManager[TakeIn]]


async def measure(scale: Scale, step: Step) -> list[Figure]:
    """All in turn, round after round, each time anew and on an empty database; figures are medians of the rounds."""
    known = knowledge()
    asked: dict[str, list[Asked]] = {}
    with tempfile.TemporaryDirectory(prefix="shuiqiao-bench-") as folder, postgres_server() as server:
        for number in range(scale.rounds):
            home = Path(folder) / str(number)
            home.mkdir()
            databases = [await fresh_database(server) for _ in range(2)]
            for name, contestant in _contestants(home, databases).items():
                step(name)
                answers = scale.echoes if name == "echo" else scale.answers
                asked.setdefault(name, []).append(await _ask(contestant, known.questions, answers, scale.people))
            for database in databases:
                await drop_database(database)
    return [
        Figure("bare aiogram echo", f"{_rate(asked['echo']):,.0f}/s, p99 {_p99(asked['echo']):.0f} ms"),
        *figures("SQLite", asked["ours on SQLite"], asked["echo"], asked["plain on SQLite"]),
        *figures("PostgreSQL", asked["ours on PostgreSQL"], asked["echo"], asked["plain on PostgreSQL"]),
    ]


def _contestants(home: Path, databases: list[str]) -> dict[str, Contestant]:
    known = knowledge()
    house_url, plain_url = (database.replace("+asyncpg", "") for database in databases)

    def house(url: str) -> Contestant:
        return lambda telegram: ours(settings_of(url, home), telegram, known.interpreter)

    return {
        "ours on SQLite": house(f"sqlite:///{home}/house.db"),
        "echo": echo,
        "plain on SQLite": lambda telegram: plain(f"sqlite:///{home}/plain.db", telegram, known.edition),
        "ours on PostgreSQL": house(house_url),
        "plain on PostgreSQL": lambda telegram: plain(plain_url, telegram, known.edition),
    }


async def _ask(contestant: Contestant, questions: tuple[str, ...], answers: int, people: int) -> Asked:
    """Everybody has been answered once before it counts."""
    telegram, crowd = AtOnce(), Crowd(questions)
    async with contestant(telegram) as take_in:
        await crowd.ask(take_in, telegram, people, people=people)
        return await crowd.ask(take_in, telegram, answers, people=people)


def figures(database: str, house: list[Asked], bare: list[Asked], orm: list[Asked]) -> list[Figure]:
    """The house beside the echo and beside the plain bot."""
    rate, p99 = _rate(house), _p99(house)
    of_echo, of_plain = rate / _rate(bare), rate / _rate(orm)
    what = f"durable answers, {database}"
    return [
        Figure(
            f"{what}, of the echo",
            f"{rate:,.0f}/s",
            f"{_rate(bare):,.0f}/s",
            f"{of_echo:.3f}",
            f"≥ {AIM_OF_ECHO}",
            of_echo >= AIM_OF_ECHO,
        ),
        Figure(
            f"{what}, of a plain ORM bot",
            f"{rate:,.0f}/s",
            f"{_rate(orm):,.0f}/s",
            f"{of_plain:.2f}",
            f"≥ {AIM_OF_PLAIN:g}",
            of_plain >= AIM_OF_PLAIN,
        ),
        Figure(
            f"{what}, slowest of a hundred",
            f"p99 {p99:.0f} ms",
            f"plain {_p99(orm):,.0f} ms",
            f"{p99 / _p99(orm):.2f}",
            f"≤ {AIM_P99:g} ms",
            p99 <= AIM_P99,
        ),
    ]


def _rate(rounds: list[Asked]) -> float:
    return median(one.rate for one in rounds)


def _p99(rounds: list[Asked]) -> float:
    return median(one.within(99) for one in rounds)
