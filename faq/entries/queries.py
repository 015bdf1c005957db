"""Reads the entries as those who keep them see them: texts, drafts, history, the queue of approvals, and a search."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, Text, cast, exists, func, or_, select

from escalation.deadlines.workdays import local_date
from escalation.rules.permissions import Action, EntrySubject, may
from faq.entries.content import Content
from faq.lifecycle import GIVEN_UP, IN_HAND, EntryState, Happening, RevisionState
from faq.watches.entries import AHEAD, ENTRY_DOUBT
from storage.people import Officer, departments_of, home_bureau
from storage.tables import duties, entries, entry_events, overrides, revisions
from storage.unit import Reader

PAGE = 50


@dataclass(frozen=True, slots=True)
class Revision:
    """One text of an entry and what became of it; none is ever rewritten. `authors` (ids) wrote what nobody has
    approved yet; first and final reviewer are kept by name.
    """

    id: int
    entry_id: int
    number: int
    state: RevisionState
    content: Content
    sample: bool
    note: str | None
    written_at: datetime
    author: str
    authors: frozenset[int]
    submitted_at: datetime | None
    submitted_by: int | None
    first_reviewer: str | None
    decided_at: datetime | None
    final_reviewer: str | None
    reason: str | None
    verified_on: date | None
    verifier: str | None

    def is_own(self, officer_id: int) -> bool:
        """第十一条: whether the officer wrote some of it, or submitted it."""
        return officer_id in self.authors or officer_id == self.submitted_by


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry as it stands: what answers (`published`), what will (`coming`), and what is being written or waits for
    approval (`in_hand`). `latest` is the newest text that was not discarded; whoever edits goes on from it.
    """

    id: int
    code: str
    state: EntryState
    head: int
    owner_id: int | None
    changed_at: datetime
    published: Revision | None
    coming: Revision | None
    in_hand: Revision | None
    latest: Revision


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was done with an entry other than writing."""

    what: Happening
    officer: str
    details: str | None
    at: datetime


class Standing(StrEnum):
    """By what a list of entries can be narrowed down."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    REFUSED = "refused"
    PUBLISHED = "published"
    RETIRED = "retired"
    SAMPLE = "sample"  # published, and nobody here has ever verified it
    EXPIRING = "expiring"  # published, and its last day is in sight
    DOUBTED = "doubted"  # often did not help, and nobody has looked into it yet


@dataclass(frozen=True, slots=True)
class Wanted:
    """A search: words in any text of the newest revision or the code, and what narrows it down."""

    text: str = ""
    category: str | None = None
    department_code: str | None = None
    standing: Standing | None = None
    concerning: Officer | None = None  # only what is theirs or their department's
    page: int = 1


@dataclass(frozen=True, slots=True)
class Line:
    """An entry in a list: its newest text, its state, and that of the text."""

    entry_id: int
    code: str
    state: EntryState
    head: int
    newest: Revision


@dataclass(frozen=True, slots=True)
class Page:
    lines: Sequence[Line]
    total: int
    page: int
    pages: int


async def find_entry(reader: Reader, entry_id: int) -> Kept | None:
    """The entry as it stands today."""
    row = await reader.one(select(entries).where(entries.c.id == entry_id))
    return None if row is None else await kept(reader, row)


async def find_by_code(reader: Reader, code: str) -> Kept | None:
    row = await reader.one(select(entries).where(entries.c.code == code))
    return None if row is None else await kept(reader, row)


async def kept(reader: Reader, row: Row[Any]) -> Kept:
    """An entry with its texts that count."""
    texts = [text for text in await revisions_of(reader, row.id) if text.state not in GIVEN_UP]
    today = local_date(reader.now)
    in_print = [text for text in texts if text.state is RevisionState.PUBLISHED]
    begun = [text for text in in_print if text.content.valid_from is None or text.content.valid_from <= today]
    coming = [text for text in in_print if text not in begun]
    in_hand = [text for text in texts if text.state in IN_HAND]
    latest = texts[0] if texts else (await revisions_of(reader, row.id))[0]
    return Kept(
        id=row.id,
        code=row.code,
        state=EntryState(row.state),
        head=row.head,
        owner_id=row.owner_id,
        changed_at=row.changed_at,
        published=begun[0] if begun else None,
        coming=coming[0] if coming and (not begun or coming[0].number > begun[0].number) else None,
        in_hand=in_hand[0] if in_hand else None,
        latest=latest,
    )


