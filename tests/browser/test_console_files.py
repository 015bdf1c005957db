"""Files in the console: looked at first, imported whole or not at all, and fetched as an office reads them."""

import base64
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect
from sqlalchemy import func, select

from faq.files.formats import write_yaml
from faq.files.workbook import write_workbook
from storage.tables import entries, revisions
from tests.browser.keepers import Keeper, enter_console, in_console, sentences
from tests.browser.people import somebody
from tests.browser.served import ServedHouse

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.browser]

EDITOR, APPROVER = "qc_editor", "qc_approver"
REFUSED = "the server responded with a status of 4"
ROW = {
    "code": "console-file-1",
    "question": "文件里带来的第一个问题怎么办",
    "answer": "这是文件里带来的答复，一共有十几个字。",
    "legal_basis": "《文件导入说明》第一条",
    "category": "iit",
    "department": "income",
}


async def counted(house: ServedHouse) -> tuple[int, int]:
    async with house.deps.database.reader() as reader:
        numbers = [await reader.value(select(func.count()).select_from(table)) for table in (entries, revisions)]
    return numbers[0], numbers[1]


async def confirm(keeper: Keeper, content: bytes, expected: str, *, do: str = "save") -> tuple[int, str]:
    fields = {"name": "a.yaml", "content": base64.b64encode(content).decode(), "expected": expected, "do": do}
    return await keeper.post("/console/files/import", fields)


async def test_a_workbook_is_looked_at_corrected_and_imported(
    browser: Browser, served: ServedHouse, tmp_path: Path
) -> None:
    wrong, right = tmp_path / "错的.xlsx", tmp_path / "对的.xlsx"
    wrong.write_bytes(write_workbook([{**ROW, "answer": ""}], ""))
    right.write_bytes(write_workbook([ROW], ""))
    before = await counted(served)
    async with somebody(browser, served) as editor:
        editor.expected_errors.add(REFUSED)
        await enter_console(editor, EDITOR)
        page = editor.page
        await page.get_by_role("link", name="导入导出").click()
        await page.get_by_label("文件").set_input_files(wrong)
        await page.get_by_role("button", name="看一遍").click()
        await expect(page.get_by_role("region", name="错的.xlsx")).to_contain_text("1 处有误，什么都没有导入")
        await expect(page.get_by_role("region", name="错的.xlsx")).to_contain_text("第 2 行：答复是空的，请填写。")
        await page.get_by_label("文件").set_input_files(right)
        await page.get_by_role("button", name="看一遍").click()
        await expect(page.get_by_role("region", name="对的.xlsx")).to_contain_text("新建 1 条，修改 0 条")
        assert await counted(served) == before
        await page.get_by_role("button", name="存成 1 条草稿").click()
        await expect(page.get_by_role("status")).to_contain_text("已导入成草稿")
        await expect(page.locator("tbody tr").first).to_contain_text(ROW["question"])
    assert await counted(served) == (before[0] + 1, before[1] + 1)


async def test_what_would_come_of_it_now_is_not_what_was_shown(served: ServedHouse) -> None:
    content = write_yaml([{**ROW, "code": "console-file-2", "question": "第二个文件里问的是什么事情"}], "")
    async with in_console(served, EDITOR) as keeper:
        before = await counted(served)
        status, said = await confirm(keeper, content, "0 1 0")
        assert (status, "和刚才看到的不同，没有导入" in said) == (409, True)
        assert await counted(served) == before
        assert (await confirm(keeper, content, "1 0 0", do="submit"))[0] == 303
        assert (await counted(served))[0] == before[0] + 1
    async with in_console(served, APPROVER) as approver:
        assert "第二个文件里问的是什么事情" in (await approver.get("/console/approvals"))[1]


async def test_what_cannot_be_submitted_is_not_imported_either(served: ServedHouse) -> None:
    row = {**ROW, "code": "console-file-3", "question": "早就过期的条目还能导入吗", "valid_until": "2020-01-01"}
    async with in_console(served, EDITOR) as keeper:
        before = await counted(served)
        status, said = await confirm(keeper, write_yaml([row], ""), "1 0 0", do="submit")
        assert (status, "什么都没有导入" in said) == (409, True)
        assert await counted(served) == before


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.doc", b"x", "不认识 a.doc 的格式"),
        ("a.xls", b"x", "旧式的 .xls 文件"),
        ("a.xlsx", b"PK\x03\x04 spoilt", "这不是完好的 Excel 工作簿"),
        ("../../a.yaml", b"]", "不合 YAML 格式"),
        ("a.yaml", b" " * (4 * 1024 * 1024 + 1), "文件超过 4 MB"),
    ],
    ids=range(5),
)
async def test_what_is_no_file_of_entries_is_said_in_a_sentence(
    served: ServedHouse, name: str, content: bytes, sentence: str
) -> None:
    async with in_console(served, EDITOR) as keeper:
        status, said = await keeper.bring("/console/files/examine", name, content)
        assert (status, sentence in said) == (422, True), said


async def test_a_form_without_a_file_or_with_half_of_one_is_refused(served: ServedHouse) -> None:
    async with in_console(served, EDITOR) as keeper:
        assert (await keeper.post("/console/files/examine"))[0] == 422
        assert (await keeper.post("/console/files/import", {"content": "A", "name": "a.yaml"}))[0] == 422


async def test_what_is_fetched_can_be_brought_back_and_changes_nothing(served: ServedHouse) -> None:
    async with in_console(served, EDITOR) as keeper:
        for ending in ("xlsx", "csv", "yaml"):
            async with keeper.visit.session.get(f"{served.url}/console/files/entries.{ending}") as answer:
                assert f".{ending}" in answer.headers["Content-Disposition"]
                content = await answer.read()
            _, said = await keeper.bring("/console/files/examine", f"a.{ending}", content)
            assert "新建 0 条，修改 0 条" in said, (ending, sentences(said))
        async with keeper.visit.session.get(f"{served.url}/console/files/entries.csv?encoding=gb18030") as answer:
            assert "企业所得税税率是多少" in (await answer.read()).decode("gb18030")
