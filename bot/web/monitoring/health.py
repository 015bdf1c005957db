"""Whether the house lives, and whether it can take in what people bring."""

from pathlib import Path

from aiohttp import web

from bot.web.keys import DEPS, LEAST_FREE_BYTES
from storage.disk import free_bytes


async def health(_request: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


async def readiness(request: web.Request) -> web.Response:
    """503 with the reasons while an update could not be stored: red before the disk is full."""
    database = request.app[DEPS].database
    findings = []
    if not await database.answers():
        findings.append("database")
    if database.is_sqlite and database.url.database:
        findings += _trouble_on_disk(Path(database.url.database), request.app[LEAST_FREE_BYTES])
    return web.json_response(
        {"status": "unready" if findings else "ready", "findings": findings}, status=503 if findings else 200
    )


def _trouble_on_disk(file: Path, least_free_bytes: int) -> list[str]:
    try:
        findings = ["disk"] if free_bytes(file) < least_free_bytes else []
    except OSError:
        findings = ["disk"]
    # SQLite goes on writing into a file that was deleted, and all of it would be lost.
    return findings if file.exists() else [*findings, "database_file"]


ROUTES = [web.get("/healthz", health), web.get("/readyz", readiness)]
