"""Entries that are about to expire or often do not help become somebody's duty, and cease to be once seen to."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from escalation.deadlines.terms import Terms, due_on
from escalation.duties.duties import held_by_department, held_by_officer, open_duty_of
from escalation.duties.patrol import climb
from escalation.rules.duty_kinds import DutyKind
from faq.catalog import load_sample
from faq.entries.approval import approve
from faq.entries.drafting import edit_entry, submit
from faq.entries.publication import give_to, retire, verify
from faq.entries.queries import Standing, Wanted, search
from faq.seed import SeedEntry
from faq.watches.entries import ENTRY_DOUBT, ENTRY_EXPIRY, watch_entries
from faq.watches.unverified import ENTRY_UNVERIFIED
from storage.database import Database
from storage.people import addresses_of
from storage.tables import duties, entries, notices
from tests.faq.editors import LOST, RATE, Office, done, open_office
from tests.faq.test_gaps import ask
from tests.storage.opened import found_address
from tests.support.house import Clock

LAST_DAY = date(2025, 12, 31)


@pytest.fixture
async def office(sqlite: Database) -> Office:
    return await open_office(sqlite)


@pytest.fixture
async def either(database: Database) -> Office:
    """On SQLite and on PostgreSQL: where people are at once, or the databases speak differently."""
    return await open_office(database)


async def watch(office: Office) -> int:
    async with office.database.unit() as unit:
        return await watch_entries(unit, office.rules)


async def holder(office: Office, kind: DutyKind, entry_id: int) -> str | None:
    async with office.database.reader() as reader:
        duty = await open_duty_of(reader, kind, entry_id)
    return None if duty is None else str(duty.holder)


async def doubted(office: Office) -> list[int]:
    """What a list of entries shows as often of no help."""
    async with office.database.reader() as reader:
        page = await search(reader, Wanted(standing=Standing.DOUBTED))
    return [line.entry_id for line in page.lines]


async def renew(office: Office, entry_id: int, head: int, until: date | None, begins: date | None = None) -> None:
    async with office.database.unit() as unit:
        content = replace(RATE, valid_until=until, valid_from=begins)
        edited = done(await edit_entry(unit, office.editor, entry_id, content, head=head))
        await submit(unit, office.rules, office.editor, entry_id, head=edited.head)
        done(await approve(unit, office.approver, entry_id, head=edited.head))


async def test_an_entry_is_to_be_renewed_by_its_last_day_and_its_department_hears_of_it_a_month_ahead(
    either: Office, clock: Clock
) -> None:
    saved = await either.published(replace(RATE, valid_until=LAST_DAY))
    assert await watch(either) == 0
    clock.advance(days=28)  # to the 1st of December
    assert (await watch(either), await watch(either)) == (1, 0)
    clerk = either.clerk
    assert await holder(either, ENTRY_EXPIRY, saved.entry_id) == held_by_department(*clerk.departments)
    async with either.database.reader() as reader:
        duty = await open_duty_of(reader, ENTRY_EXPIRY, saved.entry_id)
    assert duty is not None
    assert due_on(Terms.from_json(duty.terms), either.rules.calendar("national")) == LAST_DAY
    await renew(either, saved.entry_id, saved.head, LAST_DAY + timedelta(days=365))
    assert await holder(either, ENTRY_EXPIRY, saved.entry_id) is None
    assert await watch(either) == 0


async def test_an_entry_whose_next_text_is_approved_already_need_not_be_renewed(office: Office, clock: Clock) -> None:
    saved = await office.published(replace(RATE, valid_until=LAST_DAY))
    await renew(office, saved.entry_id, saved.head, None, LAST_DAY + timedelta(days=1))
    clock.advance(days=40)
    assert await watch(office) == 0


async def test_the_owner_is_reminded_and_nobody_else(office: Office, clock: Clock) -> None:
    saved = await office.published(replace(RATE, valid_until=LAST_DAY))
    clock.advance(days=30)
    assert await watch(office) == 1
    async with office.database.unit() as unit:
        for officer in (office.leader, office.clerk):
            await found_address(unit, officer_id=officer.id)
        done(await give_to(unit, office.editor, saved.entry_id, office.leader.id))
    assert await watch(office) == 1
    assert await holder(office, ENTRY_EXPIRY, saved.entry_id) == held_by_officer(office.leader.id)
    clock.advance(days=8)  # past the first rung
    async with office.database.unit() as unit:
        duty = await open_duty_of(unit, ENTRY_EXPIRY, saved.entry_id)
        assert duty is not None
        assert (await climb(unit, office.rules, duty.id)).rung == "T-15"
    async with office.database.reader() as reader:
        told = {row.address_id for row in await reader.all(select(notices.c.address_id))}
        assert told == set(await addresses_of(reader, office.leader.id))


def unsolved(times: int) -> Sequence[tuple[str, str, str | None]]:
    return [(f"发票丢了{number}", "answer", "unsolved") for number in range(times)]


async def test_an_entry_that_often_does_not_help_is_looked_into_once(either: Office, clock: Clock) -> None:
    saved = await either.published(LOST)
    await ask(either, clock, [*unsolved(2), ("发票丢了", "answer", "solved")], saved.entry_id)
    clock.advance(hours=1)
    assert await watch(either) == 0
    await ask(either, clock, unsolved(1), saved.entry_id)
    clock.advance(hours=1)
    assert await watch(either) == 1
    assert await doubted(either) == [saved.entry_id]
    async with either.database.unit() as unit:
        done(await verify(unit, either.clerk, saved.entry_id, head=saved.head))
    assert await holder(either, ENTRY_DOUBT, saved.entry_id) is None
    assert await doubted(either) == []
    assert await watch(either) == 0  # what was looked into is not held against it again
    await ask(either, clock, [("发票丢了", "answer", "solved")] * 9, saved.entry_id)
    clock.advance(hours=1)
    assert await watch(either) == 0


SAMPLE = [
    SeedEntry(
        id=f"sample-{number}",
        question=f"第{number}条样例问的是什么",
        answer="这是随产品来的样例，尚未对照现行规定。",
        legal_basis="《样例说明》第一条",
        category="vat",
        department=department,
        phrasings=("样例问的什么", "这条样例怎么问"),
    )
    for number, department in enumerate(["货物和劳务税处", "货物和劳务税处", "所得税处"], start=1)
]


async def holders(office: Office) -> dict[str, date | None]:
    """Who has something left to verify, and by which day."""
    async with office.database.reader() as reader:
        found = select(duties).where(duties.c.kind == ENTRY_UNVERIFIED.code, duties.c.settled_at.is_(None))
        rows = await reader.all(found)
    calendar = office.rules.calendar("national")
    return {row.holder: due_on(Terms.from_json(row.terms), calendar) for row in rows}


async def test_what_nobody_has_verified_is_one_duty_of_each_who_keeps_any_until_nothing_is_left(
    either: Office, clock: Clock
) -> None:
    async with either.database.unit() as unit:
        codes = {"货物和劳务税处": "goods_services", "所得税处": "income"}
        assert await load_sample(unit, SAMPLE, codes)
        rows = await unit.all(select(entries.c.id).order_by(entries.c.id))
        first, second, third = (row.id for row in rows)
    clock.advance(hours=1)
    await either.published(RATE)  # approving verifies
    assert (await watch(either), await watch(either)) == (2, 0)
    goods = held_by_department(*either.clerk.departments)
    (income,) = set(await holders(either)) - {goods}
    assert set((await holders(either)).values()) == {date(2025, 12, 1)}  # 20 working days after the 3rd of November
    async with either.database.unit() as unit:
        done(await verify(unit, either.clerk, first, head=1))
    assert set(await holders(either)) == {goods, income}
    async with either.database.unit() as unit:
        done(await verify(unit, either.clerk, second, head=1))
    assert set(await holders(either)) == {income}
    async with either.database.unit() as unit:
        done(await give_to(unit, either.editor, third, either.leader.id))
    assert await holders(either) == {}
    assert await watch(either) == 1
    assert set(await holders(either)) == {held_by_officer(either.leader.id)}
    async with either.database.unit() as unit:
        done(await retire(unit, either.editor, third, "样例，用不上"))
    assert (await holders(either), await watch(either)) == ({}, 0)


async def test_what_was_never_verified_long_before_anybody_watched_is_not_late_at_once(
    office: Office, clock: Clock
) -> None:
    async with office.database.unit() as unit:
        await load_sample(unit, SAMPLE[2:], {"所得税处": "income"})
    clock.advance(days=300)
    assert await watch(office) == 1
    (due,) = (await holders(office)).values()
    assert due is not None
    assert due > clock.now.date() + timedelta(days=20)
