"""Labelled questions: those of questions.txt, for the sample; and collections as files, one small enough to be worked
out by hand, and whatever a test needs.
"""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from faq.collection import Query
from faq.matching.index import IndexEntry
from faq.seed import load_entries

NOTHING = "-"

Rows = Sequence[tuple[str, str | None]]

ENTRIES: Rows = (
    ("deed-first", "购买首套住房契税税率是多少？"),
    ("deed-second", "购买第二套住房契税税率是多少？"),
    ("lost-special", "增值税专用发票丢失怎么处理？"),
    ("lost-plain", "增值税普通发票丢失怎么处理？"),
    ("car", "车船税在哪里交？"),
)
EXTRA: Rows = (("lost-special", "专票丢了怎么办"), ("car", "小轿车每年那笔钱"), ("lost-special", "票票不见啦"))
# What becomes of each, and where the entry of the label stands, is worked out in test_assess.py.
QUERIES: Rows = (
    ("购买首套住房契税税率是多少", "deed-first"),
    ("专票丢了怎么办", "lost-special"),
    ("购买首套住房契税税率是多少", "deed-second"),
    ("发票丢失怎么处理", "lost-special"),
    ("住房契税税率是多少", "car"),
    ("买房的契税怎么交", "lost-plain"),
    ("qqqq", "car"),
    ("公积金怎么提取", None),
    ("发票丢失怎么处理", None),
    ("车船税在哪里交", None),
    ("qqqq", None),
)


@cache
def sample() -> tuple[IndexEntry, ...]:
    return tuple(IndexEntry(entry.id, entry.question, entry.phrasings) for entry in load_entries())


@cache
def questions() -> tuple[Query, ...]:
    lines = Path(__file__).with_name("questions.txt").read_text(encoding="utf-8").splitlines()
    told = [line.split(" ", 1) for line in lines]
    return tuple(Query(text, None if entry_id == NOTHING else entry_id) for entry_id, text in told)


def write_collection(folder: Path, entries: Rows = ENTRIES, extra: Rows = EXTRA, queries: Rows = QUERIES) -> Path:
    """A folder with the three files."""
    folder.mkdir(exist_ok=True)
    write_lines(folder / "faq.jsonl", [{"id": one, "question": text} for one, text in entries])
    write_lines(folder / "extra.jsonl", [{"faq_id": one, "phrasing": text} for one, text in extra])
    write_lines(folder / "queries.jsonl", [{"query": text, "faq_id": one, "kind": "tax"} for text, one in queries])
    return folder


def write_lines(file: Path, lines: Sequence[Any]) -> None:
    """One JSON value a line; bytes are written as they are."""
    file.write_bytes(
        b"".join(
            (line if isinstance(line, bytes) else json.dumps(line, ensure_ascii=False).encode()) + b"\n"
            for line in lines
        )
    )
