"""The command line as people and scripts use it: what it prints, what it leaves behind (nothing), how it refuses."""

import asyncio
import contextlib
import json
import os
import pty
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.cells import cell_len
from sqlalchemy import text
from typer.testing import CliRunner

from bot.cli.main import app
from bot.cli.terminal import refusal
from bot.installation import read_installation
from bot.settings import read_settings
from intents import Kind
from storage.database import DatabaseError
from testbed.labelled import write_collection
from tests.bot.command import ROOT, Done, contents, environment, python_m_bot, run_command
from tests.support.house import HouseUnderTest, open_test_house, sqlite_url

QUESTION = "个体户月销售额10万元以内要交增值税吗"
LINE_KEYS = ["text", "kind", "confidence", "departments", "reasons"]
NOW = datetime(2025, 11, 3, 4, 0, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A fresh clone's working folder; whatever a test of this file does there, looking leaves it as it was."""
    folder = tmp_path / "clone"
    folder.mkdir()
    yield folder
    assert contents(folder).keys() <= {"messages.jsonl"}


# --- due dates


def test_a_due_date_is_accounted_for_in_json_with_exactly_these_keys(folder: Path) -> None:
    done = python_m_bot(folder, "calendar", "due", "2025-06-03", "--days", "7", "--region", "xinjiang", "--json")
    assert (done.code, done.said, done.out.count("\n")) == (0, "", 1)
    account = json.loads(done.out)
    assert list(account) == ["received_on", "due_on", "region", "provisional", "days"]
    assert {tuple(day) for day in account["days"]} == {("on", "counts", "why")}
    assert (account["received_on"], account["due_on"], account["region"]) == ("2025-06-03", "2025-06-17", "xinjiang")
    assert account["provisional"] is False
    assert sum(day["counts"] for day in account["days"]) == 7
    assert {"on": "2025-06-06", "counts": False, "why": "古尔邦节放假"} in account["days"]


def test_seven_days_in_xinjiang_are_what_nobody_has_to_write(folder: Path) -> None:
    bare = run_command(folder, "calendar", "due", "2025-06-03", "--json")
    national = run_command(folder, "calendar", "due", "2025-06-03", "--region", "national", "--json")
    assert (json.loads(bare.out)["due_on"], json.loads(national.out)["due_on"]) == ("2025-06-17", "2025-06-12")


def test_a_due_date_for_people_ends_with_the_hour(folder: Path) -> None:
    done = run_command(folder, "calendar", "due", "2025-06-03")
    assert done.out.splitlines()[-1] == "最迟 2025-06-17 24:00（北京时间）"
    assert run_command(folder, "calendar", "due", "2029-06-04").out.splitlines()[-1].endswith("，暂定")


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["2025-6-3"], 2, "收到日期：应为真实的日期，形如 2025-06-03"),
        (["2025-02-29"], 2, "收到日期：应为真实的日期"),
        ([], 2, "缺少 收到日期"),
        (["2025-06-03", "--days", "seven"], 2, "--days：应为整数"),
        (["2025-06-03", "--days", "0"], 1, "天数应不少于 1"),
        (["2025-06-03", "--days", "99999999"], 1, "超出可计算的范围"),
        (["1899-06-03"], 1, "超出可计算的范围"),
        (["2025-06-03", "--region", "mars"], 1, "未知地区 'mars'；可用的地区：national、xinjiang"),
        (["2025-06-03", "2025-06-04"], 2, "多出了 2025-06-04"),
        (["2025-06-03", "--days"], 2, "--days 后面缺少值"),
        (["2025-06-03", "--json=yes"], 2, "--json 后面不能带值"),
        (["2025-06-03", "--jsno"], 2, "没有选项 --jsno"),
    ],
)
def test_a_due_date_that_cannot_be_worked_out_is_one_sentence(
    folder: Path, arguments: list[str], code: int, sentence: str
) -> None:
    _refused(run_command(folder, "calendar", "due", *arguments), code, sentence)


# --- questions to the FAQ


