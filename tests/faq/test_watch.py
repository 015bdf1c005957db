"""Entries that are about to expire or often do not help become somebody's duty, and cease to be once seen to."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from escalation.duties import climb, held_by_department, held_by_officer, open_duty_of
from escalation.rulebook import ENTRY_DOUBT, ENTRY_EXPIRY
from escalation.terms import Terms, due_on
from faq.keeping import Standing, Wanted, approve, edit_entry, give_to, search, submit, verify
from faq.watch import watch_entries
from storage.database import Database
from storage.people import addresses_of
from storage.tables import notices
from tests.faq.keepers import LOST, RATE, Office, done, open_office
from tests.faq.test_gaps import ask
from tests.house import Clock
from tests.storage.opened import found_address

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


async def holder(office: Office, kind: str, entry_id: int) -> str | None:
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
