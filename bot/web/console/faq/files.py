"""Entries to and from the files of an office: fetched whole; looked at row by row, then imported, all or nothing.

The file travels along in the form that confirms: nothing is kept in between, in whichever process. It is looked at once
more then, and where it would do anything else than what was shown, it is shown again. What reads workbooks is imported
when it is called: it takes a while, and a house that nobody brings files to does without it.
"""

import asyncio
import base64
import binascii
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from aiohttp import web
from aiohttp.web_request import FileField
from pydantic import BeforeValidator, Field, PlainValidator

from bot.deps import Deps
from bot.web.console.access import Caller, Deed, posted, shown
from bot.web.console.faq.labels import why_not
from bot.web.console.faq.rights import right, rights_of
from bot.web.console.forms import NOTHING_TYPED, F, PostedForm, Text, Typed, told
from bot.web.console.layout import go, show
from escalation.deadlines.workdays import local_date
from escalation.rules.permissions import Action
from faq.entries.drafting import submit
from faq.entries.results import Denied, Saved

if TYPE_CHECKING:
    from faq.files.plan import Plan

LARGEST_FILE = 4 * 1024 * 1024  # bytes; larger ones are for the terminal, which has all the time it needs
LARGEST_POST = 2 * LARGEST_FILE  # the same, as letters in a form
MOST_ENTRIES = 3000
MOST_SUBMITTED = 200  # each is a duty of the approvers, who are reminded of every one
MOST_NAMED = 100  # remarks on the page
TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
    "yaml": "application/yaml",
}
BY_TERMINAL = "请分成几个文件，或者请管理员在终端导入（faq import）。"


@dataclass(frozen=True, slots=True)
class Brought:
    """A file that somebody brought: its name and what is in it."""

    name: str
    content: bytes


class UselessFileError(Exception):
    """What was brought cannot be looked at: one sentence with what to do."""


async def show_files(caller: Caller) -> web.Response:
    return _page(caller)


async def fetch(caller: Caller) -> web.Response:
    """Every entry, its newest text, as a file."""
    from faq.files.formats import FORMATS
    from faq.files.transfer import export

    ending = caller.request.match_info["ending"]
    encoding = "gb18030" if caller.request.query.get("encoding") == "gb18030" else "utf-8"
    async with caller.deps.database.reader() as reader:
        rows = await export(reader)
        today = local_date(reader.now)
    content = await asyncio.to_thread(FORMATS[f".{ending}"].write, rows, encoding)
    named = {"Content-Disposition": f'attachment; filename="shuiqiao-faq-{today}.{ending}"'}
    return web.Response(body=content, content_type=TYPES[ending], headers=named)


def _is_chosen(value: object) -> FileField:
    if not isinstance(value, FileField) or not value.filename:
        raise told("没有选文件。请先选一个 .xlsx、.csv 或 .yaml 文件。")
    return value


def _whole(letters: object) -> bytes:
    """The content of a file, of the letters that the page had put into its form."""
    try:
        return base64.b64decode(str(letters), validate=True)
    except binascii.Error as error:
        raise told("文件没有传完整。请重新选择文件，再看一次。") from error


class ExamineForm(PostedForm):
    file: Annotated[object, PlainValidator(_is_chosen)] = Field(default=None, validate_default=True)

    @property
    def brought(self) -> Brought:
        chosen = _is_chosen(self.file)
        return Brought(chosen.filename, chosen.file.read(LARGEST_FILE + 1))


class ImportForm(PostedForm):
    """A file that was looked at: its name and content, and what it was `expected` to do."""

    name: Text = ""
    content: Annotated[bytes, BeforeValidator(_whole)] = b""
    expected: Text = ""
    do: Literal["save", "submit"] = "save"


async def show_again(caller: Caller, typed: Typed) -> web.Response:
    return _page(caller, refusal=typed.told, typed=typed, status=422)


async def post_examine(caller: Caller, form: ExamineForm) -> web.Response:
    """The dry run: what the file would do, and what is wrong with it, row by row."""
    return await _look(caller, form.brought)


async def post_import(caller: Caller, form: ImportForm) -> web.Response:
    """What was looked at becomes drafts, all of it or nothing."""
    brought = Brought(form.name, form.content)
    try:
        plan = await _examined(caller.deps, brought)
    except UselessFileError as error:
        return _page(caller, refusal=str(error), status=422)
    if plan.wrong or form.expected != _counted(plan):
        changed = "条目在这期间有变动，导入的结果和刚才看到的不同，没有导入。请再看一遍。"
        return _page(caller, brought, plan, refusal=changed, status=409)
    try:
        done = await _carry_out(caller, plan, and_submit=form.do == "submit")
    except UselessFileError as error:
        return _page(caller, brought, plan, refusal=str(error), status=409)
    return go("/entries", done)


