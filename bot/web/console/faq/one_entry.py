"""One entry as it stands, which several pages show: after something was done with it, or to say why it was not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from aiohttp import web

from bot.web.console.access import DENIED, Caller, say
from bot.web.console.faq.entry_form import sentences
from bot.web.console.faq.labels import author_of, tags_of_entry, told_changes, why_not
from bot.web.console.faq.preview import Spoken, spoken, spoken_if_approved
from bot.web.console.faq.rights import allows, rights_of
from bot.web.console.forms import NOTHING_TYPED, Typed, number_at
from bot.web.console.layout import go, show
from escalation.rules.permissions import Action
from faq.asked import Feedback, feedback_counts
from faq.catalog import Entry
from faq.entries.content import categories
from faq.entries.diff import Change
from faq.entries.queries import Kept, Revision, department_codes, find_entry, overrides_of, subject_of
from faq.entries.results import Denied, Outdated, Saved, Why, Wrong
from faq.entries.suggestions import suggested_phrasings
from storage.people import officers_in
from storage.unit import Reader

ENTRY = r"/console/entries/{entry:\d{1,15}}"
MISSING = "没有这个条目，可能地址抄错了。请从列表里找。"

Result: TypeAlias = Saved | Outdated | Denied | Wrong


async def show_entry(
    caller: Caller, entry_id: int, *, refusal: str = "", status: int = 200, typed: Typed = NOTHING_TYPED
) -> web.Response:
    """An entry as it stands. `refusal` says why something was not done; what was `typed` for it is not lost."""
    rules = caller.deps.rules
    async with caller.deps.database.reader() as reader:
        entry = await readable(reader, caller, entry_id)
        if isinstance(entry, web.Response):
            return entry
        subject = await subject_of(reader, entry)
        departments = await department_codes(reader)
        staff = await officers_in(reader, caller.home)
        context = {
            "spoken": None if entry.published is None else await spoken(reader, rules, entry.published),
            "drafted": await _drafted(reader, caller, entry, departments),
            "overrides": await overrides_of(reader, entry_id),
            "suggested": await suggested_phrasings(reader, entry) if allows(caller, Action.EDIT_ENTRY) else (),
            "feedback": (await feedback_counts(reader)).get(entry_id, Feedback()),
        }
    shown_text = entry.published or entry.latest
    return show(
        caller,
        "faq/entry.html",
        title=shown_text.content.question,
        status=status,
        may=rights_of(caller, subject),
        entry=entry,
        text=shown_text,
        tags=tags_of_entry(entry),
        author=author_of,
        departments=departments,
        categories=categories(),
        staff=[one for one in staff if one.roles],
        refusal=refusal,
        typed=typed,
        **context,
    )


async def readable(reader: Reader, caller: Caller, entry_id: int) -> Kept | web.Response:
    """The entry, if it is there and the caller's to read; else the page that says so."""
    entry = await find_entry(reader, entry_id)
    if entry is None:
        return say(caller.request, MISSING, status=404)
    if not allows(caller, Action.READ_ENTRY, await subject_of(reader, entry)):
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
    text = entry.in_hand or entry.coming or (entry.latest if entry.latest.state == "refused" else None)
    return None if text is None else await drafted(reader, caller, entry, text, departments)


async def drafted(
    reader: Reader, caller: Caller, entry: Kept, text: Revision, departments: Mapping[str, str]
) -> Drafted:
    before = None if entry.published is None else entry.published.content
    will_be = await spoken_if_approved(reader, caller.deps.rules, text.content)
    changes = told_changes(before, text.content, departments)
    near = caller.deps.faq.edition.nearly(text.content.question, besides=entry.code)
    return Drafted(text, changes, will_be, near, text.is_own(caller.officer.id))


async def show_again(caller: Caller, typed: Typed) -> web.Response:
    """The entry of the address, with a form that could not be read."""
    return await show_entry(caller, number_at(caller.request, "entry"), refusal=typed.told, typed=typed)


async def settled(
    caller: Caller, entry_id: int, result: Result, *, done: str, typed: Typed, about: str = "", to: str = ""
) -> web.Response:
    """Go on to what is to be looked at next, or say on the entry's page why nothing was done; what is wrong stands
    beside the field that it is `about`.
    """
    match result:
        case Saved():
            return go(to or f"/entries/{entry_id}", done)
        case Denied(why=Why.NOT_FOUND):
            return say(caller.request, MISSING, status=404)
        case Denied(why=Why.NOT_ALLOWED):
            return say(caller.request, result.sentence, status=403)
        case Wrong(findings=findings):
            wrong = typed.about(about, sentences(findings)) if about else typed
            return await show_entry(caller, entry_id, refusal=why_not(result), status=422, typed=wrong)
        case Denied(why=Why.NO_REASON):
            wrong = typed.about("reason", [result.sentence])
            return await show_entry(caller, entry_id, refusal=result.sentence, status=409, typed=wrong)
        case _:
            return await show_entry(caller, entry_id, refusal=why_not(result), status=409, typed=typed)
