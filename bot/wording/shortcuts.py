"""The labels of the chat page's shortcuts. A shortcut says its own label, so the house hears these words, in any
language and on any channel.
"""

import re
from functools import lru_cache

from bot.wording.speech import LANGUAGES, Words, marked_in, words_of

SHORTCUT = "shortcut"  # the context in the catalogue: in English these are shorter than the buttons of the same name

OWN_CASES = marked_in("shortcut", "我的办件")
LOOKUP = marked_in("shortcut", "凭查询码查询")
A_PERSON = marked_in("shortcut", "转人工")
TO_DO = marked_in("shortcut", "待办办件")
ENTRIES = marked_in("shortcut", "问答条目")
CONSOLE = marked_in("shortcut", "管理后台")

CHINESE_LETTER = re.compile(r"[\u4e00-\u9fff]")


def label_of(shortcut: str, words: Words) -> str:
    """What stands on a shortcut in the reader's language."""
    return words.in_context(SHORTCUT, shortcut)


def says(text: str, *shortcuts: str) -> bool:
    """Whether a text is the label of one of these shortcuts, in any language.

    No translation has a Chinese letter. So the catalogue is not read for a text that has one.
    """
    return text in (shortcuts if CHINESE_LETTER.search(text) else _in_every_language(shortcuts))


@lru_cache
def _in_every_language(shortcuts: tuple[str, ...]) -> frozenset[str]:
    return frozenset(label_of(one, words_of(language)) for one in shortcuts for language in LANGUAGES)