def test_a_question_in_a_fresh_clone_is_answered_from_the_sample(folder: Path) -> None:
    done = python_m_bot(folder, "faq", "ask", QUESTION)
    assert (done.code, done.said) == (0, "")
    assert done.out.startswith(f"直接答复\n\n{QUESTION}\n")
    assert "依据：《中华人民共和国增值税法》" in done.out
    assert done.out.endswith("（还没有数据库，看的是随附的样例。）\n")
    assert max(map(cell_len, done.out.splitlines())) <= 80


def test_a_question_in_json_is_one_line(folder: Path) -> None:
    done = run_command(folder, "faq", "ask", QUESTION, "--json", COLUMNS="40")
    found = json.loads(done.out)
    assert done.out.count("\n") == 1
    assert (found["decision"], found["question"]) == ("answer", QUESTION)
    assert found["candidates"][0] == {"entry": found["entry"], "question": QUESTION, "score": 1.0}


def test_what_nobody_answers_is_said_to_go_to_people(folder: Path) -> None:
    question = "[bold]稀土矿尾矿库占地要不要交城镇土地使用税，能不能减免[/bold] :smile:"
    assert run_command(folder, "faq", "ask", question).out.startswith("没有答案，转工作人员\n")
    assert json.loads(run_command(folder, "faq", "ask", "", "--json").out)["decision"] == "nothing"


# --- how well the FAQ answers

FIGURES = [
    *(
        "entries",
        "queries",
        "top1",
        "recall_at_3",
        "mrr_at_10",
        "auroc",
        "answered",
        "answered_right",
        "answered_wrong",
    ),
    *("precision", "coverage", "choices_with_right", "choices_without", "handed_on"),
    *("build_seconds", "queries_per_second", "memory_mb"),
]


def test_an_assessment_in_json_is_one_line_of_these_keys_without_any_setting(folder: Path) -> None:
    questions = write_collection(folder.parent / "questions")
    done = run_command(folder, "faq", "assess", str(questions), "--json", SHUIQIAO_TOKEN="no such setting")
    found = json.loads(done.out)
    assert (done.code, done.said, done.out.count("\n")) == (0, "", 1)
    assert list(found) == FIGURES
    assert (found["entries"], found["queries"], found["answered_right"]) == (5, 11, 2)
    assert found["top1"] == 2 / 7  # as exact as it was measured


def test_an_assessment_for_people_is_a_table_with_labels_and_keys(folder: Path) -> None:
    entries = [("a", "车船税在哪里交"), ("b", "车船税在哪里交？"), ("c", "印花税怎么交")]
    questions = write_collection(
        folder.parent / "questions", entries, (), [("印花税怎么交", "c")] * 3 + [("契税", "c")]
    )
    done = run_command(folder, "faq", "assess", str(questions), COLUMNS="80")
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in done.out.splitlines() if line[0] == "│"]
    assert [row[2] for row in rows] == FIGURES
    assert rows[2] == ["排在首位", "75.0 %", "top1"]
    assert ["能答与不能答的区分度（AUROC）", "—", "auroc"] in rows
    assert all(re.search(r"[\u4e00-\u9fff]", row[0]) for row in rows)
    assert max(map(cell_len, done.out.splitlines())) <= 80
    assert done.out.endswith("\n有 2 个条目与别的条目共用同样的问法；只认标注的条目，另一个算错。\n")
    assert done.said == ""  # no bar where nobody sees it


def test_a_bar_moves_on_the_terminal_and_never_in_the_result(folder: Path) -> None:
    questions = write_collection(folder.parent / "questions", queries=[("票票不见啦", "lost-special")])
    watching, terminal = pty.openpty()
    process = subprocess.Popen(  # noqa: S603  our own program
        [sys.executable, "-X", "importtime", "-m", "bot", "faq", "assess", str(questions), "--json"],
        cwd=folder,
        env=environment({"TERM": "xterm"}),
        stdout=subprocess.PIPE,
        stderr=terminal,
    )
    os.close(terminal)
    seen = _everything(watching)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert json.loads(out)["answered"] == 1  # by the second of the further phrasings: all are used
    assert "建立索引" in seen
    assert {"numpy", "jieba"} <= _packages(seen)
    assert {"aiogram", "aiohttp", "apscheduler", "sqlalchemy", "cryptography"} & _packages(seen) == set()


