"""SQLite without a thread for every statement.

aiosqlite sends each statement, fetch and close to a thread and waits for its answer: four switches for a statement that
takes twenty microseconds. Here statements run where they are, in the loop; only what waits for the disk or for a lock
(BEGIN, COMMIT, a checkpoint) goes to a thread. To SQLAlchemy this is one more aiosqlite connection.
"""

import asyncio
import sqlite3
from collections.abc import Sequence
from typing import Any, Self
from urllib.parse import urlencode

from sqlalchemy import URL

from storage.uncancelled import wait_out

WAITS = ("BEGIN", "COMMIT", "VACUUM", "PRAGMA")


class InlineCursor:
    """A cursor whose methods are awaited, and mostly do not wait."""

    def __init__(self, cursor: sqlite3.Cursor) -> None:
        self._cursor = cursor

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        if sql.startswith(WAITS):
            await _in_thread(self._cursor.execute, sql, parameters)
        else:
            self._cursor.execute(sql, parameters)

    async def executemany(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        self._cursor.executemany(sql, rows)

    async def fetchall(self) -> list[Any]:
        return self._cursor.fetchall()

    async def fetchmany(self, size: int) -> list[Any]:
        return self._cursor.fetchmany(size)

    async def fetchone(self) -> Any:
        return self._cursor.fetchone()

    async def close(self) -> None:
        self._cursor.close()

    def __getattr__(self, name: str) -> Any:
        """`description`, `rowcount`, `lastrowid` and the like are sqlite3's own."""
        return getattr(self._cursor, name)


class InlineConnection:
    """One connection in autocommit mode: BEGIN and COMMIT are said by whoever uses it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection: sqlite3.Connection | None = connection

    @property
    def isolation_level(self) -> str | None:
        return self._open.isolation_level

    def cursor(self) -> InlineCursor:
        return InlineCursor(self._open.cursor())

    async def create_function(self, *arguments: Any, **options: Any) -> None:
        self._open.create_function(*arguments, **options)

    async def commit(self) -> None:
        if self._open.in_transaction:
            await _in_thread(self._open.commit)

    async def rollback(self) -> None:
        """Undo what is open; a commit that is still on its way in its thread may have been first, and stands."""
        try:
            self._open.rollback()
        except sqlite3.OperationalError:
            if self._open.in_transaction:
                raise

    async def close(self) -> None:
        self.stop()

    def stop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @property
    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            raise sqlite3.OperationalError("connection closed")
        return self._connection


async def connect(url: URL, busy_milliseconds: int) -> InlineConnection:
    """Open a file, or a `file:` address with options; raises sqlite3.OperationalError where it cannot be opened."""
    options = {name: value for name, value in url.query.items() if name != "uri"}
    connection = sqlite3.connect(
        f"{url.database}?{urlencode(options)}" if options else str(url.database),
        timeout=busy_milliseconds / 1000,
        isolation_level=None,
        check_same_thread=False,
        uri="uri" in url.query,
    )
    return InlineConnection(connection)


async def _in_thread(work: Any, *arguments: Any) -> None:
    """Wait for `work` to its end however often we are cancelled: to close or use a connection that a thread is using
    ends the process.
    """
    await wait_out(asyncio.get_running_loop().run_in_executor(None, work, *arguments))
