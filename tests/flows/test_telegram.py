"""Telegram over HTTP: the real process against a small Bot API server, in fair weather and in foul."""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count, pairwise
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from sqlalchemy import select

from storage.people import invite
from storage.tables import departments, officers
from testbed.processes import Installation, Run, browser, comes_true
from tests.support.botapi import BotApi, Call
from tests.support.botapi_people import Heard, Person
from tests.support.figures import Figures, figures_in
from tests.support.house import sqlite_url

QUESTION = "个体户月销售额10万元以内要交增值税吗"
COMPLAINT = "我要投诉办税服务厅，工作人员态度恶劣，排队两个小时没人管"
COMPLAINTS_GO_TO = "纳税服务处"
REPLY = "您好，经核实，当日叫号系统故障，已整改并向您致歉。"
OFFICER = "阿依努尔·样例"
TOKEN = f"4242:{'t' * 30}"
WITHIN = 60.0  # seconds; on a machine that is busy

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass(slots=True)
class Office:
    """A running product, the Telegram that it is connected to, and an officer who has bound a chat there."""

    api: BotApi
    installation: Installation
    officer: Person
    numbers: Iterator[int]

    @property
    def run(self) -> Run:
        return self.installation.runs[-1]

    def somebody(self) -> Person:
        """Somebody whom no other test knows."""
        number = next(self.numbers)
        return self.api.person(number, f"纳税人{number}")

    async def welcomed(self) -> Person:
        person = self.somebody()
        person.says("/start")
        await person.hears("您好，这里是", within=WITHIN)
        return person

    def sent_to(self, chat_id: int) -> list[Call]:
        """What the bot tried to say in a chat, whether it succeeded or not."""
        return [
            call
            for call in self.api.calls
            if call.method == "sendMessage" and call.parameters["chat_id"] == str(chat_id)
        ]


