"""Opens a database only to look: nothing is migrated, no key is made or needed, no file appears, nothing is written.

The house may be serving the same SQLite file meanwhile. What is encrypted cannot be read this way.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import DatabaseError, make_engine, parse_url
from storage.failures import TROUBLE, unusable
from storage.schema import Schema, Standing, schema_of
from storage.unit import Reader
from storage.vault import Hasher, make_vault, new_key

Found = TypeVar("Found")


async def look_into(address: str, now: datetime, read: Callable[[Reader], Awaitable[Found]]) -> Found | None:
    """What `read` finds in the database at `address`; None where there is no database yet, or an empty one.

    `now` is the instant that the reader stands for. Raises DatabaseError where the database cannot be reached or has
    the schema of another version.
    """

    async def look(connection: AsyncConnection) -> Found | None:
        if _is_ours(await connection.run_sync(schema_of)):
            return await read(Reader(connection, now, Hasher(b"")))
        return None

    return await look_at(address, look)


async def look_at(address: str, look: Callable[[AsyncConnection], Awaitable[Found]]) -> Found | None:
    """What `look` finds at `address`, whatever schema the database has; None where there is no file yet.

    Raises DatabaseError where the database cannot be reached or read.
    """
    url = parse_url(address)
    if url.get_backend_name() != "sqlite":
        return await _look(url, url, look)
    if not _exists(url):
        return None
    # A reader would leave SQLite's companion files behind where nobody has the database open, so such a file is read
    # as it lies; if somebody opened it meanwhile, it is read again with them.
    if not _is_open(url):
        try:
            found = await _look(url, _read_only(url, immutable=True), look)
        except DatabaseError:
            if not _is_open(url):
                raise
        else:
            if not _is_open(url):
                return found
    return await _look(url, _read_only(url), look)


def _exists(url: URL) -> bool:
    return Path(str(url.database)).exists()


def _is_open(url: URL) -> bool:
    """Whether somebody has the SQLite file open, or was killed with it open: then its log lies beside it."""
    return Path(f"{url.database}-wal").exists()


def _read_only(url: URL, *, immutable: bool = False) -> URL:
    query = {"mode": "ro", "uri": "true"} | ({"immutable": "1"} if immutable else {})
    return url.set(database=f"file:{quote(str(url.database))}", query=query)


async def _look(named: URL, url: URL, look: Callable[[AsyncConnection], Awaitable[Found]]) -> Found:
    engine = make_engine(url, make_vault((new_key(),)))
    try:
        async with engine.connect() as connection:
            return await look(connection)
    except TROUBLE as error:
        raise DatabaseError(unusable(named, error)) from error
    finally:
        await engine.dispose()


def _is_ours(schema: Schema) -> bool:
    """False for an empty database; raises DatabaseError for the schema of another version."""
    match schema.standing:
        case Standing.NONE:
            return False
        case Standing.OURS:
            return True
        case Standing.OLDER:
            raise DatabaseError(
                f"数据库结构的版本是 {schema.current}，本程序需要 {schema.newest}。"
                "请先启动一次本程序（make run），它会升级数据库。"
            )
        case Standing.UNKNOWN:
            raise DatabaseError(f"数据库结构的版本是 {schema.current}，本程序不认识。请使用不旧于该版本的程序。")
