"""`faq export` and `faq import` as an operator types them: nothing is half imported, and what is wrong is named."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from faq.files.formats import write_yaml
from storage.tables import entries, officers, revisions
from tests.bot.command import Done, run_command
from tests.support.house import HouseUnderTest

NEW = {
    "code": "bonus",
    "question": "节日补贴要不要交个人所得税",
    "answer": "节日补贴属于工资薪金所得，应当并入当月工资计税。",
    "legal_basis": "个人所得税法第二条",
    "category": "iit",
    "department": "income",
}


class Operator:
    """Types commands in a folder beside the house."""

    def __init__(self, house: HouseUnderTest, folder: Path) -> None:
        self.house, self.folder = house, folder

    async def types(self, *arguments: str) -> Done:
        settings = self.house.deps.settings
        return await asyncio.to_thread(
            run_command,
            self.folder,
            "faq",
            *arguments,
            SHUIQIAO_DATABASE_URL=settings.database_url,
            SHUIQIAO_KEY_FILE=str(settings.key_file),
        )

    def writes(self, *rows: dict[str, str], name: str = "new.yaml") -> str:
        (self.folder / name).write_bytes(write_yaml(rows, ""))
        return name

    async def counts(self) -> tuple[int, int]:
        async with self.house.database.reader() as reader:
            numbers = [await reader.value(select(func.count()).select_from(table)) for table in (entries, revisions)]
        return numbers[0], numbers[1]


@pytest.fixture
def operator(house: HouseUnderTest, tmp_path: Path) -> Operator:
    folder = tmp_path / "desk"
    folder.mkdir()
    return Operator(house, folder)


async def test_a_dry_run_writes_nothing_and_an_import_makes_drafts_in_the_name_of_an_editor(operator: Operator) -> None:
    before = await operator.counts()
    done = await operator.types("import", operator.writes(NEW), "--dry-run")
    assert (done.code, done.out, done.said) == (0, "新建 1 条，修改 0 条，不变 0 条。没有写入任何内容。\n", "")
    assert await operator.counts() == before
    done = await operator.types("import", operator.writes(NEW), "--by", "wang")
    assert done.out == "新建 1 条，修改 0 条，不变 0 条；已存为草稿，审批之前不会用来答复。\n"
    async with operator.house.database.reader() as reader:
        row = await reader.one(select(revisions).join(entries).where(entries.c.code == "bonus"))
    assert row is not None
    assert (row.state, row.author) == ("draft", "王样例")


async def test_one_wrong_row_stops_the_whole_file_and_so_do_more_than_approvers_can_bear(operator: Operator) -> None:
    before = await operator.counts()
    wrong = {**NEW, "code": "bonus-2", "question": "节日补贴怎么申报个人所得税", "department": "月球处", "answer": ""}
    done = await operator.types("import", operator.writes(NEW, wrong), "--by", "wang")
    assert (done.code, done.out) == (1, "")
    assert "有误 new.yaml 第 7 行：部门：没有“月球处”" in done.said
    assert "有误 new.yaml 第 7 行：答复是空的，请填写。" in done.said
    assert done.said.endswith("共 2 处有误，什么都没有导入。请更正后再试。\n")
    rows = [{**NEW, "code": f"x{number}", "question": f"第{number}项补贴要不要交税"} for number in range(201)]
    done = await operator.types("import", operator.writes(*rows), "--by", "wang", "--submit")
    assert (done.code, "一次最多提交 200 条" in done.said) == (1, True)
    past = {**NEW, "code": "past", "question": "去年的节日补贴怎么计税", "valid_until": "2024-12-31"}
    done = await operator.types("import", operator.writes(NEW, past), "--by", "wang", "--submit")
    assert done.code == 1
    assert done.said.endswith(
        "有条目不能提交：有效期止 2024-12-31 已过，发布了也不会答复，请改为以后的日期。什么都没有导入。\n"
    )
    assert await operator.counts() == before


async def test_who_imports_must_be_named_known_and_allowed(operator: Operator) -> None:
    before, file = await operator.counts(), operator.writes(NEW)
    done = await operator.types("import", file)
    assert (done.code, "--by" in done.said) == (2, True)
    done = await operator.types("import", file, "--by", "nobody")
    assert (done.code, done.said) == (1, "没有代码为 nobody 的工作人员；现有：ayinur、wang。\n")
    async with operator.house.database.unit() as unit:
        await unit.run(update(officers).values(roles=["officer"]))
    done = await operator.types("import", file, "--by", "wang")
    assert (done.code, "没有这项权限" in done.said) == (1, True)
    assert await operator.counts() == before


async def test_an_export_does_not_overwrite_unless_told_to(operator: Operator) -> None:
    done = await operator.types("export", "all.yaml")
    assert (done.code, done.out, done.said) == (0, "已写出 160 条：all.yaml\n", "")
    done = await operator.types("export", "all.yaml")
    assert (done.code, "已经存在" in done.said) == (1, True)
    assert (await operator.types("export", "all.yaml", "--overwrite")).code == 0
    done = await operator.types("import", "all.yaml", "--dry-run")
    assert (done.out, done.said) == ("新建 0 条，修改 0 条，不变 160 条。没有写入任何内容。\n", "")
    assert [file.name for file in operator.folder.iterdir()] == ["all.yaml"]


def test_without_a_database_both_say_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "new.yaml").write_bytes(write_yaml([NEW], ""))
    for arguments in (["export", "all.csv"], ["import", "new.yaml", "--by", "wang"]):
        done = run_command(tmp_path, "faq", *arguments)
        assert (done.code, done.said) == (1, "还没有数据库。请先启动一次税桥（make run）。\n")
    assert [file.name for file in tmp_path.iterdir()] == ["new.yaml"]
