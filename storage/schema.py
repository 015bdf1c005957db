"""Brings a database to the schema of this version, and refuses one from the future.

Alembic is imported only where there is something for it to do.
"""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.database import DatabaseError

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
ADVISORY_LOCK = 7_260_431  # any number that only this product uses


def config_for(connection: Connection) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def current_revision(connection: Connection) -> str | None:
    """The number of the newest migration that was made on this database; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    number: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return number


def is_newest(connection: Connection) -> bool:
    """Whether the schema is that of this version, whose migrations are named by their numbers."""
    numbers = [path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("*.py")]
    return current_revision(connection) == max(numbers)


class Standing(Enum):
    """How the schema of a database stands to the one that this version needs."""

    NONE = "none"
    OLDER = "older"
    OURS = "ours"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Schema:
    """The revision that a database has (None: there is nothing in it yet), and the one that this version needs."""

    standing: Standing
    current: str | None
    newest: str


def schema_of(connection: Connection) -> Schema:
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(config_for(connection))
    current, newest = current_revision(connection), str(scripts.get_current_head())
    if current is None:
        standing = Standing.NONE
    elif current == newest:
        standing = Standing.OURS
    elif current in {script.revision for script in scripts.walk_revisions()}:
        standing = Standing.OLDER
    else:
        standing = Standing.UNKNOWN
    return Schema(standing, current, newest)


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Run the missing migrations; raises DatabaseError for a schema that this version does not know."""
    from alembic import command

    schema = schema_of(connection)
    if schema.standing is Standing.UNKNOWN:
        raise DatabaseError(
            f"数据库结构的版本是 {schema.current}，比本程序新。请使用不旧于该版本的程序，或从备份中恢复旧的数据库。"
        )
    command.upgrade(config_for(connection), revision)


async def migrate(engine: AsyncEngine) -> None:
    """Bring the database up to date; of two processes that start together the second waits for the first."""
    async with engine.connect() as connection:
        if await connection.run_sync(is_newest):
            return
        await connection.rollback()
        if engine.dialect.name == "sqlite":
            await _migrate_sqlite(connection)
            return
        await connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": ADVISORY_LOCK})
        await connection.commit()
        try:
            await connection.run_sync(upgrade)
            await connection.commit()
        finally:
            await connection.rollback()
            await connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": ADVISORY_LOCK})
            await connection.commit()


async def _migrate_sqlite(connection: AsyncConnection) -> None:
    # A step that changes a table builds it anew and drops the old one, which must not count as deleting its rows.
    await connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
    try:
        await connection.exec_driver_sql("BEGIN IMMEDIATE")
        before = await connection.run_sync(current_revision)
        await connection.run_sync(upgrade)
        if await connection.run_sync(current_revision) != before:
            await _check_foreign_keys(connection)
        await connection.commit()
    finally:
        await connection.rollback()
        await connection.exec_driver_sql("PRAGMA foreign_keys=ON")


async def _check_foreign_keys(connection: AsyncConnection) -> None:
    broken = (await connection.exec_driver_sql("PRAGMA foreign_key_check")).mappings().first()
    if broken is not None:
        raise DatabaseError(
            f"升级数据库后，表 {broken['table']} 里有记录在表 {broken['parent']} 里找不到所指的记录；升级已全部撤销。"
            "请保留数据库文件并联系开发者。"
        )
