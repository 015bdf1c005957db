"""The first page: how things stand in each section that tells of itself."""

from aiohttp import web

from bot.web.console.access import CONSOLE, Caller, console_words, shown
from bot.web.console.layout import go, show, what_was_done
from bot.web.console.sections import SECTIONS, Overview, Section
from bot.wording.speech import marked_in
from escalation.rules.permissions import Role
from language import MessageId


async def show_home(caller: Caller) -> web.Response:
    """What the sections tell of themselves; for whom none does, it is the first section instead."""
    overviews = _overviews(caller)
    if not overviews:
        first = next(one for one in caller.sections if one.path != CONSOLE.base)
        done = caller.request.query.get("done", "") if what_was_done(caller) else ""
        return go(first.path.removeprefix(CONSOLE.base), done)
    async with caller.deps.database.reader() as reader:
        told = [(await one.tiles(reader), one.advice) for one in overviews]
    _ = console_words()
    return show(caller, "home.html", title=_("概览"), overviews=told)


def _overviews(caller: Caller) -> list[Overview]:
    found = (one.overview for one in caller.request.app[SECTIONS])
    return [one for one in found if one is not None and caller.has(one.needs)]


def _is_told_anything(caller: Caller) -> bool:
    return bool(_overviews(caller))


SECTION = Section(
    CONSOLE.base,
    MessageId("概览"),
    _is_told_anything,
    [shown(CONSOLE.base, None, show_home)],
    roles={Role.ADMINISTRATOR: marked_in("role", "管理员")},
)
