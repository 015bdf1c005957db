"""The unit of work: one transaction in which an update has its effects and its words.

The edge (handler, page, job) opens a unit and passes it to use cases; nobody else commits.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, Executable, Row
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.vault import Hasher

Courtesy = Callable[[], Awaitable[object]]
Values = Mapping[str, Any] | None
Rows = Sequence[Mapping[str, Any]]


class UnitAbandonedError(Exception):
    """Somebody else was first, or the lease is no longer ours: the unit rolls back and says nothing."""


@dataclass(slots=True)
class Reader:
    """A connection to read with; a query sees what has been committed.

    A statement of the hot path is made once, with `bindparam`s, and given `values` here: to make it anew costs more
    than to run it.
    """

    connection: AsyncConnection
    now: datetime
    hasher: Hasher

    @property
    def dialect(self) -> str:
        """The name of the database's dialect: "sqlite" or "postgresql"."""
        return self.connection.engine.dialect.name

    async def run(self, statement: Executable, values: Values | Rows = None) -> CursorResult[Any]:
        """Run a statement, once or for many rows; a reader goes to the database only when it is first asked."""
        if self.connection.sync_connection is None:
            await self.connection.start()
        return await self.connection.execute(statement, values)

    async def one(self, statement: Executable, values: Values = None) -> Row[Any] | None:
        """The only row, or none."""
        return (await self.run(statement, values)).one_or_none()

    async def all(self, statement: Executable, values: Values | Rows = None) -> Sequence[Row[Any]]:
        return (await self.run(statement, values)).all()

    async def value(self, statement: Executable, values: Values = None) -> Any:
        """The first column of the only row, or none."""
        return (await self.run(statement, values)).scalar_one_or_none()


@dataclass(slots=True)
class Unit(Reader):
    """One open transaction, the moment it speaks for, and what is to happen once it has been committed.

    `wake` names the signals to raise after the commit. `afterwards` holds courtesies that may be lost: callback
    acknowledgements, "typing", edits of a keyboard.
    """

    wake: set[str] = field(default_factory=set)
    afterwards: list[Courtesy] = field(default_factory=list)
    _deferred: "dict[Write, list[Mapping[str, Any]]]" = field(default_factory=dict)

    async def run(self, statement: Executable, values: Values | Rows = None) -> CursorResult[Any]:
        """Run a statement, once or for many rows; it finds everything that was written before it."""
        if self._deferred:
            await self.write_deferred()
        return await self.connection.execute(statement, values)

    def defer(self, write: "Write", row: Mapping[str, Any]) -> None:
        """Write a row for whose result nobody waits: together with others of its kind, before the next statement or at
        the end of the unit.
        """
        self._deferred.setdefault(write, []).append(row)

    async def write_deferred(self) -> None:
        deferred, self._deferred = self._deferred, {}
        for write, rows in deferred.items():
            await write(self, rows)

    async def moved(self, statement: Executable, values: Values = None) -> bool:
        """Run a conditional UPDATE; False where it found nothing to move, which means somebody else was first."""
        return (await self.run(statement, values)).rowcount == 1

    async def inserted(self, statement: Executable, values: Values = None) -> int:
        """Run an INSERT … RETURNING id."""
        return int((await self.run(statement, values)).scalar_one())


Write = Callable[[Unit, Rows], Awaitable[None]]
