"""Writing an entry's text: a form with what is wrong beside each field, and the words as they will look in chat.

Of two who write at once the second keeps every word: what the other changed is taken in where it does not collide, and
shown where it does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from aiohttp import web
from pydantic import ConfigDict

from bot.web.console.access import Caller, posted, say, shown
from bot.web.console.faq.entry_form import EntryForm, Written, by_field, read_content, written_of
from bot.web.console.faq.gap_forms import FOR_ANOTHER, Numbers, numbers_in, who_was_first
from bot.web.console.faq.labels import told_changes, why_not
from bot.web.console.faq.one_entry import ENTRY, MISSING, show_entry
from bot.web.console.faq.preview import Spoken, spoken_if_approved
from bot.web.console.faq.rights import right
from bot.web.console.forms import Findings, Number, NumberIfAny, PostedForm, Text, Typed, number_at
from bot.web.console.layout import go, show
from bot.web.pages import fill
from bot.wording.speech import CHINESE
from escalation.rules.permissions import Action
from faq.catalog import Entry
from faq.entries.content import QUESTION, Content, categories, check, line_of
from faq.entries.diff import Change
from faq.entries.drafting import draft_entry, edit_entry, submit
from faq.entries.merge import merge
from faq.entries.queries import Kept, department_codes, find_entry, revisions_of
from faq.entries.results import Denied, Outdated, Saved, Why, Wrong
from faq.gaps import draft_from_gap
from faq.lifecycle import Move, can_move
from storage.unit import Reader

COLLIDED = "{officer}在您写的时候先保存了这个条目。您写的都在下面，还没有保存；{officer}改动的，没有冲突的已经并入。"


@dataclass(frozen=True, slots=True)
class Sheet:
    """The form as it is shown: what was typed, from which entry and which text of it, what is wrong, what collided."""

    written: Written
    entry: Kept | None = None
    head: int = 0
    base: int = 0
    findings: Findings = field(default_factory=dict)
    refusal: str = ""
    theirs: Sequence[Change] = ()
    conflicts: Sequence[str] = ()
    begun: bool = False  # filled in from a question; nobody has written anything yet
    gap: str = ""  # the questions of a gap that the new entry answers, by number
    status: int = 200


async def show_new(caller: Caller) -> web.Response:
    async with caller.deps.database.reader() as reader:
        return await _form(caller, reader, Sheet(Written()))


class BeginForm(PostedForm):
    """A button that stands in the forms of other pages, which send more than this."""

    model_config = ConfigDict(extra="ignore")

    text: Text = ""
    wordings: Text = ""
    near: NumberIfAny = None  # an entry that is nearly the same
    gap: Numbers = ""


async def post_begin(caller: Caller, form: BeginForm) -> web.Response:
    """A new entry begun with what was asked: the form, filled in as far as that goes; nothing is written yet."""
    question = line_of(form.text)[: QUESTION[1]]
    async with caller.deps.database.reader() as reader:
        near = None if form.near is None else await find_entry(reader, form.near)
        like = None if near is None else near.latest.content
        written = Written(
            question=question,
            phrasings="\n".join(line for line in form.wordings.splitlines() if line != question),
            category="" if like is None else like.category,
            department_code="" if like is None else like.department_code,
        )
        return await _form(caller, reader, Sheet(written, begun=True, gap=form.gap))


async def show_edit(caller: Caller) -> web.Response:
    async with caller.deps.database.reader() as reader:
        entry = await find_entry(reader, number_at(caller.request, "entry"))
        if entry is None:
            return say(caller.request, MISSING, status=404)
        written = written_of(entry.latest.content)
        in_review = entry.in_hand is not None and not can_move(Move.EDIT, entry.in_hand.state)
        refusal = Denied(Why.IN_REVIEW).sentence if in_review else ""
        sheet = Sheet(written, entry, entry.head, entry.latest.number, refusal=refusal)
        return await _form(caller, reader, sheet)


Do = Literal["save", "submit", "preview"]  # the button that was pressed


class NewForm(EntryForm):
    gap: Numbers = ""
    do: Do = "save"


class EditForm(EntryForm):
    """`head` and `base`: what stood there when the writing began."""

    head: Number
    base: Number
    code: Text = ""
    do: Do = "save"


async def post_new(caller: Caller, form: NewForm) -> web.Response:
    sheet = Sheet(form, gap=form.gap)
    if form.do == "preview":
        return await _look_again(caller, sheet)
    ids = numbers_in(form.gap)
    async with caller.deps.database.unit() as unit:
        if ids:
            result = await draft_from_gap(unit, caller.officer, ids, form.content)
        else:
            result = await draft_entry(unit, caller.officer, form.content)
    match result:
        case Saved():
            return await _kept(caller, form.do, result)
        case Wrong(findings=findings):
            return await _look_again(caller, replace(sheet, findings=by_field(findings), status=422))
        case Denied(why=Why.MEANWHILE):
            refusal = await who_was_first(caller, ids) + FOR_ANOTHER
            return await _look_again(caller, Sheet(form, refusal=refusal, status=409))
        case Denied():
            return await _look_again(caller, replace(sheet, refusal=result.sentence, status=409))


async def new_again(caller: Caller, typed: Typed) -> web.Response:
    sheet = Sheet(_written_in(typed), findings=typed.findings, gap=typed.fields.get("gap", ""))
    return await _look_again(caller, sheet)


async def post_edit(caller: Caller, form: EditForm) -> web.Response:
    """Keep the text as a draft, or look at it once more; whatever comes of it, nothing that was typed is lost."""
    entry_id = number_at(caller.request, "entry")
    async with caller.deps.database.reader() as reader:
        entry = await find_entry(reader, entry_id)
    if entry is None:
        return say(caller.request, MISSING, status=404)
    sheet = Sheet(form, entry, form.head, form.base)
    if form.do == "preview":
        return await _look_again(caller, sheet)
    async with caller.deps.database.unit() as unit:
        result = await edit_entry(unit, caller.officer, entry_id, form.content, head=form.head)
    match result:
        case Saved():
            return await _kept(caller, form.do, result)
        case Denied(why=Why.UNCHANGED) if form.do == "submit" and entry.in_hand is not None:
            return await _kept(caller, form.do, Saved(entry_id, entry.code, form.head))
        case Outdated():
            return await _collided(caller, sheet, form.content, result)
        case Wrong(findings=findings):
            return await _look_again(caller, replace(sheet, findings=by_field(findings), status=422))
        case Denied():
            return await _look_again(caller, replace(sheet, refusal=result.sentence, status=409))


async def edit_again(caller: Caller, typed: Typed) -> web.Response:
    async with caller.deps.database.reader() as reader:
        entry = await find_entry(reader, number_at(caller.request, "entry"))
        if entry is None:
            return say(caller.request, MISSING, status=404)
        head, base = int(typed.fields["head"]), int(typed.fields["base"])
        return await _form(caller, reader, Sheet(_written_in(typed), entry, head, base, typed.findings))


def _written_in(typed: Typed) -> Written:
    return Written(**{name: text for name, text in typed.fields.items() if name in Written.model_fields})


async def _kept(caller: Caller, do: Do, kept: Saved) -> web.Response:
    """The draft is kept; where the button says so, it is put before the approvers as well."""
    if do != "submit":
        return go(f"/entries/{kept.entry_id}", "drafted")
    async with caller.deps.database.unit() as unit:
        result = await submit(unit, caller.deps.rules, caller.officer, kept.entry_id, head=kept.head)
    if isinstance(result, Saved):
        return go(f"/entries/{kept.entry_id}", "submitted")
    return await show_entry(caller, kept.entry_id, refusal=f"已存成草稿，还没有提交。{why_not(result)}", status=409)


async def _collided(caller: Caller, sheet: Sheet, mine: Content, outdated: Outdated) -> web.Response:
    """Somebody else has saved meanwhile: mine over theirs, and what they changed."""
    async with caller.deps.database.reader() as reader:
        entry = await find_entry(reader, outdated.entry_id)
        assert entry is not None  # noqa: S101  nothing is ever deleted
        texts = {text.number: text.content for text in await revisions_of(reader, entry.id)}
        theirs = entry.latest.content
        base = texts.get(sheet.base, theirs)
        merged = merge(base, theirs, mine)
        changed = told_changes(base, theirs, await department_codes(reader))
        told = Sheet(
            written=written_of(merged.content),
            entry=entry,
            head=entry.head,
            base=entry.latest.number,
            refusal=COLLIDED.format(officer=outdated.officer),
            theirs=changed,
            conflicts=[one.name for one in changed if one.field in merged.conflicts],
            status=409,
        )
        return await _form(caller, reader, told)


async def _look_again(caller: Caller, sheet: Sheet) -> web.Response:
    async with caller.deps.database.reader() as reader:
        return await _form(caller, reader, sheet)


async def _form(caller: Caller, reader: Reader, sheet: Sheet) -> web.Response:
    """The form; what was typed is checked whenever there is anything."""
    departments = await department_codes(reader)
    content, no_dates = read_content(sheet.written)
    blank = sheet.begun or not any(sheet.written.fields.values())
    findings = {} if blank else sheet.findings or {**no_dates, **by_field(check(content, departments))}
    entry = sheet.entry
    return show(
        caller,
        "faq/edit.html",
        title="新条目" if entry is None else f"修改：{entry.latest.content.question}",
        status=sheet.status,
        sheet=sheet,
        typed=Typed(findings=findings),
        preview=None if blank else await spoken_if_approved(reader, caller.deps.rules, content),
        near=_near(caller, content, "" if entry is None else entry.code),
        categories=categories(),
        departments=departments,
        action="/console/entries/new" if entry is None else f"/console/entries/{entry.id}/edit",
    )


def _near(caller: Caller, content: Content, code: str) -> Sequence[Entry]:
    return caller.deps.faq.edition.nearly(content.question, besides=code)


class PreviewForm(Written):
    """All that the page of an entry's text has in its form; a date may be half typed."""

    gap: Text = ""
    head: Text = ""
    base: Text = ""
    code: Text = ""


