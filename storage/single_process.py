"""One process on one SQLite file: whoever serves it holds a lock that ends with the process, however that ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import URL

from storage.database import DatabaseError

# Long enough to outwait a look (`is_served`), which holds the lock for an instant.
PATIENCE_SECONDS = 0.2


class AlreadyRunningError(Exception):
    """Another process serves this SQLite file."""


@contextmanager
def single_process(url: URL) -> Iterator[None]:
    """Serve the SQLite file of `url` alone, until the block is left; PostgreSQL is shared.

    Raises AlreadyRunningError or DatabaseError, whose messages say what to do.
    """
    if url.get_backend_name() != "sqlite" or not url.database:
        yield
        return
    path = Path(url.database)
    lock = FileLock(_lock_file(path))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=PATIENCE_SECONDS)
    except Timeout as error:
        raise AlreadyRunningError(
            f"另一个税桥进程正在使用 {path}。SQLite 只能由一个进程使用：请先停止它；需要多个进程时请改用 PostgreSQL。"
        ) from error
    except OSError as error:
        raise DatabaseError(f"无法使用数据目录 {path.parent}：{error.strerror}。请检查路径和权限。") from error
    try:
        yield
    finally:
        lock.release()


def is_served(file: Path) -> bool:
    """Whether a process serves this SQLite file now. Nothing is made: where there is no lock file, nobody does."""
    try:
        handle = os.open(_lock_file(file), os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(handle)


def _lock_file(file: Path) -> Path:
    return file.with_name(file.name + ".lock")
