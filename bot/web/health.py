"""Whether the house lives, and whether it can take in what people bring."""

import shutil
from pathlib import Path

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from bot.web.keys import DEPS, LEAST_FREE_BYTES
from storage.database import Database
from storage.tables import facts

LEAST_FREE = 200 * 1024 * 1024


async def health(_request: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


async def readiness(request: web.Request) -> web.Response:
    """503 with the reasons while an update could not be stored: red before the disk is full."""
    database = request.app[DEPS].database
    findings = []
    if not await _answers(database):
        findings.append("database")
    if database.is_sqlite and database.url.database:
        findings += _trouble_on_disk(Path(database.url.database), request.app[LEAST_FREE_BYTES])
    return web.json_response(
        {"status": "unready" if findings else "ready", "findings": findings}, status=503 if findings else 200
    )


async def _answers(database: Database) -> bool:
    try:
        async with database.reader() as reader:
            await reader.all(select(facts).limit(1))
    except (SQLAlchemyError, OSError):
        return False
    return True


def free_bytes(file: Path) -> int | None:
    """What is left on the disk of a file; None where that cannot be found out."""
    try:
        return shutil.disk_usage(file.parent).free
    except OSError:
        return None


def _trouble_on_disk(file: Path, least_free_bytes: int) -> list[str]:
    free = free_bytes(file)
    findings = ["disk"] if free is None or free < least_free_bytes else []
    # SQLite goes on writing into a file that was deleted, and all of it would be lost.
    return findings if file.exists() else [*findings, "database_file"]


ROUTES = [web.get("/healthz", health), web.get("/readyz", readiness)]
