"""Carries entries between the catalogue and a file: what stands there for an export, and a whole plan in one unit."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import islice
from typing import Any

from sqlalchemy import bindparam, select, update

from escalation.rules.permissions import Action
from faq.entries.content import categories
from faq.entries.drafting import free_code
from faq.entries.queries import Revision, department_codes, revision
from faq.entries.results import Denied, Why
from faq.entries.steps import allowed, authors_after, moving
from faq.files.plan import Baseline, Known, Plan, Proposed
from faq.files.table import Cell
from faq.lifecycle import GIVEN_UP, EntryState, Move, RevisionState
from storage.people import Officer
from storage.tables import entries, revisions
from storage.unit import Reader, Unit

AT_ONCE = 500  # rows to a statement
NOTE = "由文件导入"
STATES = {
    RevisionState.DRAFT: "草稿",
    RevisionState.SUBMITTED: "待审批",
    RevisionState.REFUSED: "已退回",
    RevisionState.PUBLISHED: "已发布",
}
RETIRED = "已停用"


async def read_baseline(reader: Reader) -> Baseline:
    """Everything that a file is held against."""
    known = {code: _known(code, head, text) for code, _state, head, text in await _newest(reader)}
    return Baseline(known, await department_codes(reader))


def _known(code: str, head: int, text: Revision) -> Known:
    return Known(text.entry_id, code, head, text.content, text.state is RevisionState.SUBMITTED)


async def _newest(reader: Reader) -> Sequence[tuple[str, EntryState, int, Revision]]:
    """Each entry's code, state, head, and newest text that was not discarded, in the order of codes."""
    columns = (entries.c.code, entries.c.state.label("entry_state"), entries.c.head)
    texts = (
        select(revisions, *columns)
        .join(entries, entries.c.id == revisions.c.entry_id)
        .where(revisions.c.state.not_in(GIVEN_UP))
        .order_by(revisions.c.number)
    )
    newest = {row.code: row for row in await reader.all(texts)}
    return [(code, EntryState(row.entry_state), row.head, revision(row)) for code, row in sorted(newest.items())]


async def export(reader: Reader) -> Sequence[Mapping[str, Cell]]:
    """Every entry as a file has it, its newest text: the one that an editor would go on from."""
    departments = await department_codes(reader)
    return [_row(code, state, text, departments) for code, state, _head, text in await _newest(reader)]


def _row(code: str, state: EntryState, text: Revision, departments: Mapping[str, str]) -> Mapping[str, Cell]:
    content = text.content
    return {
        "code": code,
        "question": content.question,
        "phrasings": list(content.phrasings),
        "answer": content.answer,
        "legal_basis": content.legal_basis,
        "category": categories().get(content.category, content.category),
        "department": departments.get(content.department_code, content.department_code),
        "valid_from": content.valid_from,
        "valid_until": content.valid_until,
        "state": RETIRED if state is EntryState.RETIRED else STATES[text.state],
        "verified_on": text.verified_on,
        "final_reviewer": text.final_reviewer,
    }


async def carry_out(
    unit: Unit, actor: Officer, plan: Plan, tell: Callable[[int], None] = lambda _done: None
) -> Sequence[tuple[int, int]] | Denied:
    """Make every new entry and every changed text a draft, or nothing at all; returns their ids and heads.

    `tell` hears how many have been written. Where an entry is no longer as the plan saw it, nothing is written. Raises
    ValueError for a plan in which something is wrong.
    """
    if plan.wrong:
        raise ValueError("a file in which something is wrong is not imported")
    if not await allowed(unit, actor, Action.EDIT_ENTRY):
        return Denied(Why.NOT_ALLOWED)
    if not await _is_as_planned(unit, plan):
        return Denied(Why.MEANWHILE)
    drafted: list[tuple[int, int]] = []
    for some in _in_parts(plan.new):
        drafted += await _begin(unit, actor, some)
        tell(len(drafted))
    for some in _in_parts(plan.changed):
        drafted += await _go_on(unit, actor, some)
        tell(len(drafted))
    return drafted


def _in_parts(proposed: Sequence[Proposed]) -> Iterator[Sequence[Proposed]]:
    rest = iter(proposed)
    while some := list(islice(rest, AT_ONCE)):
        yield some


async def _is_as_planned(unit: Unit, plan: Plan) -> bool:
    """Hold every entry that changes, and look whether it is still as it was seen; no new code may be taken."""
    for some in _in_parts([*plan.new, *plan.changed]):
        heads = {one.code: None if one.known is None else one.known.head for one in some if one.code is not None}
        held = select(entries.c.code, entries.c.head).where(entries.c.code.in_(heads)).order_by(entries.c.id)
        found = {row.code: row.head for row in await unit.all(held.with_for_update())}
        if any(found.get(code) != head for code, head in heads.items()):
            return False
        waiting = select(revisions.c.id).join(entries, entries.c.id == revisions.c.entry_id)
        in_review = waiting.where(entries.c.code.in_(heads), revisions.c.state == RevisionState.SUBMITTED).limit(1)
        if await unit.value(in_review) is not None:
            return False
    return True


async def _begin(unit: Unit, actor: Officer, some: Sequence[Proposed]) -> Sequence[tuple[int, int]]:
    codes = [one.code or await free_code(unit) for one in some]
    rows = [{"code": code, "state": EntryState.NEW, "head": 1, "changed_at": unit.now} for code in codes]
    await unit.run(entries.insert(), rows)
    made = await unit.all(select(entries.c.id, entries.c.code).where(entries.c.code.in_(codes)))
    ids = {row.code: row.id for row in made}
    numbered = [(one, ids[code], 1, [actor.id]) for one, code in zip(some, codes, strict=True)]
    await unit.run(revisions.insert(), [_draft(unit, actor, *one) for one in numbered])
    return [(entry_id, 1) for _, entry_id, _, _ in numbered]


async def _go_on(unit: Unit, actor: Officer, some: Sequence[Proposed]) -> Sequence[tuple[int, int]]:
    known = {one.known.entry_id: one for one in some if one.known is not None}
    texts = await unit.all(
        select(revisions)
        .where(revisions.c.entry_id.in_(known), revisions.c.state.not_in(GIVEN_UP))
        .order_by(revisions.c.number)
    )
    newest = {row.entry_id: row for row in texts}
    await unit.run(moving(Move.EDIT).where(revisions.c.entry_id.in_(known)))
    rows = []
    for entry_id, one in known.items():
        assert one.known is not None  # noqa: S101  by which it was chosen
        row = newest[entry_id]
        authors = authors_after(RevisionState(row.state), row.authors, actor)
        rows.append(_draft(unit, actor, one, entry_id, one.known.head + 1, authors))
    await unit.run(revisions.insert(), rows)
    raised = update(entries).where(entries.c.id == bindparam("of")).values(head=bindparam("to"), changed_at=unit.now)
    await unit.run(raised, [{"of": row["entry_id"], "to": row["number"]} for row in rows])
    return [(row["entry_id"], row["number"]) for row in rows]


def _draft(
    unit: Unit, actor: Officer, one: Proposed, entry_id: int, number: int, authors: Sequence[int]
) -> dict[str, Any]:
    by = {"written_at": unit.now, "author": actor.name, "author_id": actor.id, "authors": list(authors)}
    columns = {**asdict(one.content), "phrasings": list(one.content.phrasings), "sample": False}
    place = {
        "entry_id": entry_id,
        "number": number,
        "state": RevisionState.DRAFT,
        "note": f"{NOTE}，第 {one.number} 行",
    }
    return {**place, **columns, **by}
