"""A process that is told to stop finishes what it has in hand; nothing is lost, and nothing is said twice."""

import asyncio
import random
from contextlib import AsyncExitStack
from pathlib import Path

from testbed.processes import Installation, comes_true
from tests.support.agreement import the_database_agrees
from tests.support.botapi import BotApi
from tests.support.crowd import LINES_PER_PERSON, Talk, arrive, scripts
from tests.support.house import sqlite_url

PEOPLE = 6
GIVE_UP_AFTER = 900.0  # seconds, on a machine that is busy; an idle one needs half a minute
FINISHED_WITHIN = 10.0  # seconds, from SIGTERM to the end


def installation_at(folder: Path, database_url: str, api: BotApi) -> Installation:
    api.token = f"4242:{'t' * 30}"
    return Installation(
        folder,
        database_url,
        telegram_token=api.token,
        telegram_api=api.url,
        lease_seconds=5,
        handler_seconds=4,
        posts_per_minute=100_000,
        posts_per_minute_per_address=100_000,
    )


async def go_on(talks: list[Talk], steps: int) -> None:
    """Wait until so many more messages were written or heard."""

    def taken() -> int:
        return sum(talk.written + len(talk.someone.heard()) for talk in talks)

    until = taken() + steps
    await comes_true("people go on", lambda: taken() >= until)


async def test_a_process_that_is_told_to_stop_finishes_what_it_has_in_hand(tmp_path: Path) -> None:
    rng = random.Random()  # noqa: S311 — whatever it is, nothing may be lost
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(asyncio.timeout(GIVE_UP_AFTER))
        api = await stack.enter_async_context(BotApi())
        installation = stack.enter_context(installation_at(tmp_path, sqlite_url(tmp_path), api))
        first = await installation.start().ready()
        talks = await stack.enter_async_context(arrive(api, [lambda: installation.runs[-1].url], scripts(rng, PEOPLE)))

        async def stop_and_start() -> None:
            await go_on(talks, rng.randint(10, 40))
            assert any(talk.written < LINES_PER_PERSON for talk in talks), "stopped too late to matter"
            assert await first.terminate(within=FINISHED_WITHIN) == 0
            assert first.said.endswith("已停止。\n")
            await installation.start().ready()

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(stop_and_start())
            for talk in talks:
                tasks.create_task(talk.live())
        await installation.nothing_waits()
        assert await installation.runs[-1].terminate(within=FINISHED_WITHIN) == 0
        await the_database_agrees(installation, talks)
    assert sum(talk.repeats for talk in talks) == 0
    for word in ("Traceback", "Warning", "[warning", "[error"):
        assert word not in installation.complained
