"""The columns of a file of entries, and what its cells mean; pure.

A file is made by people: it may have a title above the header, a header in two rows with merged cells, empty rows at
the end, and dates that a spreadsheet has turned into numbers. The number of a row is the one a spreadsheet shows.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

FIELDS = {
    "code": "代号",
    "question": "问题",
    "phrasings": "其他问法",
    "answer": "答复",
    "legal_basis": "依据",
    "category": "分类",
    "department": "部门",
    "valid_from": "有效期起",
    "valid_until": "有效期止",
}
REQUIRED = ("question", "answer", "legal_basis", "category", "department")
# Written for people to read, passed over when read: nobody verifies or publishes by a file.
TOLD = {"state": "状态", "verified_on": "核实日期", "final_reviewer": "审批人"}
ALSO = {
    **{name: code for code, name in TOLD.items()},
    **{name: name for name in FIELDS},
    **{name: code for code, name in FIELDS.items()},
    "编号": "code",
    "标准问题": "question",
    "问法": "phrasings",
    "相似问法": "phrasings",
    "答案": "answer",
    "法律依据": "legal_basis",
    "政策依据": "legal_basis",
    "类别": "category",
    "处室": "department",
    "承办部门": "department",
    "生效日期": "valid_from",
    "失效日期": "valid_until",
    "department_code": "department",
}
HEADER_WITHIN = 10  # rows
# What a spreadsheet takes for a formula. A quotation mark in front makes it text; those that were there before stay.
CALCULATED = re.compile(r"'*[=+\-@\t\r]")
FORMULA = re.compile(r"[=@]|[+-].*[|(!]")
FIRST_DAY = date(1899, 12, 30)  # the day 0 of spreadsheets
SERIALS = range(20_000, 80_000)  # the years 1954 to 2119
DATE = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))(?:[ T]0?0:00(?::00)?(?:\.0+)?)?")


class FileError(ValueError):
    """A file that cannot be read or written at all: one sentence with what to do."""


@dataclass(frozen=True, slots=True)
class Formula:
    """What a spreadsheet would calculate; here nothing is."""

    text: str


Cell = str | int | float | date | datetime | list[object] | Formula | None


@dataclass(frozen=True, slots=True)
class Row:
    """One row of cells; `number` counts from 1, as a spreadsheet shows it."""

    number: int
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Raw:
    """What a file says of one entry, by field; in a table `number` is its row, in YAML its line."""

    number: int
    values: Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about a row (0: about the file) in Chinese, with what to do. What is wrong prevents the import."""

    number: int
    sentence: str
    wrong: bool = True

    def __str__(self) -> str:
        return f"第 {self.number} 行：{self.sentence}。" if self.number else f"{self.sentence}。"


@dataclass(slots=True)
class Reading:
    """What was read, and what there is to say about it."""

    entries: list[Raw] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)


def read_table(rows: Sequence[Row]) -> Reading:
    """The entries of a table: below the header, without what is empty."""
    reading = Reading()
    found = _header(rows)
    if found is None:
        names = "、".join(FIELDS.values())
        reading.remarks.append(Remark(0, f"没有找到表头，应有一行写着 {names}，至少要有“问题”和“答复”"))
        return reading
    last, columns = found
    _judge_columns(reading, rows[last].number, columns)
    for row in rows[last + 1 :]:
        values = {name: cell for name, cell in zip(columns, row.cells, strict=False) if name in FIELDS}
        if any(not is_empty(cell) for cell in row.cells[len(columns) :]):
            reading.remarks.append(Remark(row.number, "单元格比表头多，请检查是否有逗号没有加引号，或者列错了位"))
        if any(not is_empty(cell) for cell in values.values()):
            reading.entries.append(Raw(row.number, values))
    return reading


def _header(rows: Sequence[Row]) -> tuple[int, Sequence[str]] | None:
    """The last row of the header and the field (else the heading) of each column."""
    for at, row in enumerate(rows[:HEADER_WITHIN]):
        above = rows[at - 1].cells if at else ()
        columns = [_field(name) for name in _names(above, row.cells)]
        if {"question", "answer"} <= set(columns):
            below = rows[at + 1].cells if at + 1 < len(rows) else ()
            deeper = [_field(name) for name in _names(row.cells, below)]
            two_rows = sum(name in FIELDS for name in deeper) > sum(name in FIELDS for name in columns)
            return (at + 1, deeper) if two_rows and {"question", "answer"} <= set(deeper) else (at, columns)
    return None


def _names(above: Sequence[Cell], row: Sequence[Cell]) -> Iterator[str]:
    """The headings of a row, where cells may be merged downwards (有效期 over 起 and 止) or sideways."""
    group = ""
    for at in range(max(len(above), len(row))):
        over = _plain(above[at]) if at < len(above) else ""
        own = _plain(row[at]) if at < len(row) else ""
        group = over or group
        if own and _field(own) in FIELDS:
            yield own
        elif own and _field(group + own) in FIELDS:
            yield group + own
        else:
            yield own or over


def _plain(cell: Cell) -> str:
    return re.sub(r"[\s*＊：:]+|[（(].*?[）)]", "", str(cell)) if isinstance(cell, str) else ""


def _field(name: str) -> str:
    return ALSO.get(name, name)


def _judge_columns(reading: Reading, number: int, columns: Sequence[str]) -> None:
    for name in dict.fromkeys(columns):
        if name in FIELDS and columns.count(name) > 1:
            reading.remarks.append(Remark(number, f"有两列“{FIELDS[name]}”，请只留一列"))
        elif name and name not in FIELDS and name not in TOLD:
            reading.remarks.append(Remark(number, f"不认识的列“{name}”，不会导入", wrong=False))
    for name in REQUIRED:
        if name not in columns:
            reading.remarks.append(Remark(number, f"缺少“{FIELDS[name]}”这一列，请补上"))


def is_empty(cell: Cell) -> bool:
    return cell is None or cell == [] or (isinstance(cell, str) and not cell.strip())


def as_text(cell: Cell) -> str:
    """What a cell says; a number that a spreadsheet has made of a code is a code again. Raises ValueError for a formula
    and for what is no text.
    """
    match cell:
        case None:
            return ""
        case bool() | list():
            raise ValueError("应为文字")
        case Formula():
            raise ValueError(f"“{cell.text[:20]}”像是公式，没有执行；请改成文字，或在最前面加一个单引号 '")
        case float() if cell.is_integer():
            return str(int(cell))
    return str(cell)


def as_cell(text: str) -> str:
    """A text as a cell that no spreadsheet calculates; `of_cell` gives it back."""
    return f"'{text}" if CALCULATED.match(text) else text


def of_cell(text: str) -> str | Formula:
    """What stands in a cell of a text file."""
    if FORMULA.match(text.lstrip()):
        return Formula(text.strip())
    return text[1:] if text.startswith("'") and CALCULATED.match(text) else text


def as_date(cell: Cell) -> date | None:
    """A day, however a spreadsheet or a person has written it. Raises ValueError for anything else."""
    match cell:
        case datetime():
            return cell.date()
        case date():
            return cell
        case int() | float():
            return _of_serial(float(cell))
        case None:
            return None
    text = as_text(cell).strip()
    if not text:
        return None
    if re.fullmatch(r"\d{5}(\.0+)?", text):
        return _of_serial(float(text))
    if found := DATE.fullmatch(text):
        year, month, day = found[1], found[2] or found[4], found[3] or found[5]
        try:
            return date(int(year), int(month), int(day))
        except ValueError:
            pass
    raise ValueError(f"“{text[:20]}”不是真实的日期，应形如 2025-12-31")


def _of_serial(number: float) -> date:
    if not number.is_integer() or int(number) not in SERIALS:
        raise ValueError(f"“{number:g}”不是日期，应形如 2025-12-31")
    return FIRST_DAY + timedelta(days=int(number))


def as_list(cell: Cell) -> tuple[str, ...]:
    """Ways of asking: a list, or one to a line of the cell. Raises ValueError like `as_text`."""
    lines = cell if isinstance(cell, list) else re.split(r"[\r\n]+", as_text(cell))
    texts = []
    for line in lines:
        if not isinstance(line, str):
            raise ValueError("应为问法的列表，每条都是文字")
        texts.append(as_text(line))
    return tuple(text for text in texts if text.strip())