def installation_at(folder: Path, api: BotApi, **settings: object) -> Installation:
    api.token = TOKEN
    return Installation(
        folder,
        sqlite_url(folder),
        **{"telegram_token": TOKEN, "telegram_api": api.url, "lease_seconds": 6, "handler_seconds": 5, **settings},
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    """One for all tests: a start takes seconds. Each test brings people of its own."""
    async with BotApi() as api:
        with installation_at(tmp_path_factory.mktemp("office"), api) as installation:
            run = await installation.start().ready()
            officer = api.person(7, "阿依努尔")
            officer.says(f"/start {run.invitations[OFFICER]}")
            await officer.hears("已与您绑定", within=WITHIN)
            yield Office(api, installation, officer, count(100))
            assert api.unknown_calls == []


async def complain(person: Person) -> str:
    """Write a complaint, and give back the number of its case."""
    person.says(COMPLAINT)
    return number_in(await person.hears("办件编号：", within=WITHIN))


def number_in(receipt: Heard) -> str:
    found = re.search(r"办件编号：(\S+)", receipt.text)
    assert found is not None, receipt.text
    return found[1]


async def card_of(officer: Person, number: str) -> Heard:
    return await officer.hears(f"办件 {number} ·", within=WITHIN)


async def test_the_commands_menu_is_put_up(office: Office) -> None:
    (menu,) = [call.parameters["commands"] for call in office.api.calls if call.method == "setMyCommands"][:1]
    assert all(f'"{command}"' in menu for command in ("start", "cases", "lookup", "language"))


async def test_a_question_is_answered_and_a_complaint_is_signed_answered_and_rated(office: Office) -> None:
    taxpayer, officer = await office.welcomed(), office.officer
    taxpayer.says(QUESTION)
    answer = await taxpayer.hears("免征增值税", within=WITHIN)
    assert "依据：" in answer.text
    assert answer.buttons == ["解决了", "没解决", "转人工"]
    pressed = taxpayer.presses(answer, "解决了")
    await taxpayer.hears("很高兴", within=WITHIN)
    assert await office.api.comes_true(lambda: pressed in office.api.answers, within=WITHIN)

    number = await complain(taxpayer)
    card = await card_of(officer, number)
    assert "态度恶劣" in card.text
    officer.presses(card, "签收")
    await officer.hears("已签收", within=WITHIN)
    await taxpayer.hears(f"{number} 已由{COMPLAINTS_GO_TO}签收", within=WITHIN)
    officer.replies(card, REPLY)
    await officer.hears("已答复", within=WITHIN)
    reply = await taxpayer.hears("已整改并向您致歉", within=WITHIN)
    taxpayer.presses(reply, "非常满意")
    await taxpayer.hears("感谢您的评价：非常满意", within=WITHIN)


async def test_what_was_fetched_and_handled_stands_among_the_figures(office: Office) -> None:
    taxpayer = await office.welcomed()
    before = await figures_of(office)
    office.api.fail_next("getUpdates", retry_after=1)
    for _ in range(2):  # the second time the house has fetched again after it failed to
        taxpayer.says("你好")
        await taxpayer.hears("请直接写下您的税费问题", within=WITHIN)
    after = await figures_of(office)
    for counted, labels, more in (
        ("shuiqiao_updates_stored_total", {"channel": "telegram"}, 2),
        ("shuiqiao_updates_settled_total", {"channel": "telegram", "outcome": "handled"}, 2),
        ("shuiqiao_telegram_polls_failed_total", {}, 1),
    ):
        assert after.value(counted, **labels) == before.value(counted, **labels) + more, counted
    assert after.value("shuiqiao_event_loop_lag_seconds_count") > 0


async def figures_of(office: Office) -> Figures:
    async with aiohttp.ClientSession() as session, session.get(f"{office.run.url}/metrics") as answer:
        return figures_in(await answer.text())


async def test_an_invitation_binds_one_chat_only(office: Office) -> None:
    stranger = await office.welcomed()
    stranger.says(f"/start {office.run.invitations[OFFICER]}")
    await stranger.hears("已经用过或已过期", within=WITHIN)


async def test_taxpayer_and_officer_meet_across_channels(office: Office) -> None:
    async with browser(lambda: office.run.url) as page:
        await page.says(COMPLAINT)
        number = (await page.hears("办件编号：")).text.partition("办件编号：")[2].split()[0]
        office.officer.replies(await card_of(office.officer, number), REPLY)
        await page.hears("已整改并向您致歉")

    taxpayer = await office.welcomed()
    number = await complain(taxpayer)
    async with browser(lambda: office.run.url, office.run.desks[OFFICER]) as desk:
        card = await desk.hears(f"办件 {number} ·")
        await desk.presses(card, "签收")
        await desk.hears(f"您已签收办件 {number}")
        await desk.says(REPLY, reply_to=card.id)
        await taxpayer.hears("已整改并向您致歉", within=WITHIN)


async def test_replies_come_in_the_order_of_the_messages(office: Office) -> None:
    person = await office.welcomed()
    said = ["你好", "谢谢", QUESTION] * 5
    for text in said:
        person.says(text)
    assert await office.api.comes_true(lambda: len(person.heard) == 1 + len(said), within=WITHIN)
    beginnings = {"您好": "你好", "不客": "谢谢", "【个": QUESTION}
    assert [beginnings[message.text[:2]] for message in person.heard[1:]] == said


async def test_429_pauses_that_address_for_as_long_as_telegram_says(office: Office) -> None:
    hurried, other = await office.welcomed(), await office.welcomed()
    office.api.fail_next("sendMessage", retry_after=2, chat_id=hurried.user["id"])
    hurried.says("谢谢")
    assert await office.api.comes_true(lambda: len(office.sent_to(hurried.user["id"])) == 2, within=WITHIN)
    other.says("谢谢")
    await other.hears("不客气", within=WITHIN)
    await hurried.hears("不客气", within=WITHIN)
    _, refused, accepted = office.sent_to(hurried.user["id"])
    assert accepted.at - refused.at >= timedelta(seconds=2)
    assert office.sent_to(other.user["id"])[-1].at < accepted.at
    assert len(hurried.heard) == 2


async def test_429_for_two_addresses_at_once_silences_the_channel(office: Office) -> None:
    first, second, third = await office.welcomed(), await office.welcomed(), await office.welcomed()
    for person in (first, second):
        office.api.fail_next("sendMessage", retry_after=3, chat_id=person.user["id"])
        person.says("谢谢")
    both = [first.user["id"], second.user["id"]]
    assert await office.api.comes_true(lambda: all(len(office.sent_to(one)) == 2 for one in both), within=WITHIN)
    told_at = max(office.sent_to(one)[1].at for one in both)
    third.says("谢谢")
    await third.hears("不客气", within=WITHIN)
    assert office.sent_to(third.user["id"])[-1].at - told_at >= timedelta(seconds=2.9)
    for person in (first, second):
        await person.hears("不客气", within=WITHIN)


async def test_errors_that_pass_delay_a_message_and_do_not_repeat_it(office: Office) -> None:
    person = await office.welcomed()
    office.api.fail_next("sendMessage", status=500, chat_id=person.user["id"])
    office.api.cut_next("sendMessage", after_effect=False, chat_id=person.user["id"])
    person.says("谢谢")
    await person.hears("不客气", within=WITHIN)
    person.says("你好")
    await person.hears("请直接写下", within=WITHIN)
    assert len(person.heard) == 3
    assert len(office.sent_to(person.user["id"])) == 5


async def test_a_message_repeats_only_where_its_receipt_was_cut_off(office: Office) -> None:
    person = await office.welcomed()
    office.api.cut_next("sendMessage", after_effect=True, chat_id=person.user["id"])
    person.says("谢谢")
    person.says("你好")
    await person.hears("请直接写下", within=WITHIN)
    assert [message.text[:3] for message in person.heard[1:]] == ["不客气", "不客气", "您好！"]


async def test_what_a_blocked_bot_owes_is_kept_until_its_reader_comes_back(office: Office) -> None:
    taxpayer = await office.welcomed()
    number = await complain(taxpayer)
    card = await card_of(office.officer, number)
    office.api.shut(taxpayer.chat, "Forbidden: bot was blocked by the user")
    office.officer.replies(card, REPLY)
    await office.officer.hears("已答复", within=WITHIN)
    refused = len(taxpayer.heard) + 1
    assert await office.api.comes_true(lambda: len(office.sent_to(taxpayer.user["id"])) == refused, within=WITHIN)
    taxpayer.unblocks()
    await taxpayer.hears("已整改并向您致歉", within=WITHIN)
    assert len(office.sent_to(taxpayer.user["id"])) == refused + 1


async def test_what_is_owed_to_a_chat_that_is_gone_is_said_first_when_it_writes_again(office: Office) -> None:
    person = await office.welcomed()
    office.api.fail_next(
        "sendMessage", status=400, description="Bad Request: chat not found", chat_id=person.user["id"]
    )
    person.says("谢谢")
    assert await office.api.comes_true(lambda: len(office.sent_to(person.user["id"])) == 2, within=WITHIN)
    person.says("你好")
    await person.hears("请直接写下", within=WITHIN)
    assert [message.text[:3] for message in person.heard[1:]] == ["不客气", "您好！"]


async def test_a_message_that_telegram_refuses_is_given_up_and_holds_up_nothing(office: Office) -> None:
    person = await office.welcomed()
    office.api.fail_next(
        "sendMessage", status=400, description="Bad Request: message is too strange", chat_id=person.user["id"]
    )
    person.says("谢谢")
    person.says("你好")
    await person.hears("请直接写下", within=WITHIN)
    assert [message.text[:3] for message in person.heard[1:]] == ["您好！"]
    assert len(office.sent_to(person.user["id"])) == 3


@pytest.mark.parametrize("has_written", [False, True], ids=["before it wrote", "after it wrote"])
async def test_a_group_that_became_a_supergroup_is_followed(office: Office, has_written: bool) -> None:  # noqa: FBT001 — a parameter
    old, new = (-1000 - has_written, -2000 - has_written)
    group = office.officer.in_group(old)
    group.says(f"/bind {await group_invitation(office.installation)}")
    await group.hears(f"已绑定{COMPLAINTS_GO_TO}", within=WITHIN)
    supergroup = office.officer.in_group(new)
    if has_written:
        supergroup.says("升级了")
        await supergroup.hears("没有绑定", within=WITHIN)
    office.api.fail_next("sendMessage", migrate_to_chat_id=new, chat_id=old)
    number = await complain(await office.welcomed())
    card = await card_of(supergroup, number)
    supergroup.presses(card, "签收")
    await supergroup.hears("已签收", within=WITHIN)


async def group_invitation(installation: Installation) -> str:
    """What an administrator gives to a department for its group."""
    async with installation.database() as database, database.unit() as unit:
        named = select(departments.c.id).where(departments.c.name == COMPLAINTS_GO_TO)
        department_id = await unit.value(named.order_by(departments.c.id).limit(1))
        officer_id = await unit.value(select(officers.c.id).where(officers.c.name == OFFICER))
        return await invite(unit, officer_id, "bind", timedelta(hours=1), department_id=department_id)


async def test_an_update_that_nobody_can_read_is_set_aside_and_holds_up_nobody(office: Office) -> None:
    odd, other = await office.welcomed(), await office.welcomed()
    odd.sends({"text": {"not": "a text"}})
    other.says("谢谢")
    await other.hears("不客气", within=WITHIN)
    await odd.hears("处理时出了故障", within=WITHIN)
    odd.says("谢谢")
    await odd.hears("不客气", within=WITHIN)


async def test_a_second_poller_is_named_in_the_log_and_survived(office: Office) -> None:
    person = await office.welcomed()
    assert await polls_too(office.api) == 200
    await comes_true("the conflict is named", lambda: "another_poller" in office.run.complained)
    person.says("谢谢")
    await person.hears("不客气", within=WITHIN)


async def polls_too(api: BotApi) -> int:
    """Somebody else uses the token; gives back the status that Telegram answers with."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{api.url}/bot{TOKEN}/getUpdates", params={"timeout": 0}) as response,
    ):
        return response.status


async def test_the_offset_moves_only_after_storing_and_a_redelivery_is_the_same_update(office: Office) -> None:
    person = await office.welcomed()
    office.api.fail_next("getUpdates", times=30)  # one of which would confirm what the one before has brought
    person.says(COMPLAINT)
    await person.hears("办件编号：", within=WITHIN)
    await office.installation.nothing_waits()
    assert office.api.unconfirmed != []
    office.run.kill()
    while await polls_too(office.api) != 200:  # until Telegram is well again
        pass
    assert office.api.unconfirmed != []
    await office.installation.start().ready()
    assert await office.api.comes_true(lambda: office.api.unconfirmed == [], within=WITHIN)
    person.says("/cases")
    assert len((await person.hears("您的办件", within=WITHIN)).buttons) == 2  # the case, and 凭查询码查询
    assert sum("办件编号：" in message.text for message in person.heard) == 1


async def test_a_wrong_token_is_refused_in_one_sentence(tmp_path: Path) -> None:
    async with BotApi() as api:
        with installation_at(tmp_path, api, telegram_token=f"4242:{'x' * 30}", log_level="WARNING") as installation:
            run = installation.start()
            assert await run.ended() == 1
            (sentence,) = run.complained.splitlines()
            assert "SHUIQIAO_TELEGRAM_TOKEN" in sentence
            assert "x" * 30 not in sentence


async def test_the_web_is_served_while_telegram_cannot_be_reached(tmp_path: Path) -> None:
    async with BotApi() as api:
        api.cut_next("getMe", after_effect=False, times=2)
        with installation_at(tmp_path, api) as installation:
            run = await installation.start().ready()
            assert "暂时连不上 Telegram" in run.said
            async with browser(lambda: run.url) as page:
                await page.says("谢谢")
                await page.hears("不客气")
            await comes_true("Telegram is back", lambda: OFFICER in run.invitations)
            person = api.person(1, "阿丽娅")
            person.says("谢谢")
            await person.hears("不客气", within=WITHIN)
            assert await run.terminate() == 0
            assert "Traceback" not in run.complained


async def test_a_flood_from_one_person_delays_only_that_person(office: Office) -> None:
    """One message a second in a chat; meanwhile others are answered at once."""
    flooding, other = await office.welcomed(), await office.welcomed()
    for _ in range(6):
        flooding.says("谢谢")
    other.says("你好")
    await other.hears("请直接写下", within=WITHIN)
    assert len(flooding.heard) < 1 + 6
    assert await office.api.comes_true(lambda: len(flooding.heard) == 1 + 6, within=WITHIN)
    assert least_pause(flooding) >= 1.0


async def test_a_group_hears_twenty_messages_a_minute(office: Office) -> None:
    member = office.somebody().in_group(-next(office.numbers))
    for _ in range(3):
        member.says("/bind nothing")
    assert await office.api.comes_true(lambda: len(member.heard) == 3, within=WITHIN)
    assert least_pause(member) >= 3.0


async def test_all_chats_together_hear_thirty_messages_a_second(office: Office) -> None:
    people = [office.somebody() for _ in range(50)]
    for person in people:
        person.says("谢谢")
    assert await office.api.comes_true(lambda: all(person.heard for person in people), within=WITHIN)
    ticks = sorted(message.tick for person in people for message in person.heard)
    # They leave evenly; what the way adds to one and not to another may bring two into the same second.
    assert max(sum(0 <= later - tick < 1 for later in ticks) for tick in ticks) <= 30 + 2


def least_pause(person: Person) -> float:
    """The shortest time between two messages in a chat, in seconds."""
    ticks = [message.tick for message in person.heard]
    return min(later - earlier for earlier, later in pairwise(ticks))
