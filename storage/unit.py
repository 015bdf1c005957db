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
        return self.connection.dialect.name

    async def run(self, statement: Executable, values: Values = None) -> CursorResult[Any]:
        return await self.connection.execute(statement, values)

    async def one(self, statement: Executable, values: Values = None) -> Row[Any] | None:
        """The only row, or none."""
        return (await self.connection.execute(statement, values)).one_or_none()

    async def all(self, statement: Executable, values: Values = None) -> Sequence[Row[Any]]:
        return (await self.connection.execute(statement, values)).all()

    async def value(self, statement: Executable, values: Values = None) -> Any:
        """The first column of the only row, or none."""
        return (await self.connection.execute(statement, values)).scalar_one_or_none()


@dataclass(slots=True)
class Unit(Reader):
    """One open transaction, the moment it speaks for, and what is to happen once it has been committed.

    `wake` names the signals to raise after the commit. `afterwards` holds courtesies that may be lost: callback
    acknowledgements, "typing", edits of a keyboard.
    """

    wake: set[str] = field(default_factory=set)
    afterwards: list[Courtesy] = field(default_factory=list)

    async def run_many(self, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run one statement once for each row."""
        await self.connection.execute(statement, rows)

    async def moved(self, statement: Executable, values: Values = None) -> bool:
        """Run a conditional UPDATE; False where it found nothing to move, which means somebody else was first."""
        return (await self.connection.execute(statement, values)).rowcount == 1

    async def inserted(self, statement: Executable, values: Values = None) -> int:
        """Run an INSERT … RETURNING id."""
        return int((await self.connection.execute(statement, values)).scalar_one())
