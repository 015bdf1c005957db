"""The entries: a list that is searched and narrowed down, one entry as it stands, and its history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from aiohttp import web

from bot.web.console.access import CONSOLE, Caller, shown
from bot.web.console.faq.labels import EVENTS, STANDINGS, STATES, author_of, tags_of, told_changes
from bot.web.console.faq.one_entry import ENTRY, readable, show_entry
from bot.web.console.faq.rights import allows, rights_of
from bot.web.console.forms import MOST_NUMBER, number_at
from bot.web.console.layout import show
from escalation.rules.permissions import Action
from faq.asked import Feedback, feedback_counts
from faq.entries.content import categories, line_of
from faq.entries.diff import Change
from faq.entries.queries import Event, Revision, Standing, Wanted, department_codes, events_of, revisions_of, search

LONGEST_SEARCH = 100  # characters


async def show_entries(caller: Caller) -> web.Response:
    """All entries, or those of whoever may not see all."""
    wanted = _wanted(caller.request)
    if not allows(caller, Action.READ_ENTRY):
        wanted = replace(wanted, concerning=caller.officer)
    async with caller.deps.database.reader() as reader:
        page = await search(reader, wanted)
        departments = await department_codes(reader)
        counts = await feedback_counts(reader)
    return show(
        caller,
        "faq/entries.html",
        title="问答条目",
        may=rights_of(caller),
        wanted=wanted,
        page=page,
        tags={line.entry_id: tags_of(line) for line in page.lines},
        counts=counts,
        nothing=Feedback(),
        standings=STANDINGS,
        categories=categories(),
        departments=departments,
        address=lambda number: _address(caller.request, number),
    )


def _wanted(request: web.Request) -> Wanted:
    """The search that an address stands for; what it names that there is not, is left out."""
    asked = request.query
    page, standing = asked.get("page", ""), asked.get("standing", "")
    return Wanted(
        text=line_of(asked.get("q", ""))[:LONGEST_SEARCH],
        category=asked.get("category") if asked.get("category") in categories() else None,
        department_code=line_of(asked.get("department", ""))[:LONGEST_SEARCH] or None,
        standing=Standing(standing) if standing in [one.value for one in Standing] else None,
        page=int(page) if page.isascii() and page.isdigit() and int(page[:12]) < MOST_NUMBER else 1,
    )


def _address(request: web.Request, page: int) -> str:
    kept = {name: value for name, value in request.query.items() if value and name not in ("page", "done")}
    return f"{CONSOLE.base}/entries?{urlencode({**kept, 'page': page})}"


async def show_one(caller: Caller) -> web.Response:
    return await show_entry(caller, number_at(caller.request, "entry"))


@dataclass(frozen=True, slots=True)
class Moment:
    """Something in the history of an entry: a text that was written, or something that was done with it."""

    at: datetime
    title: str
    officer: str
    details: str | None = None
    text: Revision | None = None
    changes: Sequence[Change] = ()


async def show_history(caller: Caller) -> web.Response:
    entry_id = number_at(caller.request, "entry")
    async with caller.deps.database.reader() as reader:
        entry = await readable(reader, caller, entry_id)
        if isinstance(entry, web.Response):
            return entry
        texts, events = await revisions_of(reader, entry_id), await events_of(reader, entry_id)
        departments = await department_codes(reader)
    title = f"经过：{(entry.published or entry.latest).content.question}"
    return show(caller, "faq/history.html", title=title, entry=entry, moments=_moments(texts, events, departments))


def _moments(texts: Sequence[Revision], events: Sequence[Event], departments: Mapping[str, str]) -> Sequence[Moment]:
    """Texts and events, the newest first; each text beside the one before it."""
    before = [*texts[1:], None]
    written = [
        Moment(
            at=text.written_at,
            title=f"第 {text.number} 稿 · {STATES[text.state]}",
            officer=author_of(text),
            details=text.note,
            text=text,
            changes=told_changes(None if earlier is None else earlier.content, text.content, departments),
        )
        for text, earlier in zip(texts, before, strict=True)
    ]
    done = [Moment(one.at, EVENTS[one.what], one.officer, one.details) for one in events]
    return sorted([*done, *written], key=lambda moment: moment.at, reverse=True)


ROUTES = [
    shown("/console/entries", None, show_entries),
    shown(ENTRY, None, show_one),
    shown(f"{ENTRY}/history", None, show_history),
]