async def post_preview(caller: Caller, form: PreviewForm) -> web.Response:
    """What the script asks for while somebody types: the words as in chat, the entries that answer nearly the same, and
    what is wrong, field by field.
    """
    content, no_dates = read_content(form)
    async with caller.deps.database.reader() as reader:
        findings = {**no_dates, **by_field(check(content, await department_codes(reader)))}
        said: Spoken = await spoken_if_approved(reader, caller.deps.rules, content)
    near = _near(caller, content, form.code)
    html = fill(caller.request, "console/faq/preview.html", CHINESE, spoken=said, near=near)
    return web.json_response({"html": html, "findings": findings})


ROUTES = [
    shown("/console/entries/new", right(Action.EDIT_ENTRY), show_new),
    posted("/console/entries/new", right(Action.EDIT_ENTRY), NewForm, post_new, again=new_again),
    posted("/console/entries/begin", right(Action.EDIT_ENTRY), BeginForm, post_begin),
    shown(f"{ENTRY}/edit", right(Action.EDIT_ENTRY), show_edit),
    posted(f"{ENTRY}/edit", right(Action.EDIT_ENTRY), EditForm, post_edit, again=edit_again),
    posted("/console/preview", right(Action.EDIT_ENTRY), PreviewForm, post_preview),
]
