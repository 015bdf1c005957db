"""An administrator at the terminal, beside the running house."""

import asyncio
import json
import re
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.cli.admin import Impossible, invite_to_console, make_invitation, settle_stuck
from bot.jobs import watch_rules
from bot.settings import Settings
from escalation.watches.stuck import SET_ASIDE
from storage.people import open_invitation
from storage.stuck import Way
from storage.tables import duties, notices, updates
from tests.bot.command import Done, contents, run_command
from tests.support.house import MONDAY, HouseUnderTest, open_test_house, settings_for, sqlite_url

QUESTION = "非居民企业间接转让中国境内企业股权，怎样申报缴纳企业所得税？"
KNOWN = "个体户月销售额10万元以内要交增值税吗"
MANY = 10  # claims after which an update is set aside


async def at_the_terminal(folder: Path, *arguments: str) -> Done:
    url, key = sqlite_url(folder), str(folder / "key")
    act = partial(run_command, folder, *arguments, SHUIQIAO_DATABASE_URL=url, SHUIQIAO_KEY_FILE=key)
    return await asyncio.to_thread(act)


async def test_a_day_off_is_previewed_made_and_told_while_the_house_runs(house: HouseUnderTest, tmp_path: Path) -> None:
    taxpayer = await house.visitor()
    assert "11月12日（周三）24:00" in (await taxpayer.say(QUESTION)).text
    done = await at_the_terminal(tmp_path, "calendar", "correct", "2025-11-07", "--off", "--why", "特别放假", "--yes")
    assert (done.code, done.said) == (0, "")
    assert "2025-000001" in done.out
    assert "2025-11-13" in done.out
    house.clock.now = datetime.now(UTC)  # noqa: TID251  the terminal's clock is the real one
    await watch_rules(house.deps)
    await house.settle()
    assert "答复期限改为：2025年11月13日（周四）24:00" in (await taxpayer.heard())[-1].text


async def test_a_question_that_is_not_answered_changes_nothing(house: HouseUnderTest, tmp_path: Path) -> None:
    await (await house.visitor()).say(QUESTION)
    done = await at_the_terminal(tmp_path, "calendar", "correct", "2025-11-07", "--off", "--why", "特别放假")
    assert (done.code, done.said.strip()) == (1, "已取消，什么都没有改。")
    await watch_rules(house.deps)
    assert house.deps.rules.calendar("xinjiang").is_working(date(2025, 11, 7))


async def test_a_confirmed_year_is_provisional_no_more(house: HouseUnderTest, tmp_path: Path) -> None:
    done = await at_the_terminal(tmp_path, "calendar", "confirm", "2026", "--yes")
    assert (done.code, done.said) == (0, "")
    await watch_rules(house.deps)
    assert not house.deps.rules.calendar("xinjiang").provisional_year(2026)


async def test_an_invitation_from_the_terminal_binds_a_departments_group(house: HouseUnderTest, tmp_path: Path) -> None:
    house.clock.now = datetime.now(UTC)  # noqa: TID251  the terminal's clock is the real one
    done = await at_the_terminal(tmp_path, "invite", "wang", "--department", "international")
    command = done.out.splitlines()[-1]
    assert command.startswith("/bind ")
    group = house.telegram_person(71, chat_id=-500)
    await group.say(command)
    assert "本群已绑定国际税收管理处" in group.heard()[-1].text
    await (await house.visitor()).say(QUESTION)
    assert "承办部门：国际税收管理处" in group.heard()[-1].text


async def test_a_link_into_the_console_is_had_from_the_terminal(house: HouseUnderTest, tmp_path: Path) -> None:
    house.clock.now = datetime.now(UTC)  # noqa: TID251  the terminal's clock is the real one
    done = await at_the_terminal(tmp_path, "invite", "wang", "--console")
    found = re.search(r"^http://127\.0\.0\.1:8080/console/enter/(\S+)$", done.out, re.MULTILINE)
    assert found is not None, done.said
    async with house.database.reader() as reader:
        assert await open_invitation(reader, found[1], "console") is not None
        assert await open_invitation(reader, found[1], "desk") is None
    both = await at_the_terminal(tmp_path, "invite", "wang", "--console", "--department", "office")
    assert (both.code, both.said) == (2, "--console 和 --department 只能写一个。\n")


async def test_a_letter_that_was_set_aside_is_handled_once_it_is_tried_again(
    house: HouseUnderTest, tmp_path: Path
) -> None:
    person = house.telegram_person(72)
    await person.say("你好")
    question = {"update_id": house.next_update_id(), "message": message(72, KNOWN)}
    await person.receive(question, settle=False)
    async with house.database.unit() as unit:  # as if those who had it in hand had been killed, time and again
        await unit.run(update(updates).where(updates.c.settled_at.is_(None)).values(claims=MANY))
    await house.settle()
    assert "处理时出了故障" in person.heard()[-1].text
    (duty,) = await open_duties(house)
    listed = await at_the_terminal(tmp_path, "stuck", "list", "--json")
    assert [json.loads(line)["id"] for line in listed.out.splitlines()] == [duty.subject_id]

    done = await at_the_terminal(tmp_path, "stuck", "retry", "updates")
    assert (done.code, done.out, done.said) == (0, "1 件来信将重新办理。\n", "")
    await house.settle()
    assert "免征增值税" in person.heard()[-1].text
    assert await open_duties(house) == []
    assert (await at_the_terminal(tmp_path, "stuck", "list")).out == "没有卡住的。\n"


