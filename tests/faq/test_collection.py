"""A collection is read whole or not at all, and everything that is wrong with it is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from faq.collection import Collection, CollectionError, Query, read_collection
from faq.matching.index import IndexEntry
from testbed.labelled import ENTRIES, QUERIES, write_collection, write_lines

GOOD: dict[str, Any] = {
    "faq.jsonl": {"id": "car", "question": "车船税在哪里交"},
    "extra.jsonl": {"faq_id": "car", "phrasing": "车船税上哪儿交"},
    "queries.jsonl": {"query": "车船税怎么交", "faq_id": "car"},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_collection(tmp_path / "questions")


def findings_of(folder: Path) -> list[str]:
    """What is wrong with a folder, its path left out."""
    with pytest.raises(CollectionError) as raised:
        read_collection(folder)
    return [finding.removeprefix(f"{folder}/") for finding in raised.value.findings]


def test_entries_phrasings_and_questions_are_read_in_the_order_of_their_files(folder: Path) -> None:
    read = read_collection(folder)
    assert [(entry.id, entry.question) for entry in read.entries] == list(ENTRIES)
    assert {entry.id: entry.phrasings for entry in read.entries if entry.phrasings} == {
        "lost-special": ("专票丢了怎么办", "票票不见啦"),
        "car": ("小轿车每年那笔钱",),
    }
    assert read.queries == tuple(Query(text, entry_id) for text, entry_id in QUERIES)


@pytest.mark.parametrize(
    ("most", "read"), [(0, ()), (1, ("专票丢了怎么办",)), (2, ("专票丢了怎么办", "票票不见啦")), (10**30, None)]
)
def test_at_most_so_many_phrasings_of_an_entry_are_taken_the_first_ones(
    folder: Path, most: int, read: tuple[str, ...] | None
) -> None:
    entries = {entry.id: entry for entry in read_collection(folder, most).entries}
    expected = read_collection(folder).entries[2].phrasings if read is None else read
    assert entries["lost-special"].phrasings == expected


def test_without_further_phrasings_a_file_may_be_empty_or_missing(folder: Path) -> None:
    (folder / "extra.jsonl").write_bytes(b"")
    empty = read_collection(folder)
    (folder / "extra.jsonl").unlink()
    assert read_collection(folder) == empty
    assert all(entry.phrasings == () for entry in empty.entries)


def test_byte_order_marks_blank_lines_and_windows_line_ends_are_no_mistakes(folder: Path) -> None:
    expected = read_collection(folder)
    for file in folder.iterdir():
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n\r\n  \r\n").rstrip())
    assert read_collection(folder) == expected


@pytest.mark.parametrize(
    ("file", "line", "finding"),
    [
        ("faq.jsonl", b'{"id": "x"', '不是 JSON，应形如 {"id": "…", "question": "…"}'),
        ("faq.jsonl", b"[" * 100_000, "不是 JSON"),
        ("faq.jsonl", '{"id": "x", "question": "车船税"}'.encode("gbk"), "不是 UTF-8 编码，请把文件另存为 UTF-8"),
        ("faq.jsonl", ["x", "税"], "应为 JSON 对象"),
        ("faq.jsonl", {"id": "x"}, "缺少 question"),
        ("faq.jsonl", {"question": "税", "Id": "x"}, "缺少 id"),
        ("faq.jsonl", {}, "缺少 id；缺少 question"),
        ("faq.jsonl", {"id": 7, "question": None}, "id 应为加引号的文字；question 应为加引号的文字"),
        ("faq.jsonl", {"id": " ", "question": ""}, "id 不应为空白；question 不应为空白"),
        ("faq.jsonl", {"id": "car", "question": "税"}, 'id "car" 与第 1 行重复，应各不相同'),
        ("extra.jsonl", {"faq_id": "bus", "phrasing": "税"}, 'faq_id "bus" 不在 faq.jsonl 里，应为其中一个条目的 id'),
        ("extra.jsonl", {"faq_id": None, "phrasing": "税"}, "faq_id 应为加引号的文字"),
        ("extra.jsonl", {"faq_id": "car", "phrasing": ["税"]}, "phrasing 应为加引号的文字"),
        ("queries.jsonl", {"query": "税", "faq_id": "bus"}, 'faq_id "bus" 不在 faq.jsonl 里'),
        ("queries.jsonl", {"query": "税", "faq_id": ""}, "faq_id 不应为空白"),
        ("queries.jsonl", {"query": "税", "faq_id": False}, "faq_id 应为加引号的文字，或者 null"),
        ("queries.jsonl", {"query": "税"}, "缺少 faq_id（没有条目能答的，应写 null）"),
        ("queries.jsonl", {"query": "\n", "faq_id": None}, "query 不应为空白"),
    ],
)
def test_a_line_that_is_wrong_is_named_with_file_number_and_what_would_be_right(
    tmp_path: Path, file: str, line: Any, finding: str
) -> None:
    for name, good in GOOD.items():
        write_lines(tmp_path / name, [good, line] if name == file else [good])
    (found,) = findings_of(tmp_path)
    assert found.startswith(f"{file} 第 2 行：{finding}")
    assert found.endswith("。")


def test_everything_that_is_wrong_is_named_at_once_by_file_and_line(folder: Path) -> None:
    write_lines(folder / "faq.jsonl", [b"", {"id": "a", "question": "税"}, {"id": "a"}, {"id": "b", "question": 5}])
    write_lines(folder / "extra.jsonl", [{"faq_id": "b", "phrasing": "税"}, b"{", {"faq_id": "z", "phrasing": "税"}])
    (folder / "queries.jsonl").unlink()
    assert [finding.partition("：")[0] for finding in findings_of(folder)] == [
        "faq.jsonl 第 3 行",  # the id stands twice
        "faq.jsonl 第 3 行",  # no question
        "faq.jsonl 第 4 行",
        "extra.jsonl 第 2 行",
        "extra.jsonl 第 3 行",  # but line 1 is right: the entry is there, although its line is wrong
        "queries.jsonl",
    ]


def test_where_an_id_cannot_be_read_no_question_is_blamed_for_it(folder: Path) -> None:
    write_lines(folder / "faq.jsonl", [b'{"id": "car" "question": "?"}'])
    assert [finding.partition("：")[0] for finding in findings_of(folder)] == ["faq.jsonl 第 1 行"]


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xef\xbb\xbf"])
def test_a_file_without_entries_or_questions_is_named(folder: Path, content: bytes) -> None:
    for name in ("faq.jsonl", "queries.jsonl"):
        (folder / name).write_bytes(content)
    assert [finding.partition("，")[0] for finding in findings_of(folder)] == [
        "faq.jsonl：是空的",
        "queries.jsonl：是空的",
    ]


def test_files_that_are_missing_or_cannot_be_read_are_named(folder: Path) -> None:
    (folder / "faq.jsonl").unlink()
    for name in ("extra.jsonl", "queries.jsonl"):
        (folder / name).unlink()
        (folder / name).mkdir()
    assert [finding.partition("（")[0].partition("，")[0] for finding in findings_of(folder)] == [
        "faq.jsonl：没有这个文件",
        "extra.jsonl：读不到",
        "queries.jsonl：读不到",
    ]


@pytest.mark.parametrize("name", ["missing", "questions/faq.jsonl", "x" * 5000])
def test_what_is_no_folder_is_named(folder: Path, name: str) -> None:
    (finding,) = findings_of(folder.parent / name)
    assert "不是文件夹，或者不存在。请给出" in finding


def test_an_id_that_a_terminal_would_obey_is_shown_as_json_writes_it(folder: Path) -> None:
    row = {"query": "税", "faq_id": "\x1b[31m\x9b\ud800" + "长" * 100}
    write_lines(folder / "queries.jsonl", [json.dumps(row).encode()])
    (finding,) = findings_of(folder)
    assert "\\u001b[31m\\u009b\\ud800" in finding
    assert finding.isprintable()
    assert len(finding) < 400


def test_entries_that_share_a_phrasing_are_counted_as_twins() -> None:
    entries = (
        IndexEntry("a", "车船税在哪里交？", ("车船税上哪儿交",)),
        IndexEntry("b", "车船税怎么交", (" 车船税在哪里交", "车船税怎么交")),
        IndexEntry("c", "契税怎么交"),
        IndexEntry("d", "？？"),
        IndexEntry("e", "！！"),
    )
    assert Collection(entries, ()).twins() == 2
