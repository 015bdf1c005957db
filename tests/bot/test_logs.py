"""Logs name things by their ids: no text, no name, no chat, no token comes into them, not even by way of an error."""

import asyncio
import gc
import io
import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
import structlog
from aiogram.exceptions import TelegramForbiddenError
from aiogram.methods import SendMessage, TelegramMethod

from bot.runtime.logs import set_up_logs, way_of
from bot.settings import read_settings
from storage.outbox import Notice, tell
from storage.people import find_party
from tests.bot.command import environment
from tests.support.house import TELEGRAM_BOT_ID, HouseUnderTest

COMPLAINT = "我要投诉，他们把我的秘密告诉了邻居"
NAME = "古丽娜尔"
CHAT = 987_654_321
TELEGRAM_TOKEN = f"{TELEGRAM_BOT_ID}:{'t' * 30}"
PRIVATE = [COMPLAINT, "秘密", NAME, str(CHAT), TELEGRAM_TOKEN, "t" * 30]


@dataclass(frozen=True, slots=True)
class Log:
    """What was written, and in which style."""

    style: str
    stream: io.StringIO

    @property
    def text(self) -> str:
        return self.stream.getvalue()


@pytest.fixture(params=["console", "json"])
def log(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Log]:
    """Logs as the product writes them, as much as it can write; afterwards as before."""
    written = Log(request.param, io.StringIO())
    monkeypatch.setattr(sys, "stderr", written.stream)
    names = ("", "aiogram", "apscheduler", "apscheduler.executors")
    loggers = [logging.getLogger(name) for name in names]
    root = loggers[0]
    handlers, levels = root.handlers[:], [logger.level for logger in loggers]
    set_up_logs(read_settings({}, log_level="DEBUG", log_format=request.param))
    yield written
    structlog.reset_defaults()
    root.handlers[:] = handlers
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


