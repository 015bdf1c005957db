"""On what the figures were measured."""

import platform
import sqlite3
import subprocess
from pathlib import Path

import psutil

from testbed.postgres import installed

BUSY = 1.5  # the average number of processes that want to run


def is_busy() -> bool:
    """Whether the machine has other things to do, so that figures are preliminary."""
    return psutil.getloadavg()[0] >= BUSY


def machine() -> list[tuple[str, str]]:
    """Name and value of everything that a figure depends on and that can be found out."""
    return [
        ("processor", f"{_processor()}, {psutil.cpu_count()} cores"),
        ("memory", f"{psutil.virtual_memory().total / 2**30:.0f} GiB"),
        ("system", f"{platform.system()} {platform.release()}"),
        ("Python", platform.python_version()),
        ("SQLite", sqlite3.sqlite_version),
        ("PostgreSQL", _postgresql()),
        ("load before", f"{psutil.getloadavg()[0]:.2f}"),
    ]


def _processor() -> str:
    described = Path("/proc/cpuinfo")
    lines = described.read_text(encoding="utf-8").splitlines() if described.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _postgresql() -> str:
    program = installed() / "bin" / "postgres"
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603  the package's own
    return said.split()[-1]
