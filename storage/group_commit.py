"""The one writing connection of a SQLite file.

SQLite has one writer at a time, and with `synchronous=FULL` each commit waits for the disk. So units that stand in line
share a transaction: each is a savepoint in it, runs alone, and may fail alone; the last in line commits for all, and
nobody returns before that commit. If it fails, all of them fail: none has happened.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

MOST_UNITS_IN_A_GROUP = 64


class CommitLostError(Exception):
    """The transaction that the unit shared with others was lost; nothing of it has happened, it may be tried again."""


class Writer:
    """Hands out savepoints of a shared transaction, one unit at a time, first come first served."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._turn = asyncio.Lock()
        self._in_line = 0
        self._connection: AsyncConnection | None = None
        self._group: asyncio.Future[None] | None = None
        self._size = 0

    @asynccontextmanager
    async def unit(self) -> AsyncIterator[AsyncConnection]:
        """A connection inside a savepoint; on leaving, waits until the group's commit is on the disk."""
        self._in_line += 1
        try:
            await self._turn.acquire()
        finally:
            self._in_line -= 1
        try:
            group, connection = await self._join()
            try:
                yield connection
            except BaseException:
                await self._take_back(connection)
                raise
            await self._keep(connection)
        finally:
            try:
                if self._group is not None and (self._in_line == 0 or self._size >= MOST_UNITS_IN_A_GROUP):
                    await self._commit()
            finally:
                self._turn.release()
        await asyncio.shield(group)

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def _join(self) -> tuple[asyncio.Future[None], AsyncConnection]:
        if self._connection is None:
            self._connection = await self._engine.connect()
        if self._group is None:
            try:
                await self._execute(self._connection, "BEGIN IMMEDIATE")
            except BaseException:
                await self._abandon()
                raise
            self._group = asyncio.get_running_loop().create_future()
            self._group.add_done_callback(lambda done: done.exception())
            self._size = 0
        try:
            await self._execute(self._connection, "SAVEPOINT unit")
        except BaseException:
            await self._abandon()
            raise
        return self._group, self._connection

    async def _keep(self, connection: AsyncConnection) -> None:
        try:
            await self._execute(connection, "RELEASE unit")
        except BaseException:
            await self._abandon()
            raise
        self._size += 1

    async def _take_back(self, connection: AsyncConnection) -> None:
        """Undo one unit; where even that fails (a full disk ends the whole transaction), undo the group."""
        try:
            await self._execute(connection, "ROLLBACK TO unit")
            await self._execute(connection, "RELEASE unit")
        except SQLAlchemyError:
            await self._abandon()

    async def _commit(self) -> None:
        group, connection = self._group, self._connection
        if group is None or connection is None:
            return
        try:
            await self._execute(connection, "COMMIT")
        except BaseException:
            await self._abandon()
            raise
        self._group = None
        group.set_result(None)

    async def _abandon(self) -> None:
        """Give the transaction and its connection up, and tell everybody in it."""
        group, connection = self._group, self._connection
        self._group = self._connection = None
        if group is not None and not group.done():
            group.set_exception(CommitLostError("the shared transaction was lost; nothing of it has happened"))
        if connection is not None:
            with suppress(SQLAlchemyError):
                await self._execute(connection, "ROLLBACK")
            with suppress(SQLAlchemyError):
                await connection.invalidate()
                await connection.close()

    @staticmethod
    async def _execute(connection: AsyncConnection, sql: str) -> None:
        await connection.exec_driver_sql(sql)