def test_fewer_phrasings_are_used_where_fewer_are_asked_for(folder: Path) -> None:
    questions = write_collection(folder.parent / "questions", queries=[("票票不见啦", "lost-special")])
    done = run_command(folder, "faq", "assess", str(questions), "--phrasings", "1", "--json")
    assert json.loads(done.out)["answered"] == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "缺少 文件夹"),
        ([".", "--phrasings", "some"], "--phrasings：应为整数"),
        ([".", "--phrasings", "-1"], "--phrasings：应不小于 0"),
    ],
)
def test_an_assessment_that_is_asked_for_wrongly_is_one_sentence(
    folder: Path, arguments: list[str], sentence: str
) -> None:
    _refused(run_command(folder, "faq", "assess", *arguments), 2, sentence)


# --- understanding of messages


def test_a_message_is_told_its_kind_and_department(folder: Path) -> None:
    done = run_command(folder, "intent", "我要投诉办税服务厅，工作人员态度恶劣", "--json")
    found = json.loads(done.out)
    assert list(found) == LINE_KEYS
    assert (found["kind"], found["departments"]) == ("complaint", ["纳税服务处"])
    assert 0.5 < found["confidence"] <= 1
    assert found["reasons"]


def test_a_message_for_people_keeps_to_the_width_and_loses_nothing(folder: Path) -> None:
    message = "我要举报某公司偷税漏税，两套账，隐匿收入，虚开发票，老板还威胁我"
    reasons = json.loads(run_command(folder, "intent", message, "--json").out)["reasons"]
    for width in (40, 80):
        done = run_command(folder, "intent", message, COLUMNS=str(width))
        assert max(map(cell_len, done.out.splitlines())) <= width
        assert "；".join(reasons) in re.sub(r"[│\n ]|理由|承办部门", "", done.out)


def test_a_file_of_messages_is_answered_line_by_line(folder: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"text": "你好"},
        {"text": "我要投诉", "id": 7},
        {"text": "第一行\u2028第二行😀"},
        {"text": ""},
    ]
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    (folder / "messages.jsonl").write_bytes("\ufeff{}\r\n\r\n  \r\n{}\r\n{}\n{}".format(*lines).encode())
    done = python_m_bot(folder, "intent", "--file", "messages.jsonl", PYTHONIOENCODING="latin-1")
    assert (done.code, done.said) == (0, "")
    found = [json.loads(line) for line in done.out.splitlines()]  # U+2028 would end a line here
    assert [list(one) for one in found] == [LINE_KEYS] * 4
    assert [one["text"] for one in found] == [row["text"] for row in rows]
    assert {one["kind"] for one in found} <= {kind.value for kind in Kind}
    assert [one["departments"] for one in found[:2]] == [[], ["纳税服务处"]]


def test_broken_lines_are_named_and_the_others_answered(folder: Path) -> None:
    broken = [b"{", b"[1]", b'{"text": 5}', b'{"txt": "x"}', b"\xb0\xcb", b"[" * 100_000, b'"\\ud800"']
    good = b'{"text": "\\ud800"}'
    (folder / "messages.jsonl").write_bytes(b"\n".join([good, *broken, good]))
    done = run_command(folder, "intent", "--file", "messages.jsonl")
    assert done.code == 1
    assert [json.loads(line)["text"] for line in done.out.splitlines()] == ["\ud800", "\ud800"]
    *named, conclusion = done.said.splitlines()
    assert [re.findall(r"第 (\d+) 行", line) for line in named] == [[str(number)] for number in range(2, 9)]
    assert "不是 UTF-8" in named[4]
    assert conclusion == "messages.jsonl 有 7 行有误，没有判断；其余各行已输出。"


