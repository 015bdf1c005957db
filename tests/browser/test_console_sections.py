"""A section of the console that the house does not have: registered in one place, the frame does the rest."""

from collections.abc import Sequence

import pytest
from aiohttp import web

from bot.web import make_web_app
from bot.web.console.access import Caller, shown
from bot.web.console.layout import show
from bot.web.console.sections import SECTIONS, Overview, Section, Tile, Waiting
from escalation.rules.permissions import Role
from storage.people import Officer
from storage.unit import Reader
from tests.browser.keepers import console_link, sentences
from tests.browser.served import ServedHouse
from tests.browser.visits import visit

pytestmark = [pytest.mark.asyncio(loop_scope="package")]

PLAIN, EDITOR = "qc_plain", "qc_editor"


def is_officer(caller: Caller) -> bool:
    return Role.OFFICER in caller.officer.roles


async def show_page(caller: Caller) -> web.Response:
    return show(caller, "home.html", title="岗位", overviews=[])


async def two(_reader: Reader) -> int:
    return 2


async def tiles(_reader: Reader) -> Sequence[Tile]:
    return [Tile("/console/posts", 3, "没有人的岗位", "请指定人员", urgent=True)]


async def everybody(_reader: Reader, _officer: Officer) -> bool:
    return True


POSTS = Section(
    "/console/posts",
    "岗位",
    is_officer,
    [shown("/console/posts", is_officer, show_page)],
    lets_in=everybody,
    done={"posted": "岗位已设。"},
    roles={Role.OFFICER: "工作人员"},
    waiting=Waiting(two, "{count} 个空岗"),
    overview=Overview(is_officer, tiles, "console/faq/advice.html"),
)


@pytest.mark.parametrize("code", [PLAIN, EDITOR])
async def test_a_section_is_shown_counted_and_opened_by_what_it_registers(served: ServedHouse, code: str) -> None:
    pages = make_web_app(served.deps)
    pages[SECTIONS] = [*pages[SECTIONS], POSTS]
    pages.add_routes(POSTS.routes)
    runner = web.AppRunner(pages, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        door = (await console_link(served, code)).removeprefix(served.url)
        async with visit(url) as officer:
            await officer.load(door)
            async with officer.session.post(url + door, data={"csrf": officer.csrf}) as answer:
                first = sentences(await answer.text())
            assert "您已进入管理后台。" in first
            assert "3 没有人的岗位 请指定人员" in first
            assert ("正在答复纳税人的条目" in first) == (code == EDITOR)
            page = await officer.load("/console/posts?done=posted")
            assert (
                '<a href="/console/posts" aria-current="page">岗位<span class="count" aria-label="2 个空岗">2' in page
            )
            assert "岗位已设。" in page
            assert "工作人员" in page
            assert "岗位已设" not in await officer.load("/console/posts?done=岗位已设。")
    finally:
        await runner.cleanup()


async def test_without_it_whoever_keeps_no_entries_has_nothing_to_do_there(served: ServedHouse) -> None:
    async with visit(served.url) as officer:
        assert "这个链接已经用过或已过期" in await officer.load(
            (await console_link(served, PLAIN)).removeprefix(served.url)
        )
