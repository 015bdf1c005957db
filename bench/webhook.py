"""Telegram delivers by webhook as fast as it can, from outside: `wrk` on the loopback with 64 connections."""

import asyncio
import json
import shutil
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.door import ECHO, HOUSE, UNFROZEN
from bench.figures import Figure, Scale, Step
from bench.knowledge import knowledge

SCRIPT = Path(__file__).with_name("updates.lua")
CONNECTIONS = 64
WHAT = "webhook, updates stored"
LONGEST_SECONDS = 30.0  # to start


@dataclass(frozen=True, slots=True)
class Load:
    """Answered posts a second, and in how many milliseconds half and nearly all of them were answered."""

    rate: float
    p50: float
    p99: float


async def measure(scale: Scale, step: Step) -> list[Figure]:
    """The house stores each update before it answers 200; aiogram's own handler answers 200 first and keeps nothing."""
    if shutil.which("wrk") is None:
        return [Figure(WHAT, "not measured: wrk is not installed")]
    loads: dict[str, list[Load]] = {HOUSE: [], ECHO: [], UNFROZEN: []}
    for _ in range(scale.rounds):
        for who, taken in loads.items():
            step(who)
            taken.append(await _load(who, scale.load_seconds))
    house, echo, unfrozen = (_medians(loads[who]) for who in (HOUSE, ECHO, UNFROZEN))
    return [
        Figure(WHAT, _told(house), f"aiogram's handler, echo: {_told(echo)}", f"{house.rate / echo.rate:.2f}"),
        Figure(
            f"{WHAT}, what freezing garbage collection gives",
            _told(house),
            f"not frozen: {_told(unfrozen)}",
            f"{house.rate / unfrozen.rate:.2f}",
        ),
    ]


def _told(load: Load) -> str:
    return f"{load.rate:,.0f}/s, p50 {load.p50:.0f} ms, p99 {load.p99:.0f} ms"


def _medians(loads: list[Load]) -> Load:
    return Load(*(median(values) for values in zip(*((one.rate, one.p50, one.p99) for one in loads), strict=True)))


async def _load(who: str, seconds: int) -> Load:
    with tempfile.TemporaryDirectory(prefix="shuiqiao-bench-") as folder:
        texts = Path(folder) / "texts"
        texts.write_text("\n".join(map(json.dumps, knowledge().questions)) + "\n", encoding="utf-8")
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.door", who, folder, stdout=asyncio.subprocess.PIPE
        )
        assert child.stdout is not None  # noqa: S101  asked for above
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                url, secret = (await child.stdout.readline()).decode().split()
            await _wrk(1, url, secret, texts)  # warms up
            return await _wrk(seconds, url, secret, texts)
        finally:
            with suppress(ProcessLookupError):
                child.kill()
            await child.wait()


async def _wrk(seconds: int, url: str, secret: str, texts: Path) -> Load:
    """Raises RuntimeError where a post was refused: a quick refusal is no figure."""
    options = ["-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s", "-s", str(SCRIPT), url]
    wrk = await asyncio.create_subprocess_exec(
        "wrk", *options, "--", secret, str(texts), stdout=asyncio.subprocess.PIPE
    )
    said = (await wrk.communicate())[0].decode()
    requests, wrong, lasted, p50, p99 = map(float, said.partition("RESULT ")[2].split())
    if wrong:
        raise RuntimeError(f"{wrong:.0f} of {requests:.0f} posts went wrong:\n{said}")
    return Load(requests / lasted, p50, p99)
