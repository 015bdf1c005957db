"""Whether the house lives, and whether it can take in what people bring."""

import shutil
from pathlib import Path

from aiohttp import web
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bot.web.keys import DEPS

LEAST_FREE_BYTES = 200 * 1024 * 1024


async def health(_request: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


async def readiness(request: web.Request) -> web.Response:
    """503 with the reasons while an update could not be stored: red before the disk is full."""
    database = request.app[DEPS].database
    findings = []
    try:
        async with database.reader() as reader:
            await reader.run(text("SELECT 1"))
    except (SQLAlchemyError, OSError):
        findings.append("database")
    if database.is_sqlite and database.url.database and _free(Path(database.url.database)) < LEAST_FREE_BYTES:
        findings.append("disk")
    return web.json_response(
        {"status": "unready" if findings else "ready", "findings": findings}, status=503 if findings else 200
    )


def _free(file: Path) -> int:
    """Bytes left on the disk that the file is on."""
    return shutil.disk_usage(file.parent).free


ROUTES = [web.get("/healthz", health), web.get("/readyz", readiness)]
