"""Finds and hides numbers and addresses that point to one person or one taxpayer (第十八条)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from stdnum import luhn
from stdnum.cn import ric, uscc

__all__ = ["Finding", "PersonalKind", "find", "mask"]


class PersonalKind(StrEnum):
    """What a finding is; the value is the code kept beside a case."""

    IDENTITY = "identity"
    TAXPAYER = "taxpayer"
    MOBILE = "mobile"
    LANDLINE = "landline"
    BANK_CARD = "bank_card"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Finding:
    """One stretch `text[start:end]` that points to a person or a taxpayer."""

    kind: PersonalKind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Shape:
    kind: PersonalKind
    pattern: re.Pattern[str]
    genuine: Callable[[str], bool]
    head: int
    tail: int


def _bare(number: str) -> str:
    return re.sub(r"[\s-]", "", number)


def _is_card(number: str) -> bool:
    digits = _bare(number)
    # Issuers' numbers of cards used here begin with 3 to 6 and never with one digit repeated.
    return 16 <= len(digits) <= 19 and luhn.is_valid(digits) and len(set(digits)) > 2


def _always(_: str) -> bool:
    return True


# Character for character, so that positions stay those of the text given.
_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_D = "[0-9]"
# Without any of these, of either width, no shape below is met; most questions have none.
_SIGN = re.compile("[0-9@０-９＠]")
# Separators that people put into long numbers; never a line break.
_GAP = r"[ \t-]?"
_BEFORE = r"(?<![0-9A-Za-z])"
_AFTER = r"(?![0-9A-Za-z])"
# The order is the priority: what an earlier shape took is not looked at again.
_SHAPES = (
    _Shape(
        PersonalKind.EMAIL,
        re.compile(
            r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,4}[A-Za-z]{2,24}"
        ),
        _always,
        1,
        0,
    ),
    _Shape(
        PersonalKind.IDENTITY,
        re.compile(rf"{_BEFORE}{_D}{{6}}{_GAP}{_D}{{8}}{_GAP}{_D}{{3}}[0-9Xx]{_AFTER}"),
        lambda number: ric.is_valid(_bare(number)),
        3,
        2,
    ),
    _Shape(
        PersonalKind.TAXPAYER,
        re.compile(
            rf"{_BEFORE}[0-9A-HJ-NP-RTUW-Ya-hj-np-rtuw-y]{{2}}{_GAP}{_D}{{6}}{_GAP}[0-9A-Za-z]{{9}}{_GAP}[0-9A-Za-z]{_AFTER}"
        ),
        lambda number: uscc.is_valid(_bare(number)),
        2,
        4,
    ),
    _Shape(
        # Numbers of the old form (region and organisation code) carry no check digit that can be relied upon.
        PersonalKind.TAXPAYER,
        re.compile(rf"(?<=税号|别号|记号|证号)[为是:： ]{{0,3}}(?P<number>{_D}{{6}}[0-9A-Za-z]{{9}}){_AFTER}"),
        _always,
        2,
        4,
    ),
    _Shape(
        PersonalKind.MOBILE,
        re.compile(
            rf"(?<![0-9A-Za-z.])(?:(?:\+|00)?86{_GAP})?(?P<number>1[3-9]{_D}{_GAP}{_D}{{4}}{_GAP}{_D}{{4}}){_AFTER}"
        ),
        _always,
        3,
        4,
    ),
    _Shape(
        PersonalKind.BANK_CARD,
        re.compile(rf"{_BEFORE}[3-6]{_D}{{3}}(?:{_GAP}{_D}{{4}}){{2}}{_GAP}{_D}{{4}}(?:{_GAP}{_D}{{1,3}})?{_AFTER}"),
        _is_card,
        4,
        4,
    ),
    _Shape(
        PersonalKind.LANDLINE,
        re.compile(
            rf"(?<![0-9A-Za-z.-])(?:[(（]0{_D}{{2,3}}[)）][ -]?|0{_D}{{2,3}}[ -]?)[2-8]{_D}{{6,7}}"
            rf"(?:[ -]?(?:转|-)[ -]?{_D}{{1,5}})?{_AFTER}"
            rf"|(?<=电话|座机|致电|拨打)[为是:： ]{{0,3}}(?P<number>[2-8]{_D}{{6,7}}){_AFTER}"
        ),
        _always,
        4,
        2,
    ),
)


def find(text: str) -> tuple[Finding, ...]:
    """Return what in `text` points to a person or a taxpayer, in order, without overlaps.

    Identity numbers, unified social credit codes and bank cards count only with a valid check digit.
    """
    return tuple(finding for finding, _ in _find(text))


def mask(text: str) -> str:
    """Return `text`, of the same length, with the middle of every finding as asterisks; separators stay."""
    characters = list(text)
    for finding, shape in _find(text):
        last = finding.end
        if shape.kind is PersonalKind.EMAIL:
            last = next(i for i in range(finding.start, finding.end) if characters[i] in "@＠")
        inside = [i for i in range(finding.start, last) if characters[i].isalnum()]
        # However short it is, about a third in the middle goes.
        head, tail = min(shape.head, len(inside) // 3), min(shape.tail, (len(inside) + 1) // 3)
        for i in inside[head : len(inside) - tail]:
            characters[i] = "*"
    return "".join(characters)


def _find(text: str) -> list[tuple[Finding, _Shape]]:
    if not _SIGN.search(text):
        return []
    text = text.translate(_HALF_WIDTH)
    found: list[tuple[Finding, _Shape]] = []
    for shape in _SHAPES:
        for start, end in _places(shape, text):
            if not any(start < other.end and other.start < end for other, _ in found):
                found.append((Finding(shape.kind, start, end), shape))
    return sorted(found, key=lambda pair: pair[0].start)


def _places(shape: _Shape, text: str) -> Iterator[tuple[int, int]]:
    named = "number" in shape.pattern.groupindex
    for match in shape.pattern.finditer(text):
        group: int | str = "number" if named and match["number"] is not None else 0
        if shape.genuine(match[group]):
            yield match.span(group)
