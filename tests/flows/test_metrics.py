"""The figures move when something happens, and tell nothing of who it happened to."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

from aiogram import Bot
from aiogram.client.session.base import BaseSession
from aiogram.exceptions import TelegramAPIError, TelegramBadRequest, TelegramForbiddenError, TelegramRetryAfter
from aiogram.methods import SendMessage, TelegramMethod
from aiogram.methods.base import TelegramType

from bot import VERSION
from bot.channels.telegram import TELEGRAM, UPDATE_KINDS
from bot.duty_kinds import duty_kinds
from bot.jobs import watch_duties
from bot.runtime.metrics import PRIORITIES
from tests.flows.cast import COMPLAINT, KNOWN, code_in, number_in, time_passes
from tests.support.figures import Figures, scrape
from tests.support.house import HouseUnderTest, open_test_house, sqlite_url

METHOD = SendMessage(chat_id=1, text="…")


class Refusing(BaseSession):
    """Telegram refuses the next messages, each for a reason of its own, and takes the rest."""

    def __init__(self, house: HouseUnderTest, *refusals: TelegramAPIError) -> None:
        super().__init__()
        self._telegram = house.telegram
        self._refusals = list(refusals)
        house.deps.bots[TELEGRAM].session = self

    async def make_request(
        self,
        bot: Bot,
        method: TelegramMethod[TelegramType],
        timeout: int | None = None,  # noqa: ASYNC109  aiogram's signature
    ) -> TelegramType:
        if isinstance(method, SendMessage) and self._refusals:
            raise self._refusals.pop(0)
        return await self._telegram.make_request(bot, method, timeout)

    async def close(self) -> None:
        """Nothing to close."""

    async def stream_content(self, *_: Any, **__: Any) -> AsyncGenerator[bytes, None]:
        raise NotImplementedError
        yield b""


def letter(house: HouseUnderTest, person: int) -> dict[str, Any]:
    number, stamp = house.next_update_id(), int(house.clock().timestamp())
    sender = {"id": person, "is_bot": False, "first_name": "测试"}
    message = {"message_id": number, "date": stamp, "chat": {"id": person, "type": "private"}, "from": sender}
    return {"update_id": number, "message": {**message, "text": "你好"}}


def poison(house: HouseUnderTest, person: int) -> dict[str, Any]:
    """What no handler can read."""
    return {"update_id": house.next_update_id(), "message": {"message_id": None, "chat": {"id": person}, "from": {}}}


async def test_a_question_and_a_complaint_are_counted_timed_and_owed(either_house: HouseUnderTest) -> None:
    house = either_house
    taxpayer = house.telegram_person(2001)
    await taxpayer.say(KNOWN)
    await taxpayer.press("解决了")
    await taxpayer.say(COMPLAINT)
    figures = await scrape(house.deps)
    assert figures.value("shuiqiao_updates_settled_total", channel="telegram", outcome="handled") == 3
    assert figures.value("shuiqiao_handler_duration_seconds_count", channel="telegram", kind="message") == 2
    assert figures.value("shuiqiao_handler_duration_seconds_count", channel="telegram", kind="callback_query") == 1
    said = len(taxpayer.heard())
    assert figures.value("shuiqiao_notices_settled_total", channel="telegram", outcome="sent") == said
    assert figures.value("shuiqiao_notice_delay_seconds_count", channel="telegram", priority="answer") == said
    for kind in ("case.sign", "case.answer"):
        assert figures.value("shuiqiao_duties_open", kind=kind) == 1
        assert figures.value("shuiqiao_duties_overdue", kind=kind) == 0
    assert figures.value("shuiqiao_database_up") == 1
    assert figures.total("shuiqiao_updates_waiting") == figures.total("shuiqiao_notices_waiting") == 0


async def test_what_waits_is_counted_with_its_age_until_it_is_settled(house: HouseUnderTest) -> None:
    one, other = house.telegram_person(2002), house.telegram_person(2003)
    await house.settle()  # the officers' desks have been opened
    for person in (one, one, other):
        await person.receive(letter(house, person.user_id), settle=False)
        house.clock.advance(seconds=10)
    figures = await scrape(house.deps)
    assert figures.value("shuiqiao_updates_waiting") == 3
    assert figures.value("shuiqiao_lanes_waiting") == 2
    assert figures.value("shuiqiao_updates_oldest_waiting_seconds") == 30
    await house.settle()
    figures = await scrape(house.deps)
    assert figures.value("shuiqiao_updates_waiting") == figures.value("shuiqiao_lanes_waiting") == 0
    assert figures.value("shuiqiao_updates_oldest_waiting_seconds") == 0


async def test_an_update_that_fails_is_counted_each_time_and_shown_until_somebody_has_dealt_with_it(
    house: HouseUnderTest,
) -> None:
    person = house.telegram_person(2004)
    await person.say("你好")
    await person.receive(poison(house, 2004))
    failed = {"channel": "telegram", "cause": "exception"}
    assert (await scrape(house.deps)).value("shuiqiao_updates_failed_total", **failed) == 1
    for _ in range(3):
        await time_passes(house, seconds=20)
    figures = await scrape(house.deps)
    assert figures.value("shuiqiao_updates_failed_total", **failed) == 3
    assert figures.value("shuiqiao_updates_settled_total", channel="telegram", outcome="set_aside") == 1
    assert figures.value("shuiqiao_updates_set_aside") == 1
    assert figures.value("shuiqiao_duties_open", kind="update.set_aside") == 1


async def test_an_update_of_a_kind_that_nobody_knows_is_of_the_kind_other(house: HouseUnderTest) -> None:
    person = house.telegram_person(2005)
    await person.receive({"update_id": house.next_update_id(), "telepathy": {"from": {"id": 2005}}})
    figures = await scrape(house.deps)
    assert figures.value("shuiqiao_handler_duration_seconds_count", channel="telegram", kind="other") == 1
    assert "telepathy" not in figures.text


async def test_a_notice_that_is_told_to_wait_waits_and_is_counted_late_when_it_is_said(house: HouseUnderTest) -> None:
    Refusing(house, TelegramRetryAfter(METHOD, "Too Many Requests", 30))
    person = house.telegram_person(2006)
    await person.say("你好")
    house.clock.advance(seconds=20)
    figures = await scrape(house.deps)
    assert figures.value("shuiqiao_sends_told_to_wait_total", channel="telegram") == 1
    assert figures.value("shuiqiao_notices_waiting", channel="telegram") == 1
    assert figures.value("shuiqiao_notices_oldest_waiting_seconds", channel="telegram") == 20
    assert figures.value("shuiqiao_notices_oldest_sayable_seconds", channel="telegram") == 0
    house.clock.advance(seconds=20)
    figures = await scrape(house.deps)
    assert figures.value("shuiqiao_notices_oldest_sayable_seconds", channel="telegram") == 40
    await house.settle()
    figures = await scrape(house.deps)
    assert figures.value("shuiqiao_notices_waiting", channel="telegram") == 0
    assert figures.value("shuiqiao_notice_delay_seconds_sum", channel="telegram", priority="answer") == 40


async def test_refusals_and_cut_connections_are_told_apart(house: HouseUnderTest) -> None:
    Refusing(
        house,
        TelegramBadRequest(METHOD, "Bad Request: message is too strange"),
        TelegramAPIError(METHOD, "Internal Server Error"),
        TelegramForbiddenError(METHOD, "Forbidden: bot was blocked by the user"),
    )
    for number in (2007, 2008, 2009):
        await house.telegram_person(number).say("你好")
    figures = await scrape(house.deps)
    assert figures.value("shuiqiao_notices_settled_total", channel="telegram", outcome="failed") == 1
    assert figures.value("shuiqiao_sends_backed_off_total", channel="telegram") == 1
    assert figures.value("shuiqiao_addresses_blocked_total", channel="telegram") == 1
    assert figures.value("shuiqiao_notices_waiting", channel="telegram") == 1
    assert figures.value("shuiqiao_notices_unreachable", channel="telegram") == 1


async def test_a_patrol_that_does_not_come_is_seen_by_its_lag_and_by_its_last_run(house: HouseUnderTest) -> None:
    visitor = await house.visitor()
    await visitor.say(COMPLAINT)
    assert (await scrape(house.deps)).value("shuiqiao_patrol_lag_seconds") == 0
    house.clock.advance(days=30)
    figures = await scrape(house.deps)
    assert figures.value("shuiqiao_patrol_lag_seconds") > 24 * 3600
    assert figures.value("shuiqiao_patrol_last_run_timestamp_seconds") == 0
    assert figures.value("shuiqiao_duties_overdue", kind="case.answer") == 1
    await watch_duties(house.deps)
    await house.settle()
    figures = await scrape(house.deps)
    assert figures.value("shuiqiao_patrol_lag_seconds") == 0
    assert figures.value("shuiqiao_patrol_last_run_timestamp_seconds") == house.clock().timestamp()
    assert figures.value("shuiqiao_notice_delay_seconds_count", channel="web", priority="reminder") > 0


async def test_the_revisions_in_force_are_told_by_each_process(house: HouseUnderTest) -> None:
    figures = await scrape(house.deps)
    assert figures.value("shuiqiao_faq_revision") == house.deps.faq.edition.revision == 1
    assert figures.value("shuiqiao_faq_entries") == len(house.deps.faq.edition.entries) > 100
    assert figures.value("shuiqiao_calendar_revision") == house.deps.rules.calendar_revision
    assert figures.value("shuiqiao_disk_free_bytes") > 0


async def test_two_houses_in_one_process_count_for_themselves(house: HouseUnderTest, tmp_path: Path) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    async with open_test_house(sqlite_url(folder), folder) as other:
        await house.telegram_person(2010).say("你好")
        assert (await scrape(house.deps)).total("shuiqiao_updates_settled_total") > 0
        untouched = await scrape(other.deps)
        assert untouched.total("shuiqiao_updates_settled_total") == 0
        assert untouched.total("shuiqiao_notices_settled_total") == 0


LABELS = {
    "channel": {"web", "telegram"},
    "outcome": {"handled", "set_aside", "sent", "moot", "failed"},
    "cause": {"exception", "deadline", "database"},
    "priority": set(PRIORITIES.values()),
    "version": {VERSION},
    "kind": {*UPDATE_KINDS, "other"},
}


def unexpected_labels(figures: Figures) -> set[tuple[str, str, str]]:
    """Labels that are none of the words that this house has for them."""
    allowed = {**LABELS, "kind": LABELS["kind"] | {kind.code for kind in duty_kinds()}}
    return {
        (sample.name, label, value)
        for name, family in figures.families.items()
        if name.startswith("shuiqiao_")
        for sample in family.samples
        for label, value in sample.labels.items()
        if label != "le" and value not in allowed.get(label, set())
    }


async def test_nothing_of_a_conversation_appears_in_the_figures(house: HouseUnderTest) -> None:
    person, visitor, officer = house.telegram_person(987654321), await house.visitor(), await house.officer("ayinur")
    await person.say(COMPLAINT)
    receipt = person.heard()[-1]
    await visitor.say(KNOWN)
    await officer.press("答复")
    await officer.say("经核实，叫号系统故障，已整改。")
    await person.receive({"update_id": house.next_update_id(), "心事": {"from": {"id": 987654321}}})
    await person.receive(poison(house, 987654321))
    figures = await scrape(house.deps)
    private = ["987654321", "态度恶劣", "增值税", "已整改", "心事", "测试", "阿依努尔", "ayinur"]
    for words in [*private, number_in(receipt), code_in(receipt), str(visitor.page.chat_id), house.deps.holder]:
        assert words not in figures.text, words
    assert unexpected_labels(figures) == set()
