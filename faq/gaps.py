"""What people asked in vain, without personal data, grouped by likeness; and what an officer makes of a group.

A group becomes a new draft, phrasings of an entry that answers it, or is dismissed with a reason.

Questions are encrypted, so they are grouped over the decrypted rows: the newest MOST_LOOKED_AT that nobody has dealt
with yet.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, Select, select, update

from escalation.rules.permissions import Action
from faq.entries.content import Content
from faq.entries.drafting import draft_entry
from faq.entries.phrasings import add_phrasings
from faq.entries.results import Denied, Done, Saved, Why, Wrong
from faq.entries.steps import allowed
from faq.matching.features import Tokens, plain_view
from faq.matching.index import Index, IndexEntry
from intents import mask
from storage.people import Officer
from storage.tables import asked, cases, gaps, officers
from storage.unit import Reader, Unit

MOST_LOOKED_AT = 5000
LIKE = 0.5  # of the score: below it two questions are two gaps
COMPARED = 200  # questions that are compared with the first one of a group
IN_VAIN = ("unsolved", "to_people")


class Verdict(StrEnum):
    """What an officer made of a gap; it is made once."""

    DRAFTED = "drafted"
    PHRASED = "phrased"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True)
class Question:
    """One question as it was put, personal data masked; `entry_id` is what was said to it, or came nearest."""

    id: int
    text: str
    asked_at: datetime
    entry_id: int | None
    unsolved: bool  # an answer was given, and it did not help


@dataclass(frozen=True, slots=True)
class Gap:
    """Questions that resemble each other, the most usual wording first; act on it by the ids of its questions."""

    wordings: tuple[str, ...]
    ids: tuple[int, ...]
    count: int
    unsolved: int
    last_seen: datetime
    nearest: int | None  # the entry that was said or came nearest most often
    blamed: int | None  # the entry that was said most often, and did not help


async def open_gaps(reader: Reader, tokenizer: Tokens) -> Sequence[Gap]:
    """The gaps that nobody has dealt with, biggest first, then the one seen last; the loop goes on meanwhile."""
    questions = await unanswered(reader)
    return await asyncio.to_thread(group, questions, tokenizer)


async def unanswered(reader: Reader, most: int = MOST_LOOKED_AT) -> Sequence[Question]:
    """The newest questions that were asked in vain and that nobody has dealt with, without personal data."""
    in_vain = (
        _unsealed()
        .where(asked.c.gap_id.is_(None), (asked.c.outcome == IN_VAIN[0]) | (asked.c.outcome == IN_VAIN[1]))
        .where(asked.c.decision.in_(("answer", "choices", "nothing")))
        .order_by(asked.c.id.desc())
        .limit(most)
    )
    return [_question(row) for row in await reader.all(in_vain)]


async def awaiting(reader: Reader, entry_ids: Sequence[int]) -> Sequence[Question]:
    """The newest questions for which these entries were drafted, without personal data: until one of them is approved,
    its questions are as unanswered as before.
    """
    drafted = select(gaps.c.id).where(gaps.c.verdict == Verdict.DRAFTED, gaps.c.entry_id.in_(entry_ids))
    numbers = [row.id for row in await reader.all(drafted)]
    if not numbers:
        return ()  # questions are not looked up by their gap, they are leafed through
    theirs = _unsealed().where(asked.c.gap_id.in_(numbers)).order_by(asked.c.id.desc()).limit(MOST_LOOKED_AT)
    return [_question(row) for row in await reader.all(theirs)]


def _unsealed() -> Select[Any]:
    """Questions, without those whose case is, or has become, sealed: 第十八条, its own department alone sees them."""
    sealed = select(cases.c.id).where(cases.c.id == asked.c.case_id, cases.c.sealed)
    return select(asked).where(~sealed.exists())


def _question(row: Row[Any]) -> Question:
    return Question(row.id, mask(row.text), row.asked_at, row.entry_id, row.decision != "nothing")


def group(questions: Sequence[Question], tokenizer: Tokens) -> Sequence[Gap]:
    """Put questions that resemble each other together, greedily: the wording used most often draws the others."""
    by_view: dict[str, list[Question]] = {}
    for question in questions:
        if view := plain_view(question.text):
            by_view.setdefault(view, []).append(question)
    index = Index.build([IndexEntry(view, same[0].text) for view, same in by_view.items()], tokenizer)
    left = dict(by_view)
    found = []
    for view in sorted(by_view, key=lambda one: (-len(by_view[one]), one)):
        if view in left:
            ranked = index.rank(by_view[view][0].text, COMPARED)
            alike = [view, *(one.entry_id for one in ranked if one.score >= LIKE and one.entry_id != view)]
            found.append(_gap([left.pop(one) for one in alike if one in left]))
    return sorted(found, key=lambda gap: (-gap.count, -gap.last_seen.timestamp(), gap.ids))


def _gap(groups: Sequence[Sequence[Question]]) -> Gap:
    """One gap of questions by wording."""
    members = [question for same in groups for question in same]
    usual_first = sorted(groups, key=lambda same: -len(same))
    return Gap(
        wordings=tuple(same[0].text for same in usual_first),
        ids=tuple(sorted(question.id for question in members)),
        count=len(members),
        unsolved=sum(question.unsolved for question in members),
        last_seen=max(question.asked_at for question in members),
        nearest=_most_common(members),
        blamed=_most_common([question for question in members if question.unsolved]),
    )


def _most_common(questions: Sequence[Question]) -> int | None:
    entries = Counter(question.entry_id for question in questions if question.entry_id is not None)
    return entries.most_common(1)[0][0] if entries else None


async def draft_from_gap(unit: Unit, actor: Officer, ids: Sequence[int], content: Content) -> Saved | Denied | Wrong:
    """Make the questions a new draft."""
    if not await _are_open(unit, ids):
        return Denied(Why.MEANWHILE)
    result = await draft_entry(unit, actor, content)
    if isinstance(result, Saved):
        await _deal_with(unit, actor, ids, Verdict.DRAFTED, entry_id=result.entry_id)
    return result


async def phrase_from_gap(
    unit: Unit, actor: Officer, ids: Sequence[int], entry_id: int, wordings: Sequence[str]
) -> Saved | Denied | Wrong:
    """Make chosen wordings of the questions phrasings of an entry that answers them."""
    if not await _are_open(unit, ids):
        return Denied(Why.MEANWHILE)
    result = await add_phrasings(unit, actor, entry_id, wordings)
    if isinstance(result, Saved):
        await _deal_with(unit, actor, ids, Verdict.PHRASED, entry_id=entry_id)
    return result


async def dismiss_gap(unit: Unit, actor: Officer, ids: Sequence[int], reason: str) -> Done | Denied:
    """Put the questions aside, with the reason why the FAQ is not to answer them."""
    if not await allowed(unit, actor, Action.EDIT_ENTRY):
        return Denied(Why.NOT_ALLOWED)
    if not reason.strip():
        return Denied(Why.NO_REASON)
    if not await _are_open(unit, ids):
        return Denied(Why.MEANWHILE)
    await _deal_with(unit, actor, ids, Verdict.DISMISSED, reason=reason.strip())
    return Done()


@dataclass(frozen=True, slots=True)
class Dealt:
    """What an officer made of a gap: the entry that it led to, or the reason why it was dismissed."""

    officer: str
    at: datetime
    verdict: Verdict
    entry_id: int | None
    reason: str | None


async def dealt_with(reader: Reader, ids: Sequence[int]) -> Dealt | None:
    """What was made last of any of these questions; None while nobody has dealt with one."""
    row = await reader.one(
        select(gaps, officers.c.name)
        .join(officers, officers.c.id == gaps.c.decided_by)
        .where(gaps.c.id.in_(select(asked.c.gap_id).where(asked.c.id.in_(ids))))
        .order_by(gaps.c.id.desc())
        .limit(1)
    )
    return None if row is None else Dealt(row.name, row.decided_at, Verdict(row.verdict), row.entry_id, row.reason)


async def _are_open(unit: Unit, ids: Sequence[int]) -> bool:
    """Whether nobody has dealt with any of the questions; held until the unit ends, so that nobody else can."""
    held = select(asked.c.id).where(asked.c.id.in_(ids), asked.c.gap_id.is_(None)).order_by(asked.c.id)
    rows = await unit.all(held.with_for_update())
    return bool(ids) and len(rows) == len(set(ids))


async def _deal_with(
    unit: Unit,
    actor: Officer,
    ids: Sequence[int],
    verdict: Verdict,
    *,
    entry_id: int | None = None,
    reason: str | None = None,
) -> None:
    row = {"verdict": verdict, "entry_id": entry_id, "reason": reason}
    by = {"decided_by": actor.id, "decided_at": unit.now}
    gap_id = await unit.inserted(gaps.insert().values(row | by).returning(gaps.c.id))
    await unit.run(update(asked).where(asked.c.id.in_(ids), asked.c.gap_id.is_(None)).values(gap_id=gap_id))
