"""The one writing connection of a SQLite file.

SQLite has one writer at a time, and with `synchronous=FULL` each commit waits for the disk. So units that stand in line
share a transaction: each is a savepoint in it, runs alone, and may fail alone; the last in line commits for all, and
nobody returns before that commit. If it fails, all of them fail: none has happened.

Whoever leaves the line, even by being cancelled in it, looks whether the others are now waiting for a commit that
nobody would make.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.uncancelled import to_the_end, wait_out

MOST_UNITS_IN_A_GROUP = 64


class CommitLostError(Exception):
    """The transaction that the unit shared with others was lost; nothing of it has happened, it may be tried again.

    The cause is what the database said, or the cancellation that took the connection away.
    """


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
        """A connection inside a savepoint; on leaving, waits until the group's commit is on the disk.

        Raises CommitLostError where the group was lost. Who is cancelled when the unit's last statement has been made
        hears of it after the commit: then the unit has happened.
        """
        await self._wait_for_the_turn()
        try:
            group, connection = await self._join()
            try:
                yield connection
            except BaseException:
                await to_the_end(self._take_back(connection))
                raise
            await self._keep(connection)
        finally:
            try:
                if self._is_complete():
                    await to_the_end(self._commit())
            finally:
                self._turn.release()
        await wait_out(group)

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def _wait_for_the_turn(self) -> None:
        self._in_line += 1
        try:
            await self._turn.acquire()
        except BaseException:
            self._in_line -= 1
            if self._is_complete() and not self._turn.locked():
                await to_the_end(self._commit_for_those_before())
            raise
        self._in_line -= 1

    async def _commit_for_those_before(self) -> None:
        async with self._turn:
            if self._is_complete():
                await self._commit()

    def _is_complete(self) -> bool:
        """Whether a group is open that nobody else is going to join."""
        return self._group is not None and (self._in_line == 0 or self._size >= MOST_UNITS_IN_A_GROUP)

    async def _join(self) -> tuple[asyncio.Future[None], AsyncConnection]:
        if self._connection is None:
            self._connection = await self._engine.connect()
        try:
            if self._group is None:
                await self._connection.exec_driver_sql("BEGIN IMMEDIATE")
                self._group = asyncio.get_running_loop().create_future()
                self._group.add_done_callback(lambda done: done.exception())
                self._size = 0
            await self._connection.exec_driver_sql("SAVEPOINT unit")
        except BaseException as error:
            await to_the_end(self._abandon(error))
            raise
        return self._group, self._connection

    async def _keep(self, connection: AsyncConnection) -> None:
        try:
            await connection.exec_driver_sql("RELEASE unit")
        except BaseException as error:
            await to_the_end(self._abandon(error))
            raise
        self._size += 1

    async def _take_back(self, connection: AsyncConnection) -> None:
        """Undo one unit. Where even that fails, undo the group: a full disk has ended the whole transaction, or the
        unit was cancelled in the middle of a statement, which costs the connection.
        """
        try:
            await connection.exec_driver_sql("ROLLBACK TO unit")
            await connection.exec_driver_sql("RELEASE unit")
        except Exception as error:  # noqa: BLE001  a unit that cannot be undone must never be committed
            await self._abandon(error)

    async def _commit(self) -> None:
        """Commit the group and tell everybody in it, or tell everybody that it was lost."""
        group, connection = self._group, self._connection
        if group is None or connection is None:
            return
        try:
            await connection.exec_driver_sql("COMMIT")
        except Exception as error:  # noqa: BLE001  others wait for this: they are told, whatever it was
            await self._abandon(error)
            return
        self._group = None
        group.set_result(None)

    async def _abandon(self, cause: BaseException) -> None:
        """Give the transaction and its connection up, and tell everybody in it."""
        group, connection = self._group, self._connection
        self._group = self._connection = None
        try:
            if connection is not None:
                with suppress(SQLAlchemyError):
                    await connection.exec_driver_sql("ROLLBACK")
                with suppress(SQLAlchemyError):
                    await connection.invalidate()
                    await connection.close()
        finally:
            if group is not None:
                lost = CommitLostError("the shared transaction was lost; nothing of it has happened")
                lost.__cause__ = cause
                group.set_exception(lost)
