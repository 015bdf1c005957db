"""The database: whether it can be reached, whose schema it has, and what a start would meet."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.doctor.findings import Finding, complaint, remark, unchecked, well, wrong
from storage.database import DatabaseError, parse_url
from storage.disk import existing_folder
from storage.failures import shown, unusable
from storage.installation import database_now, leases_held
from storage.opening import read_pepper
from storage.read_only import look_at
from storage.schema import Schema, Standing, schema_of
from storage.single_process import is_served
from storage.unit import Reader
from storage.vault import Hasher

NAME = "database"
REACH_SECONDS = 10.0
LARGEST_CHECKED = 256 * 1024 * 1024  # bytes that are read through in a second or so
WAL_HEADER = b"\x02\x02"  # at 18: which version of SQLite's file format is written and read

Clock = Callable[[], datetime]
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL server as it describes itself."""

    version: str
    encoding: str
    is_standby: bool
    lets_make_tables: bool


@dataclass(frozen=True, slots=True)
class Data:
    """What one look into the database showed. With `trouble` (why it cannot be used) the rest is not known."""

    url: URL
    trouble: str = ""
    schema: Schema | None = None
    sealed_pepper: str | None = None
    is_served: bool = False  # a house is running on it
    damage: str = ""  # of a SQLite file
    server: Server | None = None
    ahead: timedelta | None = None  # how far our clock is ahead of the server's

    @property
    def is_new(self) -> bool:
        """Whether there is nothing in it yet, so that the first start makes everything."""
        return not self.trouble and (self.schema is None or self.schema.standing is Standing.NONE)

    @property
    def is_ours(self) -> bool:
        return self.schema is not None and self.schema.standing is Standing.OURS

    @property
    def file(self) -> Path | None:
        """The file of a SQLite database, which may not be there yet."""
        return Path(str(self.url.database)) if self.url.get_backend_name() == "sqlite" else None


async def look_at_data(address: str, clock: Clock) -> Data:
    """Look into the database at `address`, whatever state it is in."""
    empty = Data(parse_url(address))
    served = empty.file is not None and is_served(empty.file)

    async def look(connection: AsyncConnection) -> Data:
        schema = await connection.run_sync(schema_of)
        pepper = await read_pepper(connection)
        if empty.file is not None:
            damage = await _damage(connection, empty.file)
            return Data(empty.url, schema=schema, sealed_pepper=pepper, is_served=served, damage=damage)
        reader = Reader(connection, clock(), Hasher(b""))
        held = await leases_held(reader) if schema.standing is Standing.OURS else ()
        return Data(
            empty.url,
            schema=schema,
            sealed_pepper=pepper,
            is_served=bool(held),
            server=await _server(connection),
            ahead=await _ahead(reader, clock),
        )

    try:
        found = await within_reach(empty.url, look_at(address, look))
    except DatabaseError as error:
        return Data(empty.url, trouble=str(error), is_served=served)
    return found or Data(empty.url, is_served=served)


async def within_reach(url: URL, looking: Awaitable[Found]) -> Found:
    """Wait for a look, but not for ever; raises DatabaseError."""
    try:
        async with asyncio.timeout(REACH_SECONDS):
            return await looking
    except TimeoutError as error:
        raise DatabaseError(unusable(url, error)) from error


async def _damage(connection: AsyncConnection, file: Path) -> str:
    """What SQLite finds broken in its file; empty where nothing is, or where reading it all would take too long."""
    if _size(file) > LARGEST_CHECKED:
        return ""
    said = str((await connection.exec_driver_sql("PRAGMA quick_check(1)")).scalar_one())
    return "" if said == "ok" else said.splitlines()[0]


def _size(file: Path) -> int:
    return file.stat().st_size


async def _server(connection: AsyncConnection) -> Server:
    asked = text(
        "SELECT current_setting('server_version'), current_setting('server_encoding'), pg_is_in_recovery(),"
        " coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)"
    )
    version, encoding, is_standby, lets_make_tables = (await connection.execute(asked)).one()
    return Server(version.split()[0], encoding, is_standby, lets_make_tables)


async def _ahead(reader: Reader, clock: Clock) -> timedelta:
    """How far our clock is ahead; the database is taken to have answered half-way through the wait."""
    asked_at = clock()
    theirs = await database_now(reader)
    return asked_at + (clock() - asked_at) / 2 - theirs


def check_database(data: Data | None) -> Iterator[Finding]:
    """Whether a house can live on this database, and what the next start will do to it."""
    if data is None:
        yield unchecked(NAME, "上面的错误")
        return
    if data.trouble:
        yield complaint(NAME, data.trouble)
    else:
        yield _standing(data)
    if data.is_served:
        yield remark(NAME, "税桥正在运行", "不必处理；体检不影响它")
    if data.damage:
        yield wrong(NAME, f"数据库文件已损坏：{data.damage}", "停止税桥，留下这个文件，从备份中恢复")
    if data.file is not None:
        yield from _trouble_with_file(data, data.file)
    if data.server is not None:
        yield from _trouble_with_server(data, data.server)


def _standing(data: Data) -> Finding:
    schema = data.schema
    if schema is None or schema.standing is Standing.NONE:
        return well(NAME, f"{shown(data.url)} 还没有内容，首次启动会建好")
    match schema.standing:
        case Standing.OLDER:
            found = f"结构的版本是 {schema.current}，本程序需要 {schema.newest}"
            return remark(NAME, found, "先备份数据库和密钥；下次启动（make run）会自动升级")
        case Standing.UNKNOWN:
            found = f"结构的版本是 {schema.current}，本程序不认识，不会启动"
            return wrong(NAME, found, "使用不旧于该版本的程序，或从备份中恢复旧的数据库")
    kind = "SQLite" if data.server is None else f"PostgreSQL {data.server.version}，{data.server.encoding}"
    return well(NAME, f"{shown(data.url)} 可用，结构的版本是 {schema.current}（{kind}）")


def _trouble_with_file(data: Data, file: Path) -> Iterator[Finding]:
    folder = existing_folder(file)
    if not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
        yield wrong(NAME, f"文件夹 {folder} 不可写，数据库不能建立或改动", "检查权限和所有者，或者换一个文件夹")
    elif file.is_file() and not os.access(file, os.R_OK | os.W_OK):
        yield wrong(NAME, f"文件 {file} 不可读写", "检查权限和所有者")
    if data.is_served and not data.trouble and not _is_in_wal_mode(file):
        found = "数据库不在 WAL 方式，读和写会互相等待"
        yield wrong(NAME, found, "把数据库放在本机磁盘上（不要放在网络共享里），重新启动")


def _is_in_wal_mode(file: Path) -> bool:
    with file.open("rb") as content:
        return content.read(20)[18:] == WAL_HEADER


def _trouble_with_server(data: Data, server: Server) -> Iterator[Finding]:
    if server.encoding != "UTF8":
        advice = "新建一个 UTF-8 的库（createdb -E UTF8 -T template0），改用它"
        yield wrong(NAME, f"数据库的编码是 {server.encoding}，存不下全部汉字", advice)
    if server.is_standby:
        yield wrong(NAME, "这是一台只读的备库", "把 SHUIQIAO_DATABASE_URL 指向主库")
    if not (data.is_ours or server.lets_make_tables):
        yield wrong(NAME, "这个用户不能建表，不能建立或升级数据库", "让它能建表，例如成为该库的所有者")
