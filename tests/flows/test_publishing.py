"""From a file to the answer: exported, changed, imported, approved by somebody else, and said by a running process."""

import asyncio
import csv
from pathlib import Path

from aiohttp import ClientSession
from sqlalchemy import select

from faq.entries.approval import approve
from faq.entries.queries import awaiting_approval
from faq.entries.results import Saved
from storage.database import Database
from storage.people import Officer, find_officer
from storage.tables import officers
from testbed.processes import Installation, browser
from tests.bot.command import Done, run_command
from tests.support.house import sqlite_url

QUESTION = "个体户月销售额10万元以内要交增值税吗"
ANSWER = "不用交。月销售额不超过10万元的小规模纳税人免征增值税，本局2025年重新核定。"


async def test_what_an_officer_imports_and_another_approves_is_said_by_the_running_house(tmp_path: Path) -> None:
    with Installation(tmp_path, sqlite_url(tmp_path), log_level="WARNING") as installation:
        house = await installation.start().ready()

        async def command(*arguments: str) -> Done:
            return await asyncio.to_thread(
                run_command,
                tmp_path,
                "faq",
                *arguments,
                SHUIQIAO_DATABASE_URL=sqlite_url(tmp_path),
                SHUIQIAO_KEY_FILE=str(installation.key_file),
            )

        done = await command("export", "entries.csv", "--gb18030")
        assert (done.code, done.said) == (0, "")
        change_answer(tmp_path / "entries.csv")
        dry = await command("import", "entries.csv", "--dry-run")
        assert (dry.code, "修改 1 条" in dry.out, "没有写入" in dry.out) == (0, True, True)
        done = await command("import", "entries.csv", "--by", "ayinur", "--submit")
        assert (done.code, "已提交审批" in done.out) == (0, True), done.said
        async with installation.database() as database:
            await wang_approves(database)
        await revision_comes(house.url, 2)
        async with browser(lambda: house.url) as page:
            await page.says(QUESTION)
            said = await page.hears("本局2025年重新核定")
        assert "最近核实：" in said.text
        assert await house.terminate() == 0


def change_answer(file: Path) -> None:
    """As somebody does it in a spreadsheet of an office."""
    with file.open(encoding="gb18030", newline="") as lines:
        header, *rows = csv.reader(lines)
    for row in rows:
        if row[header.index("问题")] == QUESTION:
            row[header.index("答复")] = ANSWER
    with file.open("w", encoding="gb18030", newline="") as lines:
        csv.writer(lines).writerows([header, *rows])


async def wang_approves(database: Database) -> None:
    async with database.unit() as unit:
        officer_id = await unit.value(select(officers.c.id).where(officers.c.code == "wang"))
        wang = await find_officer(unit, officer_id)
        assert isinstance(wang, Officer)
        (line,) = await awaiting_approval(unit)
        assert line.newest.first_reviewer == "阿依努尔·样例"
        assert isinstance(await approve(unit, wang, line.entry_id, head=line.head), Saved)


async def revision_comes(url: str, revision: int) -> None:
    """The process tells which edition it answers from; it looks every second."""
    async with ClientSession() as session, asyncio.timeout(30):
        while True:
            async with session.get(f"{url}/metrics") as response:
                if f"shuiqiao_faq_revision {revision}.0" in await response.text():
                    return
            await asyncio.sleep(0.1)
