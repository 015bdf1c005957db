"""The console on PostgreSQL: every page is shown, and the walk from a gap to an answer leads as on SQLite."""

import re
import shutil
from pathlib import Path

import pytest

from bot.jobs import watch_faq
from faq.matching.decision import Answer
from testbed.postgres import copied_database, drop_database
from tests.browser.keepers import in_console, sentences
from tests.browser.served import ServedHouse
from tests.browser.test_console import TEXT
from tests.browser.test_console_gaps import ask_in_vain, verdicts

pytestmark = pytest.mark.asyncio(loop_scope="package")

EDITOR, OTHER, APPROVER = "qc_editor", "qc_other", "qc_approver"
PAGES = ("", "/entries?q=契税&standing=sample", "/entries?standing=doubted", "/try", "/gaps", "/files", "/sessions")
QUESTION = "戈壁滩上搭的大棚怎么缴税"


async def test_from_a_question_asked_in_vain_to_an_approved_answer(
    founded_postgresql: str, founded_folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(founded_folder, tmp_path, dirs_exist_ok=True)
    copy = await copied_database(founded_postgresql)
    house = ServedHouse(tmp_path, database_url=copy)
    await house.start()
    try:
        await walk(house)
    finally:
        await house.stop()
        await drop_database(copy)


async def walk(house: ServedHouse) -> None:
    gap = await ask_in_vain(house, QUESTION, QUESTION)
    dismissed = await ask_in_vain(house, "馕坑要不要年检")
    async with (
        in_console(house, EDITOR) as editor,
        in_console(house, OTHER) as other,
        in_console(house, APPROVER) as approver,
    ):
        for page in PAGES:
            assert (await editor.get(f"/console{page}"))[0] == 200, page
        assert QUESTION in (await editor.get("/console/gaps"))[1]
        assert (await editor.post("/console/gaps/dismiss", {"gap": dismissed, "reason": "不属于税务"}))[0] == 303
        assert (
            "理由是：不属于税务" in (await other.post("/console/gaps/dismiss", {"gap": dismissed, "reason": "同上"}))[1]
        )
        sent = {**TEXT, "question": QUESTION, "gap": gap, "do": "submit"}
        status, where = await editor.post("/console/entries/new", sent)
        assert status == 303, where
        entry = re.findall(r"/entries/(\d+)", where)[0]
        assert (await other.post("/console/entries/new", sent))[0] == 409
        assert await verdicts(house, gap) == ["drafted"]
        assert QUESTION in (await approver.get("/console/approvals"))[1]
        assert (await approver.post(f"/console/entries/{entry}/approve", {"head": 1}))[0] == 303
        await editor.post("/console/try/override", {"text": "大棚缴税", "entry": entry})
        assert (await editor.post("/console/try/phrase", {"text": "戈壁大棚几个点", "entry": entry}))[0] == 200
        told = sentences((await editor.get(f"/console/entries/{entry}/history"))[1])
        assert ("批准发布" in told, "增加问法「戈壁大棚几个点」" in told, "指定条目" in told) == (True, True, True)
        assert (await editor.post(f"/console/entries/{entry}/verify", {"head": 2}))[0] == 303
        async with editor.visit.session.get(f"{house.url}/console/files/entries.yaml") as answer:
            exported = await answer.read()
        said = sentences((await editor.bring("/console/files/examine", "a.yaml", exported))[1])
        assert "新建 0 条，修改 0 条" in said
    await watch_faq(house.deps)
    for text in (QUESTION, "戈壁大棚几个点", "大棚缴税"):
        assert isinstance(house.deps.faq.edition.decide(text), Answer), text
