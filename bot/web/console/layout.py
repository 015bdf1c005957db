"""What every page of the console has around it: navigation, who is in, what was just done."""

from datetime import datetime
from typing import Any

from aiohttp import web

from bot.web.console.access import CONSOLE, Caller, console_words
from bot.web.console.forms import NOTHING_TYPED, Typed
from bot.web.console.sections import SECTIONS
from bot.web.keys import TEMPLATES
from bot.web.pages import render
from bot.web.security import csrf_for
from bot.wording.speech import CHINESE
from escalation.deadlines.workdays import BEIJING


def set_up(app: web.Application) -> None:
    for environment in app[TEMPLATES].values():
        environment.filters["moment"] = moment


def moment(at: datetime) -> str:
    """「2026-11-25 15:20」 in 北京时间."""
    return f"{at.astimezone(BEIJING):%Y-%m-%d %H:%M}"


def show(
    caller: Caller, template: str, *, title: str, status: int = 200, typed: Typed = NOTHING_TYPED, **context: Any
) -> web.Response:
    """A page of the console for whoever asks for it; what was `typed` into one of its forms stands there again."""
    path, sections = caller.request.path, caller.sections
    here = max((one.path for one in sections if path == one.path or path.startswith(f"{one.path}/")), default="")
    return render(
        caller.request,
        f"console/{template}",
        status=status,
        language=CHINESE,
        title=title,
        sections=sections,
        here=here,
        officer=caller.officer,
        roles=_roles_of(caller),
        waiting=caller.waiting,
        csrf=csrf_for(caller.request, caller.token),
        done=what_was_done(caller),
        typed=typed,
        **context,
    )


def _roles_of(caller: Caller) -> str:
    names = {role: name for one in caller.request.app[SECTIONS] for role, name in one.roles.items()}
    _ = console_words()
    return "、".join(_.in_context("role", name) for role, name in names.items() if role in caller.officer.roles)


def what_was_done(caller: Caller) -> str | None:
    """The sentence for the word in the address; what else comes with an address is never shown."""
    word = caller.request.query.get("done", "")
    told = next((one.done[word] for one in caller.request.app[SECTIONS] if word in one.done), None)
    return told and console_words()(told)


def go(path: str, done: str = "") -> web.Response:
    """After a form: the page to look at next, which says what was done."""
    address = f"{CONSOLE.base}{path}"
    return web.Response(status=303, headers={"Location": f"{address}?done={done}" if done else address})
