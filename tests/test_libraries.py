"""What we lean on inside libraries, each with what to look at where a new version does it otherwise.

aiogram's models built late, jieba's dictionary and the words of the command line's parser have tests beside their own
rooms: bot/test_startup.py, intents/test_tokens.py, bot/test_cli.py.
"""

import asyncio
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aiogram import Bot, Dispatcher, Router
from aiogram.client.default import Default
from aiogram.client.session.base import BaseSession
from aiogram.dispatcher.event.bases import UNHANDLED
from aiogram.dispatcher.middlewares.user_context import EVENT_CONTEXT_KEY, EventContext
from aiogram.methods import SendMessage
from aiogram.types import Message, Update
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger
from hijridate import Hijri
from holidays import country_holidays
from sqlalchemy import URL, String, TypeDecorator, cast, literal, select
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.asyncio import create_async_engine

from bot.channels.telegram import RawUpdates
from escalation.deadlines.workdays import _LAST_TABLED_YEAR
from intents.tokens import _import_jieba
from storage.inline_sqlite import connect
from tests.support.house import Clock, RecordingSession

MESSAGE = {"message_id": 1, "date": 1, "chat": {"id": 7, "type": "private"}, "from": {"id": 7, "is_bot": False}}
UPDATE = {"update_id": 1, "message": MESSAGE | {"text": "您好", "from": MESSAGE["from"] | {"first_name": "测试"}}}  # type: ignore[operator]


def test_holidays_keeps_make_up_days_apart_and_names_days_off_as_we_read_them() -> None:
    table = country_holidays("CN", years=2025, language="zh_CN")
    made_up, swapped, feast = date(2025, 9, 28), date(2025, 10, 8), date(2025, 10, 6)
    look = "see escalation/deadlines/workdays.py: _national_year, _feast_of"
    assert (made_up in table.weekend_workdays, made_up in table) == (True, False), look
    assert table[swapped].startswith("休息日"), look
    assert table[feast].removesuffix("（补假）").endswith("中秋节"), look


def test_the_published_lunar_table_ends_where_we_say() -> None:
    Hijri(_LAST_TABLED_YEAR, 12, 10).to_gregorian()
    try:
        Hijri(_LAST_TABLED_YEAR + 1, 1, 1)
    except OverflowError:
        return
    pytest.fail("the table goes further: raise _LAST_TABLED_YEAR in escalation/deadlines/workdays.py")


def test_a_cutter_of_jieba_that_is_said_to_be_ready_reads_no_dictionary_of_its_own() -> None:
    cutter = _import_jieba().Tokenizer()
    look = "see intents/tokens.py: make_tokenizer"
    assert (cutter.FREQ, cutter.total, cutter.initialized) == ({}, 0, False), look
    cutter.FREQ, cutter.total, cutter.initialized = {"甲乙": 3, "甲": 0, "丙": 1}, 4, True
    assert list(cutter.cut("甲乙丙", HMM=False)) == ["甲乙", "丙"], look
    assert list(cutter.cut("丁戊", HMM=False)) == ["丁", "戊"], look
    cutter.add_word("丁戊")
    assert list(cutter.cut("丁戊", HMM=False)) == ["丁戊"], look
    assert len(cutter.FREQ) < 10, look


def test_a_session_of_aiogram_owes_three_methods() -> None:
    look = "see bot/channels/webchat.py: WebSession"
    assert BaseSession.__abstractmethods__ == {"close", "make_request", "stream_content"}, look


async def test_a_bot_of_aiogram_hands_each_request_to_its_session_with_defaults_unresolved() -> None:
    session = RecordingSession(Clock())
    bot = Bot("1:a", session=session)
    sent = await bot.send_message(7, "您好")
    [request] = session.requests
    look = "see bot/channels/webchat.py: WebSession.make_request"
    assert isinstance(request, SendMessage), look
    assert isinstance(request.parse_mode, Default), look
    assert sent.bot is bot, look
    assert RawUpdates(offset=None, timeout=1, allowed_updates=[]).__api_method__ == "getUpdates"


async def test_a_dispatcher_of_aiogram_tells_middlewares_where_an_update_comes_from_and_returns_unhandled() -> None:
    seen: list[EventContext] = []
    dispatcher = Dispatcher(disable_fsm=True)

    async def look_on(handler: Any, event: Any, data: dict[str, Any]) -> Any:
        seen.append(data[EVENT_CONTEXT_KEY])
        return await handler(event, data)

    dispatcher.update.outer_middleware(look_on)
    bot = Bot("1:a", session=RecordingSession(Clock()))
    update = Update.model_validate(UPDATE, context={"bot": bot})
    assert await dispatcher.feed_update(bot, update) is UNHANDLED, "see bot/intake.py: _dispatch"
    [context] = seen
    assert context.chat is not None, "see bot/middlewares.py: WhoSpeaks"
    assert context.user is not None, "see bot/middlewares.py: WhoSpeaks"
    assert (context.chat.id, context.user.id, context.chat.type) == (7, 7, "private"), (
        "see bot/middlewares.py: WhoSpeaks"
    )


async def test_an_error_that_a_handler_raises_comes_out_of_aiograms_dispatcher() -> None:
    router = Router()

    async def fail(_message: Message) -> None:
        raise KeyError("poison")

    router.message.register(fail)
    dispatcher = Dispatcher(disable_fsm=True)
    dispatcher.include_router(router)
    bot = Bot("1:a", session=RecordingSession(Clock()))
    update = Update.model_validate(UPDATE, context={"bot": bot})
    try:
        await dispatcher.feed_update(bot, update)
    except KeyError:
        return
    pytest.fail("nobody would count failures any more: see bot/intake.py: _failed")


async def test_apscheduler_runs_late_what_should_have_run_and_once() -> None:
    scheduler = AsyncIOScheduler(
        timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    )
    ran = asyncio.Event()

    async def run() -> None:
        ran.set()

    long_ago = datetime.now(UTC) - timedelta(days=1)  # noqa: TID251  the scheduler's own clock
    scheduler.add_job(run, DateTrigger(long_ago, timezone=UTC))
    scheduler.start()
    try:
        async with asyncio.timeout(10):
            await ran.wait()
    except TimeoutError:
        pytest.fail("a job that is late is dropped: see bot/jobs.py: make_scheduler")
    finally:
        scheduler.shutdown(wait=False)


class _Marked(TypeDecorator[str]):
    """A text that is bound with what hangs on the engine's dialect."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str:
        return f"{value} {getattr(dialect, 'mark', 'unmarked')}"


async def test_sqlalchemy_takes_our_connection_for_one_of_aiosqlite_and_hands_its_types_the_engines_dialect(
    tmp_path: Path,
) -> None:
    url = URL.create("sqlite+aiosqlite", database=str(tmp_path / "some.db"))
    engine = create_async_engine(url, async_creator=partial(connect, url, 1000))
    engine.dialect.mark = "marked"  # type: ignore[attr-defined]  # that it may be hung there is what is tested
    try:
        async with engine.begin() as connection:
            said = await connection.scalar(select(cast(literal("word", _Marked), String)))
        assert said == "word marked", "see storage/database.py: make_engine, and columns.vault_of"
    except AttributeError as error:
        pytest.fail(f"it asks for more than ours has: {error}; see storage/inline_sqlite.py")
    finally:
        await engine.dispose()
