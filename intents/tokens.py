"""Cuts a text into words, with the tax bureau's own vocabulary."""

from __future__ import annotations

import logging
import math
import warnings
from collections.abc import Iterable
from importlib import resources
from io import TextIOWrapper
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import jieba

__all__ = ["Tokenizer", "make_tokenizer"]

_PLACES = "地名"


class Tokenizer:
    """One own jieba dictionary; knows which words belong to the bureau's subject.

    The hidden Markov model stays off: it invents words over unknown runs of characters, differently in a question
    and in the entry that answers it. Unknown runs fall into single characters instead, the same way each time.
    """

    def __init__(self, cutter: jieba.Tokenizer, terms: frozenset[str]) -> None:
        self._cutter = cutter
        self.terms = terms

    def words(self, text: str) -> tuple[str, ...]:
        """Cut normalised `text` once, without overlaps; punctuation and spaces are left out."""
        words = self._cutter.cut(text, HMM=False)
        return tuple([word for word in words if word.isalnum() or any(map(str.isalnum, word))])

    def plausibility(self, words: Iterable[str]) -> float:
        """Mean natural logarithm of word frequency per character; below about -10.5 the text is hardly Chinese."""
        log_total = math.log(self._cutter.total)
        characters, log_sum = 0, 0.0
        for word in words:
            characters += len(word)
            log_sum += math.log(self._cutter.FREQ.get(word) or 1) - log_total
        return log_sum / characters if characters else 0.0


def make_tokenizer() -> Tokenizer:
    """Build the tokenizer; takes a third of a second, so make one and keep it.

    jieba's own loader would keep a marshalled dictionary under a well-known name in the shared temporary folder,
    which anybody on the machine could have written; the packaged dictionary is read instead, and nothing is written.
    """
    package = _import_jieba()
    cutter = package.Tokenizer()
    with TextIOWrapper(cutter.get_dict_file(), encoding="utf-8") as dictionary:
        cutter.FREQ, cutter.total = _known(dictionary)
    cutter.initialized = True
    terms: set[str] = set()
    for section, words in _sections():
        for word in words:
            cutter.add_word(word)
        if not section.startswith(_PLACES):
            terms.update(words)
    return Tokenizer(cutter, frozenset(terms))


def _known(dictionary: Iterable[str]) -> tuple[dict[str, int], int]:
    """Return how often each word of a dictionary is met, 0 for each beginning of one that is no word itself; and the
    sum. The same as jieba's `gen_pfdict`, which looks at every beginning of every word and takes half as long again.
    """
    known: dict[str, int] = {"": 0}
    total = 0
    for line in dictionary:
        word, frequency, _part_of_speech = line.split(" ")
        known[word] = count = int(frequency)
        total += count
        beginning = word[:-1]
        while beginning not in known:
            known[beginning] = 0
            beginning = beginning[:-1]
    del known[""]
    return known, total


def _import_jieba() -> ModuleType:
    with warnings.catch_warnings():
        # jieba 0.42.1 writes unescaped "\." in patterns and asks for pkg_resources; neither is ours to mend.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", SyntaxWarning)
        warnings.filterwarnings("ignore", message="pkg_resources is deprecated", category=UserWarning)
        import jieba
    logging.getLogger("jieba").setLevel(logging.WARNING)
    package: ModuleType = jieba
    return package


def _sections() -> Iterable[tuple[str, list[str]]]:
    section = ""
    text = resources.files("intents").joinpath("data/tax_words.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("#"):
            section = line.lstrip("# ")
        elif line.strip():
            yield section, line.split()
