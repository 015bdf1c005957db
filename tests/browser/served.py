"""The house served as `run` serves it, in the test's own loop: a real port, the real clock, a real database."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from aiohttp import web
from sqlalchemy import select

from bot.app import open_house, run_house
from bot.deps import Deps
from bot.web import make_web_app
from bot.web.security import LONGEST_POST
from escalation.rules.limits import INVITATION
from storage.people import invite
from storage.tables import officers
from tests.support.house import settings_for, sqlite_url


class ServedHouse:
    """Can be stopped and started again, on the same port and the same database. One that does not work shows its pages
    and takes posts in, and handles nothing.
    """

    def __init__(self, folder: Path, *, database_url: str = "", works: bool = True, **overrides: Any) -> None:
        self._settings = settings_for(database_url or sqlite_url(folder), folder, **overrides)
        self._works = works
        self._open = AsyncExitStack()
        self._deps: Deps | None = None
        self._port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def deps(self) -> Deps:
        assert self._deps is not None, "the house is closed"
        return self._deps

    async def start(self) -> None:
        house = await self._open.enter_async_context(open_house(self._settings, say=lambda _sentence: None))
        runner = web.AppRunner(make_web_app(house.deps), access_log=None, shutdown_timeout=5)
        await runner.setup()
        self._open.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", self._port).start()
        self._port = runner.addresses[0][1]
        if self._works:
            await self._open.enter_async_context(run_house(house))
        self._deps = house.deps

    async def stop(self) -> None:
        """As on SIGTERM: the streams are told first, so that nothing waits for them."""
        self.deps.nursery.stopping.set()
        self._deps = None
        await self._open.aclose()

    @asynccontextmanager
    async def under_other_rules(
        self, *, least_free_bytes: int = 0, post_seconds: float = LONGEST_POST, **settings: Any
    ) -> AsyncIterator[str]:
        """The same open house behind a second set of pages, with other settings and limits of its own: its address."""
        other = replace(self.deps, settings=self.deps.settings.model_copy(update=settings))
        pages = make_web_app(other, least_free_bytes=least_free_bytes, post_seconds=post_seconds)
        runner = web.AppRunner(pages, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()

    async def officer_id(self, code: str) -> int:
        async with self.deps.database.reader() as reader:
            return int(await reader.value(select(officers.c.id).where(officers.c.code == code)))

    async def desk_link(self, code: str) -> str:
        """A fresh one-time link to the desk of a sample officer ("ayinur" or "wang")."""
        officer_id = await self.officer_id(code)
        async with self.deps.database.unit() as unit:
            return f"{self.url}/enter/{await invite(unit, officer_id, 'desk', INVITATION)}"