async def _look(caller: Caller, brought: Brought) -> web.Response:
    try:
        plan = await _examined(caller.deps, brought)
    except UselessFileError as error:
        return _page(caller, refusal=str(error), status=422)
    return _page(caller, brought, plan, status=422 if plan.wrong else 200)


async def _examined(deps: Deps, brought: Brought) -> "Plan":
    """What the file would do; the loop goes on meanwhile. Raises UselessFileError."""
    from faq.files.formats import format_of
    from faq.files.plan import examine
    from faq.files.table import FileError
    from faq.files.transfer import read_baseline

    if len(brought.content) > LARGEST_FILE:
        raise UselessFileError(f"文件超过 {LARGEST_FILE // 1024 // 1024} MB。{BY_TERMINAL}")
    try:
        chosen = format_of(_path(brought))
        reading = await asyncio.to_thread(chosen.read, brought.content)
    except FileError as error:
        raise UselessFileError(str(error)) from error
    if len(reading.entries) > MOST_ENTRIES:
        raise UselessFileError(f"文件里有 {len(reading.entries)} 条，这里一次最多 {MOST_ENTRIES} 条。{BY_TERMINAL}")
    async with deps.database.reader() as reader:
        baseline = await read_baseline(reader)
    return await asyncio.to_thread(examine, reading, baseline, deps.interpreter.tokenizer)


def _path(brought: Brought) -> Path:
    """The name alone, of which only the ending is looked at; nothing is opened there."""
    return Path(Path(brought.name.replace("\\", "/")).name)


def _counted(plan: "Plan") -> str:
    return f"{len(plan.new)} {len(plan.changed)} {plan.unchanged}"


async def _carry_out(caller: Caller, plan: "Plan", *, and_submit: bool) -> str:
    """Everything in one unit. Raises UselessFileError, and nothing is written, where any of it cannot be done."""
    from faq.files.transfer import carry_out

    async with caller.deps.database.unit() as unit:
        drafted = await carry_out(unit, caller.officer, plan)
        if isinstance(drafted, Denied):
            raise UselessFileError(f"{drafted.sentence}什么都没有导入。")
        for entry_id, head in drafted[:MOST_SUBMITTED] if and_submit else ():
            result = await submit(unit, caller.deps.rules, caller.officer, entry_id, head=head)
            if not isinstance(result, Saved):
                raise UselessFileError(f"有条目不能提交：{why_not(result)}什么都没有导入。")
    return "imported_submitted" if and_submit else "imported"


def _page(
    caller: Caller,
    brought: Brought | None = None,
    plan: "Plan | None" = None,
    *,
    refusal: str = "",
    typed: Typed = NOTHING_TYPED,
    status: int = 200,
) -> web.Response:
    drafts = 0 if plan is None else len(plan.new) + len(plan.changed)
    return show(
        caller,
        "faq/files.html",
        title="导入和导出",
        may=rights_of(caller),
        status=status,
        refusal=refusal,
        typed=typed,
        plan=plan,
        name="" if brought is None else _path(brought).name,
        remarks=() if plan is None else sorted(plan.remarks, key=lambda one: not one.wrong)[:MOST_NAMED],
        drafts=drafts,
        may_submit=drafts <= MOST_SUBMITTED,
        content="" if brought is None else base64.b64encode(brought.content).decode(),
        expected="" if plan is None else _counted(plan),
        most_submitted=MOST_SUBMITTED,
        largest=LARGEST_FILE // 1024 // 1024,
        most_entries=MOST_ENTRIES,
    )


def _posted(path: str, model: type[F], deed: Deed[F]) -> web.RouteDef:
    return posted(path, right(Action.EDIT_ENTRY), model, deed, again=show_again, largest=LARGEST_POST)


ROUTES = [
    shown("/console/files", right(Action.READ_ENTRY), show_files),
    shown("/console/files/entries.{ending:xlsx|csv|yaml}", right(Action.READ_ENTRY), fetch),
    _posted("/console/files/examine", ExamineForm, post_examine),
    _posted("/console/files/import", ImportForm, post_import),
]
