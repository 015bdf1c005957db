"""Remembers every question that was put to the FAQ, and what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, case, func, or_, select, update

from storage.tables import addresses, asked, updates
from storage.unit import Reader, Rows, Unit

REMEMBER = asked.insert()
WITHHELD = "withheld"  # the decision about a line that nobody is shown before its writer says who may see it
WITHHELD_FOR = timedelta(minutes=30)
SETTLED = ("supplement", "joined", "to_people")  # the text is in a case, or in another line


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that somebody put, at their own address; its id is that of the update in which it was put."""

    id: int
    text: str
    asked_at: datetime
    entry_id: int | None
    outcome: str | None
    case_id: int | None
    decision: str

    @property
    def is_withheld(self) -> bool:
        """Whether it is a line about which its writer was asked, and no question that was answered."""
        return self.decision == WITHHELD


def remember(
    unit: Unit,
    update_id: int,
    address_id: int,
    text: str,
    *,
    asked_at: datetime,
    decision: str,
    confidence: float,
    entry_id: int | None,
) -> int:
    """Keep a question and return its id."""
    unit.defer(
        _remember,
        {
            "id": update_id,
            "address_id": address_id,
            "text": text,
            "asked_at": asked_at,
            "decision": decision,
            "confidence": confidence,
            "entry_id": entry_id,
        },
    )
    return update_id


async def _remember(unit: Unit, rows: Rows) -> None:
    await unit.run(REMEMBER, rows)


async def asked_at(reader: Reader, address_id: int, asked_id: int) -> Asked | None:
    """A question of this address; None for anybody else's."""
    row = await reader.one(select(asked).where(asked.c.id == asked_id, asked.c.address_id == address_id))
    return None if row is None else _asked(row)


def _asked(row: Row[Any]) -> Asked:
    return Asked(row.id, row.text, row.asked_at, row.entry_id, row.outcome, row.case_id, row.decision)


async def withheld_before(reader: Reader, moment: datetime, *, most: int) -> Sequence[tuple[int, Asked]]:
    """The oldest withheld lines from before a moment about which their writers have said nothing: address, line. Of one
    that was read together with earlier ones, the moment of its last counts.
    """
    last_at = func.coalesce(updates.c.received_at, asked.c.asked_at)
    rows = await reader.all(
        select(asked)
        .join(addresses, addresses.c.id == asked.c.address_id)
        .outerjoin(updates, updates.c.id == asked.c.id)
        .where(addresses.c.taxpayer_id.is_not(None))
        .where(asked.c.decision == WITHHELD, asked.c.outcome.is_(None), last_at <= moment)
        .order_by(asked.c.id)
        .limit(most)
    )
    return [(row.address_id, _asked(row)) for row in rows]


async def untapped(reader: Reader, since: datetime, before: datetime, *, most: int) -> Sequence[tuple[int, Asked]]:
    """The oldest questions of this time for which a choice was offered and nothing was chosen: address, question."""
    rows = await reader.all(
        select(asked)
        .join(addresses, addresses.c.id == asked.c.address_id)
        .where(addresses.c.taxpayer_id.is_not(None))
        .where(asked.c.decision == "choices", asked.c.outcome.is_(None))
        .where(asked.c.asked_at >= since, asked.c.asked_at < before)
        .order_by(asked.c.id)
        .limit(most)
    )
    return [(row.address_id, _asked(row)) for row in rows]


async def said_since(reader: Reader, address_id: int, asked_id: int, entry_ids: Sequence[int]) -> bool:
    """Whether one of these entries was said at the address after a question."""
    said = select(asked.c.id).where(asked.c.address_id == address_id, asked.c.id > asked_id)
    by_choice = or_(asked.c.decision == "answer", asked.c.outcome.in_(("chosen", "solved", "unsolved")))
    return await reader.one(said.where(asked.c.entry_id.in_(entry_ids), by_choice).limit(1)) is not None


