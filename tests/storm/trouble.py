"""What can be done to a database, to its disk and to a clock, from outside of the product."""

import asyncio
import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from testbed.postgres import Postgres, cut_connections

DISK_MEGABYTES = 448  # the product calls itself ready with 200 to spare
STEPS = (16 << 20, 1 << 20, 1 << 16, 1 << 12)  # bytes
LOCKER = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], timeout=60, isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
time.sleep(float(sys.argv[2]))
connection.execute("ROLLBACK")
"""


class WrongClock:
    """The clock of the product, which the launcher reads from a file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.set(0.0)

    def set(self, offset: float) -> None:
        """So many seconds ahead of this machine's."""
        self.offset = offset
        fresh = self.file.with_suffix(".new")
        fresh.write_text(f"{offset:.3f}", encoding="ascii")
        fresh.replace(self.file)


@dataclass(frozen=True, slots=True)
class SmallDisk:
    """A disk that can be filled up to the last block."""

    folder: Path

    @property
    def _ballast(self) -> Path:
        return self.folder / "ballast"

    def fill(self) -> None:
        with self._ballast.open("ab") as file:
            for step in STEPS:
                with suppress_full_disk():
                    while True:
                        os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, step)

    def free(self) -> None:
        self._ballast.unlink(missing_ok=True)


@contextmanager
def suppress_full_disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise


@contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk | None]:
    """A disk of its own, mounted at `folder`; None where that is not allowed here."""
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={DISK_MEGABYTES}m,mode=700", "storm", str(folder)]
    try:
        mounted = subprocess.run(["mount", *options], check=False, capture_output=True).returncode == 0  # noqa: S603, S607 — the system's own
    except FileNotFoundError:
        mounted = False
    if not mounted:
        yield None
        return
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)  # noqa: S603, S607 — the system's own


async def lock_file(file: Path, seconds: float) -> None:
    """Somebody else's program has a SQLite file to itself for a while."""
    locker = await asyncio.create_subprocess_exec(sys.executable, "-c", LOCKER, str(file), str(seconds))
    try:
        await locker.wait()
    finally:
        with suppress(ProcessLookupError):
            locker.kill()


async def stop_server(server: Postgres, seconds: float, how: signal.Signals) -> None:
    """A PostgreSQL server goes away, and comes back."""
    await asyncio.to_thread(server.stop, how)
    await asyncio.sleep(seconds)
    await asyncio.to_thread(server.start)


async def cut_again_and_again(database_url: str, seconds: float) -> None:
    """Connections to a PostgreSQL server are ended, several times."""
    clock = asyncio.get_running_loop().time
    until = clock() + seconds
    while clock() < until:
        await cut_connections(database_url)
        await asyncio.sleep(0.3)
