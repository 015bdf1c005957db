"""Every move in every state of an entry and of its texts: what the tables allow is done; all else changes nothing."""

from collections.abc import Awaitable, Callable, Sequence
from itertools import product
from typing import Any

import pytest
from sqlalchemy import select

from faq.entries.approval import approve, refuse
from faq.entries.drafting import discard, edit_entry, submit, withdraw
from faq.entries.phrasings import add_phrasings, override
from faq.entries.publication import restore, retire, verify
from faq.entries.queries import revisions_of
from faq.entries.results import Saved
from faq.lifecycle import ENTRY_MOVES, GIVEN_UP, REVISION_MOVES, EntryState, Move, RevisionState
from storage.database import Database
from storage.tables import duties, entries, entry_events, facts, notices, overrides, revisions
from storage.unit import Unit
from tests.faq.editors import RATE, Office, open_office, with_answer
from tests.support.house import interpreter

NEW_TEXT = "自2026年起，小规模纳税人减按百分之一的征收率缴纳增值税。"
TOUCHED = (entries, entry_events, facts, notices, overrides, revisions, duties)

Act = Callable[[Unit, Office, int, int], Awaitable[object]]  # upon the entry, as it was seen at its head


async def _edit(unit: Unit, office: Office, entry: int, head: int) -> object:
    return await edit_entry(unit, office.editor, entry, with_answer(f"{NEW_TEXT}第 {head} 次。"), head=head)


async def _discard(unit: Unit, office: Office, entry: int, head: int) -> object:
    return await discard(unit, office.editor, entry, head=head)


async def _submit(unit: Unit, office: Office, entry: int, head: int) -> object:
    return await submit(unit, office.rules, office.editor, entry, head=head)


async def _withdraw(unit: Unit, office: Office, entry: int, head: int) -> object:
    return await withdraw(unit, office.editor, entry, head=head)


async def _refuse(unit: Unit, office: Office, entry: int, head: int) -> object:
    return await refuse(unit, office.approver, entry, "请写明依据。", head=head)


async def _approve(unit: Unit, office: Office, entry: int, head: int) -> object:
    return await approve(unit, office.approver, entry, head=head)


async def _rephrase(unit: Unit, office: Office, entry: int, _head: int) -> object:
    return await add_phrasings(unit, office.editor, entry, ["小规模的征收率现在是几个点"])


async def _retire(unit: Unit, office: Office, entry: int, _head: int) -> object:
    return await retire(unit, office.editor, entry, "已废止。")


async def _restore(unit: Unit, office: Office, entry: int, _head: int) -> object:
    return await restore(unit, office.approver, entry)


async def _verify(unit: Unit, office: Office, entry: int, head: int) -> object:
    return await verify(unit, office.approver, entry, head=head)


async def _override(unit: Unit, office: Office, entry: int, _head: int) -> object:
    return await override(unit, office.editor, entry, "小规模几个点呀", interpreter())


ACTS: dict[Move, Act] = {
    Move.EDIT: _edit,
    Move.DISCARD: _discard,
    Move.SUBMIT: _submit,
    Move.WITHDRAW: _withdraw,
    Move.REFUSE: _refuse,
    Move.APPROVE: _approve,
    Move.REPHRASE: _rephrase,
    Move.RETIRE: _retire,
    Move.RESTORE: _restore,
    Move.VERIFY: _verify,
    Move.OVERRIDE: _override,
}
# How the first text of an entry comes into each state, once it is a draft.
TEXT_WAYS: dict[RevisionState, Sequence[Act]] = {
    RevisionState.DRAFT: (),
    RevisionState.EDITED: (_edit,),
    RevisionState.DISCARDED: (_discard,),
    RevisionState.SUBMITTED: (_submit,),
    RevisionState.REFUSED: (_submit, _refuse),
    RevisionState.PUBLISHED: (_submit, _approve),
    RevisionState.SUPERSEDED: (_submit, _approve, _edit, _submit, _approve),
}
# Those of which an entry has another text beside the first one.
REPLACED = (RevisionState.EDITED, RevisionState.SUPERSEDED)
ENTRY_WAYS: dict[EntryState, Sequence[Act]] = {
    EntryState.NEW: (),
    EntryState.PUBLISHED: (_submit, _approve),
    EntryState.RETIRED: (_submit, _approve, _retire),
}


