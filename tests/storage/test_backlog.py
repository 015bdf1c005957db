"""What waits is counted as it is, and without looking at what was settled long ago."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import event, text

from storage.backlog import InboxBacklog, OutboxBacklog, inbox_backlog, outbox_backlog
from storage.database import Database
from storage.inbox import Incoming, claim, settle, store
from storage.outbox import REMINDER, Ended, Notice, Returned, give_back, record, tell
from storage.outbox import claim as claim_address
from storage.people import change_address
from storage.tables import lanes, notices, updates
from storage.unit import Unit
from tests.storage.opened import CHANNEL, found_address, found_bureau
from tests.support.house import Clock

LEASE = timedelta(seconds=30)
SETTLED = 3000


async def letter(database: Database, number: int, person: int) -> None:
    async with database.unit() as unit:
        await store(unit, Incoming(CHANNEL, str(number), (CHANNEL, person), unit.now, {}))


async def inbox(database: Database) -> InboxBacklog:
    async with database.reader() as reader:
        return await inbox_backlog(reader)


async def outbox(database: Database, channel: str = CHANNEL) -> OutboxBacklog:
    async with database.reader() as reader:
        return await outbox_backlog(reader, channel)


async def test_updates_wait_until_they_are_settled_whoever_holds_their_lane(database: Database, clock: Clock) -> None:
    assert await inbox(database) == InboxBacklog(0, 0, None)
    first = clock.now
    for number, person in enumerate((1, 1, 2)):
        await letter(database, number, person)
        clock.advance(seconds=1)
    assert await inbox(database) == InboxBacklog(3, 2, first)
    async with database.unit() as unit:
        [claimed] = await claim(unit, "worker", LEASE)
    assert await inbox(database) == InboxBacklog(3, 2, first)
    async with database.unit() as unit:
        await settle(unit, claimed)
    assert await inbox(database) == InboxBacklog(2, 2, first + timedelta(seconds=1))


async def test_a_notice_is_sayable_while_nobody_writes_to_its_address_and_it_need_not_be_left_alone(
    database: Database, clock: Clock
) -> None:
    assert await outbox(database) == OutboxBacklog(0, 0, None, None)
    began = clock.now
    async with database.unit() as unit:
        await found_bureau(unit)
        address_id = await found_address(unit)
        tell(unit, address_id, Notice("test", {}, REMINDER))
        tell(unit, await found_address(unit, channel="web"), Notice("test", {}))
    clock.advance(seconds=1)
    assert await outbox(database) == OutboxBacklog(1, 0, began, began)
    async with database.unit() as unit:
        [turn] = await claim_address(unit, CHANNEL, "sender", LEASE)
    assert await outbox(database) == OutboxBacklog(1, 0, began, None)
    async with database.unit() as unit:
        await give_back(unit, Returned(turn, timedelta(seconds=5)))
    assert (await outbox(database)).sayable_since is None
    clock.advance(seconds=5)
    assert (await outbox(database)).sayable_since == began
    async with database.unit() as unit:
        await record(unit, Ended(turn.notices[0].id, "sent", "…", 1))
    assert await outbox(database) == OutboxBacklog(0, 0, None, None)
    assert (await outbox(database, "web")).waiting == 1


async def test_what_is_kept_for_an_address_that_cannot_be_reached_waits_for_nobody(database: Database) -> None:
    async with database.unit() as unit:
        await found_bureau(unit)
        blocked, other = await found_address(unit), await found_address(unit)
        for address_id in (blocked, blocked, other):
            tell(unit, address_id, Notice("test", {}))
        await change_address(unit, blocked, blocked_at=unit.now)
        now = unit.now
    assert await outbox(database) == OutboxBacklog(1, 2, now, now)


async def test_counting_ends_where_very_much_waits(database: Database) -> None:
    async with database.unit() as unit:
        await found_bureau(unit)
        address_id = await found_address(unit)
        for _ in range(3):
            tell(unit, address_id, Notice("test", {}))
    for number in range(3):
        await letter(database, number, number)
    async with database.reader() as reader:
        assert (await inbox_backlog(reader, most=2)).updates == 2
        assert (await outbox_backlog(reader, CHANNEL, most=2)).waiting == 2


async def settled_long_ago(unit: Unit, at: datetime) -> None:
    """Very many updates and notices that are nobody's business any more."""
    address_id = await found_address(unit)
    lane_id = await unit.inserted(lanes.insert().values(key="x", not_before=at).returning(lanes.c.id))
    ended = {"channel": CHANNEL, "settled_at": at}
    update = {**ended, "lane_id": lane_id, "received_at": at, "stored_at": at, "body": {}}
    await unit.run(updates.insert(), [{**update, "external_id": str(number)} for number in range(SETTLED)])
    notice = {"address_id": address_id, "kind": "test", "payload": {}, "priority": 0, "created_at": at}
    await unit.run(notices.insert(), [{**ended, **notice, "not_before": at}] * SETTLED)


@contextmanager
def said_to(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """The statements that reach a database, with their parameters."""
    said: list[tuple[str, Any]] = []

    def listen(_connection: object, _cursor: object, sql: str, parameters: Any, *_: object) -> None:
        said.append((sql, parameters))

    event.listen(database.engine.sync_engine, "before_cursor_execute", listen)
    try:
        yield said
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", listen)


async def test_what_was_settled_is_not_looked_at(database: Database, clock: Clock) -> None:
    async with database.unit() as unit:
        await found_bureau(unit)
        await settled_long_ago(unit, clock.now)
    with said_to(database) as said:
        await inbox(database)
        await outbox(database)
    looks = [(sql, parameters) for sql, parameters in said if "FROM updates" in sql or "FROM notices" in sql]
    assert len(looks) == 2
    explain = "EXPLAIN QUERY PLAN " if database.is_sqlite else "EXPLAIN "
    async with database.engine.connect() as connection:
        if not database.is_sqlite:
            await connection.execute(text("ANALYZE"))  # as PostgreSQL does by itself, a little later
        for (sql, parameters), index in zip(looks, ("ix_updates_waiting", "ix_notices_waiting"), strict=True):
            rows = await connection.exec_driver_sql(explain + sql, parameters)
            plan = "\n".join(str(row[-1]) for row in rows)
            assert index in plan, plan
