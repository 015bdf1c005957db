"""What is done with an entry by pressing a button: submitted, taken back, retired, verified, more ways of asking.

Whether it may be done is decided by `faq.keeping` in the unit itself; what is refused is said on the entry's own page,
and what was typed for it stays there.
"""

from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.web.console.access import Caller, Deed, Form, posted
from bot.web.console.entry_form import LONGEST_REASON, TOO_LONG
from bot.web.console.forms import number_at, number_in, text_in
from bot.web.console.one_entry import ENTRY, Result, settled, show_entry
from bot.web.console.page import go
from bot.web.console.rights import right
from escalation.permissions import Action
from faq.keeping import (
    Denied,
    add_phrasings,
    clear_override,
    discard,
    give_to,
    line_of,
    override,
    restore,
    retire,
    submit,
    verify,
    withdraw,
)
from storage.unit import Unit

Act = Callable[[Unit, Caller, int, Form], Awaitable[Result]]
TYPED = ("reason", "wordings", "wording")  # fields in which somebody wrote something


def _deed(act: Act, done: str) -> Deed:
    """The form of an act upon the entry of its address."""

    async def do(caller: Caller, form: Form) -> web.Response:
        entry_id = number_at(caller.request, "entry")
        typed = {name: text_in(form, name) for name in TYPED}
        if len(typed["reason"]) > LONGEST_REASON:
            return await show_entry(caller, entry_id, refusal=TOO_LONG, status=422, typed=typed)
        async with caller.deps.database.unit() as unit:
            result = await act(unit, caller, entry_id, form)
        return await settled(caller, entry_id, result, done=done, typed=typed)

    return do


async def _submit(unit: Unit, caller: Caller, entry_id: int, form: Form) -> Result:
    return await submit(unit, caller.deps.rules, caller.officer, entry_id, head=number_in(form, "head"))


async def _withdraw(unit: Unit, caller: Caller, entry_id: int, form: Form) -> Result:
    return await withdraw(unit, caller.officer, entry_id, head=number_in(form, "head"))


async def _discard(unit: Unit, caller: Caller, entry_id: int, form: Form) -> Result:
    return await discard(unit, caller.officer, entry_id, head=number_in(form, "head"))


async def _retire(unit: Unit, caller: Caller, entry_id: int, form: Form) -> Result:
    return await retire(unit, caller.officer, entry_id, line_of(text_in(form, "reason")))


async def _restore(unit: Unit, caller: Caller, entry_id: int, _form: Form) -> Result:
    return await restore(unit, caller.officer, entry_id)


async def _verify(unit: Unit, caller: Caller, entry_id: int, form: Form) -> Result:
    return await verify(unit, caller.officer, entry_id, head=number_in(form, "head"))


async def _add_phrasings(unit: Unit, caller: Caller, entry_id: int, form: Form) -> Result:
    wordings = [line for line in text_in(form, "wordings").splitlines() if line.strip()]
    return await add_phrasings(unit, caller.officer, entry_id, wordings)


async def _override(unit: Unit, caller: Caller, entry_id: int, form: Form) -> Result:
    wording = line_of(text_in(form, "wording"))
    return await override(unit, caller.officer, entry_id, wording, caller.deps.interpreter)


async def _give(unit: Unit, caller: Caller, entry_id: int, form: Form) -> Result:
    return await give_to(unit, caller.officer, entry_id, number_in(form, "owner") or None)


async def post_clear(caller: Caller, form: Form) -> web.Response:
    """An override is undone; the form says whose page it stands on."""
    entry_id = number_in(form, "entry")
    async with caller.deps.database.unit() as unit:
        result = await clear_override(unit, caller.officer, number_at(caller.request, "override"))
    if isinstance(result, Denied):
        return await show_entry(caller, entry_id, refusal=result.sentence, status=409)
    return go(f"/entries/{entry_id}", "cleared")


ROUTES = [
    posted(f"{ENTRY}/submit", right(Action.EDIT_ENTRY), _deed(_submit, "submitted")),
    posted(f"{ENTRY}/withdraw", right(Action.EDIT_ENTRY), _deed(_withdraw, "withdrawn")),
    posted(f"{ENTRY}/discard", right(Action.EDIT_ENTRY), _deed(_discard, "discarded")),
    posted(f"{ENTRY}/retire", right(Action.EDIT_ENTRY), _deed(_retire, "retired")),
    posted(f"{ENTRY}/restore", right(Action.APPROVE_ENTRY), _deed(_restore, "restored")),
    posted(f"{ENTRY}/verify", None, _deed(_verify, "verified")),
    posted(f"{ENTRY}/phrasings", right(Action.EDIT_ENTRY), _deed(_add_phrasings, "phrased")),
    posted(f"{ENTRY}/overrides", right(Action.EDIT_ENTRY), _deed(_override, "overridden")),
    posted(f"{ENTRY}/owner", right(Action.EDIT_ENTRY), _deed(_give, "owned")),
    posted(r"/console/overrides/{override:\d{1,15}}/clear", right(Action.EDIT_ENTRY), post_clear),
]
