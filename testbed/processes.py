"""The product as its operator runs it, `python -m bot run`, and people at its pages over HTTP.

Processes are ended by their own ids, whatever becomes of the test; one that loses its test run ends with it.
"""

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import aiohttp
from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, CookieJar

from storage import inbox, outbox
from storage.database import Database
from storage.opening import Keys, open_database
from storage.signals import Signals

ROOT = Path(__file__).parent.parent
WITHIN = 300.0  # seconds: a start takes five on an idle machine, and many more on one that is busy
LOOK_AGAIN_SECONDS = 0.02
Found = TypeVar("Found")
UNREACHABLE = (ClientError, TimeoutError, ConnectionError)


async def comes_true(
    what: str, ready: Callable[[], bool], *, within: float = WITHIN, every: float = LOOK_AGAIN_SECONDS
) -> None:
    """Wait until `ready()`, looked at `every` so many seconds; fails with `what` after `within` seconds."""
    clock = asyncio.get_running_loop().time
    give_up = clock() + within
    while not ready():
        assert clock() < give_up, f"waited {within} s in vain: {what}"
        await asyncio.sleep(every)


async def comes(what: str, look: Callable[[], Awaitable[Found | None]], *, within: float = WITHIN) -> Found:
    """Look again and again, until there is something other than nothing, none or 0; fails with `what` as above."""
    clock = asyncio.get_running_loop().time
    give_up = clock() + within
    while not (found := await look()):
        assert clock() < give_up, f"waited {within} s in vain: {what}"
        await asyncio.sleep(LOOK_AGAIN_SECONDS)
    return found


class Run:
    """One process, from its start to its end."""

    def __init__(self, folder: Path, number: int, environment: dict[str, str], module: Sequence[str]) -> None:
        self._out, self._err = folder / f"out-{number}.txt", folder / f"err-{number}.txt"
        command = [sys.executable, "-m", *module]
        if setpriv := shutil.which("setpriv"):  # a test run that is killed takes its processes along
            command = [setpriv, "--pdeathsig", "KILL", *command]
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self._process = subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=err)  # noqa: S603 — the product itself

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def said(self) -> str:
        return self._out.read_text(encoding="utf-8")

    @property
    def complained(self) -> str:
        """What stands on standard error."""
        return self._err.read_text(encoding="utf-8")

    @property
    def lives(self) -> bool:
        return self._process.poll() is None

    @property
    def code(self) -> int | None:
        """The exit code; none while it lives."""
        return self._process.poll()

    @property
    def url(self) -> str:
        found = re.search(r"(http://\S+)/chat\n", self.said)
        return found[1] if found else ""

    @property
    def desks(self) -> dict[str, str]:
        """Officers' names → one-time links to their desks."""
        return dict(re.findall(r"^ +(.+)：(http://[^/\s]+/enter/\S+)$", self.said, re.MULTILINE))

    @property
    def invitations(self) -> dict[str, str]:
        """Officers' names → tokens of the links that bind a Telegram chat."""
        return dict(re.findall(r"^ +(.+)：https://t\.me/\S+\?start=(\S+)$", self.said, re.MULTILINE))

    async def ready(self) -> Self:
        """Wait until the links are printed and /readyz says yes."""
        await comes_true("the product started", lambda: "按 Ctrl-C 停止" in self.said or not self.lives)
        assert self.lives, f"ended with {self._process.returncode}: {self.said}{self.complained}"
        async with ClientSession() as session, session.get(f"{self.url}/readyz") as response:
            assert response.status == 200, await response.text()
        return self

    async def ended(self, *, within: float = WITHIN) -> int:
        """Wait for the end; gives back the exit code."""
        await comes_true("the product ended", lambda: not self.lives, within=within)
        return int(self._process.returncode)

    async def terminate(self, *, within: float = WITHIN) -> int:
        self._process.send_signal(signal.SIGTERM)
        return await self.ended(within=within)

    def kill(self) -> None:
        if self.lives:
            self._process.kill()
        self._process.wait()


class Installation:
    """Data and settings on which processes are started; leaving the block ends all of them."""

    def __init__(self, folder: Path, database_url: str, **settings: object) -> None:
        """`settings` are named as in the operations page, without prefix and in small letters."""
        self.folder = folder
        self.module: Sequence[str] = ("bot", "run")  # what Python is to run, with its arguments
        self.database_url = database_url
        self.key_file = folder / "key"
        given = {"database_url": database_url, "key_file": self.key_file, "port": 0, **settings}
        inherited = {name: text for name, text in os.environ.items() if not name.startswith(("SHUIQIAO_", "PYTHON"))}
        self._environment = inherited | {variable(name): str(value) for name, value in given.items()}
        self._environment |= {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "default"}
        self.runs: list[Run] = []
        self.tells = True  # what the processes said, where a test fails

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        for number, run in enumerate(self.runs, 1):
            run.kill()
            if kind is not None and self.tells:
                print(f"--- run {number}\n{run.said}{run.complained}")  # noqa: T201 — pytest shows it with the failure

    def change(self, **settings: object) -> None:
        """Whoever is started from now on has these settings instead; None means not set."""
        for name, value in settings.items():
            self._environment.pop(variable(name), None)
            if value is not None:
                self._environment[variable(name)] = str(value)

    def start(self) -> Run:
        """Start a process, and wait for nothing."""
        self.runs.append(Run(self.folder, len(self.runs) + 1, self._environment, self.module))
        return self.runs[-1]

    @property
    def complained(self) -> str:
        return "".join(run.complained for run in self.runs)

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        """What the processes have in their database, opened with their key."""
        keys = Keys(self._environment.get("SHUIQIAO_KEY"), self.key_file)
        database = await open_database(
            self.database_url, keys, signals=Signals(), clock=now, say=lambda _sentence: None
        )
        try:
            yield database
        finally:
            await database.close()

    async def nothing_waits(self) -> None:
        """Wait until everything that came in is handled, and everything that was to be said is said."""
        async with self.database() as database:
            await comes("nothing waits any more", lambda: _nothing_waits(database))


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return "PORT" if name == "port" else f"SHUIQIAO_{name.upper()}"


