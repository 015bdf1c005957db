"""Runs migrations on the connection that `storage.schema` hands over."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection, TypeDecorator

from storage.tables import metadata


def plain_type(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write our own column types into migrations as what the database sees, so that old steps never change."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl_instance!r}"
    return False


def run(connection: Connection) -> None:
    """All missing steps in the one transaction that the connection is in: a run that breaks off leaves nothing."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_item=plain_type,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
