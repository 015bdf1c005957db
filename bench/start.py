"""From the start of the process to the first answer to a taxpayer, and what the house weighs when nobody writes."""

import asyncio
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil

from bench.figures import Figure, Scale, Step
from bench.knowledge import knowledge
from testbed.processes import Installation, browser

AIM_SECONDS, AIM_MB = 3.0, 250.0
IDLE_SECONDS = 2.0
ALONE = """
import aiogram, aiohttp.web, psutil
me = psutil.Process()
print(sum(me.cpu_times()[:2]), me.memory_info().rss)
"""


@dataclass(frozen=True, slots=True)
class Start:
    """Seconds on the clock and of the processor until the first answer; megabytes a while later."""

    wall: float
    cpu: float
    idle_mb: float


async def measure(scale: Scale, step: Step) -> list[Figure]:
    """On a database that exists and with files that the machine has read before. Beside it aiogram imported alone."""
    starts, alone = [], []
    with tempfile.TemporaryDirectory(prefix="shuiqiao-bench-") as name:
        folder = Path(name)
        with Installation(folder, f"sqlite:///{folder}/house.db") as installation:
            await _start(installation)  # makes key and database
            for _ in range(scale.starts):
                step("start")
                starts.append(await _start(installation))
                alone.append(await asyncio.to_thread(_alone))
    wall, cpu, idle = (median(values) for values in zip(*((s.wall, s.cpu, s.idle_mb) for s in starts), strict=True))
    alone_cpu, alone_mb = (median(values) for values in zip(*alone, strict=True))
    return [
        Figure(
            "start → first answer",
            f"{wall:.2f} s ({cpu:.2f} s of CPU)",
            f"import aiogram: {alone_cpu:.2f} s of CPU",
            f"{cpu / alone_cpu:.2f}",
            f"≤ {AIM_SECONDS:g} s",
            wall <= AIM_SECONDS,
        ),
        Figure(
            "memory when idle",
            f"{idle:.0f} MB",
            f"import aiogram: {alone_mb:.0f} MB",
            f"{idle / alone_mb:.2f}",
            f"≤ {AIM_MB:g} MB",
            idle <= AIM_MB,
        ),
    ]


async def _start(installation: Installation) -> Start:
    began = time.perf_counter()
    run = await installation.start().ready()
    async with browser(lambda: run.url) as somebody:
        await somebody.hears("您好，这里是")
        await somebody.says(knowledge().questions[0])
        await somebody.hears("依据：")
    wall = time.perf_counter() - began
    process = psutil.Process(run.pid)
    cpu = process.cpu_times()
    await asyncio.sleep(IDLE_SECONDS)
    idle = process.memory_info().rss / 1e6
    await run.terminate()
    return Start(wall, cpu.user + cpu.system, idle)


def _alone() -> tuple[float, float]:
    """Seconds of the processor and megabytes of a process that has imported what every bot on aiogram imports."""
    done = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, check=True)  # noqa: S603  the program above
    seconds, octets = done.stdout.split()
    return float(seconds), int(octets) / 1e6
