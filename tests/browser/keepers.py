"""Those who keep the entries, of every role: employed in the served house, and let into its console."""

import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import FormData
from sqlalchemy import select

from bot.channels.webchat import open_desk
from escalation.rules.limits import INVITATION
from storage.people import home_bureau, invite
from storage.tables import officers
from tests.browser.people import Person
from tests.browser.served import ServedHouse
from tests.browser.visits import Visit, visit

ROLES = {
    "qc_editor": ("编辑·样例", ["officer", "faq_editor"]),
    "qc_other": ("另一编辑·样例", ["officer", "faq_editor"]),
    "qc_approver": ("审批·样例", ["officer", "faq_approver"]),
    "qc_admin": ("管理·样例", ["officer", "administrator"]),
    "qc_plain": ("无角色·样例", ["officer"]),
    "qc_owner": ("负责人·样例", ["officer"]),
}


async def employ(house: ServedHouse, code: str) -> int:
    """The officer of one of the ROLES, employed where that has not happened yet; gives back the number."""
    name, roles = ROLES[code]
    async with house.deps.database.unit() as unit:
        found = await unit.value(select(officers.c.id).where(officers.c.code == code))
        if found is not None:
            return int(found)
        row = {"bureau_id": await home_bureau(unit), "code": code, "name": name, "roles": roles}
        officer_id = await unit.inserted(officers.insert().values(row).returning(officers.c.id))
        await open_desk(unit, officer_id, "zh")
        return officer_id


async def console_link(house: ServedHouse, code: str) -> str:
    """A fresh one-time link into the console."""
    officer_id = await employ(house, code) if code in ROLES else await house.officer_id(code)
    async with house.deps.database.unit() as unit:
        return f"{house.url}/console/enter/{await invite(unit, officer_id, 'console', INVITATION)}"


async def enter_console(person: Person, code: str) -> None:
    await person.page.goto(await console_link(person.house, code))
    await person.page.get_by_role("button", name="确认进入").click()
    await person.page.get_by_role("navigation", name="管理后台").wait_for()


@dataclass
class Keeper:
    """Somebody in the console without a browser, who posts whatever he likes."""

    visit: Visit

    async def get(self, path: str) -> tuple[int, str]:
        async with self.visit.session.get(self.visit.url + path, allow_redirects=False) as answer:
            return answer.status, await answer.text()

    async def post(self, path: str, fields: dict[str, Any] | None = None, *, csrf: bool = True) -> tuple[int, str]:
        """Status, and the address of a redirection or else the page."""
        sent = ({"csrf": self.visit.csrf} if csrf else {}) | (fields or {})
        async with self.visit.session.post(self.visit.url + path, data=sent, allow_redirects=False) as answer:
            return answer.status, answer.headers.get("Location") or await answer.text()

    async def bring(self, path: str, name: str, content: bytes) -> tuple[int, str]:
        """Post a file; status and page."""
        form = FormData({"csrf": self.visit.csrf})
        form.add_field("file", io.BytesIO(content), filename=name)
        async with self.visit.session.post(self.visit.url + path, data=form) as answer:
            return answer.status, await answer.text()


@asynccontextmanager
async def in_console(house: ServedHouse, code: str) -> AsyncIterator[Keeper]:
    """Somebody who came in through a one-time link, and has the token of the pages."""
    link = await console_link(house, code)
    async with visit(house.url) as visitor:
        keeper = Keeper(visitor)
        await visitor.load(link.removeprefix(house.url))
        status, where = await keeper.post(link.removeprefix(house.url))
        assert (status, where) == (303, "/console?done=entered"), (status, where)
        await visitor.load("/console/sessions")
        yield keeper


def sentences(page: str) -> str:
    """What a page says, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