def test_of_very_many_broken_lines_the_first_are_named_and_all_are_counted(folder: Path) -> None:
    (folder / "messages.jsonl").write_text("broken\n" * 1000, encoding="utf-8")
    done = run_command(folder, "intent", "--file", "messages.jsonl")
    assert len(done.said.splitlines()) == 21
    assert "有 1000 行有误" in done.said


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        ([], 2, "二者选一"),
        (["你好", "--file", "messages.jsonl"], 2, "二者选一"),
        (["--file", "messages.jsonl"], 1, "读不到文件 messages.jsonl"),
        (["--file", "."], 1, "读不到文件 ."),
        (["--file", "/proc/self/mem"], 1, "读 /proc/self/mem 时出错"),
    ],
)
def test_messages_that_cannot_be_read_are_one_sentence(
    folder: Path, arguments: list[str], code: int, sentence: str
) -> None:
    _refused(run_command(folder, "intent", *arguments), code, sentence)


def test_a_file_is_read_as_it_is_written_and_answered_before_it_ends(folder: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "intent", "--file", "/dev/stdin"],
        cwd=folder,
        env=environment({"PYTHONUNBUFFERED": "1"}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        for message in ("你好", "谢谢"):
            process.stdin.write(json.dumps({"text": message}).encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["text"] == message
        process.stdin.close()
        assert process.wait(10) == 0


# --- what becomes of a text

PREVIEW_KEYS = [
    *("text", "becomes", "kind", "confidence", "entry", "question", "answer", "candidates", "departments", "reasons"),
]


@pytest.mark.parametrize(
    ("text", "becomes", "kind"),
    [
        (QUESTION, "answer", "question"),
        ("发票丢了怎么办", "choices", "question"),
        ("你好", "words", "greeting"),
        ("公积金怎么提取", "words", "outofscope"),
        ("我要投诉办税服务厅，工作人员态度恶劣", "case", "complaint"),
    ],
)
def test_a_preview_says_what_becomes_of_a_text_and_where_a_case_of_it_would_go(
    folder: Path, text: str, becomes: str, kind: str
) -> None:
    found = json.loads(run_command(folder, "preview", text, "--json").out)
    assert list(found) == PREVIEW_KEYS
    assert (found["becomes"], found["kind"]) == (becomes, kind)
    assert found["departments"]
    assert (found["answer"] is not None) == (becomes == "answer")
    assert len(found["candidates"]) <= 3


def test_a_preview_looks_at_a_talk_and_at_an_open_case(folder: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"text": QUESTION, "talk": ["转人工"]},
        {"text": "二号窗口", "case": "open", "case_kind": "complaint"},
        {"text": "二号窗口", "case": "waiting"},
        {"text": "纳税服务处的李某收了企业好处费，请保密", "case": "waiting"},
        {"text": QUESTION, "case": "answered"},
    ]
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / "messages.jsonl").write_text(lines, encoding="utf-8")
    done = run_command(folder, "preview", "--file", "messages.jsonl")
    assert (done.code, done.said) == (0, "")
    found = [json.loads(line)["becomes"] for line in done.out.splitlines()]
    assert found == ["case", "asked_back", "supplement", "case", "answer"]


def test_a_preview_looks_into_the_entries_of_a_file(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "entries.yaml").write_text(
        "- {code: moon, question: 月球上的车船税怎么交, answer: 在月球上行驶的车船不征车船税。, "
        "legal_basis: 《样例办法》第一条, category: vehicle, department: property}\n",
        encoding="utf-8",
    )
    found = run_command(folder, "preview", "月球上的车船税怎么交", "--entries", "../entries.yaml", "--json")
    assert json.loads(found.out)["entry"] == "moon"
    _refused(run_command(folder, "preview", "你好", "--entries", "nowhere.yaml"), 1, "nowhere.yaml")


def test_a_line_whose_case_is_unknown_is_named(folder: Path) -> None:
    (folder / "messages.jsonl").write_text('{"text": "你好", "case": "lost"}\n', encoding="utf-8")
    done = run_command(folder, "preview", "--file", "messages.jsonl")
    assert (done.code, done.out) == (1, "")
    assert "第 1 行：case 的值不对" in done.said


# --- with a database


