"""Templates and their strings: every word of the pages in the reader's language."""

import json
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.web.keys import TEMPLATES

HERE = Path(__file__).parent
STATIC = HERE / "static"
LANGUAGE_COOKIE = "language"
LANGUAGE_TAGS = {"zh": "zh-CN", "en": "en"}


def set_up(app: web.Application) -> None:
    app[TEMPLATES] = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    strings = json.loads((HERE / "templates" / "strings.json").read_text(encoding="utf-8"))
    app[TEMPLATES].globals["strings"] = {
        language: {key: both[language] for key, both in strings.items()} for language in LANGUAGE_TAGS
    }


def language_of(request: web.Request) -> str:
    """The language chosen on the page, else the browser's; Chinese unless it is English."""
    chosen = request.query.get("lang") or request.cookies.get(LANGUAGE_COOKIE)
    if chosen in LANGUAGE_TAGS:
        return chosen
    return "en" if request.headers.get("Accept-Language", "zh").lower().startswith("en") else "zh"


def render(request: web.Request, template: str, *, status: int = 200, **context: Any) -> web.Response:
    language = language_of(request)
    environment = request.app[TEMPLATES]
    strings: Any = environment.globals["strings"]
    text = environment.get_template(template).render(lang=LANGUAGE_TAGS[language], t=strings[language], **context)
    return web.Response(text=text, content_type="text/html", status=status)


def notice(request: web.Request, sentence: str, *, status: int = 200) -> web.Response:
    """A plain page with one sentence and a way back."""
    chinese = language_of(request) == "zh"
    return render(
        request,
        "notice.html",
        status=status,
        title="税桥" if chinese else "Shuiqiao",
        sentence=sentence,
        link_url="/chat",
        link_text="返回对话页" if chinese else "Back to the chat",
    )
