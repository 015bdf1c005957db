"""What is done with an entry by pressing a button: submitted, taken back, retired, verified, more ways of asking.

Whether it may be done is decided by `faq.entries` in the unit itself; what is refused is said on the entry's own page,
and what was typed for it stays there.
"""

from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.web.console.access import Caller, posted
from bot.web.console.faq.entry_form import Reason
from bot.web.console.faq.one_entry import ENTRY, Result, settled, show_again, show_entry
from bot.web.console.faq.rights import right
from bot.web.console.forms import F, NoFields, Number, PostedForm, Text, number_at, typed_in
from bot.web.console.layout import go
from bot.web.console.sections import Right
from escalation.rules.permissions import Action
from faq.entries.content import line_of
from faq.entries.drafting import discard, submit, withdraw
from faq.entries.phrasings import add_phrasings, clear_override, override
from faq.entries.publication import give_to, restore, retire, verify
from faq.entries.results import Denied
from storage.unit import Unit

Act = Callable[[Unit, Caller, int, F], Awaitable[Result]]


class SeenForm(PostedForm):
    """An act upon the text that somebody has seen."""

    head: Number


class RetireForm(PostedForm):
    reason: Reason = ""


class PhrasingsForm(PostedForm):
    wordings: Text = ""  # one to a line


class OverrideForm(PostedForm):
    wording: Text = ""


class OwnerForm(PostedForm):
    owner: Number  # 0: the department itself


class ClearForm(PostedForm):
    entry: Number  # on whose page the override stands


def _posted(name: str, needs: Right | None, model: type[F], act: Act[F], done: str, *, about: str = "") -> web.RouteDef:
    """The form of an act upon the entry of its address; `about` is the field that the findings of the act are about."""

    async def do(caller: Caller, form: F) -> web.Response:
        entry_id = number_at(caller.request, "entry")
        async with caller.deps.database.unit() as unit:
            result = await act(unit, caller, entry_id, form)
        typed = typed_in(caller.request.path, form)
        return await settled(caller, entry_id, result, done=done, typed=typed, about=about)

    return posted(f"{ENTRY}/{name}", needs, model, do, again=show_again)


async def _submit(unit: Unit, caller: Caller, entry_id: int, form: SeenForm) -> Result:
    return await submit(unit, caller.deps.rules, caller.officer, entry_id, head=form.head)


async def _withdraw(unit: Unit, caller: Caller, entry_id: int, form: SeenForm) -> Result:
    return await withdraw(unit, caller.officer, entry_id, head=form.head)


async def _discard(unit: Unit, caller: Caller, entry_id: int, form: SeenForm) -> Result:
    return await discard(unit, caller.officer, entry_id, head=form.head)


async def _retire(unit: Unit, caller: Caller, entry_id: int, form: RetireForm) -> Result:
    return await retire(unit, caller.officer, entry_id, line_of(form.reason))


async def _restore(unit: Unit, caller: Caller, entry_id: int, _form: NoFields) -> Result:
    return await restore(unit, caller.officer, entry_id)


async def _verify(unit: Unit, caller: Caller, entry_id: int, form: SeenForm) -> Result:
    return await verify(unit, caller.officer, entry_id, head=form.head)


async def _add_phrasings(unit: Unit, caller: Caller, entry_id: int, form: PhrasingsForm) -> Result:
    wordings = [line for line in form.wordings.splitlines() if line.strip()]
    return await add_phrasings(unit, caller.officer, entry_id, wordings)


async def _override(unit: Unit, caller: Caller, entry_id: int, form: OverrideForm) -> Result:
    return await override(unit, caller.officer, entry_id, line_of(form.wording), caller.deps.interpreter)


async def _give(unit: Unit, caller: Caller, entry_id: int, form: OwnerForm) -> Result:
    return await give_to(unit, caller.officer, entry_id, form.owner or None)


async def post_clear(caller: Caller, form: ClearForm) -> web.Response:
    """An override is undone; the form says whose page it stands on."""
    async with caller.deps.database.unit() as unit:
        result = await clear_override(unit, caller.officer, number_at(caller.request, "override"))
    if isinstance(result, Denied):
        return await show_entry(caller, form.entry, refusal=result.sentence, status=409)
    return go(f"/entries/{form.entry}", "cleared")


EDITS = right(Action.EDIT_ENTRY)
ROUTES = [
    _posted("submit", EDITS, SeenForm, _submit, "submitted"),
    _posted("withdraw", EDITS, SeenForm, _withdraw, "withdrawn"),
    _posted("discard", EDITS, SeenForm, _discard, "discarded"),
    _posted("retire", EDITS, RetireForm, _retire, "retired"),
    _posted("restore", right(Action.APPROVE_ENTRY), NoFields, _restore, "restored"),
    _posted("verify", None, SeenForm, _verify, "verified"),
    _posted("phrasings", EDITS, PhrasingsForm, _add_phrasings, "phrased", about="wordings"),
    _posted("overrides", EDITS, OverrideForm, _override, "overridden", about="wording"),
    _posted("owner", EDITS, OwnerForm, _give, "owned"),
    posted(r"/console/overrides/{override:\d{1,15}}/clear", EDITS, ClearForm, post_clear),
]
