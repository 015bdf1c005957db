"""Opens the database: SQLite in one file by default, PostgreSQL when one machine is not enough."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from functools import partial
from typing import Any

import asyncpg
from sqlalchemy import ARRAY, URL, String, bindparam, event, func, make_url, select
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoFreeConnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from storage.group_commit import CommitLostError, Writer
from storage.inline_sqlite import connect
from storage.signals import PG_CHANNEL, Signals
from storage.tables import facts
from storage.uncancelled import to_the_end
from storage.unit import Reader, Unit
from storage.vault import Hasher, Vault

BUSY_MILLISECONDS = 5000
ANNOUNCE = select(func.pg_notify(bindparam("channel"), func.unnest(bindparam("announcements", type_=ARRAY(String)))))
# Classes of SQLSTATE: connection, wrong state (a standby), rollback (deadlock), resources (full disk), object in use,
# operator (shutdown), system, internal.
TROUBLE_STATES = frozenset({"08", "25", "40", "53", "55", "57", "58", "XX"})

# Not SQLAlchemy's, and never about a statement; the two of asyncpg are how it takes a connection that was cut under it.
PLAIN_TROUBLE = (
    CommitLostError,
    NoFreeConnectionError,
    sqlite3.OperationalError,
    OSError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)


class DatabaseError(Exception):
    """The database cannot be used; the message says why and what to do."""


def parse_url(text_of_url: str) -> URL:
    """The SQLAlchemy URL for a setting such as `postgresql://user:secret@host/name` or `sqlite:///path/file.db`."""
    url = make_url(text_of_url)
    match url.get_backend_name():
        case "sqlite":
            if url.database in (None, "", ":memory:"):
                raise DatabaseError(
                    "SQLite 需要一个文件：请使用 sqlite:///路径 形式的地址，例如 sqlite:///var/shuiqiao.db。"
                )
            return url.set(drivername="sqlite+aiosqlite")
        case "postgresql":
            return url.set(drivername="postgresql+asyncpg")
        case other:
            raise DatabaseError(f"不支持的数据库 {other}：请使用 sqlite:/// 或 postgresql:// 开头的地址。")


def make_engine(url: URL, vault: Vault) -> AsyncEngine:
    """An engine whose encrypted columns use `vault`, and whose errors do not repeat what people wrote."""
    if url.get_backend_name() == "sqlite":
        engine = create_async_engine(
            url,
            async_creator=partial(connect, url, BUSY_MILLISECONDS),
            poolclass=AsyncAdaptedQueuePool,
            pool_size=4,
            max_overflow=16,
            hide_parameters=True,
        )
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "invalidate", _let_go_of_the_file)
    else:
        engine = create_async_engine(url, pool_size=10, max_overflow=20, pool_pre_ping=True, hide_parameters=True)
    engine.dialect.vault = vault  # type: ignore[attr-defined]  # columns.vault_of reads it back
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _let_go_of_the_file(connection: Any, _record: object, _error: object) -> None:
    """End the transaction of a connection that is given up in the middle of a statement (its task was cancelled).

    Closing is not enough: while anybody holds the cursor, as the error's traceback does, SQLite keeps a closed
    connection alive, and with it the lock on the file.
    """
    with suppress(sqlite3.Error, asyncio.CancelledError):
        connection.rollback()


class Database:
    """Units to write in and readers to look with."""

    def __init__(self, url: URL, engine: AsyncEngine, hasher: Hasher, signals: Signals, clock: Callable[[], datetime]):
        self.url = url
        self.engine = engine
        self.hasher = hasher
        self.signals = signals
        self.clock = clock
        self._writer = Writer(engine) if self.is_sqlite else None

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @asynccontextmanager
    async def unit(self, now: datetime | None = None) -> AsyncIterator[Unit]:
        """One transaction. When this returns it is on the disk; when it raises nothing has happened."""
        if self._writer is not None:
            async with self._writer.unit() as connection:
                unit = Unit(connection, now or self.clock(), self.hasher)
                yield unit
                await unit.write_deferred()
        else:
            async with self.engine.begin() as connection:
                unit = Unit(connection, now or self.clock(), self.hasher)
                yield unit
                await unit.write_deferred()
                if unit.wake:
                    said = [self.signals.announcement(topic) for topic in sorted(unit.wake)]
                    await connection.execute(ANNOUNCE, {"channel": PG_CHANNEL, "announcements": said})
        for topic in unit.wake:
            self.signals.ring(topic)

    @asynccontextmanager
    async def reader(self) -> AsyncIterator[Reader]:
        """A look at what has been committed; who asks nothing costs no connection."""
        connection = self.engine.connect()
        try:
            yield Reader(connection, self.clock(), self.hasher)
        finally:
            if connection.sync_connection is not None:
                await to_the_end(connection.close())

    async def answers(self) -> bool:
        """Tell whether the database can be read just now."""
        try:
            async with self.reader() as reader:
                await reader.all(select(facts).limit(1))
        except (SQLAlchemyError, OSError):
            return False
        return True

    async def close(self) -> None:
        if self._writer is not None:
            await self._writer.close()
        await self.engine.dispose()


def is_trouble_of_the_database(error: BaseException) -> bool:
    """Whether it was the database that failed and not our statement: such an error says nothing about an update."""
    if isinstance(error, TimeoutError):
        return error.errno is not None  # the network's; a deadline of our own has no number
    if isinstance(error, PLAIN_TROUBLE):
        return True
    # SQLAlchemy wraps what statements raise; what connecting raises comes as it is, with the server's own code.
    state = getattr(error.orig if isinstance(error, DBAPIError) else error, "sqlstate", None)
    if state is not None:
        return state[:2] in TROUBLE_STATES
    return isinstance(error, DBAPIError) and not isinstance(error, IntegrityError | ProgrammingError | DataError)
