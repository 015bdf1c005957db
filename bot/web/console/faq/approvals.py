"""What waits for approval: each text beside what is published, to be approved or sent back with a reason.

第十一条: 未经办公室领导审核批准的信息不得上网发布. One's own is shown, and is somebody else's to decide.
"""

import asyncio
from collections.abc import Mapping, Sequence

from aiohttp import web

from bot.web.console.access import Caller, posted, shown
from bot.web.console.faq.entry_form import Reason
from bot.web.console.faq.labels import author_of
from bot.web.console.faq.one_entry import ENTRY, drafted, settled, show_again
from bot.web.console.faq.rights import right
from bot.web.console.forms import NOTHING_TYPED, Number, PostedForm, number_at, typed_in
from bot.web.console.layout import show
from escalation.rules.permissions import Action
from faq.catalog import Entry
from faq.entries.approval import approve, refuse
from faq.entries.content import line_of
from faq.entries.queries import awaiting_approval, department_codes, find_entry
from faq.gains import as_if_published, gains
from faq.gaps import awaiting, unanswered

MOST_SHOWN = 20  # texts on a page; the rest follows once these are decided
# An index is built for each text, over all entries: a second for a thousand. More is reckoned when it is asked for.
MOST_INDEXED = 1000


async def show_approvals(caller: Caller) -> web.Response:
    async with caller.deps.database.reader() as reader:
        lines = await awaiting_approval(reader)
        departments = await department_codes(reader)
        waiting = []
        for line in lines[:MOST_SHOWN]:
            entry = await find_entry(reader, line.entry_id)
            if entry is not None and entry.in_hand is not None:
                waiting.append((entry, await drafted(reader, caller, entry, entry.in_hand, departments)))
    drafts = [as_if_published(entry, told.text) for entry, told in waiting]
    costs = len(drafts) * len(caller.deps.faq.edition.entries)
    reckon = costs <= MOST_INDEXED or caller.request.query.get("gains") == "1"
    return show(
        caller,
        "faq/approvals.html",
        title="审批",
        queue=waiting,
        total=len(lines),
        author=author_of,
        gains=await _reckon(caller, drafts) if reckon else None,
    )


async def _reckon(caller: Caller, drafts: Sequence[Entry]) -> Mapping[str, int]:
    """What each draft would gain, of the gaps and of what it was written for; the loop goes on meanwhile."""
    if not drafts:
        return {}
    async with caller.deps.database.reader() as reader:
        put = (*await unanswered(reader), *await awaiting(reader, [draft.id for draft in drafts]))
    questions = [question.text for question in put]
    return await asyncio.to_thread(gains, caller.deps.faq.edition, drafts, questions)


class ApproveForm(PostedForm):
    head: Number  # the text that was seen


class RefuseForm(ApproveForm):
    reason: Reason = ""


async def post_approve(caller: Caller, form: ApproveForm) -> web.Response:
    entry_id = number_at(caller.request, "entry")
    async with caller.deps.database.unit() as unit:
        result = await approve(unit, caller.officer, entry_id, head=form.head)
    return await settled(caller, entry_id, result, done="approved", typed=NOTHING_TYPED, to="/approvals")


async def post_refuse(caller: Caller, form: RefuseForm) -> web.Response:
    entry_id, typed = number_at(caller.request, "entry"), typed_in(caller.request.path, form)
    async with caller.deps.database.unit() as unit:
        result = await refuse(unit, caller.officer, entry_id, line_of(form.reason), head=form.head)
    return await settled(caller, entry_id, result, done="refused", typed=typed, to="/approvals")


ROUTES = [
    shown("/console/approvals", right(Action.APPROVE_ENTRY), show_approvals),
    posted(f"{ENTRY}/approve", right(Action.APPROVE_ENTRY), ApproveForm, post_approve),
    posted(f"{ENTRY}/refuse", right(Action.APPROVE_ENTRY), RefuseForm, post_refuse, again=show_again),
]
