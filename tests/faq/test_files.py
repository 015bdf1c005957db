"""Files of entries: as offices write them, whole or not at all, and back without loss."""

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.seed import load_bureau
from faq.entries.approval import approve, refuse
from faq.entries.drafting import discard, edit_entry, submit
from faq.entries.phrasings import add_phrasings
from faq.entries.publication import retire
from faq.entries.queries import find_by_code
from faq.entries.results import Denied, Why
from faq.files.formats import read_csv, read_file, read_yaml, write_csv, write_yaml
from faq.files.plan import Baseline, Plan, examine
from faq.files.table import FIELDS, TOLD, Cell, FileError, Formula, Reading, as_cell, as_date, of_cell
from faq.files.transfer import carry_out, export, read_baseline
from faq.seed import load_entries
from intents import Tokenizer
from storage.database import Database
from tests.faq.editors import DEPARTMENTS, LOST, RATE, Office, done, open_office, with_answer
from tests.support.house import interpreter

HEADER = "代号,问题,其他问法,答复,依据,分类,部门,有效期起,有效期止"
GOOD = (
    "vat-1,小规模纳税人征收率是多少,小规模几个点,适用百分之三的征收率，另有规定除外。,"
    "增值税法第十一条,增值税,所得税处,,2027-12-31"
)
EMPTY = Baseline({}, DEPARTMENTS)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return interpreter().tokenizer


@pytest.fixture
async def office(sqlite: Database) -> Office:
    return await open_office(sqlite)


@pytest.fixture
async def either(database: Database) -> Office:
    """On SQLite and on PostgreSQL: where people are at once, or the databases speak differently."""
    return await open_office(database)


def in_csv(*lines: str, header: str = HEADER) -> Reading:
    return read_csv("\r\n".join((header, *lines)).encode("utf-8-sig"))


def said(plan: Plan, *, wrong: bool = True) -> list[str]:
    return [str(remark) for remark in plan.remarks if remark.wrong is wrong]


def test_a_good_row_is_a_new_entry(tokenizer: Tokenizer) -> None:
    plan = examine(in_csv(GOOD), EMPTY, tokenizer)
    assert plan.remarks == []
    (one,) = plan.new
    assert (one.number, one.code, one.content.category, one.content.department_code) == (2, "vat-1", "vat", "income")
    assert one.content.valid_until == date(2027, 12, 31)
    assert one.content.phrasings == ("小规模几个点",)


def changed(**cells: str) -> str:
    names = HEADER.split(",")
    values = dict(zip(names, GOOD.split(","), strict=True)) | cells
    stream = io.StringIO()
    csv.writer(stream, lineterminator="").writerow([values[name] for name in names])
    return stream.getvalue()


@pytest.mark.parametrize(
    ("row", "finding"),
    [
        (changed(答复=""), "第 2 行：答复是空的，请填写。"),
        (changed(问题="  "), "第 2 行：问题是空的，请填写。"),
        (changed(部门="月球处"), "第 2 行：部门：没有“月球处”，应为 货物和劳务税处、所得税处 之一。"),
        (changed(部门=""), "第 2 行：部门是空的，请填写。"),
        (changed(分类="鱼"), "第 2 行：分类：没有“鱼”，应为 "),
        (changed(有效期止="2027-02-30"), "第 2 行：有效期止：“2027-02-30”不是真实的日期，应形如 2025-12-31。"),
        (changed(有效期起="长期"), "第 2 行：有效期起：“长期”不是真实的日期"),
        (changed(有效期起="2028-01-01"), "第 2 行：有效期止早于有效期起，请改正其中一个。"),
        (changed(其他问法="我的电话是13800138000"), "有手机号，请去掉。"),
        (changed(代号="x" * 81), "第 2 行：代号：最多 80 个字符，请改短。"),
        (GOOD + ",多出来的", "第 2 行：单元格比表头多"),
    ],
)
def test_what_is_wrong_is_told_by_row_with_what_to_do(tokenizer: Tokenizer, row: str, finding: str) -> None:
    plan = examine(in_csv(row), EMPTY, tokenizer)
    (told,) = said(plan)
    assert finding in told


