"""Templates and their strings: every word of the pages in the reader's language."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.web.keys import TEMPLATES

HERE = Path(__file__).parent
STATIC = HERE / "static"
LANGUAGE_COOKIE = "language"
LANGUAGE_TAGS = {"zh": "zh-CN", "en": "en"}
FILES = ("bridge.svg", "chat.css", "chat.js", "console.css", "console.js", "icon.svg", "message.js")
FOR_OFFICERS = ("/desk/", "/enter/", "/console")


def set_up(app: web.Application) -> None:
    app[TEMPLATES] = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    strings = json.loads((HERE / "templates" / "strings.json").read_text(encoding="utf-8"))
    app[TEMPLATES].globals["strings"] = {
        language: {key: both[language] for key, both in strings.items()} for language in LANGUAGE_TAGS
    }


def language_of(request: web.Request) -> str:
    """The language asked for in the address, else that of the page shown last, else the browser's: Chinese unless it
    is English.
    """
    for chosen in (request.query.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if chosen in LANGUAGE_TAGS:
            return chosen
    return "en" if request.headers.get("Accept-Language", "zh").lower().startswith("en") else "zh"


async def form_of(request: web.Request) -> Mapping[str, object]:
    """The fields of a posted form; raises 400 where it is none."""
    try:
        return await request.post()
    except (ValueError, LookupError) as error:
        raise web.HTTPBadRequest from error


async def static_file(request: web.Request) -> web.FileResponse:
    """One of the pages' own files; nothing else of the folder, and 404 in words."""
    if request.match_info["name"] not in FILES:
        raise web.HTTPNotFound
    return web.FileResponse(STATIC / request.match_info["name"])


def render(
    request: web.Request, template: str, *, status: int = 200, language: str | None = None, **context: Any
) -> web.Response:
    language = language or language_of(request)
    environment = request.app[TEMPLATES]
    strings: Any = environment.globals["strings"]
    text = environment.get_template(template).render(lang=LANGUAGE_TAGS[language], t=strings[language], **context)
    return web.Response(text=text, content_type="text/html", status=status)


def notice(
    request: web.Request,
    sentence: str,
    *,
    status: int = 200,
    language: str | None = None,
    link_url: str = "",
    link_text: str = "",
) -> web.Response:
    """A plain page with one sentence, and a way on. A taxpayer finds the way back to the chat where no other is named;
    it is no place for an officer.
    """
    chinese = (language or language_of(request)) == "zh"
    return render(
        request,
        "notice.html",
        status=status,
        language=language,
        title="税桥" if chinese else "Shuiqiao",
        sentence=sentence,
        link_url=link_url or ("" if request.path.startswith(FOR_OFFICERS) else "/chat"),
        link_text=link_text or ("返回对话页" if chinese else "Back to the chat"),
    )


ROUTES = [web.get("/static/{name}", static_file)]
