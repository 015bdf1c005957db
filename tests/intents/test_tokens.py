"""The bureau's vocabulary stays whole, and cutting leaves no traces on the machine."""

from __future__ import annotations

import subprocess
import sys
from io import TextIOWrapper
from pathlib import Path

import pytest

from intents import Interpreter
from intents.tokens import _import_jieba, _known


@pytest.mark.parametrize(
    "word",
    [
        "小规模纳税人",
        "个体工商户",
        "专项附加扣除",
        "电子税务局",
        "数电发票",
        "汇算清缴",
        "留抵退税",
        "残疾人就业保障金",
        "伊犁哈萨克自治州",
        "克孜勒苏柯尔克孜自治州",
        "塔什库尔干县",
        "个税app",
    ],
)
def test_a_tax_term_or_a_place_is_one_word(interpreter: Interpreter, word: str) -> None:
    assert word in interpreter.tokenizer.words(f"请问{word}怎么查")


def test_punctuation_is_no_word(interpreter: Interpreter) -> None:
    assert interpreter.tokenizer.words("发票, 丢了。?!") == ("发票", "丢", "了")


def test_an_unknown_run_of_characters_falls_into_single_characters(interpreter: Interpreter) -> None:
    assert interpreter.tokenizer.words("龘靐齉") == ("龘", "靐", "齉")


def test_places_are_no_tax_terms(interpreter: Interpreter) -> None:
    assert "增值税" in interpreter.tokenizer.terms
    assert "喀什" not in interpreter.tokenizer.terms


def test_building_writes_nothing_and_says_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-W",
            "error",
            "-c",
            "from intents import make_tokenizer; print(*make_tokenizer().words('数电发票'))",
        ],
        env={"TMPDIR": str(tmp_path), "PYTHONPATH": ":".join(sys.path), "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == "数电发票\n"
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_the_dictionary_is_the_one_that_jieba_itself_would_read() -> None:
    package = _import_jieba()
    read_by_jieba = package.Tokenizer.gen_pfdict(package.Tokenizer().get_dict_file())
    with TextIOWrapper(package.Tokenizer().get_dict_file(), encoding="utf-8") as dictionary:
        assert _known(dictionary) == read_by_jieba
