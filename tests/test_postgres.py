"""The database server for tests is real, shut off from the network, and gone afterwards."""

import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import gettempdir

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from testbed.postgres import drop_database, fresh_database, postgres_server

started_here = pytest.mark.skipif("TEST_DATABASE_URL" in os.environ, reason="the server was not started by the tests")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres_server() as url:
        yield url


async def _ask(url: str, question: str) -> str:
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            return str((await connection.execute(text(question))).scalar())
    finally:
        await engine.dispose()


async def test_a_fresh_database_is_empty_and_speaks_chinese(server: str) -> None:
    database = await fresh_database(server)
    try:
        assert await _ask(database, "SELECT count(*) FROM pg_stat_user_tables") == "0"
        assert await _ask(database, "SELECT '纳税人' || length('税桥')") == "纳税人2"
    finally:
        await drop_database(database)


async def test_a_dropped_database_is_gone(server: str) -> None:
    database = await fresh_database(server)
    await drop_database(database)
    with pytest.raises(DBAPIError, match="does not exist"):
        await _ask(database, "SELECT 1")


async def test_a_database_of_somebody_else_is_never_dropped(server: str) -> None:
    with pytest.raises(ValueError, match="not a database of these tests"):
        await drop_database(server)


@started_here
async def test_the_server_listens_on_the_loopback_only_and_keeps_what_it_commits(server: str) -> None:
    assert await _ask(server, "SHOW listen_addresses") == "127.0.0.1"
    assert await _ask(server, "SHOW unix_socket_directories") == ""
    assert await _ask(server, "SHOW fsync") == "on"


@started_here
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_a_killed_test_run_leaves_no_server_and_the_next_one_clears_its_files() -> None:
    program = textwrap.dedent("""
        import os, signal
        from testbed.postgres import postgres_server
        with postgres_server() as url:
            print(url, flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
    """)
    root = Path(__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True)  # noqa: S603 — the program above
    assert done.stdout.startswith("postgresql+asyncpg://"), done.stderr
    port = done.stdout.rsplit(":", 1)[1].partition("/")[0]
    give_up = time.monotonic() + 20
    while _serving(port) and time.monotonic() < give_up:
        time.sleep(0.05)
    assert not _serving(port)
    left = [
        log.parent for log in Path(gettempdir()).glob("shuiqiao-postgres-*/log") if f"port {port}" in log.read_text()
    ]
    assert len(left) == 1
    with postgres_server():
        assert not left[0].exists()


def _serving(port: str) -> bool:
    """Whether a PostgreSQL started with this port still runs, by the kernel's list of processes."""
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = command.read_bytes().split(b"\0")
        except OSError:  # ended while we looked
            continue
        if words[0].endswith(b"postgres") and port.encode() in words:
            return True
    return False
