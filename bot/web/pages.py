"""Pages made from templates, with every word from the catalogue, in the reader's language."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.web.keys import TEMPLATES
from bot.wording.speech import CHINESE, ENGLISH, Words, words_of

HERE = Path(__file__).parent
STATIC = HERE / "static"
LANGUAGE_COOKIE = "language"
LANGUAGE_TAGS = {CHINESE: "zh-CN", ENGLISH: "en"}
FILES = ("bridge.svg", "chat.css", "chat.js", "console.css", "console.js", "icon.svg", "message.js")
FOR_OFFICERS = ("/desk/", "/enter/", "/console")


def set_up(app: web.Application) -> None:
    app[TEMPLATES] = {language: _environment(language) for language in LANGUAGE_TAGS}


def _environment(language: str) -> Environment:
    """The templates in one language. Its catalogue is read when a page first says something, and not at the start."""
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    cast(Any, environment).install_gettext_callables(
        lambda sentence: words_of(language).translations.gettext(sentence),
        lambda one, several, number: words_of(language).translations.ngettext(one, several, number),
        newstyle=True,
    )
    return environment


def language_of(request: web.Request) -> str:
    """The language asked for in the address, else that of the page shown last, else the browser's: Chinese unless it
    is English.
    """
    for chosen in (request.query.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if chosen in LANGUAGE_TAGS:
            return chosen
    asked = request.headers.get("Accept-Language", CHINESE).lower()
    return ENGLISH if asked.startswith(ENGLISH) else CHINESE


def words_for(request: web.Request, language: str | None = None) -> Words:
    """The reader's words: those of `language` where it is known, else of the language that the browser asks for."""
    return words_of(language or language_of(request))


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


def fill(request: web.Request, template: str, language: str, **context: Any) -> str:
    """A template, or a part of one, in this language."""
    return request.app[TEMPLATES][language].get_template(template).render(lang=LANGUAGE_TAGS[language], **context)


def render(
    request: web.Request, template: str, *, status: int = 200, language: str | None = None, **context: Any
) -> web.Response:
    text = fill(request, template, language or language_of(request), **context)
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
    _ = words_for(request, language)
    return render(
        request,
        "notice.html",
        status=status,
        language=language,
        title=_("税桥"),
        sentence=sentence,
        link_url=link_url or ("" if request.path.startswith(FOR_OFFICERS) else "/chat"),
        link_text=link_text or _("返回对话页"),
    )


ROUTES = [web.get("/static/{name}", static_file)]
