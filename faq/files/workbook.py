"""Entries in a workbook of Excel or WPS. Nothing in it is calculated, and nothing that we write is a formula."""

import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.cell.cell import Cell as SheetCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils.exceptions import InvalidFileException

from faq.files.table import CALCULATED, FIELDS, TOLD, Cell, FileError, Formula, Reading, Remark, Row, read_table

if TYPE_CHECKING:
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

# What a workbook may come to before it is read. 10,000 entries like the sample are 10 MB and 70,000 cells, 3,000 of the
# longest 47 MB; a file of 37 kB can hold a million and a half empty cells, which take a gigabyte to read, and one of
# 28 kB as many empty rows, which take half of one.
LARGEST_UNPACKED = 48 * 1024 * 1024  # bytes
MOST_CELLS = 300_000  # and rows
CELL_OR_ROW = re.compile(rb"<(?:\w+:)?(?:c|row)[\s/>]")
LONGEST_CELL = 32_767  # characters, Excel's limit
WIDTHS = {"question": 40, "phrasings": 40, "answer": 80, "legal_basis": 40}
SPOILT = "这不是完好的 Excel 工作簿（.xlsx）。请在 Excel 或 WPS 里打开并另存一次。"


def read_workbook(content: bytes) -> Reading:
    """The entries of the first sheet. Raises FileError for what is no workbook, or is too large when unpacked."""
    try:
        _look_inside(content)
        workbook = load_workbook(io.BytesIO(content), read_only=True)
        sheet = workbook.worksheets[0]
        sheet.reset_dimensions()  # some programs write a wrong one
        rows = [Row(number, [_of_cell(cell) for cell in row]) for number, row in enumerate(sheet.iter_rows(), start=1)]
    except FileError:
        raise
    except (zipfile.BadZipFile, InvalidFileException, ParseError, KeyError, IndexError, ValueError, EOFError) as error:
        raise FileError(SPOILT) from error
    reading = read_table(rows)
    if len(workbook.sheetnames) > 1:
        others = "、".join(workbook.sheetnames[1:])
        reading.remarks.insert(0, Remark(0, f"只读第一张表“{sheet.title}”，没有读：{others}", wrong=False))
    return reading


def _look_inside(content: bytes) -> None:
    """Raise FileError for what would be too much to read, before any of it is built up in memory."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        unpacked = sum(part.file_size for part in packed.infolist())
        if unpacked > LARGEST_UNPACKED:
            raise FileError(
                f"工作簿解开后有 {_megabytes(unpacked)} MB，最多 {_megabytes(LARGEST_UNPACKED)} MB。请分成几个文件。"
            )
        # A sheet may lie anywhere in the archive, so every part is looked through.
        cells = sum(sum(1 for _ in CELL_OR_ROW.finditer(packed.read(name))) for name in packed.namelist())
    if cells > MOST_CELLS:
        raise FileError(
            f"工作簿里有 {cells:,} 个单元格和行，最多 {MOST_CELLS:,} 个。请删去多余的行和列，或者分成几个文件。"
        )


def _megabytes(size: int) -> int:
    return -(-size // 1024 // 1024)


def _of_cell(cell: Any) -> Cell:
    """What stands in a cell; a formula, or what has become of one, is never taken for its result."""
    if cell.data_type in ("f", "e"):
        return Formula(str(cell.value))
    value = cell.value
    return value if value is None or isinstance(value, str | int | float | date | datetime) else str(value)


def write_workbook(entries: Sequence[Mapping[str, Cell]], _encoding: str) -> bytes:
    """One sheet, a row for each entry. Raises FileError for a text that no cell can hold."""
    headings = FIELDS | TOLD
    rows = [[_value(entry, name) for name in headings] for entry in entries]
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("问答")
    sheet.freeze_panes = "A2"
    for letter, name in zip(_letters(), headings, strict=False):
        sheet.column_dimensions[letter].width = WIDTHS.get(name, 14)
    sheet.append([_heading(sheet, heading) for heading in headings.values()])
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def _value(entry: Mapping[str, Cell], name: str) -> str | date | None:
    value = entry.get(name)
    if value is None or value == []:
        return None
    if isinstance(value, date):
        return value
    text = "\n".join(map(str, value)) if isinstance(value, list) else str(value)
    if len(text) > LONGEST_CELL or ILLEGAL_CHARACTERS_RE.search(text):
        why = f"超过 {LONGEST_CELL:,} 字，或有控制字符"
        raise FileError(f"条目 {entry.get('code')} 有 Excel 的单元格放不下的内容（{why}）。请导出为 .yaml 文件。")
    return text


def _letters() -> Iterator[str]:
    return map(chr, range(ord("A"), ord("Z") + 1))


def _heading(sheet: "WriteOnlyWorksheet", text: str) -> SheetCell:
    cell = WriteOnlyCell(sheet, value=text)
    cell.font = Font(bold=True)
    return cell


def _cell(sheet: "WriteOnlyWorksheet", value: str | date | None) -> SheetCell | None:
    if value is None:
        return None
    if isinstance(value, date):
        cell = WriteOnlyCell(sheet, value=datetime.combine(value, time.min))
        cell.number_format = "yyyy-mm-dd"
        return cell
    cell = WriteOnlyCell(sheet, value=value)
    cell.data_type = "s"  # openpyxl takes 「=1+1」 for a formula
    cell.quotePrefix = CALCULATED.match(value) is not None
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell
