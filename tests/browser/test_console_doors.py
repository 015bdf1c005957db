"""Who gets into the console, what each role may do there, and how one is out again.

第十二条: 明确网站负责人、安全管理员、信息发布员等的权限及操作范围.
"""

import re
from datetime import timedelta

import pytest
from aiohttp import hdrs
from playwright.async_api import Browser, expect
from sqlalchemy import update

from bot.web import make_web_app
from faq.entries.queries import find_by_code
from storage.tables import entries, officers, sessions
from tests.browser.keepers import ROLES, console_link, employ, enter_console, in_console, sentences
from tests.browser.people import somebody
from tests.browser.served import ServedHouse
from tests.browser.visits import visit

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.browser]

REFUSED = "the server responded with a status of 4"
EDITOR, APPROVER, ADMINISTRATOR, PLAIN = "qc_editor", "qc_approver", "qc_admin", "qc_plain"
OWNER = "qc_owner"
KEEPERS = {EDITOR, APPROVER, ADMINISTRATOR}
OWNERS = {*KEEPERS, OWNER}
EDITS, DECIDES = {EDITOR, ADMINISTRATOR}, {APPROVER, ADMINISTRATOR}
NOT_BEHIND_A_SESSION = {"/console/enter/{token}"}

# Every route of the console, and who may use it.
ALLOWED = {
    ("GET", "/console"): OWNERS,
    ("GET", "/console/entries"): OWNERS,
    ("GET", "/console/entries/{entry}"): OWNERS,
    ("GET", "/console/entries/{entry}/history"): OWNERS,
    ("GET", "/console/entries/new"): EDITS,
    ("POST", "/console/entries/new"): EDITS,
    ("GET", "/console/entries/{entry}/edit"): EDITS,
    ("POST", "/console/entries/{entry}/edit"): EDITS,
    ("POST", "/console/preview"): EDITS,
    ("POST", "/console/entries/{entry}/submit"): EDITS,
    ("POST", "/console/entries/{entry}/withdraw"): EDITS,
    ("POST", "/console/entries/{entry}/discard"): EDITS,
    ("POST", "/console/entries/{entry}/retire"): EDITS,
    ("POST", "/console/entries/{entry}/phrasings"): EDITS,
    ("POST", "/console/entries/{entry}/overrides"): EDITS,
    ("POST", "/console/entries/{entry}/owner"): EDITS,
    ("POST", "/console/overrides/{override}/clear"): EDITS,
    ("GET", "/console/approvals"): DECIDES,
    ("POST", "/console/entries/{entry}/approve"): DECIDES,
    ("POST", "/console/entries/{entry}/refuse"): DECIDES,
    ("POST", "/console/entries/{entry}/restore"): DECIDES,
    ("POST", "/console/entries/{entry}/verify"): OWNERS,
    ("POST", "/console/entries/begin"): EDITS,
    ("GET", "/console/try"): KEEPERS,
    ("POST", "/console/try"): KEEPERS,
    ("POST", "/console/try/phrase"): EDITS,
    ("POST", "/console/try/override"): EDITS,
    ("GET", "/console/gaps"): EDITS,
    ("POST", "/console/gaps/phrase"): EDITS,
    ("POST", "/console/gaps/dismiss"): EDITS,
    ("GET", "/console/files"): KEEPERS,
    ("GET", "/console/files/entries.{ending}"): KEEPERS,
    ("POST", "/console/files/examine"): EDITS,
    ("POST", "/console/files/import"): EDITS,
    ("GET", "/console/sessions"): OWNERS,
    ("POST", "/console/sessions/leave"): OWNERS,
    ("POST", "/console/sessions/end"): OWNERS,
    ("POST", "/console/sessions/{session}/end"): OWNERS,
}
ENDS_THE_SESSION = {"/console/sessions/leave", "/console/sessions/end"}


def routes(house: ServedHouse) -> set[tuple[str, str]]:
    """Every route of the console behind a session, by the name of its resource."""
    found = set()
    for route in make_web_app(house.deps).router.routes():
        path = "" if route.resource is None else route.resource.canonical
        if path.startswith("/console") and path not in NOT_BEHIND_A_SESSION and route.method != hdrs.METH_HEAD:
            found.add((route.method, path))
    return found


def addressed(path: str) -> str:
    """A route's path with numbers that nothing has."""
    path = path.replace("{ending}", "yaml")
    return re.sub(r"{\w+}", "987654321", path)


async def test_the_table_of_rights_names_every_route(served: ServedHouse) -> None:
    assert set(ALLOWED) == routes(served)


