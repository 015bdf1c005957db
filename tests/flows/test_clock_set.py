"""Somebody sets the clock while the house runs: nothing is lost, nothing is said twice, nothing waits for old times."""

import asyncio
import gc
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine

from bot.app import open_house, run_house
from bot.channels.pace import Pace
from bot.channels.telegram import TELEGRAM
from bot.delivery import Delivery
from bot.intake import Intake
from bot.runtime.clock import system_clock
from bot.settings import read_settings
from bot.web.limits import PostLimits
from bot.wording.speech import words_of
from escalation.deadlines.workdays import local_date
from escalation.duties.redating import correct
from storage import inbox, outbox
from storage.inbox import ALBUM_WAIT
from storage.installation import take_lease
from storage.outbox import Notice
from storage.people import find_party
from storage.tables import addresses, leases
from testbed.processes import comes_true
from tests.flows.cast import COMPLAINT, KNOWN, letter
from tests.flows.test_calendar import OFF
from tests.support.house import (
    TELEGRAM_BOT_ID,
    HouseUnderTest,
    interpreter,
    open_test_house,
    settings_for,
    sqlite_url,
)

LEASE = timedelta(seconds=20)


@pytest.mark.parametrize("hours", [-9000, -1, 1, 9000])
async def test_people_are_answered_whatever_the_clock_is_set_to(either_house: HouseUnderTest, hours: float) -> None:
    visitor = await either_house.visitor()
    assert "依据：" in (await visitor.say(KNOWN)).text
    either_house.clock.advance(hours=hours)
    assert "办件编号：" in (await visitor.say(COMPLAINT)).text
    newcomer = await either_house.visitor("newcomer")
    assert "依据：" in (await newcomer.say(KNOWN)).text


async def test_what_a_worker_that_died_had_in_hand_is_free_when_the_clock_goes_back(
    either_house: HouseUnderTest,
) -> None:
    """Otherwise its lease would last until the old time has come again."""
    await either_house.settle()
    person = either_house.telegram_person(11)
    await person.receive(letter(person, KNOWN), settle=False)
    async with either_house.database.unit() as unit:
        assert await inbox.claim(unit, "dead", LEASE)
    async with either_house.database.unit() as unit:
        assert not await inbox.claim(unit, "alive", LEASE)
    either_house.clock.advance(hours=-1)
    async with either_house.database.unit() as unit:
        [again] = await inbox.claim(unit, "alive", LEASE)
    assert again.claims == 2


async def test_what_a_sender_that_died_had_in_hand_is_free_when_the_clock_goes_back(
    either_house: HouseUnderTest,
) -> None:
    person = either_house.telegram_person(12)
    await person.say("/start")
    async with either_house.database.unit() as unit:
        party = await find_party(unit, TELEGRAM, TELEGRAM_BOT_ID, 12)
        assert party is not None
        outbox.tell(unit, party.address_id, Notice("talk.greeting", {}))
        assert await outbox.claim(unit, TELEGRAM, "dead", LEASE, most=1)
        assert not await outbox.claim(unit, TELEGRAM, "alive", LEASE, most=1)
    heard = len(person.heard())
    either_house.clock.advance(hours=-1)
    await either_house.settle()
    assert len(person.heard()) == heard + 1


async def test_an_album_does_not_wait_for_the_old_time_to_come_again(either_house: HouseUnderTest) -> None:
    await either_house.settle()
    person = either_house.telegram_person(13)
    await person.receive(letter(person, "一", media_group_id="7"), settle=False)
    async with either_house.database.unit() as unit:
        assert not await inbox.claim(unit, "worker", LEASE)  # its siblings may still come
    either_house.clock.advance(hours=-1)
    async with either_house.database.unit() as unit:
        assert await inbox.claim(unit, "worker", LEASE)
    assert timedelta(hours=1) > ALBUM_WAIT


async def test_a_named_lease_ends_though_the_databases_clock_was_set_back(either_house: HouseUnderTest) -> None:
    async with either_house.database.unit() as unit:
        assert await take_lease(unit, "jobs", "dead", LEASE)
        assert not await take_lease(unit, "jobs", "alive", LEASE)
        until = unit.now.replace(year=2200)  # as a clock would have written that stood in another century
        await unit.run(leases.update().values(until_at=until))
        assert await take_lease(unit, "jobs", "alive", LEASE)


async def test_what_is_on_its_way_is_not_sent_again_when_the_clock_goes_forward(either_house: HouseUnderTest) -> None:
    """The lease of its address seems to be over; but the sender lives."""
    await either_house.settle()
    person = either_house.telegram_person(14)
    await person.receive(letter(person, "/start"), settle=False)
    assert await Intake(either_house.deps, either_house.house.dispatcher).handle_next("worker")
    sender = Delivery(either_house.deps, TELEGRAM)
    either_house.telegram.lets_through.clear()
    async with asyncio.TaskGroup() as tasks:
        first = tasks.create_task(sender.deliver_next("one"))
        await comes_true("a message is on its way", lambda: bool(either_house.telegram.requests))
        either_house.clock.advance(hours=1)
        assert not await sender.deliver_next("two")
        either_house.telegram.lets_through.set()
    assert first.result()
    assert len(person.heard()) == 1
    assert not await sender.deliver_next("two")


