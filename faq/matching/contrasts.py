"""What a text names that tells it from its twins: taxes, papers, reliefs (data/contrasts.yaml), and its numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import yaml

ROW = "row "
MONEY = "元"
DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
TENS = {"十": 10, "百": 100, "千": 1000}
SCALES = {"万": 10_000.0, "亿": 100_000_000.0}
UNITS = {"个点": "%", "天": "日", "平米": "平方米", "周岁": "岁"}
NUMBER = re.compile(
    r"百分之(?P<percent>\d+(?:\.\d+)?|[零一二两三四五六七八九十]+)"
    r"|(?P<number>\d+(?:\.\d+)?|[零〇一二两三四五六七八九十百千]+)"
    r"(?:(?P<scale>[万亿])(?P<scaled>元|人|平方米|平米|吨)?|(?P<unit>元|%|个点|年|个月|天|日|周岁|岁|平方米|平米|人|吨))"
)

Said = frozenset[tuple[str, str | float]]


def said(view: str) -> Said:
    """Give what a view names of the rows of contrasts.yaml, and its numbers: `("row 1", "契税")`, `("元", 100000.0)`.

    Sums are in yuan, shares in percent, years are calendar years.
    """
    contrasts = load_contrasts()
    named = (contrasts.meanings[found[0]] for found in contrasts.words.finditer(view))
    numbers = (_number(found) for found in NUMBER.finditer(view))
    return frozenset(meaning for meaning in (*named, *numbers) if meaning)


def differing(one: Said, other: Said) -> frozenset[str]:
    """Give the kinds of thing of which both speak without a single one in common."""
    both = {kind for kind, _ in one} & {kind for kind, _ in other}
    return frozenset(both - {kind for kind, _ in one & other})


def _number(found: re.Match[str]) -> tuple[str, float] | None:
    if found["percent"]:
        return "%", _value(found["percent"])
    unit = found["scaled"] or found["unit"] or MONEY
    value = _value(found["number"]) * SCALES.get(found["scale"] or "", 1.0)
    spelt = not found["number"][0].isdigit()
    if (unit == "年" and value < 1000) or (spelt and unit not in {MONEY, "%", "个点"}):
        return None  # 「一年」 and 「一个月」 are ways of speaking more often than facts
    return UNITS.get(unit, unit), value


def _value(digits: str) -> float:
    if digits[0].isdigit():
        return float(digits)
    total = last = 0
    for character in digits:
        if character in TENS:
            total, last = total + (last or 1) * TENS[character], 0
        else:
            last = DIGITS[character]
    return float(total + last)


@dataclass(frozen=True, slots=True)
class Contrasts:
    """The rows of data/contrasts.yaml: a pattern of all their words, and what each means (None: a guard)."""

    words: re.Pattern[str]
    meanings: Mapping[str, tuple[str, str] | None]


@lru_cache(maxsize=1)
def load_contrasts() -> Contrasts:
    """Read data/contrasts.yaml, once. Raises ValueError where a word stands in two rows."""
    text = resources.files("faq").joinpath("data/contrasts.yaml").read_text(encoding="utf-8")
    raw = yaml.load(text, Loader=yaml.CSafeLoader)
    meanings: dict[str, tuple[str, str] | None] = {}
    for number, row in enumerate(raw["rows"], start=1):
        for item in row:
            word, _, chosen = item.partition("=")
            if word in meanings:
                raise ValueError(f"contrasts.yaml: {word} stands in two rows")
            meanings[word] = (f"{ROW}{number}", chosen or word)
    for item in raw["guards"]:
        word, _, chosen = item.partition("=")
        meanings[word] = meanings[chosen] if chosen else None
    longest_first = sorted(meanings, key=lambda word: (-len(word), word))
    return Contrasts(re.compile("|".join(map(re.escape, longest_first))), meanings)
