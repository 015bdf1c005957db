"""Telegram delivers to the real process, which is killed and changes its door: nothing is lost, nothing comes twice."""

import random
from pathlib import Path

from testbed.postgres import free_port
from testbed.processes import Installation
from tests.support.botapi import BotApi
from tests.support.botapi_faults import Rates
from tests.support.botapi_people import Person
from tests.support.house import sqlite_url

TOKEN = f"4242:{'t' * 30}"
WITHIN = 60.0  # seconds; on a machine that is busy
WORDS = {"谢谢": "不客气", "你好": "您好！"}


async def test_the_door_is_changed_and_the_process_killed_while_people_write(tmp_path: Path) -> None:
    port = free_port()
    async with BotApi() as api:
        api.token = TOKEN
        with Installation(
            tmp_path, sqlite_url(tmp_path), port=port, telegram_token=TOKEN, telegram_api=api.url, lease_seconds=12
        ) as installation:
            person = api.person(7, "纳税人")
            run = await installation.start().ready()
            person.says("/start")
            await person.hears("您好，这里是", within=WITHIN)

            assert await run.terminate() == 0
            installation.change(telegram_webhook="true", public_url=f"http://127.0.0.1:{port}")
            said = write(person, "谢谢", "你好")  # while nobody is there: Telegram keeps it
            run = await installation.start().ready()
            await all_is_answered(person, said)
            assert api.webhook.url == f"http://127.0.0.1:{port}/telegram/4242"

            api.storm(random.Random(1), Rates(delivery_cut=0.5))  # noqa: S311 — its answers are not waited for
            said += write(person, "你好", "谢谢", "谢谢", "你好")
            assert await api.comes_true(lambda: api.met["delivery cut"] > 0, within=WITHIN)
            run.kill()
            installation.change(telegram_webhook=None, public_url=None)
            said += write(person, "你好")
            run = await installation.start().ready()
            said += write(person, "谢谢")
            await all_is_answered(person, said)
            assert api.webhook.url == ""

            assert await run.terminate() == 0
            assert api.unconfirmed == []
            assert api.unknown_calls == []
            for word in ("Traceback", "another_poller", "[error"):
                assert word not in installation.complained


def write(person: Person, *texts: str) -> list[str]:
    for text in texts:
        person.says(text)
    return list(texts)


async def all_is_answered(person: Person, said: list[str]) -> None:
    """Each once and in order; after the kill the one that was on its way may have come twice."""
    expected = [WORDS[text] for text in said]

    def answered() -> bool:
        heard = [message.text[:3] for message in person.heard[1:]]
        return heard == expected or expected in [heard[:n] + heard[n + 1 :] for n in range(len(heard))]

    assert await person.api.comes_true(answered, within=WITHIN), [message.text for message in person.heard]