@pytest.fixture
async def office(sqlite: Database) -> Office:
    return await open_office(sqlite)


async def come(office: Office, ways: Sequence[Act]) -> int:
    """An entry that was drafted and then came along these ways."""
    entry_id = (await office.drafted(RATE)).entry_id
    for way in ways:
        assert isinstance(await do(office, way, entry_id), Saved)
    return entry_id


async def do(office: Office, act: Act, entry_id: int) -> object:
    head = (await office.entry(entry_id)).head
    async with office.database.unit() as unit:
        return await act(unit, office, entry_id, head)


async def rows(office: Office) -> list[Sequence[Any]]:
    async with office.database.reader() as reader:
        return [[tuple(row) for row in await reader.all(select(table))] for table in TOUCHED]


async def first_text(office: Office, entry_id: int) -> RevisionState:
    async with office.database.reader() as reader:
        return (await revisions_of(reader, entry_id))[-1].state


@pytest.mark.parametrize(
    ("move", "state"), [one for one in product(REVISION_MOVES, RevisionState) if one[0] is not Move.SUPERSEDE]
)
async def test_a_text_is_moved_where_the_table_allows_it_and_elsewhere_changes_nothing(
    office: Office, move: Move, state: RevisionState
) -> None:
    entry_id = await come(office, TEXT_WAYS[state])
    assert await first_text(office, entry_id) is state
    before = await rows(office)
    result = await do(office, ACTS[move], entry_id)
    leads_to = REVISION_MOVES[move]
    assert await first_text(office, entry_id) is leads_to.get(state, state)
    if state in REPLACED:
        return  # the other text was moved, or not
    begins_anew = move is Move.EDIT and state is not RevisionState.SUBMITTED
    assert isinstance(result, Saved) is (state in leads_to or begins_anew)
    if not isinstance(result, Saved):
        assert await rows(office) == before


@pytest.mark.parametrize("state", [RevisionState.DISCARDED, RevisionState.REFUSED, RevisionState.PUBLISHED])
async def test_another_text_supersedes_what_was_published_and_nothing_else(
    office: Office, state: RevisionState
) -> None:
    entry_id = await come(office, [*TEXT_WAYS[state], _edit, _submit, _approve])
    assert await first_text(office, entry_id) is REVISION_MOVES[Move.SUPERSEDE].get(state, state)


@pytest.mark.parametrize(("move", "state"), list(product(ENTRY_MOVES, EntryState)))
async def test_an_entry_is_moved_where_the_table_allows_it_and_elsewhere_changes_nothing(
    office: Office, move: Move, state: EntryState
) -> None:
    ways = list(ENTRY_WAYS[state])
    if move is Move.APPROVE:
        ways += [_edit, _submit]
    entry_id = await come(office, ways)
    assert (await office.entry(entry_id)).state is state
    before = await rows(office)
    result = await do(office, ACTS[move], entry_id)
    leads_to = ENTRY_MOVES[move]
    assert isinstance(result, Saved) is (state in leads_to)
    assert (await office.entry(entry_id)).state is leads_to.get(state, state)
    if not isinstance(result, Saved):
        assert await rows(office) == before


def test_what_was_given_up_superseded_or_refused_is_moved_no_more() -> None:
    for state in (*GIVEN_UP, RevisionState.SUPERSEDED, RevisionState.REFUSED):
        assert not any(state in leads_to for leads_to in REVISION_MOVES.values())
