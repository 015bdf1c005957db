"""What was asked in vain: the biggest gap first, each to become an entry, ways of asking for one, or nothing.

Nobody's number, telephone or card is shown; which questions a press is about travels in the form, so that what came in
meanwhile is never dealt with unseen.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from bot.web.console.access import Caller, posted, shown
from bot.web.console.faq.entry_form import NO_ENTRY, NamingForm, Reason, named_entry, sentences
from bot.web.console.faq.gap_forms import Numbers, numbers_in, who_was_first
from bot.web.console.faq.labels import why_not
from bot.web.console.faq.rights import right
from bot.web.console.forms import MOST_NUMBER, NOTHING_TYPED, Text, Typed, typed_in
from bot.web.console.layout import go, show
from escalation.rules.permissions import Action
from faq.catalog import Entry
from faq.entries.content import check_wording, line_of
from faq.entries.results import Denied, Done, Saved, Why, Wrong
from faq.gaps import Gap, dismiss_gap, open_gaps, phrase_from_gap
from faq.live import Edition
from faq.matching.decision import considered

PAGE = 20  # gaps
OFFERED = 3  # entries that may answer it
MOST_WORDINGS = 8  # added in one press
MASK = "*"
NO_WORDING = "没有写要加的问法。请在“要加的问法”里留下至少一行。"
KNOWN_ALREADY = "那个条目已经有这些问法。请改一改要加的问法，或者选别的办法。"


@dataclass(frozen=True, slots=True)
class Card:
    """A gap as it is shown: the entries that may answer it, of which `blamed` was said and did not help, and the
    wordings that could be phrasings as they are.
    """

    gap: Gap
    ids: str
    entries: Sequence[Entry]
    blamed: Entry | None
    wordings: str


async def show_gaps(caller: Caller) -> web.Response:
    return await _page(caller)


class CardForm(NamingForm):
    """The form of a card, which has all its buttons: what each of them needs, and what belongs to the others."""

    gap: Numbers = ""
    text: Text = ""
    near: Text = ""
    wordings: Text = ""
    reason: Text = ""


class DismissForm(CardForm):
    reason: Reason = ""


async def post_phrase(caller: Caller, form: CardForm) -> web.Response:
    """The wordings become ways of asking for an entry, at once."""
    ids, typed = numbers_in(form.gap), typed_in(caller.request.path, form)
    wordings = [line_of(line) for line in form.wordings.splitlines() if line.strip()]
    async with caller.deps.database.unit() as unit:
        entry = await named_entry(unit, form)
        result: Saved | Denied | Wrong = Denied(Why.NOT_FOUND)
        if entry is not None and wordings:
            result = await phrase_from_gap(unit, caller.officer, ids, entry.id, wordings)
    match result:
        case Saved():
            return go("/gaps", "gap_phrased")
        case Denied(why=Why.MEANWHILE):
            return await _page(caller, refusal=await who_was_first(caller, ids), status=409)
        case Denied(why=Why.NOT_FOUND):
            about, sentence = ("code", NO_ENTRY) if entry is None else ("wordings", NO_WORDING)
            return await show_again(caller, typed.about(about, [sentence]))
        case Denied(why=Why.UNCHANGED):
            return await show_again(caller, typed.about("wordings", [KNOWN_ALREADY]))
        case Wrong(findings=findings):
            return await show_again(caller, typed.about("wordings", sentences(findings)), why_not(result))
        case _:
            return await show_again(caller, typed, why_not(result))


async def post_dismiss(caller: Caller, form: DismissForm) -> web.Response:
    """The questions are put aside, with the reason why the FAQ is not to answer them."""
    ids, typed = numbers_in(form.gap), typed_in(caller.request.path, form)
    async with caller.deps.database.unit() as unit:
        result = await dismiss_gap(unit, caller.officer, ids, line_of(form.reason))
    match result:
        case Denied(why=Why.MEANWHILE):
            return await _page(caller, refusal=await who_was_first(caller, ids), status=409)
        case Denied(why=Why.NO_REASON):
            return await show_again(caller, typed.about("reason", [result.sentence]))
        case Denied():
            return await show_again(caller, typed, result.sentence)
        case Done():
            return go("/gaps", "gap_dismissed")


async def show_again(caller: Caller, typed: Typed, refusal: str = "") -> web.Response:
    """The page once more: why nothing was done, and what was typed."""
    return await _page(caller, refusal=refusal or typed.told, status=422, typed=typed)


async def _page(caller: Caller, *, refusal: str = "", status: int = 200, typed: Typed = NOTHING_TYPED) -> web.Response:
    async with caller.deps.database.reader() as reader:
        found = await open_gaps(reader, caller.deps.interpreter.tokenizer)
    pages = max(1, -(-len(found) // PAGE))
    page = min(_wanted_page(caller.request), pages)
    for place, gap in enumerate(found):
        if typed.fields.get("gap") == _numbers(gap):
            page = place // PAGE + 1
    cards = [_card(caller.deps.faq.edition, gap) for gap in found[(page - 1) * PAGE : page * PAGE]]
    return show(
        caller,
        "faq/gaps.html",
        title="缺口",
        status=status,
        refusal=refusal,
        typed=typed,
        cards=cards,
        total=len(found),
        questions=sum(gap.count for gap in found),
        page=page,
        pages=pages,
    )


def _wanted_page(request: web.Request) -> int:
    wanted = request.query.get("page", "")
    return max(1, int(wanted)) if wanted.isascii() and wanted.isdigit() and int(wanted[:12]) < MOST_NUMBER else 1


def _card(edition: Edition, gap: Gap) -> Card:
    near = [edition.entries[one.entry_id] for one in considered(edition.index, gap.wordings[0])[:OFFERED]]
    by_id = {entry.id: entry for entry in edition.entries.values()}
    said = [by_id[number] for number in dict.fromkeys((gap.nearest, gap.blamed)) if number in by_id]
    others = [entry for entry in said if entry not in near]
    fit = [wording for wording in gap.wordings if MASK not in wording and not check_wording(wording)]
    blamed = None if gap.blamed is None else by_id.get(gap.blamed)
    return Card(gap, _numbers(gap), [*near, *others], blamed, "\n".join(fit[:MOST_WORDINGS]))


def _numbers(gap: Gap) -> str:
    return ",".join(map(str, gap.ids))


ROUTES = [
    shown("/console/gaps", right(Action.EDIT_ENTRY), show_gaps),
    posted("/console/gaps/phrase", right(Action.EDIT_ENTRY), CardForm, post_phrase, again=show_again),
    posted("/console/gaps/dismiss", right(Action.EDIT_ENTRY), DismissForm, post_dismiss, again=show_again),
]