async def test_a_walk_with_every_kind_of_failure_logs_ids_only(
    house: HouseUnderTest, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    taxpayer = house.telegram_person(CHAT)
    await taxpayer.receive(_message(1, COMPLAINT))
    await taxpayer.receive(_message(2, [COMPLAINT]))  # no text, but something that cannot be read
    for _ in range(5):
        house.clock.advance(minutes=1)
        await house.settle()
    async with house.database.unit() as unit:
        party = await find_party(unit, "telegram", TELEGRAM_BOT_ID, CHAT)
        assert party is not None
        tell(unit, party.address_id, Notice("no.such.notice", {"text": COMPLAINT}))
    await house.settle()

    async def blocked(_bot: object, method: TelegramMethod[Any], timeout: int | None = None) -> None:  # noqa: ASYNC109, ARG001  aiogram's signature
        raise TelegramForbiddenError(method, f"Forbidden: bot was blocked by the user {CHAT} {NAME}")

    monkeypatch.setattr(house.telegram, "make_request", blocked)
    await taxpayer.receive(_message(3, "/cases"))
    assert any(isinstance(request, SendMessage) for request in house.telegram.requests)

    for event in ("handler_failed", "set_aside", "rendering_failed", "cannot_be_reached"):
        assert event in log.text
    assert "ValidationError" in log.text
    assert [words for words in PRIVATE if words in log.text] == []
    if log.style == "json":
        assert all(json.loads(line)["event"] for line in log.text.splitlines())


def _message(update_id: int, text: object) -> dict[str, Any]:
    person = {"id": CHAT, "is_bot": False, "first_name": NAME, "language_code": "zh"}
    message = {"message_id": update_id, "date": 1, "chat": {"id": CHAT, "type": "private"}, "from": person}
    return {"update_id": update_id, "message": message | {"text": text}}


def test_the_real_process_writes_neither_tokens_nor_one_time_links(tmp_path: Path) -> None:
    variables = {
        "PORT": "0",
        "SHUIQIAO_LOG_LEVEL": "DEBUG",
        "SHUIQIAO_TELEGRAM_TOKEN": TELEGRAM_TOKEN,
        "SHUIQIAO_TELEGRAM_API": "http://127.0.0.1:1",
    }
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "run"],
        cwd=tmp_path,
        env=environment(variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = "".join(iter(process.stdout.readline, "按 Ctrl-C 停止。\n"))
        links = re.findall(r"http\S+/enter/\S+", said)
        for link in (*links, f"{links[0]}x", f"{links[0].partition('/enter/')[0]}/cases/{CHAT}?q={TELEGRAM_TOKEN}"):
            with suppress(HTTPError), urlopen(link) as page:  # noqa: S310  an address that our own server gave us
                page.read()
        process.terminate()
        logged = process.communicate(timeout=30)[1]
    assert process.returncode == 0
    assert len(links) == 4  # to the desk and to the console, for each of two officers
    assert "poll_failed" in logged
    tokens = [link.rpartition("/")[2] for link in links]
    assert [words for words in (*PRIVATE, *tokens) if words in logged] == []


def test_a_library_that_warns_is_named_by_place_and_its_words_are_left_out(log: Log) -> None:
    try:
        _confide(COMPLAINT)
    except ValueError:
        logging.getLogger("asyncio").exception("Task failed with %s: " + COMPLAINT, NAME)
    logging.getLogger("aiogram.event").error("Update of %s", NAME)
    logging.getLogger("apscheduler.executors.default").error("Error running job %s", NAME)
    logging.getLogger("apscheduler.scheduler").error("The job store is gone")
    logging.getLogger("asyncio").info("Using selector")
    assert "asyncio" in log.text
    assert "test_logs:" in log.text
    assert "ValueError" in log.text
    assert "selector" not in log.text
    assert "apscheduler.scheduler" in log.text
    assert "apscheduler.executors" not in log.text
    assert [words for words in PRIVATE if words in log.text] == []


@pytest.mark.parametrize(("is_task", "level"), [(False, "warning"), (True, "error")])
async def test_a_connection_that_nobody_waits_for_any_more_is_no_error_but_a_failed_task_is(
    log: Log, *, is_task: bool, level: str
) -> None:
    async def fail() -> None:
        raise ConnectionError(COMPLAINT)

    loop = asyncio.get_running_loop()
    left = loop.create_task(fail()) if is_task else loop.create_future()
    if isinstance(left, asyncio.Task):
        await asyncio.wait([left])
    else:
        left.set_exception(ConnectionError(COMPLAINT))
    del left
    gc.collect()
    assert level in log.text
    assert "ConnectionError" in log.text
    assert COMPLAINT not in log.text


def test_the_way_of_an_error_tells_where_and_what_kind_but_neither_message_nor_locals() -> None:
    try:
        try:
            _confide(COMPLAINT)
        except ValueError as error:
            raise RuntimeError(NAME) from error
    except RuntimeError as error:
        way = way_of((RuntimeError, error, error.__traceback__))
    assert way.index("ValueError") < way.index("which led to") < way.index("RuntimeError")
    assert "in _confide" in way
    assert [words for words in PRIVATE if words in way] == []


def test_the_way_of_a_group_tells_of_each_error_in_it() -> None:
    group = ExceptionGroup(NAME, [KeyError(COMPLAINT), OSError(NAME)])
    way = way_of((ExceptionGroup, group, None))
    assert way.splitlines() == ["ExceptionGroup", "of which one is", "KeyError", "of which one is", "OSError"]


def test_an_error_that_caused_itself_is_told_once() -> None:
    first, second = ValueError(), KeyError()
    first.__cause__, second.__cause__ = second, first
    assert way_of((ValueError, first, None)).splitlines() == ["KeyError", "which led to", "ValueError"]


def test_what_is_below_the_level_is_not_written(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", log.stream)  # pytest put its own back
    set_up_logs(read_settings({}, log_level="WARNING", log_format=log.style))
    logger = structlog.get_logger("test")
    logger.info("quiet")
    logger.warning("heard")
    assert "heard" in log.text
    assert "quiet" not in log.text


def _confide(text: str) -> None:
    raise ValueError(text)