async def test_looking_sees_the_database_in_use_and_changes_nothing(
    either_house: HouseUnderTest, tmp_path: Path
) -> None:
    async with either_house.database.unit() as unit:
        await unit.run(
            text("UPDATE revisions SET answer = '本局的答复' WHERE question = :question").bindparams(question=QUESTION)
        )
        await unit.run(text("UPDATE departments SET name = '新名称' WHERE code = 'service'"))
    before = _without_shared_memory(tmp_path)
    folder = tmp_path.parent / f"{tmp_path.name}-elsewhere"
    folder.mkdir()
    address = either_house.deps.settings.database_url
    answer = await asyncio.to_thread(
        run_command, folder, "faq", "ask", QUESTION, "--json", SHUIQIAO_DATABASE_URL=address
    )
    kind = await asyncio.to_thread(run_command, folder, "intent", "我要投诉", SHUIQIAO_DATABASE_URL=address)
    assert (json.loads(answer.out)["answer"], answer.said) == ("本局的答复", "")
    assert "新名称" in kind.out
    assert "样例" not in kind.out
    assert contents(folder) == {}
    assert _without_shared_memory(tmp_path) == before


async def test_looking_needs_no_key_and_leaves_no_companion_files(stopped: Path) -> None:
    (stopped / "key").unlink()
    before = contents(stopped)
    installation = await asyncio.to_thread(read_installation, read_settings({}, database_url=sqlite_url(stopped)), NOW)
    assert not installation.sample
    assert len(installation.entries) > 60
    assert contents(stopped) == before


async def test_what_a_killed_house_left_in_its_log_is_seen(stopped: Path, tmp_path: Path) -> None:
    connection = sqlite3.connect(stopped / "test.db")
    connection.execute("UPDATE departments SET name = '未落盘'")
    connection.commit()
    killed = tmp_path / "killed"
    shutil.copytree(stopped, killed)
    connection.close()
    installation = await asyncio.to_thread(read_installation, read_settings({}, database_url=sqlite_url(killed)), NOW)
    assert set(installation.departments.values()) == {"未落盘"}


def test_an_empty_database_is_looked_at_as_none(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    installation = read_installation(read_settings({}, database_url=f"sqlite:///{tmp_path}/empty.db"), NOW)
    assert installation.sample
    assert (tmp_path / "empty.db").stat().st_size == 0


async def test_an_empty_postgresql_is_looked_at_as_none(postgres: str) -> None:
    address = postgres.replace("+asyncpg", "")
    assert (await asyncio.to_thread(read_installation, read_settings({}, database_url=address), NOW)).sample


async def test_a_schema_of_another_version_is_named_and_left_alone(
    stopped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, before = read_settings({}, database_url=sqlite_url(stopped)), contents(stopped)
    steps = tmp_path / "migrations"
    shutil.copytree(ROOT / "storage" / "migrations", steps)
    (steps / "versions" / "next.py").write_text(
        f'"""The next step."""\nrevision = "next"\ndown_revision = "{newest_revision(steps)}"\n', encoding="utf-8"
    )
    monkeypatch.setattr("storage.schema.MIGRATIONS", steps)
    with pytest.raises(DatabaseError, match=r"本程序需要 next。请先启动一次本程序（make run）"):
        await asyncio.to_thread(read_installation, settings, NOW)
    assert contents(stopped) == before


# --- the rest


@pytest.mark.parametrize(
    "arguments",
    [
        *([], ["run"], ["key"], ["faq"], ["faq", "ask"], ["faq", "assess"], ["faq", "export"], ["faq", "import"]),
        *(["intent"], ["preview"], ["calendar", "due"], ["doctor"]),
    ],
)
def test_help_is_in_chinese_and_fits_the_terminal(arguments: list[str]) -> None:
    done = CliRunner().invoke(app, [*arguments, "--help"], prog_name="python -m bot")
    assert done.exit_code == 0
    assert done.output.startswith(f"用法：{' '.join(['python -m bot', *arguments])} [选项]")
    assert "--help" in done.output
    assert not re.search(r"usage|options|arguments|commands|show this|default|required", done.output, re.IGNORECASE)
    assert max(map(cell_len, done.output.splitlines())) <= 80


def test_every_command_stands_in_the_operations_page() -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    for command in (
        "run",
        "key",
        "preview",
        "faq ask",
        "faq assess",
        "faq export",
        "faq import",
        "intent",
        "calendar due",
        "doctor",
    ):
        assert f"python -m bot {command}" in page


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["fly"], "没有命令 fly。用法见：python -m bot --help"),
        (["faq"], "缺少命令。用法见：python -m bot faq --help"),
        (["faq", "ask"], "缺少 问题。用法见：python -m bot faq ask --help"),
        (["--verbose"], "没有选项 --verbose。用法见：python -m bot --help"),
    ],
)
def test_a_command_that_is_written_wrong_is_refused_in_one_sentence(
    folder: Path, arguments: list[str], sentence: str
) -> None:
    _refused(run_command(folder, *arguments), 2, sentence)


