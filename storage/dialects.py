"""What the two databases say in different words: INSERT … ON CONFLICT, and "one of many"."""

import json
from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Executable, String, Table, Text, TypeDecorator, bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

from storage.unit import Reader


def for_both(make: Callable[[Any], Executable]) -> Mapping[str, Executable]:
    """A statement that is made once, for each database by the name of its dialect: `make` is given its `insert`."""
    return MappingProxyType({"sqlite": make(sqlite.insert), "postgresql": make(postgresql.insert)})


def insert_for(reader: Reader, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT of this database's dialect, both of which know ON CONFLICT."""
    if reader.dialect == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


class _Many(TypeDecorator[Collection[Any]]):
    """Many values in one parameter: an array on PostgreSQL, JSON on SQLite."""

    impl = Text
    cache_ok = True

    def __init__(self, of: type[BigInteger] | type[String]) -> None:
        super().__init__()
        self.of = of

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return Text() if dialect.name == "sqlite" else postgresql.ARRAY(self.of)

    def process_bind_param(self, value: Collection[Any] | None, dialect: Dialect) -> Any:
        return json.dumps(list(value or ())) if dialect.name == "sqlite" else list(value or ())


class _Among(FunctionElement[bool]):
    """Without a type: what is Boolean is compared with 1 on SQLite, and then no index helps."""

    name = "among"
    inherit_cache = True


def among(column: ColumnElement[Any], parameter: str) -> ColumnElement[bool]:
    """Whether a column of numbers or texts has one of the values that the parameter of this name is given at the run.

    SQLAlchemy's own `in_` writes the statement anew for every number of values, and PostgreSQL prepares it anew.
    """
    of = String if isinstance(column.type, String) else BigInteger
    return _Among(column, bindparam(parameter, type_=_Many(of)))


@compiles(_Among, "sqlite")
def _in_json(element: _Among, compiler: SQLCompiler, **context: Any) -> str:
    column, values = (compiler.process(part, **context) for part in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608  both are made by SQLAlchemy


@compiles(_Among, "postgresql")
def _in_array(element: _Among, compiler: SQLCompiler, **context: Any) -> str:
    column, values = (compiler.process(part, **context) for part in element.clauses)
    return f"{column} = ANY ({values})"
