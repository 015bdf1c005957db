"""Where the sentences for people stand in the sources, as Babel finds them, and what stands there around them."""

import ast
import re
from collections.abc import Iterator
from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path

import jinja2
from babel.messages.extract import extract_from_dir
from babel.messages.jslexer import tokenize, unquote_string

import bot

BOT = Path(bot.__file__).parent
HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
ENGLISH = re.compile(r"[A-Z][A-Za-z'’-]*([ ,.!?:;].*)?", re.DOTALL)
TWO_ENGLISH_WORDS = re.compile(r"\b[A-Z][a-z]* [a-z]+\b")
PUT_IN = re.compile(r"\$\{[^}]*\}")  # a value in a template literal of JavaScript
READ_ALOUD = {"alt", "aria-label", "placeholder", "title", "value"}  # attributes with words for people

TEMPLATES, SCRIPTS = "bot/web/templates/**.html", "bot/web/static/**.js"
METHODS = [
    ("bot/wording/**.py", "python"),
    ("bot/web/**.py", "python"),
    ("bot/handlers/**.py", "python"),
    ("faq/**.py", "python"),
    ("escalation/**.py", "python"),
    (TEMPLATES, "jinja2"),
    (SCRIPTS, "javascript"),
]
OPTIONS = {
    TEMPLATES: {"newstyle_gettext": "true", "trim_blocks": "true"},
    SCRIPTS: {"parse_template_string": "true"},
}
KEYWORDS = {
    "_": None,
    "gettext": None,
    "words": None,
    "MessageId": None,
    "marked_in": ((1, "c"), 2),
}

Id = tuple[str | None, str]  # context and sentence, as the catalogue knows them


@lru_cache
def found_in_sources() -> tuple[tuple[str, Id], ...]:
    """Every message id that any room marks or says, with the file that it stands in."""
    return tuple(
        (name, (context, sentence[-1] if isinstance(sentence, tuple) else sentence))
        for name, _, sentence, _, context in extract_from_dir(BOT.parent, METHODS, OPTIONS, KEYWORDS)
    )


def found_in(ending: str) -> set[Id]:
    return {message for name, message in found_in_sources() if name.endswith(ending)}


def around_in_python(source: str) -> Iterator[str]:
    """Sentences and labels for people in Python, as they stand: Chinese that is not marked, and English."""
    tree = ast.parse(source)
    passed_by = {id(node) for part in ast.walk(tree) if _is_for_no_reader(part) for node in ast.walk(part)}
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) and id(node) not in passed_by else None
        if isinstance(text, str) and (HAN.search(text) or TWO_ENGLISH_WORDS.search(text)):
            yield text


def _is_for_no_reader(node: ast.AST) -> bool:
    """A remark, a marked sentence, a line of the log, or a pattern of what people write."""
    match node:
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Call(func=ast.Name(id=name)):
            return name in KEYWORDS
        case ast.Call(func=ast.Attribute(value=ast.Name(id="log" | "re"))):
            return True
    return False


def pairs_in_python(source: str) -> Iterator[str]:
    """Where one expression has a Chinese text and an English one beside it."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Tuple() | ast.List() | ast.Set() | ast.Dict() | ast.IfExp():
                beside: list[ast.AST] = list(ast.walk(node))
            case ast.Call():
                beside = [*node.args, *(keyword.value for keyword in node.keywords)]
            case _:
                continue
        texts = [one.value for one in beside if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        if any(map(HAN.search, texts)) and any(map(ENGLISH.fullmatch, texts)):
            yield ast.unparse(node)


def around_in_script(source: str) -> Iterator[str]:
    """Sentences for people in JavaScript: Chinese that is not put into `_`, and English."""
    before = ["", ""]
    for kind, value, _ in tokenize(source, jsx=False):
        if kind in ("string", "template_string"):
            text = PUT_IN.sub("", value) if kind == "template_string" else unquote_string(value)
            if TWO_ENGLISH_WORDS.search(text) or (HAN.search(text) and before != ["_", "("]):
                yield text
        before = [before[1], value]


def around_in_template(source: str) -> Iterator[str]:
    """Sentences for people in a template: Chinese that is not put into `_` or `trans`, and English."""
    tree = jinja2.Environment(autoescape=True, extensions=["jinja2.ext.i18n"]).parse(source)
    marked = {id(one) for call in tree.find_all(jinja2.nodes.Call) if _says(call) for one in call.args}
    reader = _Reader()
    reader.feed("".join(data.data for data in tree.find_all(jinja2.nodes.TemplateData)))
    reader.close()
    texts = [one.value for one in tree.find_all(jinja2.nodes.Const) if id(one) not in marked]
    for text in (*reader.texts, *(text for text in texts if isinstance(text, str))):
        if HAN.search(text) or TWO_ENGLISH_WORDS.search(text):
            yield text.strip()


def _says(call: jinja2.nodes.Call) -> bool:
    return isinstance(call.node, jinja2.nodes.Name) and call.node.name in ("_", "gettext")


class _Reader(HTMLParser):
    """Reads what a browser shows or a screen reader says."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.texts += [value for name, value in attrs if name in READ_ALOUD and value]