def test_a_refusal_that_we_have_no_words_for_is_passed_on() -> None:
    assert refusal(typer.BadParameter("odd")) == "Invalid value: odd。用法见：python -m bot --help"


def test_without_a_command_the_house_is_run(folder: Path) -> None:
    done = python_m_bot(folder, PORT="http")
    _refused(done, 1, "PORT：应为整数")


def test_a_key_is_printed_for_a_file_and_written_nowhere(folder: Path) -> None:
    first, second = run_command(folder, "key"), run_command(folder, "key")
    assert first.out != second.out
    assert read_settings({"SHUIQIAO_KEY": first.out}).key is not None
    assert first.out.count("\n") == 1


def test_a_reader_who_has_enough_is_not_shouted_at(folder: Path) -> None:
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "calendar", "due", "2025-06-03", "--days", "5000", "--json"],
        cwd=folder,
        env=environment({}),
        stdout=writing,
        stderr=subprocess.PIPE,
    )
    os.close(writing)
    os.close(reading)
    assert process.communicate(timeout=60)[1] == b""
    assert process.returncode == 1


def test_a_due_date_is_worked_out_without_the_conversation_and_the_database() -> None:
    heavy = {"aiogram", "aiohttp", "sqlalchemy", "jieba", "numpy", "apscheduler"}
    assert heavy & _imported_by("calendar", "due", "2025-06-03") == set()


def test_a_question_is_looked_up_without_the_conversation() -> None:
    assert {"aiogram", "aiohttp", "apscheduler"} & _imported_by("faq", "ask", QUESTION, "--json") == set()


@pytest.fixture
async def stopped(tmp_path: Path) -> Path:
    """The folder of a house that was founded and has stopped."""
    folder = tmp_path / "house"
    folder.mkdir()
    async with open_test_house(sqlite_url(folder), folder):
        pass
    return folder


def newest_revision(steps: Path) -> str:
    """The one migration of a folder that no other one builds on."""
    texts = [file.read_text(encoding="utf-8") for file in (steps / "versions").glob("*.py")]
    revisions = {found[1] for one in texts if (found := re.search(r'^revision.*?"(\w+)"', one, re.MULTILINE))}
    below = {found[1] for one in texts if (found := re.search(r'^down_revision.*?"(\w+)"', one, re.MULTILINE))}
    (newest,) = revisions - below
    return newest


def _imported_by(*arguments: str) -> set[str]:
    """The top-level packages that a command imports, by the interpreter's own account."""
    done = subprocess.run(  # noqa: S603  our own program
        [sys.executable, "-X", "importtime", "-m", "bot", *arguments], env=environment({}), capture_output=True
    )
    assert done.returncode == 0
    return _packages(done.stderr.decode())


def _packages(account: str) -> set[str]:
    names = re.findall(r"^import time:.*\| +(\S+)$", account, re.MULTILINE)
    return {name.partition(".")[0] for name in names}


def _everything(terminal: int) -> str:
    """What is written to a terminal until nobody holds its other end."""
    seen = bytearray()
    with contextlib.suppress(OSError):  # so Linux says that nobody does
        while part := os.read(terminal, 65536):
            seen += part
    os.close(terminal)
    return seen.decode().replace("\r\n", "\n")


def _without_shared_memory(folder: Path) -> dict[str, Any]:
    return {name: found for name, found in contents(folder).items() if not name.endswith("-shm")}


def _refused(done: Done, code: int, sentence: str) -> None:
    assert (done.code, done.out) == (code, "")
    assert sentence in done.said
    assert "Traceback" not in done.said
    assert done.said.count("。") <= 2 or done.said.startswith("设置有误")