@pytest.mark.parametrize("code", sorted(KEEPERS))
async def test_what_a_role_may_not_do_is_denied_in_words(served: ServedHouse, code: str) -> None:
    async with in_console(served, code) as keeper:
        for (method, path), allowed in sorted(ALLOWED.items()):
            if path in ENDS_THE_SESSION:
                continue
            ask = keeper.get if method == "GET" else keeper.post
            status, said = await ask(addressed(path))
            assert (status == 403) == (code not in allowed), (method, path, status)
            assert code in allowed or "您没有这项权限" in said


async def test_without_a_session_there_is_nothing_but_the_way_in(served: ServedHouse) -> None:
    async with visit(served.url) as stranger:
        for method, path in sorted(ALLOWED):
            async with stranger.session.request(method, served.url + addressed(path)) as answer:
                assert answer.status == 401, path
                assert "/console" in await answer.text()


async def test_a_link_from_elsewhere_leads_on_by_one_press(served: ServedHouse) -> None:
    """The browser keeps a strict cookie back where the page before was somebody else's."""
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    async with visit(served.url) as officer:
        async with officer.session.get(served.url + "/console/entries?q=1", headers=elsewhere) as answer:
            assert answer.status == 401
            assert 'href="/console/entries?q=1">继续' in await answer.text()
        async with officer.session.get(served.url + "/console/entries?q=1") as answer:
            assert "继续" not in await answer.text()


async def test_a_form_without_the_token_of_the_session_does_nothing(served: ServedHouse) -> None:
    async with in_console(served, ADMINISTRATOR) as keeper:
        for method, path in sorted(ALLOWED):
            if method == "POST":
                status, said = await keeper.post(addressed(path), csrf=False)
                assert (status, "没有办理" in said) == (403, True), path
        assert (await keeper.get("/console"))[0] == 200


async def test_the_navigation_shows_what_may_be_done(served: ServedHouse) -> None:
    async with in_console(served, EDITOR) as editor, in_console(served, APPROVER) as approver:
        assert 'href="/console/approvals"' not in (await editor.get("/console"))[1]
        assert 'href="/console/approvals"' in (await approver.get("/console"))[1]


async def test_nobody_without_a_role_comes_in_and_a_role_that_is_withdrawn_ends_at_once(served: ServedHouse) -> None:
    async with visit(served.url) as nobody:
        assert "这个链接已经用过或已过期" in await nobody.load(
            (await console_link(served, PLAIN)).removeprefix(served.url)
        )
    everyone = update(officers).where(officers.c.code == EDITOR)
    async with in_console(served, EDITOR) as editor:
        try:
            async with served.deps.database.unit() as unit:
                await unit.run(everyone.values(roles=["officer"]))
            assert (await editor.get("/console"))[0] == 403
        finally:
            async with served.deps.database.unit() as unit:
                await unit.run(everyone.values(roles=ROLES[EDITOR][1]))


async def test_without_a_role_one_sees_and_verifies_what_is_ones_own_and_nothing_else(served: ServedHouse) -> None:
    owner_id = await employ(served, OWNER)
    async with served.deps.database.reader() as reader:
        mine, other = [await find_by_code(reader, code) for code in ("cit-rate", "cit-small-profit")]
    assert mine is not None
    assert other is not None
    give = update(entries).where(entries.c.id == mine.id)
    async with served.deps.database.unit() as unit:
        await unit.run(give.values(owner_id=owner_id))
    try:
        async with in_console(served, OWNER) as owner:
            assert await owner.get("/console?done=entered") == (303, "")
            listed = sentences((await owner.get("/console/entries"))[1])
            assert "共 1 条" in listed
            assert "企业所得税税率是多少" in listed
            page = (await owner.get(f"/console/entries/{mine.id}"))[1]
            assert "核实" in page
            assert "/edit" not in page
            assert (await owner.get(f"/console/entries/{mine.id}/history"))[0] == 200
            assert (await owner.post(f"/console/entries/{mine.id}/verify", {"head": mine.head}))[0] == 303
            for path in ("", "/history"):
                assert (await owner.get(f"/console/entries/{other.id}{path}"))[0] == 403
            assert (await owner.post(f"/console/entries/{other.id}/verify", {"head": other.head}))[0] == 403
            for (method, path), allowed in sorted(ALLOWED.items()):
                if OWNER not in allowed and path not in ENDS_THE_SESSION:
                    ask = owner.get if method == "GET" else owner.post
                    assert (await ask(addressed(path)))[0] == 403, path
            async with served.deps.database.unit() as unit:
                await unit.run(give.values(owner_id=None))
            assert (await owner.get("/console/entries"))[0] == 403
    finally:
        async with served.deps.database.unit() as unit:
            await unit.run(give.values(owner_id=None))


async def test_whoever_leaves_the_bureau_is_out_at_once(served: ServedHouse) -> None:
    gone = update(officers).where(officers.c.code == EDITOR)
    async with in_console(served, EDITOR) as editor:
        link = await console_link(served, EDITOR)
        try:
            async with served.deps.database.unit() as unit:
                await unit.run(gone.values(left_at=unit.now))
            assert (await editor.get("/console"))[0] == 401
            async with visit(served.url) as again:
                assert "这个链接已经用过或已过期" in await again.load(link.removeprefix(served.url))
        finally:
            async with served.deps.database.unit() as unit:
                await unit.run(gone.values(left_at=None))


async def test_a_session_that_is_over_opens_nothing(served: ServedHouse) -> None:
    async with in_console(served, APPROVER) as approver:
        async with served.deps.database.unit() as unit:
            over = unit.now - timedelta(seconds=1)
            await unit.run(update(sessions).where(sessions.c.audience == "console").values(expires_at=over))
        assert (await approver.get("/console"))[0] == 401


async def test_the_cookie_is_for_the_console_alone_and_nothing_is_kept_by_the_browser(served: ServedHouse) -> None:
    link = await console_link(served, EDITOR)
    async with served.under_other_rules(public_url="https://shuiqiao.example") as url, visit(url) as visitor:
        path = link.removeprefix(served.url)
        await visitor.load(path)
        async with visitor.session.post(url + path, data={"csrf": visitor.csrf}, allow_redirects=False) as answer:
            cookie = answer.cookies["console"]
            assert (cookie["path"], cookie["samesite"], cookie["httponly"], cookie["secure"]) == (
                "/console",
                "Strict",
                True,
                True,
            )
    async with in_console(served, EDITOR) as editor, editor.visit.session.get(served.url + "/console") as answer:
        assert answer.headers["Cache-Control"] == "no-store"
        assert "unsafe-inline" not in answer.headers["Content-Security-Policy"]


async def test_a_link_lets_in_once(served: ServedHouse) -> None:
    link = (await console_link(served, EDITOR)).removeprefix(served.url)
    async with visit(served.url) as first, visit(served.url) as second:
        for one in (first, second):
            await one.load(link)
        statuses = []
        for one in (first, second):
            async with one.session.post(served.url + link, data={"csrf": one.csrf}, allow_redirects=False) as answer:
                statuses.append(answer.status)
        assert statuses == [303, 410]


async def test_of_several_browsers_one_or_all_are_logged_out(browser: Browser, served: ServedHouse) -> None:
    await employ(served, ADMINISTRATOR)
    async with served.deps.database.unit() as unit:
        await unit.run(update(sessions).where(sessions.c.audience == "console").values(ended_at=unit.now))
    async with somebody(browser, served) as here, in_console(served, ADMINISTRATOR) as there:
        here.expected_errors.add(REFUSED)
        await enter_console(here, ADMINISTRATOR)
        await here.page.get_by_role("link", name="登录会话").click()
        await expect(here.page.locator("tbody tr")).to_have_count(2)
        await expect(here.page.locator("tbody tr", has_text="当前这个")).to_have_count(1)
        await here.page.get_by_role("button", name="结束", exact=True).click()
        await expect(here.page.get_by_role("status")).to_have_text("那个会话已经结束。")
        await expect(here.page.locator("tbody tr")).to_have_count(1)
        assert (await there.get("/console"))[0] == 401
        async with in_console(served, ADMINISTRATOR) as third:
            await here.page.get_by_role("button", name="全部结束").click()
            await expect(here.page.locator(".sheet")).to_contain_text("您已退出管理后台")
            assert (await third.get("/console"))[0] == 401
        await here.visit("/console")
        await expect(here.page.locator(".sheet")).to_contain_text("您还没有进入管理后台")


async def test_somebody_elses_session_is_not_ones_own_to_end(served: ServedHouse) -> None:
    async with in_console(served, EDITOR) as editor, in_console(served, ADMINISTRATOR) as administrator:
        found = re.search(r"/console/sessions/(\d+)/end", (await editor.get("/console/sessions"))[1])
        assert found is not None
        await administrator.post(f"/console/sessions/{found[1]}/end")
        assert (await editor.get("/console"))[0] == 200


async def test_an_officer_asks_at_the_desk_and_comes_in(browser: Browser, served: ServedHouse) -> None:
    async with somebody(browser, served) as officer:
        await officer.enter_desk("wang")
        await officer.shortcut("管理后台")
        said = await officer.hear("管理后台的链接")
        token = re.search(r"/console/enter/(\S+)", said)
        assert token is not None
        await officer.page.goto(f"{served.url}/console/enter/{token[1]}")
        await officer.page.get_by_role("button", name="确认进入").click()
        await expect(officer.page.get_by_role("heading", name="概览")).to_be_visible()
        await expect(officer.page.locator("header .who")).to_contain_text("王样例")
