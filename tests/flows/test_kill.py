"""Nothing that was accepted is lost, and nothing has its effect twice, however often the process is killed."""

import asyncio
import os
import random
from contextlib import AsyncExitStack
from pathlib import Path

from tests.botapi import BotApi
from tests.crowd import LINES_PER_PERSON, Talk, arrive, scripts, the_database_agrees
from tests.house import sqlite_url
from tests.processes import Installation, comes_true

PEOPLE, FEW_PEOPLE = 20, 6
KILLS = 6
SENDERS = 8  # four for each channel: as many messages may be between send and record when the process is killed
GIVE_UP_AFTER = 900.0  # seconds, on a machine that is busy; an idle one needs a minute
FINISHED_WITHIN = 10.0  # seconds, from SIGTERM to the end


def chance() -> random.Random:
    """Another one each time; `KILL_SEED` repeats a run."""
    seed = int(os.environ.get("KILL_SEED") or random.SystemRandom().randrange(2**32))
    print(f"KILL_SEED={seed}")  # noqa: T201 — pytest shows it with a failure
    return random.Random(seed)  # noqa: S311 — a test repeats what it did


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


async def kill_again_and_again(installation: Installation, talks: list[Talk], rng: random.Random) -> None:
    """Each time after so many more messages as chance will have it; once while the process is starting."""
    for number in range(KILLS):
        run = installation.runs[-1]
        if number == KILLS // 2:
            await asyncio.sleep(rng.uniform(0.2, 2.0))
        else:
            await run.ready()
            await go_on(talks, rng.randint(10, 50))
            await asyncio.sleep(rng.uniform(0.0, 0.05))
        assert any(talk.written < LINES_PER_PERSON for talk in talks), "killed too late to matter"
        run.kill()
        installation.start()


async def go_on(talks: list[Talk], steps: int) -> None:
    """Wait until so many more messages were written or heard."""

    def taken() -> int:
        return sum(talk.written + len(talk.someone.heard()) for talk in talks)

    until = taken() + steps
    await comes_true("people go on", lambda: taken() >= until)


async def test_nothing_is_lost_or_doubled_when_the_process_is_killed_at_any_instant(
    database_url: str, tmp_path: Path
) -> None:
    rng = chance()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(asyncio.timeout(GIVE_UP_AFTER))
        api = await stack.enter_async_context(BotApi())
        installation = stack.enter_context(installation_at(tmp_path, database_url, api))
        await installation.start().ready()
        talks = await stack.enter_async_context(arrive(api, [lambda: installation.runs[-1].url], scripts(rng, PEOPLE)))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(kill_again_and_again(installation, talks, rng))
            for talk in talks:
                tasks.create_task(talk.live())
        await installation.nothing_waits()
        assert await installation.runs[-1].terminate() == 0
        await the_database_agrees(installation, talks)
    assert sum(talk.repeats for talk in talks) <= KILLS * SENDERS
    assert api.unconfirmed == []
    assert api.unknown_calls == []
    assert "Traceback" not in installation.complained


async def test_a_process_that_is_told_to_stop_finishes_what_it_has_in_hand(tmp_path: Path) -> None:
    rng = chance()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(asyncio.timeout(GIVE_UP_AFTER))
        api = await stack.enter_async_context(BotApi())
        installation = stack.enter_context(installation_at(tmp_path, sqlite_url(tmp_path), api))
        first = await installation.start().ready()
        talks = await stack.enter_async_context(
            arrive(api, [lambda: installation.runs[-1].url], scripts(rng, FEW_PEOPLE))
        )

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
