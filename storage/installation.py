"""Facts of the installation, running numbers, and named leases."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, select

from storage.dialects import insert_for
from storage.leasing import LONGEST_WAIT
from storage.tables import counters, facts, leases
from storage.unit import Reader, Unit


async def fact(reader: Reader, name: str) -> str | None:
    value = await reader.value(select(facts.c.value).where(facts.c.name == name))
    return None if value is None else str(value)


async def put_fact(unit: Unit, name: str, value: str) -> None:
    statement = insert_for(unit, facts).values(name=name, value=value)
    await unit.run(statement.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


async def put_fact_once(unit: Unit, name: str, value: str) -> None:
    """Keep the fact that is there; two processes that start together agree on the first one."""
    await unit.run(insert_for(unit, facts).values(name=name, value=value).on_conflict_do_nothing())


async def next_number(unit: Unit, name: str) -> int:
    """The next of a running number, from 1; without gaps, because it rolls back with the unit."""
    statement = insert_for(unit, counters).values(name=name, value=1)
    risen = statement.on_conflict_do_update(index_elements=["name"], set_={"value": counters.c.value + 1})
    return int((await unit.run(risen.returning(counters.c.value))).scalar_one())


async def take_lease(unit: Unit, name: str, holder: str, length: timedelta) -> bool:
    """Take or keep the named lease for `length`, on the database's own clock; False while somebody else holds it.

    A lease that would last longer than any was given before that clock was set back, and is over.
    """
    now = await database_now(unit)
    statement = insert_for(unit, leases).values(name=name, holder=holder, until_at=now + length)
    taken = statement.on_conflict_do_update(
        index_elements=["name"],
        set_={"holder": holder, "until_at": now + length},
        where=(leases.c.holder == holder) | (leases.c.until_at <= now) | (leases.c.until_at > now + LONGEST_WAIT),
    )
    return (await unit.run(taken.returning(leases.c.name))).one_or_none() is not None


async def release_lease(unit: Unit, name: str, holder: str) -> None:
    await unit.run(delete(leases).where(leases.c.name == name, leases.c.holder == holder))


async def leases_held(reader: Reader) -> Sequence[str]:
    """The names of the leases that somebody holds now: some while a house is running, none otherwise."""
    held = select(leases.c.name).where(leases.c.until_at > await database_now(reader)).order_by(leases.c.name)
    return [row.name for row in await reader.all(held)]


async def database_now(reader: Reader) -> datetime:
    """The database's clock, in UTC: the one clock that all processes share."""
    if reader.dialect == "sqlite":
        return datetime.fromisoformat(str(await reader.value(select(func.strftime("%Y-%m-%dT%H:%M:%f+00:00", "now")))))
    moment: datetime = await reader.value(select(func.clock_timestamp()))
    return moment.astimezone(UTC)
