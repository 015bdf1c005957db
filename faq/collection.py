"""Reads a collection of labelled questions: entries, further phrasings, and what was asked with the entry that answers.

A collection is a folder of three files with one JSON object a line, UTF-8, with or without a byte order mark:

- `faq.jsonl` `{"id": str, "question": str}`: the entries, each id once;
- `extra.jsonl` `{"faq_id": str, "phrasing": str}`: further phrasings, the best first; may be empty or missing;
- `queries.jsonl` `{"query": str, "faq_id": str | null}`: what was asked; null where no entry answers it.

Blank lines and further keys are passed over. Everything else that is not so is found, and then nothing is measured.
"""

from __future__ import annotations

import codecs
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from faq.matching.features import plain_view
from faq.matching.index import IndexEntry

SHOWN = 40  # characters of an id that a finding repeats


@dataclass(frozen=True, slots=True)
class Query:
    """What somebody asked, and the id of the entry that answers it; None where no entry does."""

    text: str
    entry_id: str | None


@dataclass(frozen=True, slots=True)
class Collection:
    """Entries and what was asked, both in the order of their files."""

    entries: tuple[IndexEntry, ...]
    queries: tuple[Query, ...]

    def twins(self) -> int:
        """Count the entries that share a phrasing with another: asked for by that, nothing tells them apart."""
        views = [{plain_view(text) for text in (entry.question, *entry.phrasings)} - {""} for entry in self.entries]
        holders = Counter(chain.from_iterable(views))
        return sum(any(holders[view] > 1 for view in own) for own in views)


class CollectionError(ValueError):
    """What is wrong with a collection: `findings` are sentences for a person, by file and line."""

    def __init__(self, findings: Iterable[str]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(self.findings))


@dataclass(frozen=True, slots=True)
class _Shape:
    """What each line of a file holds: texts under these names, of which `nullable` may be null instead."""

    file: str
    names: tuple[str, ...]
    like: str
    nullable: str = ""
    may_be_empty: bool = False


ENTRIES = _Shape("faq.jsonl", ("id", "question"), '{"id": "…", "question": "…"}')
EXTRA = _Shape("extra.jsonl", ("faq_id", "phrasing"), '{"faq_id": "…", "phrasing": "…"}', may_be_empty=True)
QUERIES = _Shape("queries.jsonl", ("query", "faq_id"), '{"query": "…", "faq_id": "…"}', nullable="faq_id")


@dataclass(slots=True)
class _File:
    """The objects of a file by line, and what is wrong with the file (line 0) and with its lines."""

    path: Path
    rows: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    wrong: list[tuple[int, str]] = field(default_factory=list)

    def findings(self) -> Iterator[str]:
        for line, finding in sorted(self.wrong):
            yield f"{self.path} 第 {line} 行：{finding}。" if line else f"{self.path}：{finding}。"


def read_collection(folder: Path, phrasings: int | None = None) -> Collection:
    """Read a folder, of each entry at most so many further phrasings, the first ones; None reads them all.

    Raises CollectionError, which names everything that is wrong.
    """
    if not _is_folder(folder):
        raise CollectionError([f"{folder} 不是文件夹，或者不存在。请给出含 faq.jsonl 和 queries.jsonl 的文件夹。"])
    entries, extra, queries = files = [_read(folder, shape) for shape in (ENTRIES, EXTRA, QUERIES)]
    ids = _check_ids(entries)
    for file in (extra, queries):
        _check_references(file, ids)
    if findings := [finding for file in files for finding in file.findings()]:
        raise CollectionError(findings)
    ways: dict[str, list[str]] = {}
    for _, row in extra.rows:
        ways.setdefault(row["faq_id"], []).append(row["phrasing"])
    return Collection(
        entries=tuple(
            IndexEntry(row["id"], row["question"], tuple(ways.get(row["id"], ())[:phrasings]))
            for _, row in entries.rows
        ),
        queries=tuple(Query(row["query"], row["faq_id"]) for _, row in queries.rows),
    )


def _is_folder(folder: Path) -> bool:
    try:
        return folder.is_dir()
    except OSError:
        return False


def _read(folder: Path, shape: _Shape) -> _File:
    file = _File(folder / shape.file)
    try:
        with file.path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                _read_line(file, shape, number, line.removeprefix(codecs.BOM_UTF8) if number == 1 else line)
    except FileNotFoundError:
        if not shape.may_be_empty:
            file.wrong.append((0, f"没有这个文件，应每行一个 {shape.like}"))
    except OSError as error:
        file.wrong.append((0, f"读不到（{error.strerror}），请核对路径和权限"))
    else:
        if not (file.rows or file.wrong or shape.may_be_empty):
            file.wrong.append((0, f"是空的，应每行一个 {shape.like}"))
    return file


def _read_line(file: _File, shape: _Shape, number: int, line: bytes) -> None:
    if not line.strip():
        return
    try:
        row: Any = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError:
        file.wrong.append((number, "不是 UTF-8 编码，请把文件另存为 UTF-8"))
    except (ValueError, RecursionError):
        file.wrong.append((number, f"不是 JSON，应形如 {shape.like}"))
    else:
        if not isinstance(row, dict):
            file.wrong.append((number, f"应为 JSON 对象，形如 {shape.like}"))
            return
        file.rows.append((number, row))
        if findings := [finding for name in shape.names if (finding := _wrong_with(row, name, shape))]:
            file.wrong.append((number, "；".join(findings)))


def _wrong_with(row: Mapping[str, Any], name: str, shape: _Shape) -> str:
    nullable = name == shape.nullable
    match row.get(name):
        case str(text):
            return "" if text.strip() else f"{name} 不应为空白"
        case None if name not in row:
            return f"缺少 {name}" + ("（没有条目能答的，应写 null）" if nullable else "")
        case None if nullable:
            return ""
    return f"{name} 应为加引号的文字" + ("，或者 null" if nullable else "")


def _check_ids(entries: _File) -> frozenset[str] | None:
    """Find ids that stand twice, and give them all; None where some could not be read."""
    named = [(number, row["id"]) for number, row in entries.rows if isinstance(row.get("id"), str)]
    lines = {number for number, _ in named}
    all_read = all(line in lines for line, _ in entries.wrong)
    first: dict[str, int] = {}
    for number, entry_id in named:
        if first.setdefault(entry_id, number) != number:
            entries.wrong.append((number, f"id {_shown(entry_id)} 与第 {first[entry_id]} 行重复，应各不相同"))
    return frozenset(first) if all_read else None


def _check_references(file: _File, ids: frozenset[str] | None) -> None:
    """Find what refers to an entry that is not there; without all ids nobody can tell."""
    if ids is None:
        return
    for number, row in file.rows:
        entry_id = row.get("faq_id")
        if isinstance(entry_id, str) and entry_id.strip() and entry_id not in ids:
            file.wrong.append((number, f"faq_id {_shown(entry_id)} 不在 {ENTRIES.file} 里，应为其中一个条目的 id"))


def _shown(entry_id: str) -> str:
    """An id as JSON writes it, so that no sign in it is taken for an instruction by a terminal."""
    return json.dumps(
        entry_id if len(entry_id) <= SHOWN else entry_id[:SHOWN] + "…", ensure_ascii=not entry_id.isprintable()
    )
