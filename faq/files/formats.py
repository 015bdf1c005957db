"""The formats of a file of entries: bytes in, entries and remarks out; and back.

Another format is one more line in `FORMATS`.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from faq.files.table import FIELDS, TOLD, Cell, FileError, Raw, Reading, Remark, Row, as_cell, of_cell, read_table
from faq.files.workbook import read_workbook, write_workbook

LARGEST = 64 * 1024 * 1024  # bytes
LARGEST_CELL = 1024 * 1024  # characters
DELIMITERS = ",\t;，"
ENCODINGS = {"utf-8": "utf-8-sig", "gb18030": "gb18030"}
YAML_LISTS = "应为条目的列表，每个条目以“- ”开头"


@dataclass(frozen=True, slots=True)
class Format:
    """How a kind of file is read and written: entries by the names of FIELDS and TOLD, and an encoding of ENCODINGS."""

    read: Callable[[bytes], Reading]
    write: Callable[[Sequence[Mapping[str, Cell]], str], bytes]


def format_of(path: Path) -> Format:
    """The format by the file's ending. Raises FileError for one that is not known."""
    ending = path.suffix.lower()
    if ending in (".xls", ".et"):
        raise FileError(f"不能读写旧式的 {ending} 文件。请在 Excel 或 WPS 里另存为 .xlsx。")
    if ending not in FORMATS:
        raise FileError(f"不认识 {path.name} 的格式。请用 {'、'.join(FORMATS)} 文件。")
    return FORMATS[ending]


def read_file(path: Path) -> Reading:
    """The entries of a file, and everything there is to say about how it is written. Raises FileError."""
    chosen = format_of(path)
    try:
        if path.stat().st_size > LARGEST:
            raise FileError(f"{path} 超过 {LARGEST // 1024 // 1024} MB。请分成几个文件。")
        content = path.read_bytes()
    except OSError as error:
        raise FileError(f"读不到文件 {path}（{error.strerror}）。请核对路径和权限。") from error
    return chosen.read(content)


def _decoded(content: bytes) -> str:
    """As offices save text: UTF-8 with or without a mark, UTF-16 with one, else GB18030."""
    encodings = ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError as error:
            line = content[: error.start].count(b"\n") + 1
    raise FileError(f"第 {line} 行起不是 UTF-8，也不是 GB18030 编码的文字。请另存为“CSV UTF-8”。")


def read_csv(content: bytes) -> Reading:
    text = _decoded(content)
    first = "\n".join(text.splitlines()[:20])
    delimiter = max(DELIMITERS, key=first.count)
    try:
        csv.field_size_limit(LARGEST_CELL)
        cells = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise FileError("表格的引号没有配对，或者一个单元格太大，读不下去。请在 Excel 或 WPS 里另存一次。") from error
    return read_table([Row(number, [of_cell(text) for text in row]) for number, row in enumerate(cells, start=1)])


def write_csv(entries: Sequence[Mapping[str, Cell]], encoding: str) -> bytes:
    headings = [*FIELDS, *TOLD]
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow([(FIELDS | TOLD)[name] for name in headings])
    for entry in entries:
        writer.writerow([_written(entry.get(name)) for name in headings])
    return stream.getvalue().encode(ENCODINGS[encoding])


def _written(cell: Cell) -> str:
    if isinstance(cell, list):
        return as_cell("\n".join(map(str, cell)))
    return "" if cell is None else as_cell(str(cell))


def read_yaml(content: bytes) -> Reading:
    reading = Reading()
    try:
        loader = yaml.CSafeLoader(_decoded(content))
        node = loader.get_single_node()
        if not isinstance(node, yaml.SequenceNode):
            raise FileError(f"YAML 文件{YAML_LISTS}。")
        for item in node.value:
            reading.entries += _of_yaml(loader, item, reading)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = "" if mark is None else f"第 {mark.line + 1} 行附近"
        raise FileError(f"{where}不合 YAML 格式。请检查这里的缩进、冒号和引号。") from error
    return reading


def _of_yaml(loader: Any, item: yaml.Node, reading: Reading) -> Iterator[Raw]:
    line = item.start_mark.line + 1
    if not isinstance(item, yaml.MappingNode):
        reading.remarks.append(Remark(line, YAML_LISTS))
        return
    values: dict[str, Cell] = {}
    for key, value in item.value:
        name = str(key.value)
        if name not in FIELDS:
            if name not in TOLD:
                reading.remarks.append(Remark(key.start_mark.line + 1, f"没有“{name}”这个字段，请删去或改正"))
        elif name in values:
            reading.remarks.append(Remark(key.start_mark.line + 1, f"字段“{name}”写了两次，请只留一个"))
        else:
            values[name] = loader.construct_object(value, deep=True)
    yield Raw(line, values)


def write_yaml(entries: Sequence[Mapping[str, Cell]], _encoding: str) -> bytes:
    plain = [{name: value for name, value in entry.items() if value not in (None, [])} for entry in entries]
    return yaml.dump(plain, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False, width=1000).encode()


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        ".xlsx": Format(read_workbook, write_workbook),
        ".csv": Format(read_csv, write_csv),
        ".yaml": Format(read_yaml, write_yaml),
        ".yml": Format(read_yaml, write_yaml),
    }
)
