"""What the house weighs after many updates of ever new people: a process of its own takes them in and weighs itself."""

import asyncio
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import psutil

from bench.figures import FULL, Figure, Scale, Step

EACH = 10  # questions before a person goes and a new one comes
AIM_GROWTH_MB = 20.0


async def measure(scale: Scale, step: Step) -> list[Figure]:
    """Looked at at two marks; where the time is up before, the last look is what there is."""
    weighed: list[tuple[int, float]] = []
    with tempfile.TemporaryDirectory(prefix="shuiqiao-bench-") as folder:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.memory", folder, *map(str, scale.marks), stdout=asyncio.subprocess.PIPE
        )
        assert child.stdout is not None  # noqa: S101  asked for above
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(scale.most_seconds):
                    while line := await child.stdout.readline():
                        answered, megabytes = line.split()
                        weighed.append((int(answered), float(megabytes)))
                        step("memory")
        finally:
            with suppress(ProcessLookupError):
                child.kill()
            await child.wait()
    (_, start), (few, light), (many, heavy) = weighed[0], weighed[1], weighed[-1]
    return [
        Figure(
            f"memory after {many:,} updates",
            f"{heavy:.0f} MB",
            f"before: {start:.0f} MB; after {few:,}: {light:.0f} MB",
            f"{heavy - light:+.0f} MB",
            f"≤ +{AIM_GROWTH_MB:g} MB",
            heavy - light <= AIM_GROWTH_MB,
        )
    ]


def main(folder: str, *marks: str) -> None:
    """The process: prints after how many answers it weighs what; many looks on the way, in case the time is up."""
    from bot.runtime import startup

    startup.begin()
    asyncio.run(_live(Path(folder), [int(mark) for mark in marks]))


async def _live(folder: Path, marks: list[int]) -> None:
    from bench.contestants import ours, settings_of
    from bench.crowd import Crowd
    from bench.knowledge import knowledge
    from bench.telegram import AtOnce

    known, telegram = knowledge(), AtOnce()
    crowd, few, many = Crowd(known.questions), *marks
    async with ours(settings_of(f"sqlite:///{folder}/house.db", folder), telegram, known.interpreter) as take_in:
        _weigh(0)
        answered = 0
        for upto in sorted({few, *range(2 * few, many, few), many}):
            await crowd.ask(take_in, telegram, upto - answered, people=FULL.people, each=EACH)
            answered = upto
            _weigh(answered)


def _weigh(answered: int) -> None:
    megabytes = psutil.Process().memory_info().rss / 1e6
    print(answered, f"{megabytes:.1f}", flush=True)  # noqa: T201  whoever started this process reads it


if __name__ == "__main__":
    main(*sys.argv[1:])