def now() -> datetime:
    """The clock of this machine, which the processes go by."""
    return datetime.now(UTC)  # noqa: TID251 — the product itself has the same


async def _nothing_waits(database: Database) -> bool:
    async with database.reader() as reader:
        return await inbox.waiting(reader) == 0 and not await outbox.waiting_by_channel(reader)


@dataclass(slots=True)
class Shown:
    """One message as it stands on the page."""

    id: int
    author: str
    text: str
    buttons: dict[str, str]  # label → data
    versions: int = 1


@dataclass
class Browser:
    """A browser at the chat page or at a desk: does what the page's script does, and never gives up."""

    where: Callable[[], str]  # the address of the process that it talks to now
    base: str = "/chat"
    again: float = LOOK_AGAIN_SECONDS  # after so many seconds, where nobody answered
    heard: list[Shown] = field(default_factory=list)  # what the bot said, in order
    known: bool = False  # the stream has told what there was; before, the page lets nobody write
    _shown: dict[int, Shown] = field(default_factory=dict)
    _last: int = 0
    _csrf: str = ""

    async def open(self) -> None:
        """Load the page; whoever is new gets a cookie."""
        page = await self._persist(lambda: self._session.get(self.where() + self.base))
        found = re.search(r'name="csrf-token" content="([^"]+)"', page)
        assert found, page
        self._csrf = unescape(found[1])

    async def enter(self, link: str) -> None:
        """Go through the one-time link to a desk."""
        async with self._session.get(link) as response:
            page = await response.text()
        found = re.search(r'name="csrf" value="([^"]+)"', page)
        assert found, page
        async with self._session.post(link, data={"csrf": unescape(found[1])}) as response:
            assert response.status == 200, await response.text()
            self.base = response.url.path
        await self.open()

    async def says(self, text: str, *, reply_to: int | None = None) -> None:
        """Post until the house has it."""
        await self._post("/messages", {"text": text, "reply_to": reply_to})

    async def presses(self, message: Shown, label: str) -> None:
        await self._post("/presses", {"message_id": message.id, "data": message.buttons[label]})

    async def hears(self, wanted: str, *, within: float = 30.0) -> Shown:
        """Wait for a message with these words; the newest one."""
        await comes_true(wanted, lambda: any(wanted in one.text for one in self.heard), within=within)
        return next(one for one in reversed(self.heard) if wanted in one.text)

    async def _post(self, path: str, body: dict[str, Any]) -> None:
        letter = {"client_id": str(uuid.uuid4()), **body}
        headers = {"X-CSRF-Token": self._csrf}
        await self._persist(lambda: self._session.post(self.where() + self.base + path, json=letter, headers=headers))

    async def _persist(self, send: Callable[[], Any]) -> str:
        """Send again until it is answered."""
        while True:
            with suppress(*UNREACHABLE):
                async with send() as response:
                    if response.status < 500:
                        text: str = await response.text()
                        assert response.status in (200, 202), f"{response.status} {text}"
                        return text
            await asyncio.sleep(self.again)

    async def listen(self) -> None:
        """Follow the stream, and take it up again where it broke."""
        while True:
            with suppress(*UNREACHABLE):
                headers = {"Last-Event-ID": str(self._last)}
                async with self._session.get(self.where() + f"{self.base}/events", headers=headers) as response:
                    if response.status == 200:
                        await self._follow(response)
            await asyncio.sleep(self.again)

    async def _follow(self, response: ClientResponse) -> None:
        event = ""
        async for raw in response.content:
            name, _, value = raw.decode().rstrip("\n").partition(": ")
            if name == "event":
                event = value
            elif name == "data" and event == "message":
                self._take(json.loads(value))
            elif name == "data" and event == "ready":
                self.known = True

    def _take(self, message: dict[str, Any]) -> None:
        assert message["seq"] > self._last, "the stream goes back"
        self._last = message["seq"]
        buttons = {button["text"]: button.get("data", "") for row in message["buttons"] for button in row}
        known = self._shown.get(message["id"])
        if known is not None:
            known.text, known.buttons, known.versions = message["text"], buttons, known.versions + 1
            return
        shown = Shown(message["id"], message["from"], message["text"], buttons)
        self._shown[shown.id] = shown
        if shown.author == "bot":
            assert not self.heard or self.heard[-1].id < shown.id, "what the bot says comes out of order"
            self.heard.append(shown)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        """With cookies of its own, until the block is left."""
        timeout = ClientTimeout(total=None, connect=10)
        jar = CookieJar(unsafe=True)  # which keeps cookies of addresses without a name
        async with aiohttp.ClientSession(cookie_jar=jar, timeout=timeout) as self._session:
            yield self


@asynccontextmanager
async def browser(
    where: Callable[[], str], link: str | None = None, *, again: float = LOOK_AGAIN_SECONDS
) -> AsyncIterator[Browser]:
    """Somebody at the chat page, or, with a one-time link, an officer at the desk; who tries again every so often."""
    async with Browser(where, again=again).running() as somebody:
        await (somebody.open() if link is None else somebody.enter(link))
        listening = asyncio.get_running_loop().create_task(somebody.listen())
        try:
            await comes_true("the page is open", lambda: somebody.known)
            yield somebody
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening
