"""Entries kept in the browser: written, approved by somebody else, said to a taxpayer; nothing typed is lost."""

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect
from sqlalchemy import select

from bot.jobs import watch_faq
from storage.tables import addresses, asked, entries, notices, officers
from tests.browser.keepers import Keeper, enter_console, in_console, sentences
from tests.browser.people import Person, somebody
from tests.browser.served import ServedHouse
from tests.browser.visits import welcomed

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.browser]

REFUSED = "the server responded with a status of 4"
EDITOR, OTHER, APPROVER, ADMINISTRATOR = "qc_editor", "qc_other", "qc_approver", "qc_admin"
TEXT = {
    "question": "在税桥里怎样更正自己写错的留言",
    "answer": "请在对话里再写一次正确的内容，工作人员以后写的为准。",
    "legal_basis": "《税桥服务说明》第三条",
    "category": "rights",
    "department_code": "service",
    "phrasings": "留言写错了怎么改",
    "valid_from": "",
    "valid_until": "",
}


@pytest_asyncio.fixture(loop_scope="package")
async def editor(browser: Browser, served: ServedHouse) -> AsyncIterator[Person]:
    async with somebody(browser, served) as person:
        await enter_console(person, EDITOR)
        yield person


@pytest_asyncio.fixture(loop_scope="package")
async def approver(browser: Browser, served: ServedHouse) -> AsyncIterator[Person]:
    async with somebody(browser, served) as person:
        await enter_console(person, APPROVER)
        yield person


async def entry_called(house: ServedHouse, code: str) -> int:
    async with house.deps.database.reader() as reader:
        return int(await reader.value(select(entries.c.id).where(entries.c.code == code)))


async def fill(page: Page, **fields: str) -> None:
    for name, value in fields.items():
        field = page.locator(f"[name={name}]")
        if await field.evaluate("(node) => node.tagName") == "SELECT":
            await field.select_option(value)
        else:
            await field.fill(value)


def hidden(page: str, name: str) -> str:
    """A number that the page has put into its form."""
    found = re.search(rf'name="{name}" value="(\d+)"', page)
    assert found is not None, name
    return found[1]


async def begin(keeper: Keeper, **changed: str) -> int:
    """A new draft; gives back the entry's number."""
    status, where = await keeper.post("/console/entries/new", {**TEXT, **changed, "do": "save"})
    assert status == 303, where
    return int(re.findall(r"/entries/(\d+)", where)[0])


async def test_an_entry_goes_from_the_editor_over_the_approver_to_the_taxpayer(
    editor: Person, approver: Person, taxpayer: Person, served: ServedHouse
) -> None:
    page = editor.page
    await page.get_by_role("link", name="问答条目").click()
    await page.get_by_role("link", name="新条目").click()
    await fill(page, **TEXT)
    await page.get_by_role("button", name="保存草稿").click()
    await expect(page.get_by_role("status")).to_contain_text("已存成草稿")
    await page.get_by_role("button", name="提交审批").click()
    await expect(page.get_by_role("status")).to_contain_text("须由另一位审批人批准")
    await expect(page.get_by_role("button", name="批准发布")).to_have_count(0)
    await approver.page.get_by_role("navigation").get_by_role("link", name="审批").click()
    waiting = approver.page.get_by_role("article", name=TEXT["question"])
    await expect(waiting).to_contain_text(TEXT["answer"])
    await waiting.get_by_role("button", name="批准发布").click()
    await expect(approver.page.get_by_role("status")).to_contain_text("已批准发布")
    await watch_faq(served.deps)
    await taxpayer.say("请问" + TEXT["phrasings"])
    said = await taxpayer.hear(TEXT["answer"])
    await page.reload()
    shown = await page.get_by_role("region", name="现在的答复").locator(".bubble").inner_text()
    assert "".join(said.split()) in "".join(shown.split()), "the console shows what the taxpayer was told"
    await page.get_by_role("link", name="经过").click()
    await expect(page.locator(".history")).to_contain_text("初审 编辑·样例；终审 审批·样例")


async def test_the_preview_follows_what_is_typed_and_says_what_is_wrong(editor: Person, served: ServedHouse) -> None:
    page = editor.page
    await editor.visit(f"/console/entries/{await entry_called(served, 'cit-rate')}/edit")
    await expect(page.get_by_role("button", name="预览")).to_be_hidden()
    await fill(page, answer="请参阅 https://www.chinatax.gov.cn/，不要把 <b>标签</b> 当真。", legal_basis="无")
    await expect(page.locator("#preview .bubble")).to_contain_text("不要把 <b>标签</b> 当真")
    await expect(page.locator("#preview a")).to_have_attribute("href", "https://www.chinatax.gov.cn/")
    await expect(page.locator("#findings-legal_basis")).to_contain_text("依据有 1 个字，应为 4 至 300 个字")
    await expect(page.get_by_label("依据")).to_have_attribute("aria-invalid", "true")
    await fill(page, legal_basis="《中华人民共和国企业所得税法》第四条")
    await expect(page.locator("#findings-legal_basis")).to_be_empty()


async def test_without_script_the_whole_walk_works_by_buttons(browser: Browser, served: ServedHouse) -> None:
    context = await browser.new_context(java_script_enabled=False, locale="zh-CN")
    try:
        person = Person(await context.new_page(), served, {REFUSED})
        await enter_console(person, EDITOR)
        page = person.page
        await page.get_by_role("link", name="问答条目").click()
        await page.get_by_label("查找").fill("留抵退税")
        await page.get_by_role("button", name="查找").click()
        await expect(page.locator("tbody tr").first).to_contain_text("留抵")
        await page.get_by_role("link", name="新条目").click()
        await fill(page, **{**TEXT, "question": "无脚本时怎么写条目", "answer": "太短"})
        await page.get_by_role("button", name="预览").click()
        await expect(page.locator("#preview .bubble")).to_contain_text("【无脚本时怎么写条目】")
        await expect(page.locator("#findings-answer")).to_contain_text("答复有 2 个字")
        await page.get_by_role("button", name="保存并提交审批").click()
        await expect(page.locator("#findings-answer")).to_contain_text("答复有 2 个字")
        await expect(page.get_by_label("问题")).to_have_value("无脚本时怎么写条目")
        await fill(page, answer="按“预览”看，按“保存草稿”存，都不需要脚本。")
        await page.get_by_role("button", name="保存并提交审批").click()
        await expect(page.get_by_role("status")).to_contain_text("已提交审批")
        await page.get_by_role("button", name="撤回").click()
        await page.get_by_role("button", name="放弃这份草稿").click()
        await expect(page.get_by_role("status")).to_contain_text("草稿已放弃")
    finally:
        await context.close()


async def test_of_two_editors_the_second_loses_nothing(browser: Browser, editor: Person, served: ServedHouse) -> None:
    address = f"/console/entries/{await entry_called(served, 'cit-prepayment')}/edit"
    async with somebody(browser, served) as other:
        await enter_console(other, OTHER)
        editor.expected_errors.add(REFUSED)
        for person in (editor, other):
            await person.visit(address)
        await fill(
            other.page, legal_basis="《企业所得税法》第五十四条第一款", answer="另一位写的答复，内容与第一位不同。"
        )
        await other.page.get_by_role("button", name="保存草稿").click()
        await expect(other.page.get_by_role("status")).to_contain_text("已存成草稿")
        mine = "我写的答复，花了一个上午，不能丢。"
        await fill(editor.page, answer=mine, phrasings="预缴几号\n我加的问法")
        await editor.page.get_by_role("button", name="保存草稿").click()
        page = editor.page
        await expect(page.get_by_role("alert")).to_contain_text("另一编辑·样例在您写的时候先保存了这个条目")
        await expect(page.get_by_role("alert")).to_contain_text("两人都改了：答复")
        await expect(page.locator(".changes")).to_contain_text("另一位写的答复")
        assert await page.get_by_label("答复", exact=False).first.input_value() == mine
        assert await page.get_by_label("依据").input_value() == "《企业所得税法》第五十四条第一款"
        assert "我加的问法" in await page.locator("#phrasings").input_value()
        await page.get_by_role("button", name="保存草稿").click()
        await expect(page.get_by_role("status")).to_contain_text("已存成草稿")
        await page.get_by_role("button", name="放弃这份草稿").click()


async def test_nobody_approves_their_own_and_a_refusal_comes_back_with_its_reason(served: ServedHouse) -> None:
    async with in_console(served, ADMINISTRATOR) as author, in_console(served, APPROVER) as other:
        entry_id = await begin(author, question="谁能审批自己写的条目")
        page = f"/console/entries/{entry_id}"
        await author.post(f"{page}/submit", {"head": 1})
        assert "须由另一位审批人审批" in (await author.get("/console/approvals"))[1]
        assert f"{page}/approve" not in (await author.get("/console/approvals"))[1]
        status, said = await author.post(f"{page}/approve", {"head": 1})
        assert (status, "须由另一位审批人审批" in said) == (409, True)
        status, said = await other.post(f"{page}/refuse", {"head": 1, "reason": " "})
        assert (status, "请写明理由" in said) == (409, True)
        assert (await other.post(f"{page}/refuse", {"head": 1, "reason": "请注明文号"}))[0] == 303
        assert "审批·样例退回：请注明文号" in sentences((await author.get(page))[1])
        status, said = await other.post(f"{page}/approve", {"head": 1})
        assert (status, "已不在等待审批" in said) == (409, True)


async def test_whoever_submitted_hears_once_what_was_decided_here(served: ServedHouse) -> None:
    async with in_console(served, EDITOR) as editor, in_console(served, APPROVER) as approver:
        entry_id = await begin(editor, question="谁得知审批的结果")
        page = f"/console/entries/{entry_id}"
        await editor.post(f"{page}/submit", {"head": 1})
        assert (await approver.post(f"{page}/refuse", {"head": 1, "reason": "请注明文号"}))[0] == 303
        await editor.post(f"{page}/edit", {**TEXT, "head": 1, "base": 1, "do": "submit"})
        assert (await approver.post(f"{page}/approve", {"head": 2}))[0] == 303
    async with served.deps.database.reader() as reader:
        found = select(notices.c.kind, notices.c.payload, officers.c.code).where(notices.c.kind.startswith("entry."))
        found = found.join_from(notices, addresses).join(officers, addresses.c.officer_id == officers.c.id)
        rows = await reader.all(found.order_by(notices.c.id))
    told = [(row.code, row.kind) for row in rows if row.payload["entry_id"] == entry_id]
    assert told == [(EDITOR, "entry.refused"), (EDITOR, "entry.approved")]


async def test_what_somebody_else_changed_meanwhile_is_not_approved_unseen(served: ServedHouse) -> None:
    async with in_console(served, EDITOR) as editor, in_console(served, APPROVER) as approver:
        entry_id = await begin(editor, question="审批时别人又改了怎么办")
        page = f"/console/entries/{entry_id}"
        await editor.post(f"{page}/submit", {"head": 1})
        seen = hidden((await approver.get(page))[1], "head")
        await editor.post(f"{page}/withdraw", {"head": 1})
        await editor.post(f"{page}/edit", {**TEXT, "head": 1, "base": 1, "answer": "改过的答复，审批人没有看过。"})
        await editor.post(f"{page}/submit", {"head": 2})
        status, said = await approver.post(f"{page}/approve", {"head": seen})
        assert (status, "编辑·样例刚刚先改了这个条目" in said, "审批人没有看过" in said) == (409, True, True)
        await editor.post(f"{page}/withdraw", {"head": 2})


async def test_a_draft_that_was_saved_and_cannot_be_submitted_is_said_to_be_kept(served: ServedHouse) -> None:
    async with in_console(served, EDITOR) as editor:
        fields = {**TEXT, "question": "过期的条目能提交吗", "valid_until": "2020-01-01", "do": "submit"}
        status, said = await editor.post("/console/entries/new", fields)
        assert status == 409
        assert "已存成草稿，还没有提交。有效期止 2020-01-01 已过" in said
        status, said = await editor.post("/console/entries/new", {**fields, "valid_until": "明年"})
        assert (status, "「明年」不是日期" in said) == (422, True)


async def test_phrasings_overrides_owner_verification_and_retirement_take_effect(
    served: ServedHouse, taxpayer: Person
) -> None:
    entry_id = await entry_called(served, "cit-annual-settlement")
    page = f"/console/entries/{entry_id}"
    async with in_console(served, EDITOR) as editor, in_console(served, APPROVER) as approver:
        status, said = await editor.post(
            f"{page}/phrasings", {"wordings": "年度大账何时结\n\n我的身份证号11010519491231002X"}
        )
        assert (status, "里有身份证号" in said, "年度大账何时结" in said) == (422, True, True)
        assert (await editor.post(f"{page}/phrasings", {"wordings": "年度大账何时结\r\n\r\n"}))[0] == 303
        assert (await editor.post(f"{page}/overrides", {"wording": "企业税款大汇缴照老规矩办吗"}))[0] == 303
        await watch_faq(served.deps)
        await taxpayer.say("企业税款大汇缴照老规矩办吗")
        await taxpayer.hear("【企业所得税汇算清缴什么时候做】")
        _, text = await editor.get(page)
        number = re.search(r"/console/overrides/(\d+)/clear", text)
        assert number is not None
        assert "年度大账何时结" in text
        assert (await editor.post(f"/console/overrides/{number[1]}/clear", {"entry": entry_id}))[0] == 303
        assert "企业税款大汇缴照老规矩办吗" not in (await editor.get(page))[1]
        owner = await served.officer_id("wang")
        assert (await editor.post(f"{page}/owner", {"owner": owner}))[0] == 303
        assert f'<option value="{owner}" selected' in (await editor.get(page))[1]
        assert "从未核实" in (await approver.get(page))[1]
        assert (await approver.post(f"{page}/verify", {"head": hidden(text, "head")}))[0] == 303
        assert "从未核实" not in (await approver.get(page))[1]
        assert (await editor.post(f"{page}/retire", {"reason": "政策调整"}))[0] == 303
        assert "停用前的答复" in (await approver.get(page))[1]
        assert (await approver.post(f"{page}/restore"))[0] == 303
        told = sentences((await approver.get(f"{page}/history"))[1])
        for what in (
            "恢复 审批·样例",
            "停用 编辑·样例",
            "政策调整",
            "核实 审批·样例",
            "指定负责人",
            "增加问法「年度大账何时结」",
        ):
            assert what in told, what


async def test_how_people_asked_is_suggested_as_a_phrasing(served: ServedHouse) -> None:
    wording = "契税到底怎么算我搞不清"
    async with welcomed(served.url) as visitor:
        await visitor.say("契税多少")
    async with in_console(served, EDITOR) as author:
        entry_id = await begin(author, question="这个条目的问法由提问而来")
    async with served.deps.database.unit() as unit:
        address_id = await unit.value(select(asked.c.address_id).limit(1))
        common = {"address_id": address_id, "asked_at": unit.now, "decision": "choices", "confidence": 0.5}
        chosen = {**common, "entry_id": entry_id, "outcome": "chosen"}
        await unit.run(asked.insert(), [
            {**chosen, "id": 10**9, "text": wording},
            {**chosen, "id": 10**9 + 1, "text": "我的手机13812345678能查契税吗"},
            {**chosen, "id": 10**9 + 3, "text": "契税的事请回我邮箱 mai@example.com"},
            {**chosen, "id": 10**9 + 2, "text": "没解决的说法", "outcome": "unsolved"},
        ])  # fmt: skip
    async with in_console(served, EDITOR) as editor:
        page = f"/console/entries/{entry_id}"
        _, text = await editor.get(page)
        assert f"把「{wording}」加为问法" in text
        assert "13812345678" not in text
        assert "example.com" not in text
        assert "没解决的说法" not in text
        await editor.post(f"{page}/phrasings", {"wordings": wording})
        _, text = await editor.get(page)
        assert f"<li>{wording}</li>" in text
        assert "加为问法" not in text


async def test_the_list_is_searched_narrowed_down_and_paged(served: ServedHouse) -> None:
    async with in_console(served, APPROVER) as keeper:
        _, first = await keeper.get("/console/entries")
        assert "第 1 / " in sentences(first)
        _, second = await keeper.get("/console/entries?page=2")
        assert "上一页" in second
        _, taxes = await keeper.get("/console/entries?category=vat&standing=published&page=1")
        assert "category=vat&amp;standing=published&amp;page=2" in taxes or "第 1 /" not in taxes
        _, nothing = await keeper.get("/console/entries?q=" + "%00%25_" * 9)
        assert "没有符合的条目" in nothing
        for odd in ("page=0", "page=99999999999999999999", "page=%C2%B2", "standing=x&category=y", "department=%00"):
            assert (await keeper.get(f"/console/entries?{odd}"))[0] == 200, odd


