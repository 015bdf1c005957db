"""Brings one text into the form in which it is compared: half width, simplified, without invisible characters."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opencc import OpenCC

__all__ = ["normalise"]

_HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_SPACE_BETWEEN_HAN = re.compile(rf"(?<=[{_HAN}])\s+(?=[{_HAN}])")
_SPACES = re.compile(r"\s+")
# Cf holds zero-width and bidirectional marks, Cc controls, Co/Cn/Cs what has no meaning to anybody else.
_INVISIBLE = frozenset({"Cf", "Cc", "Co", "Cn", "Cs"})
# Selectors only choose between pictures of the same character.
_SELECTORS = frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))


@cache
def _converter() -> OpenCC:
    from opencc import OpenCC

    return OpenCC("t2s")


def _simplified(text: str) -> str:
    simplified: str = _converter().convert(text)
    return simplified


def _visible(text: str) -> str:
    if text.isprintable() and _SELECTORS.isdisjoint(text):
        return text
    return "".join(
        " " if c.isspace() else c
        for c in text
        if c.isspace() or (unicodedata.category(c) not in _INVISIBLE and c not in _SELECTORS)
    )


def _once(text: str) -> str:
    text = unicodedata.normalize("NFKC", _visible(unicodedata.normalize("NFKC", text)).casefold())
    return _SPACES.sub(" ", _SPACE_BETWEEN_HAN.sub("", _simplified(text))).strip()


def normalise(text: str) -> str:
    """Return `text` in NFKC, case-folded, simplified, without invisible characters or needless spaces.

    Folding one thing may uncover another (a removed mark joins two characters that compose), so it is repeated
    until nothing changes: normalising what is normalised is the identity.
    """
    for _ in range(6):
        folded = _once(text)
        if folded == text:
            break
        text = folded
    return text