def _open(asked_id: int) -> tuple[ColumnElement[bool], ...]:
    return (
        asked.c.id == asked_id,
        asked.c.case_id.is_(None),
        or_(asked.c.outcome.is_(None), asked.c.outcome.not_in(SETTLED)),
    )


async def conclude(unit: Unit, asked_id: int, outcome: str, *, entry_id: int | None = None) -> bool:
    """Note what became of the question; False where it has gone to people already, which cannot be undone."""
    values = {"outcome": outcome} | ({} if entry_id is None else {"entry_id": entry_id})
    return await unit.moved(update(asked).where(*_open(asked_id)).values(values))


async def claim(unit: Unit, asked_id: int) -> bool:
    """Note that the question goes to people; False where it has gone to them already."""
    return await conclude(unit, asked_id, "to_people")


async def release(unit: Unit, asked_id: int, outcome: str) -> bool:
    """Note what its writer said of a withheld line, or that nothing was said; False where that is settled already."""
    waits = (asked.c.id == asked_id, asked.c.decision == WITHHELD, asked.c.outcome.is_(None))
    return await unit.moved(update(asked).where(*waits).values(outcome=outcome))


async def give_up_choosing(unit: Unit, asked_id: int) -> bool:
    """Note that nothing was chosen of what was offered; False where something was, or the question was dropped."""
    waits = (asked.c.id == asked_id, asked.c.decision == "choices", asked.c.outcome.is_(None))
    return await unit.moved(update(asked).where(*waits).values(outcome="to_people"))


async def join(unit: Unit, asked_id: int) -> bool:
    """Note that what was asked about is read together with the next line; False where it was settled meanwhile."""
    waits = (asked.c.id == asked_id, asked.c.decision.in_((WITHHELD, "choices")), asked.c.outcome.is_(None))
    return await unit.moved(update(asked).where(*waits).values(outcome="joined"))


async def hand_over(unit: Unit, asked_id: int, case_id: int) -> None:
    """The question has become a case."""
    await unit.run(update(asked).where(asked.c.id == asked_id).values(case_id=case_id, outcome="to_people"))


@dataclass(frozen=True, slots=True)
class Feedback:
    """How often an answer was said to have solved the question, and how often not; who then wanted people counts as
    not helped.
    """

    solved: int = 0
    unsolved: int = 0


async def feedback_counts(
    reader: Reader, since: datetime | None = None, *, entry_id: int | None = None
) -> Mapping[int, Feedback]:
    """「解决了 / 没解决」 by the id of the entry that was said or chosen; entries without any are left out.

    With `since`, of the questions put from that instant on; with `entry_id`, of this entry alone.
    """
    helped = func.count(case((asked.c.outcome == "solved", 1)))
    counted = (
        select(asked.c.entry_id, helped, func.count() - helped)
        .where(asked.c.outcome.in_(("solved", "unsolved", "to_people")), said_to_people())
        .group_by(asked.c.entry_id)
    )
    if since is not None:
        counted = counted.where(asked.c.asked_at >= since)
    if entry_id is not None:
        counted = counted.where(asked.c.entry_id == entry_id)
    rows = (tuple(row) for row in await reader.all(counted))
    return {entry_id: Feedback(solved, unsolved) for entry_id, solved, unsolved in rows}


async def most_asked(reader: Reader, since: datetime, *, most: int) -> Sequence[int]:
    """The entries (ids) that were said most often since an instant, and of which somebody told what came of it."""
    number = func.count()
    rows = await reader.all(
        select(asked.c.entry_id)
        .where(said_to_people(), asked.c.outcome.is_not(None), asked.c.asked_at >= since)
        .group_by(asked.c.entry_id)
        .order_by(number.desc(), asked.c.entry_id)
        .limit(most)
    )
    return [row.entry_id for row in rows]


def said_to_people() -> ColumnElement[bool]:
    """Whether the entry of a question was really said, and did not only come nearest."""
    return asked.c.entry_id.is_not(None) & asked.c.decision.in_(("answer", "choices"))
