"""Where the house stands in a storm: its database, on a disk of its own or on a server of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from testbed.postgres import Postgres, fresh_database, own_postgres
from tests.storm.trouble import SmallDisk, small_disk
from tests.support.house import sqlite_url


@dataclass(frozen=True, slots=True)
class OnSqlite:
    file: Path
    disk: SmallDisk | None

    @property
    def url(self) -> str:
        return sqlite_url(self.file.parent)


@dataclass(frozen=True, slots=True)
class OnPostgres:
    server: Postgres
    url: str


World = OnSqlite | OnPostgres


@asynccontextmanager
async def world_of(database: str, folder: Path) -> AsyncIterator[World]:
    """An empty database of this kind; it is gone when the block is left."""
    if database == "sqlite":
        with small_disk(folder / "disk") as disk:
            yield OnSqlite(folder / "disk" / "test.db", disk)
    else:
        with own_postgres() as server:
            yield OnPostgres(server, await fresh_database(server.url))
