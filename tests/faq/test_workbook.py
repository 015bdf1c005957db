"""Workbooks as Excel and WPS write them, and ours as they are read back."""

import io
import zipfile
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from faq.files.table import Cell, FileError, Formula, as_date, as_text
from faq.files.workbook import LONGEST_CELL, read_workbook, write_workbook

SHEET = "xl/worksheets/sheet1.xml"
HEADINGS = ("问题", "答复", "依据", "分类", "部门", "有效期止")
GOOD = ("小规模纳税人征收率是多少", "适用百分之三的征收率。", "增值税法第十一条", "增值税", "所得税处")


def packed(*rows: tuple[Any, ...], merged: str | None = None, second_sheet: str | None = None) -> bytes:
    """What a spreadsheet program would save."""
    made = Workbook()
    sheet = made.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    if merged is not None:
        sheet.merge_cells(merged)
    if second_sheet is not None:
        made.create_sheet(second_sheet)
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def test_a_title_over_the_header_empty_rows_at_the_end_and_a_real_date_are_read() -> None:
    title = ("常见问题汇总表（2026年）", None, None, None, None, None)
    reading = read_workbook(packed(title, HEADINGS, (*GOOD, date(2027, 12, 31)), (None,), ("  ",), merged="A1:F1"))
    assert reading.remarks == []
    (entry,) = reading.entries
    assert (entry.number, as_text(entry.values["question"])) == (3, GOOD[0])
    assert as_date(entry.values["valid_until"]) == date(2027, 12, 31)


def test_a_formula_is_never_taken_for_its_result() -> None:
    reading = read_workbook(packed(HEADINGS, ("=1+1", *GOOD[1:]), ('=HYPERLINK("http://x")', *GOOD[1:])))
    assert [entry.values["question"] for entry in reading.entries] == [
        Formula("=1+1"),
        Formula('=HYPERLINK("http://x")'),
    ]


def test_another_sheet_is_named_and_not_read() -> None:
    (remark,) = read_workbook(packed(HEADINGS, GOOD, second_sheet="旧的")).remarks
    assert "没有读：旧的" in str(remark)
    assert not remark.wrong


def test_what_looks_like_a_formula_is_written_as_text() -> None:
    hostile = ("=cmd|'/C calc'!A0", "+1", "-2", "@SUM(A1)", "'=1")
    content = write_workbook([{"code": "a", "question": text, "answer": text} for text in hostile], "utf-8")
    sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    cells = [row[1] for row in sheet.iter_rows(min_row=2)]
    assert [(cell.value, cell.data_type, cell.quotePrefix) for cell in cells] == [(text, "s", True) for text in hostile]


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), min_size=1, max_size=40)


@given(st.lists(st.fixed_dictionaries({"code": TEXTS, "question": TEXTS, "answer": TEXTS}), min_size=1, max_size=4))
def test_what_was_written_is_read_back_without_loss(entries: list[dict[str, Cell]]) -> None:
    reading = read_workbook(write_workbook(entries, "utf-8"))
    kept = [entry for entry in entries if any(str(value).strip() for value in entry.values())]
    assert [{name: raw.values[name] for name in ("code", "question", "answer")} for raw in reading.entries] == kept


def test_several_lines_a_day_and_nothing_are_read_back_as_they_were() -> None:
    entry: dict[str, Cell] = {
        "code": "a",
        "phrasings": ["一", "二"],
        "valid_until": date(2027, 1, 2),
        "answer": "答\n复",
    }
    (raw,) = read_workbook(write_workbook([entry], "utf-8")).entries
    assert (raw.values["phrasings"], raw.values["answer"], raw.values["question"]) == ("一\n二", "答\n复", None)
    assert as_date(raw.values["valid_until"]) == date(2027, 1, 2)


def test_a_text_that_no_cell_can_hold_is_refused_and_not_cut() -> None:
    with pytest.raises(FileError, match=r"条目 vat-1 .*\.yaml"):
        write_workbook([{"code": "vat-1", "answer": "长" * (LONGEST_CELL + 1)}], "utf-8")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and then nothing", b"<html>", packed(HEADINGS)[:-200]])
def test_what_is_no_workbook_is_refused_in_one_sentence(content: bytes) -> None:
    with pytest.raises(FileError, match="不是完好的 Excel 工作簿"):
        read_workbook(content)


def replaced(content: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """The same workbook with another part in it, packed as tightly as can be."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as after:
        for one in before.namelist():
            after.writestr(one, change(before.read(one)) if one == part else before.read(one))
    return stream.getvalue()


def test_a_small_file_that_unpacks_to_far_more_than_entries_need_is_not_unpacked() -> None:
    spaces = b" " * (48 * 1024 * 1024)
    bomb = replaced(packed(HEADINGS, GOOD), "xl/theme/theme1.xml", lambda theme: theme + spaces)
    assert len(bomb) < 100_000
    with pytest.raises(FileError, match=r"解开后有 49 MB，最多 48 MB。.*请分成几个文件"):
        read_workbook(bomb)


def test_a_row_of_countless_empty_cells_is_not_read() -> None:
    cells = b"<row>" + b"<c/>" * 300_000 + b"</row></sheetData>"
    bomb = replaced(packed(HEADINGS, GOOD), SHEET, lambda sheet: sheet.replace(b"</sheetData>", cells))
    with pytest.raises(FileError, match=r"有 300,014 个单元格和行，最多 300,000 个。.*分成几个文件"):
        read_workbook(bomb)


def test_countless_empty_rows_are_not_read() -> None:
    rows = b"<row/>" * 300_000 + b"</sheetData>"
    bomb = replaced(packed(HEADINGS, GOOD), SHEET, lambda sheet: sheet.replace(b"</sheetData>", rows))
    assert len(bomb) < 20_000
    with pytest.raises(FileError, match=r"有 300,013 个单元格和行，最多 300,000 个。.*分成几个文件"):
        read_workbook(bomb)


def test_an_archive_of_something_else_is_refused() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("letter.txt", "您好")
    with pytest.raises(FileError, match="不是完好的 Excel 工作簿"):
        read_workbook(stream.getvalue())