async def test_what_is_stuck_is_closed_by_its_number_and_all_or_none(house: HouseUnderTest, tmp_path: Path) -> None:
    person = house.telegram_person(73)
    await person.say("你好")
    await person.receive({"update_id": 900, "message": {"message_id": None, "chat": {"id": 73}, "from": {}}})
    for _ in range(3):
        house.clock.advance(minutes=5)
        await house.settle()
    (duty,) = await open_duties(house)
    number = str(duty.subject_id)

    refused = await at_the_terminal(tmp_path, "stuck", "close", "updates", number, "999")
    assert (refused.code, refused.out) == (1, "")
    assert refused.said == "卡住的来信里没有编号 999，什么都没有做。请看 python -m bot stuck list。\n"
    assert number in (await at_the_terminal(tmp_path, "stuck", "list")).out

    done = await at_the_terminal(tmp_path, "stuck", "close", "updates", number)
    assert (done.code, done.out) == (0, "1 件来信不再办理。\n")
    assert await open_duties(house) == []
    again = await at_the_terminal(tmp_path, "stuck", "retry", "updates", number)
    assert (again.code, again.out) == (1, "")


async def test_a_notice_that_was_given_up_is_sent_once_it_is_tried_again(house: HouseUnderTest, tmp_path: Path) -> None:
    person = house.telegram_person(74)
    await person.say("你好")
    heard = person.heard()[-1].text
    async with house.database.unit() as unit:
        await unit.run(update(notices).where(notices.c.channel == "telegram").values(outcome="failed"))
    house.clock.now = datetime.now(UTC)  # noqa: TID251  the terminal's clock is the real one
    done = await at_the_terminal(tmp_path, "stuck", "retry", "notices")
    assert (done.code, done.out) == (0, "1 件通知将重新办理。\n")
    await house.settle()
    assert [one.text for one in person.heard()] == [heard, heard]
    assert (await at_the_terminal(tmp_path, "stuck", "retry", "notices")).out == "没有卡住的通知。\n"


def message(user_id: int, text: str) -> dict[str, Any]:
    sender = {"id": user_id, "is_bot": False, "first_name": "测试", "language_code": "zh"}
    return {
        "message_id": 7,
        "date": 1762142400,
        "chat": {"id": user_id, "type": "private"},
        "from": sender,
        "text": text,
    }


async def open_duties(house: HouseUnderTest) -> list[Any]:
    """What administrators still have to do about what was set aside."""
    async with house.database.reader() as reader:
        unsettled = duties.c.settled_at.is_(None)
        return list(await reader.all(select(duties).where(duties.c.kind == SET_ASIDE.code, unsettled)))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["invite", "nobody"], "没有代码为 nobody 的工作人员；现有：ayinur、wang"),
        (["invite", "wang", "--department", "inspection"], "没有可以绑定群的部门 inspection"),
        (["invite", "nobody", "--console"], "没有代码为 nobody 的工作人员；现有：ayinur、wang"),
        (["calendar", "confirm", "2027", "--region", "mars", "--yes"], "未知地区"),
        (["stuck", "close", "notices", "7"], "卡住的通知里没有编号 7，什么都没有做"),
    ],
)
async def test_what_cannot_be_done_is_one_sentence(tmp_path: Path, arguments: list[str], sentence: str) -> None:
    async with open_test_house(sqlite_url(tmp_path), tmp_path):
        done = await at_the_terminal(tmp_path, *arguments)
    assert done.code == 1
    assert sentence in done.said
    assert "Traceback" not in done.said


@pytest.mark.parametrize(
    "ask",
    [
        lambda settings, now: make_invitation(settings, now, "nobody", None),
        lambda settings, now: make_invitation(settings, now, "wang", "inspection"),
        lambda settings, now: invite_to_console(settings, now, "nobody"),
        lambda settings, now: settle_stuck(settings, now, Way.OUT, [7], again=True),
    ],
    ids=["no such officer", "no department for a group", "nobody for the console", "nothing stuck"],
)
def test_what_cannot_be_done_is_refused_and_no_trouble_of_the_database(
    founded_folder: Path, tmp_path: Path, ask: Callable[[Settings, datetime], object]
) -> None:
    shutil.copytree(founded_folder, tmp_path, dirs_exist_ok=True)
    refused = ask(settings_for(sqlite_url(tmp_path), tmp_path), MONDAY)
    assert isinstance(refused, Impossible)
    assert refused.why.endswith("。")


async def test_before_the_first_start_there_is_nothing_to_act_on(tmp_path: Path) -> None:
    done = await at_the_terminal(tmp_path, "invite", "wang")
    assert (done.code, done.said) == (1, "还没有数据库。请先启动一次税桥（make run）。\n")
    assert contents(tmp_path) == {}
