"""Several processes on one PostgreSQL, any of which may die; on SQLite a second one refuses to start."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select, update

from escalation.watches.cases import SIGN
from storage.database import Database
from storage.tables import duties, notices, reminders, web_messages
from storage.vault import new_key
from testbed.postgres import drop_database, fresh_database
from testbed.processes import Installation, Run, browser, comes
from tests.support.agreement import the_database_agrees
from tests.support.botapi import BotApi
from tests.support.botapi_limits import BUSY_JITTER_SECONDS, Limits
from tests.support.crowd import LINES_PER_PERSON, arrive, scripts
from tests.support.house import sqlite_url

PEOPLE = 12
GIVE_UP_AFTER = 900.0  # seconds, on a machine that is busy; an idle one needs a minute
SENDERS = 8  # of a process: as many messages may be between send and record when it is killed


async def test_one_of_two_processes_dies_and_the_other_finishes_everything(postgres: str, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(asyncio.timeout(GIVE_UP_AFTER))
        database_url = await fresh_database(postgres)
        stack.push_async_callback(drop_database, database_url)
        api = await stack.enter_async_context(BotApi(limits=Limits(BUSY_JITTER_SECONDS)))
        installation = stack.enter_context(installation_at(tmp_path, database_url, api))
        first, second = installation.start(), installation.start()  # together, on an empty database
        await asyncio.gather(first.ready(), second.ready())

        lines = scripts(random.Random(20), PEOPLE)  # noqa: S311 — a test repeats what it did
        talks = await stack.enter_async_context(arrive(api, [at(first, second), at(second, first)], lines))
        async with asyncio.TaskGroup() as tasks:
            for talk in talks:
                tasks.create_task(talk.live())
            duty_id = await somebody_is_late(installation)
            assert any(talk.written < LINES_PER_PERSON for talk in talks), "killed too late to matter"
            first.kill()
        await installation.nothing_waits()
        await the_reminders_are_given_once(installation, duty_id)
        assert await second.terminate() == 0
        await the_database_agrees(installation, talks)
    assert sum(talk.repeats for talk in talks) <= SENDERS
    assert api.unconfirmed == []
    assert api.over_limit == 0
    for word in ("Traceback", "another_poller", "[error"):
        assert word not in installation.complained


def installation_at(folder: Path, database_url: str, api: BotApi) -> Installation:
    api.token = f"4242:{'t' * 30}"
    return Installation(
        folder,
        database_url,
        key=new_key(),
        telegram_token=api.token,
        telegram_api=api.url,
        lease_seconds=5,
        handler_seconds=4,
        posts_per_minute=100_000,
        posts_per_minute_per_address=100_000,
    )


def at(one: Run, other: Run) -> Callable[[], str]:
    """The address of one process, and of the other when that one is dead: what stands before them sees to it."""
    return lambda: one.url if one.lives else other.url


async def somebody_is_late(installation: Installation) -> int:
    """As soon as a case has been opened, let its signing have been due long ago; gives back the duty's id."""
    async with installation.database() as database:
        duty_id, terms = await comes("a case is opened", lambda: first_duty(database))
        async with database.unit() as unit:
            long_ago = unit.now - timedelta(days=30)
            late = update(duties).where(duties.c.id == duty_id)
            began = {**terms, "started_at": long_ago.isoformat()}
            await unit.run(late.values(terms=began, stepped_at=long_ago, next_step_at=unit.now))
            return duty_id


async def first_duty(database: Database) -> tuple[int, dict[str, object]] | None:
    async with database.reader() as reader:
        row = await reader.one(
            select(duties.c.id, duties.c.terms).where(duties.c.kind == SIGN.code).order_by(duties.c.id).limit(1)
        )
    return None if row is None else (row.id, row.terms)


async def the_reminders_are_given_once(installation: Installation, duty_id: int) -> None:
    """Whoever is reminded is reminded once at each address, by whichever process."""
    async with installation.database() as database:
        given = await comes("the patrol reminds", lambda: reminded(database, duty_id))
        await installation.nothing_waits()
        async with database.reader() as reader:
            told = await reader.all(select(notices.c.address_id, notices.c.outcome).where(notices.c.duty_id == duty_id))
            shown = await reader.all(select(web_messages.c.address_id, web_messages.c.text))
    assert given == 1  # one rung, one officer
    assert [row.outcome for row in told] == ["sent"]
    overdue = Counter(row.address_id for row in shown if row.text.startswith("【逾期】"))
    assert overdue == Counter([told[0].address_id])


async def reminded(database: Database, duty_id: int) -> int:
    async with database.reader() as reader:
        return len(await reader.all(select(reminders.c.rung).where(reminders.c.duty_id == duty_id)))


async def test_a_second_process_on_sqlite_refuses_to_start(tmp_path: Path) -> None:
    with Installation(tmp_path, sqlite_url(tmp_path), log_level="WARNING") as installation:
        first = await installation.start().ready()
        second = installation.start()
        assert await second.ended() == 1
        (sentence,) = second.complained.splitlines()
        assert "另一个税桥进程正在使用" in sentence
        assert "PostgreSQL" in sentence
        async with browser(lambda: first.url) as page:
            await page.says("谢谢")
            await page.hears("不客气")
        assert await first.terminate() == 0
        assert first.complained == ""