async def test_nobody_waits_until_the_old_time_comes_again_when_the_clock_goes_back_a_little(
    either_house: HouseUnderTest,
) -> None:
    await either_house.settle()
    person = either_house.telegram_person(16)
    await person.receive(letter(person, "/start"), letter(person, "谢谢"), settle=False)
    async with either_house.database.unit() as unit:
        assert await inbox.claim(unit, "dead", LEASE)
    either_house.clock.advance(minutes=-3)
    await either_house.deps.clock_watch.look()
    await either_house.settle()
    assert len(person.heard()) == 2


async def test_a_start_ends_the_waits_that_a_clock_has_left_which_was_set_back(
    database_url: str, tmp_path: Path
) -> None:
    async with open_test_house(database_url, tmp_path) as before:
        person = before.telegram_person(17)
        await person.say("/start")
        async with before.database.unit() as unit:
            party = await find_party(unit, TELEGRAM, TELEGRAM_BOT_ID, 17)
            assert party is not None
            outbox.tell(unit, party.address_id, Notice("talk.greeting", {}))
            assert await outbox.claim(unit, TELEGRAM, "killed", LEASE, most=1)
            await unit.run(addresses.update().values(not_before=unit.now + timedelta(minutes=3)))
    async with open_test_house(database_url, tmp_path) as after:
        await after.settle()
        assert len(after.telegram_person(17).heard()) == 1


@pytest.mark.parametrize("hours", [-2, 2])
async def test_a_chat_rests_after_a_message_though_the_clock_is_set(either_house: HouseUnderTest, hours: int) -> None:
    await either_house.settle()
    person = either_house.telegram_person(15)
    await person.receive(letter(person, "/start"), letter(person, "谢谢"), settle=False)
    intake = Intake(either_house.deps, either_house.house.dispatcher)
    assert await intake.handle_next("worker")
    assert await intake.handle_next("worker")
    pace = Pace(per_second=1000, chat_rest=timedelta(minutes=5), group_rest=timedelta(minutes=5))
    sender = Delivery(either_house.deps, TELEGRAM, pace=pace)
    assert await sender.deliver_next("one")
    either_house.clock.advance(hours=hours)
    while await sender.deliver_next("one"):
        pass
    assert len(person.heard()) == 1


@pytest.mark.parametrize("hours", [-1, 1])
async def test_the_jobs_go_on_when_the_clock_is_set(tmp_path: Path, hours: int) -> None:
    """APScheduler goes by the wall clock, and would sleep for an hour."""
    settings = settings_for(sqlite_url(tmp_path), tmp_path)
    async with open_house(settings, say=lambda _sentence: None, interpreter=interpreter()) as house, run_house(house):
        revision = house.deps.rules.calendar_revision
        with time_machine.travel(system_clock() + timedelta(hours=hours), tick=True):
            await comes_true("the watch has looked", lambda: house.deps.clock_watch.times_set == 1)
            async with house.deps.database.unit() as unit:
                await correct(unit, house.deps.rules, OFF, "王样例")
            await comes_true(
                "the rules are read again", lambda: house.deps.rules.calendar_revision > revision, within=30
            )


async def test_nobody_is_kept_out_for_an_hour_because_the_clock_went_back() -> None:
    limits = PostLimits(read_settings({}, posts_per_minute=1))
    with time_machine.travel(system_clock() + timedelta(hours=1), tick=True):
        assert await limits.admit("visitor", "address")
        assert not await limits.admit("visitor", "address")
    assert not await limits.admit("visitor", "address")
    await limits.forget()
    assert await limits.admit("visitor", "address")


async def test_counting_posts_anew_does_not_disturb_what_is_being_counted(caplog: pytest.LogCaptureFixture) -> None:
    limits = PostLimits(read_settings({}, posts_per_minute=1))
    async with asyncio.TaskGroup() as posts:
        for number in range(20):
            posts.create_task(limits.admit(f"visitor {number}", "address"))
            await asyncio.sleep(0)
            posts.create_task(limits.forget())
    if counting := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(counting)
        counting.clear()
    gc.collect()  # a task that failed and that nobody waits for is told when it is collected
    assert caplog.records == []


async def test_an_answer_bears_the_day_on_which_it_was_decided_whenever_it_is_said(
    either_house: HouseUnderTest,
) -> None:
    """Said again after a kill, with the clock set meanwhile, it is word for word the same."""
    person = either_house.telegram_person(17)
    await person.say("/start")
    await person.receive(letter(person, KNOWN), settle=False)
    assert await Intake(either_house.deps, either_house.house.dispatcher).handle_next("worker")
    today = words_of("zh").full_day(local_date(either_house.clock.now))
    either_house.clock.advance(days=3)
    await either_house.settle()
    assert f"答复日期：{today}" in person.heard()[-1].text