FORGED: list[tuple[str, dict[str, Any], int]] = [
    ("1/submit", {"head": "x"}, 400),
    ("1/submit", {}, 400),
    ("1/edit", {**TEXT, "head": "9" * 30, "base": 1}, 400),
    ("1/owner", {"owner": 10**6}, 404),
    ("1/retire", {"reason": "长" * 501}, 422),
    ("1/retire", {"reason": "\x00"}, 409),
    ("1/phrasings", {"wordings": "\x00\x01"}, 422),
    ("1/phrasings", {"wordings": ""}, 409),
    ("1/overrides", {"wording": "？"}, 422),
    ("new", {**TEXT, "answer": "字" * 60_000}, 413),
    ("new", {**TEXT, "question": "<script>alert(1)</script>", "answer": "\x00" * 20}, 422),
]


@pytest.mark.parametrize(("path", "fields", "status"), FORGED, ids=range(len(FORGED)))
async def test_forged_forms_are_refused_in_words(
    served: ServedHouse, path: str, fields: dict[str, Any], status: int
) -> None:
    async with in_console(served, ADMINISTRATOR) as keeper:
        got, said = await keeper.post(f"/console/entries/{path}", fields)
        assert got == status
        assert "Traceback" not in said
        assert "<script>alert" not in said


async def test_on_a_telephone_nothing_has_to_be_scrolled_sideways(browser: Browser, served: ServedHouse) -> None:
    async with in_console(served, EDITOR) as editor:
        entry_id = await begin(editor, question="窄屏幕上看得清吗", phrasings="a" * 200)
        await editor.post(f"/console/entries/{entry_id}/submit", {"head": 1})
    async with somebody(browser, served, phone=True) as keeper:
        keeper.expected_errors.add(REFUSED)
        await enter_console(keeper, ADMINISTRATOR)
        parts = ("", "/edit", "/history")
        shown = [f"/entries/{entry_id}{part}" for part in parts]
        for path in ("", "/entries", *shown, "/entries/new", "/approvals", "/sessions", "/entries/987654321"):
            await keeper.visit(f"/console{path}")
            assert await keeper.sideways() == 0, path


async def test_everything_is_reached_by_keyboard_and_has_a_name(editor: Person) -> None:
    page = editor.page
    for path in ("/console", "/console/entries", "/console/entries/1", "/console/entries/1/edit"):
        await editor.visit(path)
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
        nameless = await page.evaluate(
            """() => [...document.querySelectorAll("input:not([type=hidden]), select, textarea, button, a[href]")]
              .filter((one) => !(one.labels?.length || one.getAttribute("aria-label") || one.textContent.trim()))
              .map((one) => one.outerHTML)"""
        )
        assert nameless == [], path
        assert await page.locator("h1").count() == 1


async def test_an_entry_that_asks_nearly_the_same_is_named_while_one_writes_and_to_the_approver(
    served: ServedHouse,
) -> None:
    rate = await entry_called(served, "cit-rate")
    link = f'<a href="/console/entries/{rate}">企业所得税税率是多少</a>'
    async with in_console(served, EDITOR) as writer, in_console(served, APPROVER) as decider:
        for question, is_near in (("企业所得税的税率是多少", True), ("车船税的税率是多少", False)):
            _, said = await writer.post("/console/preview", {**TEXT, "question": question})
            assert (link in json.loads(said)["html"]) == is_near, question
        own = {**TEXT, "question": "企业所得税税率是多少", "code": "cit-rate"}
        assert link not in json.loads((await writer.post("/console/preview", own))[1])["html"]
        draft = await begin(writer, question="企业所得税的税率是多少", phrasings="")
        head = hidden((await writer.get(f"/console/entries/{draft}"))[1], "head")
        await writer.post(f"/console/entries/{draft}/submit", {"head": head})
        assert link in (await decider.get("/console/approvals"))[1]
        await writer.post(f"/console/entries/{draft}/withdraw", {"head": head})
        await writer.post(f"/console/entries/{draft}/discard", {"head": head})
