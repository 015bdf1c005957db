"""Who is known where, for how long a browser is remembered, and what an invitation opens."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from storage.database import Database
from storage.people import (
    addresses_of,
    admit,
    begin_session,
    find_officer,
    find_party,
    invite,
    open_invitation,
    party_at,
    session_address,
    use_invitation,
)
from storage.tables import addresses, officers, sessions
from tests.storage.opened import BOT_ID, CHANNEL, found_address, found_bureau, found_officer
from tests.support.house import Clock

HOUR = timedelta(hours=1)


async def at_a_desk(database: Database) -> tuple[int, int]:
    """An officer with a browser: officer id, address id."""
    async with database.unit() as unit:
        officer_id = await found_officer(unit, await found_bureau(unit))
        address_id = await found_address(unit, officer_id=officer_id)
        await begin_session(unit, "cookie", address_id, "officer", HOUR)
    return officer_id, address_id


async def who_has(database: Database, token: str, audience: str = "officer") -> int | None:
    async with database.reader() as reader:
        return await session_address(reader, token, audience)


async def leave(database: Database, officer_id: int) -> None:
    async with database.unit() as unit:
        await unit.run(update(officers).where(officers.c.id == officer_id).values(left_at=unit.now))


async def test_whoever_writes_first_is_a_taxpayer_of_the_root_bureau(database: Database) -> None:
    async with database.unit() as unit:
        bureau_id = await found_bureau(unit)
        address_id = await admit(unit, CHANNEL, BOT_ID, 77, language="en")
    async with database.reader() as reader:
        party = await find_party(reader, CHANNEL, BOT_ID, 77)
        assert party == await party_at(reader, address_id)
        assert await find_party(reader, CHANNEL, BOT_ID, 78) is None
        assert await find_party(reader, CHANNEL, BOT_ID + 1, 77) is None
    assert party is not None
    assert (party.address_id, party.bureau_id, party.language) == (address_id, bureau_id, "en")
    assert party.taxpayer_id is not None
    assert party.officer is None


async def test_a_chat_is_known_once_even_if_it_is_met_twice_at_once(database: Database) -> None:
    async with database.unit() as unit:
        await found_bureau(unit)

    async def meet() -> int:
        async with database.unit() as unit:
            return await admit(unit, CHANNEL, BOT_ID, 77, language="zh")

    met = await asyncio.gather(*(meet() for _ in range(3)), return_exceptions=True)
    assert [isinstance(result, int) for result in met].count(True) == 1
    async with database.reader() as reader:
        assert len(await reader.all(select(addresses.c.id))) == 1


async def test_a_session_ends_when_its_time_is_up(database: Database, clock: Clock) -> None:
    _, address_id = await at_a_desk(database)
    assert await who_has(database, "cookie") == address_id
    clock.advance(minutes=59, seconds=59)
    assert await who_has(database, "cookie") == address_id
    clock.advance(seconds=1)
    assert await who_has(database, "cookie") is None


async def test_a_session_opens_only_its_own_door(database: Database) -> None:
    _, address_id = await at_a_desk(database)
    assert await who_has(database, "cookie", "taxpayer") is None
    assert await who_has(database, "another cookie") is None
    async with database.unit() as unit:
        await unit.run(update(sessions).where(sessions.c.address_id == address_id).values(ended_at=unit.now))
    assert await who_has(database, "cookie") is None


async def test_an_officer_who_leaves_loses_session_and_post_at_once(database: Database) -> None:
    officer_id, address_id = await at_a_desk(database)
    async with database.reader() as reader:
        party = await party_at(reader, address_id)
    assert party is not None
    assert party.officer is not None
    await leave(database, officer_id)
    assert await who_has(database, "cookie") is None
    async with database.reader() as reader:
        party = await party_at(reader, address_id)
        assert await find_officer(reader, officer_id) is None
        assert await addresses_of(reader, officer_id) == [address_id]
    assert party is not None
    assert party.officer is None


async def test_an_invitation_opens_once_and_only_for_its_purpose(database: Database) -> None:
    officer_id, _ = await at_a_desk(database)
    async with database.unit() as unit:
        token = await invite(unit, officer_id, "desk", HOUR)
    async with database.unit() as unit:
        assert await open_invitation(unit, token, "bind") is None
        assert await open_invitation(unit, "guessed", "desk") is None
        invitation = await open_invitation(unit, token, "desk")
        assert invitation is not None
        assert invitation.officer_id == officer_id
        assert await use_invitation(unit, invitation.id)
    async with database.unit() as unit:
        assert await open_invitation(unit, token, "desk") is None
        assert not await use_invitation(unit, invitation.id)


@pytest.mark.parametrize("why", ["expired", "left"])
async def test_an_invitation_ends_with_its_time_and_with_the_officers_leaving(
    database: Database, clock: Clock, why: str
) -> None:
    officer_id, _ = await at_a_desk(database)
    async with database.unit() as unit:
        token = await invite(unit, officer_id, "desk", HOUR)
    if why == "left":
        await leave(database, officer_id)
    else:
        clock.advance(hours=1)
    async with database.reader() as reader:
        assert await open_invitation(reader, token, "desk") is None


async def test_an_invitation_used_by_many_at_once_lets_one_in(database: Database) -> None:
    officer_id, _ = await at_a_desk(database)
    async with database.unit() as unit:
        token = await invite(unit, officer_id, "desk", HOUR)
    all_have_read = asyncio.Barrier(1 if database.is_sqlite else 4)  # on SQLite units stand in line

    async def enter() -> bool:
        async with database.unit() as unit:
            invitation = await open_invitation(unit, token, "desk")
            await all_have_read.wait()
            return invitation is not None and await use_invitation(unit, invitation.id)

    async with asyncio.timeout(20):
        entered = await asyncio.gather(*(enter() for _ in range(4)))
    assert entered.count(True) == 1


async def test_a_token_stands_nowhere_in_the_database(database: Database) -> None:
    officer_id, _ = await at_a_desk(database)
    async with database.unit() as unit:
        token = await invite(unit, officer_id, "desk", HOUR)
    async with database.engine.connect() as connection:
        for table in ("invitations", "sessions"):
            rows = (await connection.exec_driver_sql(f"SELECT * FROM {table}")).all()  # noqa: S608  our own
            assert rows
            assert token not in str(rows)
            assert "cookie" not in str(rows)