async def revisions_of(reader: Reader, entry_id: int) -> Sequence[Revision]:
    """The whole history of an entry's text, newest first."""
    texts = select(revisions).where(revisions.c.entry_id == entry_id).order_by(revisions.c.number.desc())
    return [revision(row) for row in await reader.all(texts)]


async def events_of(reader: Reader, entry_id: int) -> Sequence[Event]:
    """What else was done with an entry, newest first."""
    events = select(entry_events).where(entry_events.c.entry_id == entry_id).order_by(entry_events.c.id.desc())
    return [Event(Happening(row.what), row.officer, row.details, row.at) for row in await reader.all(events)]


async def overrides_of(reader: Reader, entry_id: int) -> Sequence[tuple[int, str]]:
    """The wordings that are laid down for an entry: number and wording."""
    laid_down = select(overrides).where(overrides.c.entry_id == entry_id, overrides.c.cleared_at.is_(None))
    return [(row.id, row.wording) for row in await reader.all(laid_down.order_by(overrides.c.id))]


async def awaiting_approval(reader: Reader) -> Sequence[Line]:
    """The queue of approvals, the longest waiting first."""
    waiting = (
        _newest().where(revisions.c.state == RevisionState.SUBMITTED).order_by(revisions.c.submitted_at, revisions.c.id)
    )
    return [_line(row) for row in await reader.all(waiting)]


async def count_awaiting_approval(reader: Reader) -> int:
    return int(await reader.value(select(func.count()).where(revisions.c.state == RevisionState.SUBMITTED)))


