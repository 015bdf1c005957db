"""The entries: a list that is searched and narrowed down, one entry as it stands, and its history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from aiohttp import web

from bot.web.console.access import CONSOLE, DENIED, Caller, Form, say, shown
from bot.web.console.forms import MOST_NUMBER, number_at, number_in, text_in
from bot.web.console.home import STANDINGS
from bot.web.console.page import show
from bot.web.console.spoken import Spoken, spoken, spoken_if_approved
from bot.web.console.telling import EVENTS, STATES, author_of, tags_of, tags_of_entry, told_changes
from escalation.permissions import Action
from faq.asked import Feedback, feedback_counts
from faq.catalog import Entry
from faq.keeping import (
    Change,
    Event,
    Kept,
    Revision,
    Standing,
    Wanted,
    categories,
    department_codes,
    events_of,
    find_by_code,
    find_entry,
    line_of,
    overrides_of,
    revisions_of,
    search,
    subject_of,
    suggested_phrasings,
)
from faq.lifecycle import RevisionState
from storage.people import officers_in
from storage.unit import Reader

LONGEST_SEARCH = 100  # characters
MISSING = "没有这个条目，可能地址抄错了。请从列表里找。"


async def show_entries(caller: Caller) -> web.Response:
    """All entries, or those of whoever may not see all."""
    wanted = _wanted(caller.request)
    if not caller.may(Action.READ_ENTRY):
        wanted = replace(wanted, concerning=caller.officer)
    async with caller.deps.database.reader() as reader:
        page = await search(reader, wanted)
        departments = await department_codes(reader)
        counts = await feedback_counts(reader)
    return show(
        caller,
        "entries.html",
        title="问答条目",
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


async def named_entry(reader: Reader, form: Form) -> Kept | None:
    """The entry that a form names: by number where a button was pressed, else by the code that was typed."""
    if text_in(form, "entry"):
        return await find_entry(reader, number_in(form, "entry"))
    return await find_by_code(reader, line_of(text_in(form, "code")))


async def show_one(caller: Caller) -> web.Response:
    return await show_entry(caller, number_at(caller.request, "entry"))


async def show_entry(
    caller: Caller, entry_id: int, *, refusal: str = "", status: int = 200, typed: Mapping[str, str] | None = None
) -> web.Response:
    """An entry as it stands. `refusal` says why something was not done; what was `typed` for it is not lost."""
    rules = caller.deps.rules
    async with caller.deps.database.reader() as reader:
        entry = await _readable(reader, caller, entry_id)
        if not isinstance(entry, Kept):
            return entry
        subject = await subject_of(reader, entry)
        departments = await department_codes(reader)
        staff = await officers_in(reader, caller.home)
        context = {
            "spoken": None if entry.published is None else await spoken(reader, rules, entry.published),
            "drafted": await _drafted(reader, caller, entry, departments),
            "overrides": await overrides_of(reader, entry_id),
            "suggested": await suggested_phrasings(reader, entry) if caller.may(Action.EDIT_ENTRY) else (),
            "feedback": (await feedback_counts(reader)).get(entry_id, Feedback()),
        }
    shown_text = entry.published or entry.latest
    return show(
        caller,
        "entry.html",
        title=shown_text.content.question,
        status=status,
        subject=subject,
        entry=entry,
        text=shown_text,
        tags=tags_of_entry(entry),
        author=author_of,
        departments=departments,
        categories=categories(),
        staff=[one for one in staff if one.roles],
        refusal=refusal,
        typed=typed or {},
        **context,
    )


async def _readable(reader: Reader, caller: Caller, entry_id: int) -> Kept | web.Response:
    """The entry, if it is there and the caller's to read; else the page that says so."""
    entry = await find_entry(reader, entry_id)
    if entry is None:
        return say(caller.request, MISSING, status=404)
    if not caller.may(Action.READ_ENTRY, await subject_of(reader, entry)):
        return say(caller.request, DENIED, status=403)
    return entry


@dataclass(frozen=True, slots=True)
class Drafted:
    """A text that does not answer yet: what it changes, how it will be said, and which other entries answer nearly the
    same; whether it is the reader's own.
    """

    text: Revision
    changes: Sequence[Change]
    spoken: Spoken
    near: Sequence[Entry]
    own: bool


async def _drafted(reader: Reader, caller: Caller, entry: Kept, departments: Mapping[str, str]) -> Drafted | None:
    text = entry.in_hand or entry.coming or (entry.latest if entry.latest.state is RevisionState.REFUSED else None)
    return None if text is None else await drafted(reader, caller, entry, text, departments)


async def drafted(
    reader: Reader, caller: Caller, entry: Kept, text: Revision, departments: Mapping[str, str]
) -> Drafted:
    before = None if entry.published is None else entry.published.content
    will_be = await spoken_if_approved(reader, caller.deps.rules, text.content)
    changes = told_changes(before, text.content, departments)
    near = caller.deps.faq.edition.nearly(text.content.question, besides=entry.code)
    return Drafted(text, changes, will_be, near, text.is_own(caller.officer.id))


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
        entry = await _readable(reader, caller, entry_id)
        if not isinstance(entry, Kept):
            return entry
        texts, events = await revisions_of(reader, entry_id), await events_of(reader, entry_id)
        departments = await department_codes(reader)
    title = f"经过：{(entry.published or entry.latest).content.question}"
    return show(caller, "history.html", title=title, entry=entry, moments=_moments(texts, events, departments))


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
    shown(r"/console/entries/{entry:\d{1,15}}", None, show_one),
    shown(r"/console/entries/{entry:\d{1,15}}/history", None, show_history),
]