@pytest.mark.parametrize(
    "cell",
    [
        "=cmd|' /C calc'!A0",
        '=HYPERLINK("http://evil.example","点")',
        "+cmd|' /C calc'!A0",
        "-2+3+cmd|' /C calc'!A0",
        "@SUM(1+9)*cmd|' /C calc'!A0",
        " =1+1",
    ],
)
@pytest.mark.parametrize("name", ["问题", "答复", "依据", "其他问法", "代号", "有效期止"])
def test_a_cell_that_a_spreadsheet_would_calculate_is_named_and_not_taken(
    tokenizer: Tokenizer, name: str, cell: str
) -> None:
    plan = examine(in_csv(changed(**{name: cell})), EMPTY, tokenizer)
    assert any(f"第 2 行：{name}：" in told and "像是公式" in told for told in said(plan))


def test_text_that_looks_like_a_formula_leaves_as_text_and_comes_back(tokenizer: Tokenizer) -> None:
    plan = examine(in_csv(changed(答复="- 先登录电子税务局\n- 再提交申请表")), EMPTY, tokenizer)
    assert plan.new[0].content.answer.startswith("- 先登录")  # a list is no formula
    for text in ("=1+1", "'=1+1", "''@x", "-5", "+86", "\tx", "平常的话", "'平常的话"):
        cell = as_cell(text)
        assert cell[:1] not in ("=", "+", "-", "@", "\t", "\r")
        assert of_cell(cell) == text
    assert of_cell("=1+1") == Formula("=1+1")


TEXTS = st.text(st.characters(exclude_categories=("Cc", "Cs", "Co")), min_size=1, max_size=30).filter(
    lambda text: bool(text.strip()) and text == " ".join(text.split())
)


@given(
    question=TEXTS,
    answer=st.lists(TEXTS, min_size=1, max_size=3).map("\n".join),
    phrasings=st.lists(TEXTS, max_size=3),
    until=st.none() | st.dates(date(1970, 1, 1), date(2099, 12, 31)),
    encoding=st.sampled_from(["utf-8", "gb18030", "yaml"]),
)
def test_whatever_a_text_says_it_comes_back_from_a_file(
    question: str, answer: str, phrasings: list[str], until: date | None, encoding: str
) -> None:
    entry: Mapping[str, Cell] = {
        **dict.fromkeys([*FIELDS, *TOLD]),
        "question": question,
        "answer": answer,
        "phrasings": list(phrasings),
        "valid_until": until,
    }
    reading = read_yaml(write_yaml([entry], "")) if encoding == "yaml" else read_csv(write_csv([entry], encoding))
    assert [remark for remark in reading.remarks if remark.wrong] == []
    plan = examine(reading, EMPTY, interpreter().tokenizer)
    content = plan.new[0].content
    assert (content.question, content.answer, content.valid_until) == (question, answer, until)
    assert set(content.phrasings) <= set(phrasings)


# A title over merged cells, a heading in two rows, a day that became a number, text for a spreadsheet, empty rows.
AS_WPS_WRITES = """问答条目登记表,,,,,,,,,
填表单位：货物和劳务税处,,,,,,,,,
序号,代号,标准问题*,相似问法（每行一个）,答案,法律依据,类别,承办部门,有效期,
,,,,,,,,起,止
1,vat-1,小规模纳税人征收率是多少,"小规模几个点
小规模税率多少",适用百分之三的征收率，另有规定除外。,增值税法第十一条,增值税,所得税处,45658,2027/12/31
2,12,一般纳税人税率有哪几档,,税率分为百分之十三、百分之九和百分之六。,增值税法第十条,vat,income,2025年1月1日,20271231
,,,,,,,,,
,,,,,,,,,
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_a_file_as_excel_and_wps_write_it_is_understood(tokenizer: Tokenizer, encoding: str, delimiter: str) -> None:
    rows = list(csv.reader(io.StringIO(AS_WPS_WRITES)))
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    plan = examine(read_csv(stream.getvalue().encode(encoding)), EMPTY, tokenizer)
    assert said(plan) == []
    assert said(plan, wrong=False) == ["第 4 行：不认识的列“序号”，不会导入。"]
    first, second = plan.new
    assert (first.number, second.number) == (5, 6)
    assert first.content.phrasings == ("小规模几个点", "小规模税率多少")
    assert (first.content.valid_from, first.content.valid_until) == (date(2025, 1, 1), date(2027, 12, 31))
    assert (second.content.valid_from, second.content.valid_until) == (date(2025, 1, 1), date(2027, 12, 31))
    assert second.code == "12"


@pytest.mark.parametrize("cell", ["45658", 45658, 45658.0, "45658.0", "2025-1-1", "2025.01.01", "2025-01-01 00:00:00"])
def test_a_day_is_a_day_however_a_spreadsheet_keeps_it(cell: Cell) -> None:
    assert as_date(cell) == date(2025, 1, 1)


@pytest.mark.parametrize("cell", ["45658.5", 3, 1e12, "20251301", "明天", True, Formula("=TODAY()"), "99999"])
def test_what_is_no_day_is_refused(cell: Cell) -> None:
    with pytest.raises(ValueError, match=r"日期|公式|文字"):
        as_date(cell)


def test_columns_that_are_missing_or_there_twice_are_named(tokenizer: Tokenizer) -> None:
    plan = examine(in_csv("问,答", header="问题,答复,问题"), EMPTY, tokenizer)
    told = said(plan)
    assert "第 1 行：有两列“问题”，请只留一列。" in told
    assert "第 1 行：缺少“依据”这一列，请补上。" in told
    assert "没有找到表头" in said(examine(read_csv("甲,乙\n一,二\n".encode()), EMPTY, tokenizer))[0]
    assert "没有找到表头" in said(examine(read_csv(b""), EMPTY, tokenizer))[0]


def test_a_question_that_stands_twice_is_wrong_and_one_that_is_nearly_the_same_is_pointed_out(
    tokenizer: Tokenizer,
) -> None:
    rows = [
        GOOD,
        changed(代号="vat-2", 问题="小规模纳税人 征收率是多少？", 其他问法=""),
        changed(代号="vat-3", 问题="小规模纳税人的征收率是多少呢", 其他问法="小规模几个点"),
        changed(代号="vat-1", 问题="一般纳税人税率有哪几档", 其他问法=""),
    ]
    plan = examine(in_csv(*rows), EMPTY, tokenizer)
    assert said(plan) == [
        "第 3 行：问题与第 2 行相同，请合并；要修改已有条目，请填上它的代号。",
        "第 5 行：代号 vat-1 与第 2 行重复，请只留一行，或者换一个代号。",
    ]
    again, near = said(plan, wrong=False)
    assert again == "第 4 行：问法「小规模几个点」与第 2 行相同，恰好这样问时会请提问人选择。"
    assert re.fullmatch(r"第 4 行：问题与第 [23] 行「小规模纳税人.*」很像（0\.\d+），请核对是不是同一个问题。", near)


def test_no_two_entries_of_the_sample_are_nearly_one(tokenizer: Tokenizer) -> None:
    bureau = load_bureau()
    names = {one.code: one.name for one in bureau.departments_of(bureau.region.code)}
    rows: list[Mapping[str, Cell]] = [
        {
            "code": entry.id,
            "question": entry.question,
            "answer": entry.answer,
            "legal_basis": entry.legal_basis,
            "category": entry.category,
            "department": entry.department,
            "valid_until": entry.valid_until,
            "phrasings": list(entry.phrasings),
        }
        for entry in load_entries()
    ]
    plan = examine(read_csv(write_csv(rows, "gb18030")), Baseline({}, names), tokenizer)
    assert (len(plan.new), plan.remarks) == (len(rows), [])


YAML = """
- code: vat-1
  question: 小规模纳税人征收率是多少
  phrasings: [小规模几个点, "=1+1 是多少"]
  answer: |-
    适用百分之三的征收率，
    另有规定除外。
  legal_basis: 增值税法第十一条
  category: vat
  department: 所得税处
  valid_until: 2027-12-31
- question: 一般纳税人税率有哪几档
  answer: 税率分为百分之十三、百分之九和百分之六。
  legal_basis: 增值税法第十条
  category: 增值税
  department: income
"""


def test_yaml_is_read_with_the_line_of_each_entry(tokenizer: Tokenizer) -> None:
    plan = examine(read_yaml(YAML.encode()), EMPTY, tokenizer)
    assert plan.remarks == []
    assert [(one.number, one.code) for one in plan.new] == [(2, "vat-1"), (12, None)]
    assert plan.new[0].content.phrasings == ("小规模几个点", "=1+1 是多少")
    assert plan.new[0].content.answer == "适用百分之三的征收率，\n另有规定除外。"


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("- 答复", "第 1 行：应为条目的列表"),
        ("- question: 甲乙丙丁\n  color: red\n", "第 2 行：没有“color”这个字段"),
        ("- question: 甲乙丙丁\n  question: 戊己庚辛\n", "第 2 行：字段“question”写了两次"),
        ("- question: [甲, 乙]\n", "第 1 行：问题：应为文字"),
        ("- question: 甲乙丙丁\n  phrasings: [1]\n", "第 1 行：其他问法：应为问法的列表"),
    ],
)
def test_what_is_wrong_with_yaml_is_told_by_line(tokenizer: Tokenizer, text: str, finding: str) -> None:
    assert any(finding in told for told in said(examine(read_yaml(text.encode()), EMPTY, tokenizer)))


@pytest.mark.parametrize(
    ("read", "content", "sentence"),
    [
        (read_yaml, b"question: x", "应为条目的列表"),
        (read_yaml, "- question: 甲\n\tanswer: 乙".encode(), "不合 YAML 格式"),
        (read_csv, b"\xff\x80\x81 \xff", "不是 UTF-8，也不是 GB18030"),
        (read_csv, '问题,答复\n"没有收尾,x'.encode(), "引号没有配对"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_one_sentence(
    read: Callable[[bytes], Reading], content: bytes, sentence: str
) -> None:
    with pytest.raises(FileError, match=sentence) as refused:
        read(content)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("条目.xls", "另存为 .xlsx"), ("条目.doc", "不认识"), ("没有.csv", "读不到文件")],
)
def test_a_format_that_is_not_known_and_a_file_that_is_not_there_are_told(
    tmp_path: Path, name: str, sentence: str
) -> None:
    with pytest.raises(FileError, match=sentence):
        read_file(tmp_path / name)


async def exported(office: Office) -> Sequence[Mapping[str, Cell]]:
    async with office.database.reader() as reader:
        return await export(reader)


async def book_of(office: Office) -> Baseline:
    async with office.database.reader() as reader:
        return await read_baseline(reader)


async def test_what_is_exported_changes_nothing_when_it_is_imported(either: Office, tokenizer: Tokenizer) -> None:
    """Whatever stands in the catalogue: published, drafted, refused, given up, retired."""
    listed = replace(
        LOST,
        answer='- 先找"开票方"\n- 再盖章，附1,2联\n=以上',
        phrasings=("'丢票", "+丢票"),
        valid_from=date(2025, 1, 1),
    )
    published, drafted, refused = (
        await either.published(),
        await either.drafted(listed),
        await either.submitted(LOST),
    )
    async with either.database.unit() as unit:
        await edit_entry(unit, either.editor, published.entry_id, with_answer("还在写的答复，先存一下。"), head=1)
        await retire(unit, either.editor, published.entry_id, "待核实")
        done(await refuse(unit, either.approver, refused.entry_id, "依据不对", head=1))
    rows = await exported(either)
    assert [(row["code"], row["state"]) for row in rows] == [
        (published.code, "已停用"),
        (drafted.code, "草稿"),
        (refused.code, "已退回"),
    ]
    for reading in (
        read_csv(write_csv(rows, "utf-8")),
        read_csv(write_csv(rows, "gb18030")),
        read_yaml(write_yaml(rows, "")),
    ):
        plan = examine(reading, await book_of(either), tokenizer)
        assert (plan.new, plan.changed, plan.unchanged) == ([], [], 3)
        assert said(plan) == []  # though two drafts ask the same
    assert write_csv(rows, "utf-8").startswith(b"\xef\xbb\xbf")


async def test_an_import_makes_drafts_that_somebody_else_approves(either: Office, tokenizer: Tokenizer) -> None:
    saved = await either.published()
    rows = [dict(row) for row in await exported(either)]
    rows[0]["answer"] = "小规模纳税人减按百分之一的征收率缴纳增值税。"
    new = {**rows[0], "code": None, "question": LOST.question, "phrasings": [], "answer": LOST.answer}
    plan = examine(read_csv(write_csv([*rows, new], "utf-8")), await book_of(either), tokenizer)
    assert (len(plan.new), len(plan.changed), plan.remarks) == (1, 1, [])
    told: list[int] = []
    async with either.database.unit() as unit:
        assert await carry_out(unit, either.approver, plan) == Denied(Why.NOT_ALLOWED)
        drafted = await carry_out(unit, either.colleague, plan, told.append)
    assert not isinstance(drafted, Denied)
    assert told == [1, 2]
    assert drafted[1] == (saved.entry_id, 2)
    entry, other = await either.entry(saved.entry_id), await either.entry(drafted[0][0])
    assert (entry.published, entry.in_hand) != (None, None)
    assert entry.published is not None
    assert entry.published.content == RATE  # it goes on answering
    assert entry.in_hand is not None
    assert (entry.in_hand.author, entry.in_hand.note) == ("colleague·样例", "由文件导入，第 2 行")
    assert (other.state, other.latest.content.question) == ("new", LOST.question)
    async with either.database.unit() as unit:
        await submit(unit, either.rules, either.colleague, saved.entry_id, head=2)
        importer = replace(either.colleague, roles=frozenset({"faq_approver"}))
        assert await approve(unit, importer, saved.entry_id, head=2) == Denied(Why.OWN)
        done(await approve(unit, either.approver, saved.entry_id, head=2))
    plan = examine(read_csv(write_csv([*rows, new | {"code": other.code}], "utf-8")), await book_of(either), tokenizer)
    assert plan.unchanged == 2


async def test_an_entry_that_changed_since_it_was_looked_at_stops_the_whole_import(
    office: Office, tokenizer: Tokenizer
) -> None:
    saved = await office.published()
    rows = [{**row, "answer": "导入的答复，请以此为准。"} for row in await exported(office)]
    new = {**rows[0], "code": "lost", "question": LOST.question, "phrasings": []}
    plan = examine(read_yaml(write_yaml([*rows, new], "")), await book_of(office), tokenizer)
    async with office.database.unit() as unit:
        await add_phrasings(unit, office.editor, saved.entry_id, ["小规模企业交多少税"])
    async with office.database.unit() as unit:
        assert await carry_out(unit, office.colleague, plan) == Denied(Why.MEANWHILE)
        assert await find_by_code(unit, "lost") is None


async def test_what_waits_for_approval_is_not_changed_under_the_approvers_eyes(
    office: Office, tokenizer: Tokenizer
) -> None:
    saved = await office.drafted()
    rows = [{**row, "answer": "导入的答复，请以此为准。"} for row in await exported(office)]
    reading = read_csv(write_csv(rows, "utf-8"))
    plan = examine(reading, await book_of(office), tokenizer)
    async with office.database.unit() as unit:
        await submit(unit, office.rules, office.editor, saved.entry_id, head=1)
    async with office.database.unit() as unit:
        assert await carry_out(unit, office.colleague, plan) == Denied(Why.MEANWHILE)
    again = examine(reading, await book_of(office), tokenizer)
    assert "正在等待审批" in said(again)[0]
    async with office.database.unit() as unit:
        with pytest.raises(ValueError, match="wrong"):
            await carry_out(unit, office.colleague, again)


async def test_a_row_without_a_code_that_asks_what_an_entry_asks_is_told_the_code(
    office: Office, tokenizer: Tokenizer
) -> None:
    saved = await office.published()
    rows = [{**row, "code": None} for row in await exported(office)]
    plan = examine(read_csv(write_csv(rows, "utf-8")), await book_of(office), tokenizer)
    assert said(plan) == [f"第 2 行：问题与已有条目 {saved.code}相同，请合并；要修改已有条目，请填上它的代号。"]


async def test_what_was_given_up_is_not_exported(office: Office) -> None:
    saved = await office.drafted()
    async with office.database.unit() as unit:
        await discard(unit, office.editor, saved.entry_id, head=1)
    assert await exported(office) == []