async def search(reader: Reader, wanted: Wanted) -> Page:
    """The entries that are wanted, a page of 50, those changed last first; a page beyond the last is the last."""
    conditions = _conditions(wanted, local_date(reader.now))
    if wanted.concerning is not None:
        conditions.append(await _concerning(reader, wanted.concerning))
    counted = _newest().where(*conditions).subquery()
    total = int(await reader.value(select(func.count()).select_from(counted)))
    pages = max(1, -(-total // PAGE))
    page = min(max(1, wanted.page), pages)
    order = (entries.c.changed_at.desc(), entries.c.id)
    rows = await reader.all(_newest().where(*conditions).order_by(*order).limit(PAGE).offset((page - 1) * PAGE))
    return Page([_line(row) for row in rows], total, page, pages)


def _newest() -> Any:
    """Each entry with its newest text that was not discarded; a new entry that was given up has none."""
    columns = (entries.c.code, entries.c.state.label("entry_state"), entries.c.head)
    texts = revisions.alias()
    counts = (texts.c.entry_id == entries.c.id, texts.c.state.not_in(GIVEN_UP))
    newest = select(func.max(texts.c.number)).where(*counts).scalar_subquery()
    return (
        select(revisions, *columns)
        .select_from(revisions)
        .join(entries, (revisions.c.entry_id == entries.c.id) & (revisions.c.number == newest))
    )


def _conditions(wanted: Wanted, today: date) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    for word in wanted.text.split():
        places = (revisions.c.question, revisions.c.answer, revisions.c.legal_basis, entries.c.code)
        found = [place.icontains(word, autoescape=True) for place in places]
        # JSON is stored with its characters escaped, so that is how a word is looked for in it.
        stored = cast(revisions.c.phrasings, Text).icontains(json.dumps(word)[1:-1], autoescape=True)
        conditions.append(or_(*found, stored))
    if wanted.category is not None:
        conditions.append(revisions.c.category == wanted.category)
    if wanted.department_code is not None:
        conditions.append(revisions.c.department_code == wanted.department_code)
    if wanted.standing is not None:
        conditions.append(_standing(wanted.standing, today))
    return conditions


async def concerns(reader: Reader, officer: Officer) -> bool:
    """Whether there is anything for the officer among the entries: by role, or because one is theirs or their
    department's.
    """
    if may(officer, Action.READ_ENTRY, await subject_of(reader)):
        return True
    theirs = _newest().where(await _concerning(reader, officer)).limit(1)
    return officer.bureau_id == await home_bureau(reader) and await reader.one(theirs) is not None


async def _concerning(reader: Reader, officer: Officer) -> ColumnElement[bool]:
    """What `subject_of` says of each entry: whose it is, and the department of what answers or, before that, of what
    is being written.
    """
    departments = await departments_of(reader, await home_bureau(reader))
    codes = [one.code for one in departments if one.id in officer.departments]
    in_print = revisions.alias()
    answers = exists().where(in_print.c.entry_id == entries.c.id, in_print.c.state == RevisionState.PUBLISHED)
    theirs = answers.where(in_print.c.department_code.in_(codes))
    return or_(entries.c.owner_id == officer.id, theirs, ~answers & revisions.c.department_code.in_(codes))


def _standing(standing: Standing, today: date) -> ColumnElement[bool]:
    in_print = revisions.alias()
    published = exists().where(in_print.c.entry_id == entries.c.id, in_print.c.state == RevisionState.PUBLISHED)
    match standing:
        case Standing.DRAFT | Standing.SUBMITTED | Standing.REFUSED:
            return revisions.c.state == RevisionState(standing)
        case Standing.PUBLISHED | Standing.RETIRED:
            return entries.c.state == EntryState(standing)
        case Standing.SAMPLE:
            return (entries.c.state == EntryState.PUBLISHED) & published.where(in_print.c.sample.is_(True))
        case Standing.EXPIRING:
            soon = in_print.c.valid_until.between(today, today + AHEAD)
            return (entries.c.state == EntryState.PUBLISHED) & published.where(soon)
        case Standing.DOUBTED:
            doubts = (duties.c.kind == ENTRY_DOUBT.code, duties.c.settled_at.is_(None))
            return exists().where(duties.c.subject_id == entries.c.id, *doubts)


def _line(row: Row[Any]) -> Line:
    return Line(row.entry_id, row.code, EntryState(row.entry_state), row.head, revision(row))


def revision(row: Row[Any]) -> Revision:
    """A row of `revisions` as a value."""
    return Revision(
        id=row.id,
        entry_id=row.entry_id,
        number=row.number,
        state=RevisionState(row.state),
        content=Content(
            question=row.question,
            answer=row.answer,
            legal_basis=row.legal_basis,
            category=row.category,
            department_code=row.department_code,
            phrasings=tuple(row.phrasings),
            valid_from=row.valid_from,
            valid_until=row.valid_until,
        ),
        sample=row.sample,
        note=row.note,
        written_at=row.written_at,
        author=row.author,
        authors=frozenset(row.authors),
        submitted_at=row.submitted_at,
        submitted_by=row.submitted_by,
        first_reviewer=row.first_reviewer,
        decided_at=row.decided_at,
        final_reviewer=row.final_reviewer,
        reason=row.reason,
        verified_on=row.verified_on,
        verifier=row.verifier,
    )


async def department_codes(reader: Reader) -> Mapping[str, str]:
    """The departments to which an entry can belong, those of the bureau at the root: names by code."""
    return {one.code: one.name for one in await departments_of(reader, await home_bureau(reader))}


async def subject_of(reader: Reader, entry: Kept | None = None) -> EntrySubject:
    """What decides who may do something with an entry; without one, with the whole FAQ."""
    home = await home_bureau(reader)
    if entry is None:
        return EntrySubject(home)
    text = entry.published or entry.latest
    departments = {one.code: one.id for one in await departments_of(reader, home)}
    return EntrySubject(home, departments.get(text.content.department_code), entry.owner_id)
