"""One catalogue of words: whatever a page, its script or a handler says or hears stands there, and nowhere twice."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiogram.types import Chat, Message

from bot.handlers.filters import Says
from bot.web.chat.pages import SHORTCUTS
from bot.wording import shortcuts
from bot.wording.speech import ENGLISH, LANGUAGES, words_of
from tests.bot.sentences import (
    BOT,
    around_in_python,
    around_in_script,
    around_in_template,
    found_in,
    pairs_in_python,
)

SOURCES = sorted([*(BOT / "web").rglob("*.py"), *(BOT / "handlers").rglob("*.py")])
TEMPLATES = sorted((BOT / "web" / "templates").rglob("*.html"))
SCRIPTS = sorted((BOT / "web" / "static").glob("*.js"))
# In Chinese alone so far: what the console says, and the figures for whoever watches over the house.
CHINESE_ALONE = ("web/console/", "web/templates/console/", "web/monitoring/metrics.py")
NOT_IN_HTML = re.compile(r"""[<>&"]|%(?!\(\w+\)s)""")

Finder = Callable[[str], Iterator[str]]


def named(path: Path) -> str:
    return str(path).removeprefix(f"{BOT}/")


@pytest.mark.parametrize("path", [*SOURCES, *TEMPLATES, *SCRIPTS], ids=named)
def test_no_words_go_around_the_catalogue(path: Path) -> None:
    name, source = named(path), path.read_text(encoding="utf-8")
    finder: Finder = {"py": around_in_python, "js": around_in_script, "html": around_in_template}[name.split(".")[-1]]
    around = [text for text in finder(source) if not (name.startswith(CHINESE_ALONE) and not text.isascii())]
    assert around == []


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_no_text_stands_beside_its_translation(path: Path) -> None:
    assert list(pairs_in_python(path.read_text(encoding="utf-8"))) == []


def test_no_file_of_its_own_holds_words_of_the_pages() -> None:
    assert [named(path) for path in (BOT / "web").rglob("*.json")] == []


@pytest.mark.parametrize("path", sorted((BOT / "handlers").rglob("*.py")), ids=named)
def test_no_handler_types_the_label_of_a_shortcut(path: Path) -> None:
    labels = {shortcuts.label_of(one, words_of(language)) for language in LANGUAGES for one in all_shortcuts()}
    source = path.read_text(encoding="utf-8")
    assert [label for label in labels if f'"{label}"' in source] == []


def all_shortcuts() -> set[str]:
    return {one for offered in SHORTCUTS.values() for one in offered}


@pytest.mark.parametrize(
    ("finder", "source"),
    [
        (around_in_python, 'LABELS = {"问答条目", "FAQ entries"}'),
        (around_in_python, 'say("没有这个页面。")'),
        (around_in_python, 'say(f"共 {count} 条")'),
        (around_in_python, 'say("There is no such page.")'),
        (pairs_in_python, 'title = "税桥" if chinese else "Shuiqiao"'),
        (pairs_in_python, 'SENTENCES = {404: ("没有这个页面。", "There is no such page.")}'),
        (pairs_in_python, 'SHORTCUTS = {"zh": ("管理后台",), "en": ("Console",)}'),
        (pairs_in_python, 'refuse(request, 400, "消息是空的。", "Empty.")'),
        (around_in_script, 'retry.textContent = "重试";'),
        (around_in_script, "retry.title = `重试 ${name}`;"),
        (around_in_script, 'const words = { zh: _("重试"), en: "Try again" };'),
        (around_in_template, "<p>没有这个页面。</p>"),
        (around_in_template, '<button aria-label="发送"></button>'),
        (around_in_template, '{{ "退出" if one else "结束" }}'),
        (around_in_template, '{% if lang == "en" %}<p>There is no such page.</p>{% endif %}'),
        (around_in_template, '{{ _("没有这个页面。") if lang == "zh-CN" else "No such page." }}'),
    ],
)
def test_what_goes_around_the_catalogue_is_found(finder: Finder, source: str) -> None:
    assert list(finder(source))


@pytest.mark.parametrize(
    ("finder", "source"),
    [
        (around_in_python, '"""「我的办件」: the list."""\ntitle = _("税桥")\nlog.warning("x", advice="请重新启动")'),
        (around_in_python, 'LABEL = marked_in("shortcut", "管理后台")\nCODE = re.compile("(?:查询码)?")'),
        (pairs_in_python, 'tags = ("已停用", "bad")\nSECTION = Section("/console", "概览", READ)'),
        (around_in_script, '// 「状态：」\nstate.textContent = `${_("发送中")} ${_("已送达")}`;'),
        (around_in_template, '<p class="small">{{ _("发送") }} {% trans %}共 {{ n }} 条{% endtrans %}</p>'),
    ],
)
def test_what_goes_through_the_catalogue_is_let_pass(finder: Finder, source: str) -> None:
    assert list(finder(source)) == []


def test_the_catalogue_says_which_sentences_the_script_says() -> None:
    assert words_of(ENGLISH).for_script.keys() == {sentence for _, sentence in found_in(".js")}


def test_what_a_template_says_can_stand_in_a_page_as_it_is() -> None:
    """Jinja takes translations for HTML, and a percent sign for the beginning of a placeholder."""
    said = {sentence for _, sentence in found_in(".html")}
    english = words_of(ENGLISH)
    assert [one for one in (*said, *map(english, said)) if NOT_IN_HTML.search(one)] == []


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_shortcut_is_heard_by_its_own_label_in_any_language(language: str) -> None:
    heard = [shortcuts.OWN_CASES, shortcuts.LOOKUP, shortcuts.TO_DO, shortcuts.ENTRIES, shortcuts.CONSOLE]
    labels = [shortcuts.label_of(one, words_of(language)) for one in heard]
    assert len(set(labels)) == len(heard)
    for one in heard:
        hears = [await Says(one)(written(label)) for label in labels]
        assert hears == [other == one for other in heard]


def written(text: str) -> Message:
    return Message(message_id=1, date=datetime(2026, 9, 1, tzinfo=UTC), chat=Chat(id=1, type="private"), text=text)
