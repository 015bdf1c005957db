"""Whatever is sent, there are words: never a trace, never a case of somebody else's, and never silence."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.jobs import PATROL_SECONDS
from escalation.watches.stuck import SET_ASIDE
from storage.inbox import Incoming, store
from storage.tables import cases, updates
from tests.flows.cast import COMPLAINT, KNOWN, TIP_OFF, count_of, duties_of, on_telegram, time_passes
from tests.support.house import HouseUnderTest, TelegramPerson

STALE = "这个按钮已经失效"
FILE: Mapping[str, Any] = {"file_id": "f", "file_unique_id": "f"}


async def number_of_cases(house: HouseUnderTest) -> int:
    async with house.database.reader() as reader:
        return int(await reader.value(select(func.count()).select_from(cases)))


async def set_aside(house: HouseUnderTest) -> int:
    async with house.database.reader() as reader:
        count = select(func.count()).select_from(updates).where(updates.c.outcome == "set_aside")
        return int(await reader.value(count))


# Texts


async def test_every_text_however_odd_gets_words_and_the_next_one_is_heard(either_house: HouseUnderTest) -> None:
    texts = [
        "税" * 4096,
        "\U0001f600" * 2048,
        "\u200b\u200c\u200d\ufeff",
        "\u202e额售销税值增\u202c个体户要交增值税吗",
        "<script>alert(1)</script><b>增值税</b>怎么交 &amp; <img src=x onerror=alert(1)>",
        "增值税\x00怎么\x07交",
        "'; DROP TABLE cases; --",
        "{number} {0} %s {{}} \\",
        " \n\t ",
        "……？！",
        "قۇشۇلغان قىممەت بېجى قانداق تاپشۇرۇلىدۇ",
        "/nosuchcommand@other_bot 增值税",
        "/start " + "A" * 3000,
        "-1",
        str(10**400),
    ]
    for number, text in enumerate(texts):
        person = either_house.telegram_person(1000 + number)
        await person.say(text)
        assert person.heard(), repr(text[:40])
        assert not any("Traceback" in one.text or "Error" in one.text for one in person.heard())
        await person.say("你好")
        assert "请直接写下您的税费问题" in person.heard()[-1].text, repr(text[:40])
    assert await set_aside(either_house) == 0


async def test_a_text_beyond_the_limit_is_refused_by_its_length(house: HouseUnderTest) -> None:
    taxpayer = await house.visitor()
    assert "请控制在 4096 个字以内" in (await taxpayer.say("税" * 10_000)).text
    assert await number_of_cases(house) == 0


async def test_markup_reaches_the_officer_as_it_was_typed(house: HouseUnderTest) -> None:
    taxpayer, officer = await house.visitor(), await on_telegram(house, "ayinur", 1101)
    await taxpayer.say(f"{COMPLAINT}<script>alert(1)</script>")
    assert "<script>alert(1)</script>" in officer.heard()[-1].text
    assert not any(isinstance(getattr(request, "parse_mode", None), str) for request in house.telegram.requests)


async def test_an_empty_text_gets_words(house: HouseUnderTest) -> None:
    person = house.telegram_person(1102)
    await person.say("")
    assert "请把要说的写成文字发来" in person.heard()[-1].text


# What is no text


NO_TEXTS: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "photo": ({"photo": [{**FILE, "width": 1, "height": 1}]}, "图片"),
    "sticker": (
        {"sticker": {**FILE, "type": "regular", "width": 1, "height": 1, "is_animated": False, "is_video": False}},
        "贴纸",
    ),
    "voice": ({"voice": {**FILE, "duration": 1}}, "语音"),
    "video": ({"video": {**FILE, "width": 1, "height": 1, "duration": 1}}, "视频"),
    "document": ({"document": FILE}, "文件"),
    "location": ({"location": {"latitude": 43.8, "longitude": 87.6}}, "位置"),
    "contact": ({"contact": {"phone_number": "+8613800000000", "first_name": "某"}}, "名片"),
    "dice": ({"dice": {"emoji": "\U0001f3b2", "value": 3}}, "骰子"),
    "poll": (
        {
            "poll": {
                "id": "1",
                "question": "?",
                "options": [],
                "total_voter_count": 0,
                "is_closed": False,
                "is_anonymous": True,
                "type": "regular",
                "allows_multiple_answers": False,
                "allows_revoting": False,
                "members_only": False,
            }
        },
        "投票",
    ),
    "tomorrow": ({"hologram": {"depth": 3}}, "这类消息"),
}


async def test_what_is_no_text_is_refused_by_name(house: HouseUnderTest) -> None:
    officer = await on_telegram(house, "ayinur", 1103)
    for number, (kind, (fields, name)) in enumerate(NO_TEXTS.items()):
        for person in (house.telegram_person(1200 + number), officer):
            await person.send(fields)
            assert f"目前不能接收{name}" in person.heard()[-1].text, kind
    assert await set_aside(house) == 0


def _part(person: TelegramPerson, house: HouseUnderTest, album: str, caption: str | None = None) -> dict[str, Any]:
    update_id = house.next_update_id()
    return {
        "update_id": update_id,
        "message": {
            "message_id": update_id,
            "date": int(house.clock().timestamp()),
            "chat": {"id": person.chat_id, "type": "private"},
            "from": {"id": person.user_id, "is_bot": False, "first_name": "测试"},
            "photo": [{**FILE, "width": 1, "height": 1}],
            "media_group_id": album,
            **({} if caption is None else {"caption": caption}),
        },
    }


async def test_an_album_is_refused_once_and_its_caption_is_heard(house: HouseUnderTest) -> None:
    person = house.telegram_person(1301)
    parts = [_part(person, house, "a1"), _part(person, house, "a1", COMPLAINT), _part(person, house, "a1")]
    await person.receive(*parts)
    assert person.heard() == []
    house.clock.advance(seconds=2)
    await house.settle()
    assert count_of(person.heard(), "图片没有收下；您写的文字已收到") == 1
    assert count_of(person.heard(), "您的留言（服务投诉）已收到") == 1
    assert len(person.heard()) == 2


async def test_a_part_that_comes_late_is_not_lost_either(house: HouseUnderTest) -> None:
    person = house.telegram_person(1302)
    await person.receive(_part(person, house, "a2", COMPLAINT))
    house.clock.advance(seconds=2)
    await house.settle()
    await person.receive(_part(person, house, "a2", "车牌号是新A开头"))
    house.clock.advance(seconds=2)
    await house.settle()
    assert count_of(person.heard(), "您的留言（服务投诉）已收到") == 1
    assert "是补充这件，还是另一件事" in person.heard()[-1].text


async def test_a_caption_is_heard_like_a_text(house: HouseUnderTest) -> None:
    person = house.telegram_person(1303)
    await person.send({"photo": [{**FILE, "width": 1, "height": 1}], "caption": KNOWN})
    assert "图片没有收下；您写的文字已收到" in person.heard()[-2].text
    assert "免征增值税" in person.heard()[-1].text


async def test_an_edit_changes_nothing_and_says_so(house: HouseUnderTest) -> None:
    person, officer = house.telegram_person(1304), await on_telegram(house, "ayinur", 1305)
    await person.say(COMPLAINT)
    for somebody in (person, officer):
        await somebody.send({"text": "改过的内容", "edit_date": 1}, kind="edited_message")
        assert "修改消息不会改变我们已经收到的内容" in somebody.heard()[-1].text
    assert await number_of_cases(house) == 1


# Updates that are no messages


async def test_channel_posts_and_unknown_kinds_are_passed_over_without_harm(house: HouseUnderTest) -> None:
    person = house.telegram_person(1306)
    post = {"message_id": 1, "date": 1, "chat": {"id": -100777, "type": "channel", "title": "频道"}, "text": COMPLAINT}
    somebody = {"id": 1306, "is_bot": False, "first_name": "测试"}
    poll_answer = {"poll_id": "1", "option_ids": [0], "option_persistent_ids": ["0"], "user": somebody}
    strange: list[Mapping[str, Any]] = [
        {"channel_post": post},
        {"edited_channel_post": {**post, "edit_date": 2}},
        {"poll_answer": poll_answer},
        {"telepathy": {"from": {"id": 1306}, "thought": "税"}},
        {},
    ]
    for body in strange:
        await person.receive({"update_id": house.next_update_id(), **body})
    assert house.telegram.sent == []
    assert await set_aside(house) == 0
    assert await number_of_cases(house) == 0
    await person.say("你好")
    assert len(person.heard()) == 1


# Buttons that were never offered


GARBAGE = [
    "",
    "x",
    ":",
    "f",
    "f:",
    "f::",
    "f:1",
    "f:one:human",
    "f:1:human:more",
    "f:-1:human",
    f"f:{2**63}:human",
    f"f:{10**40}:human",
    f"c:1:{2**63}",
    f"o:{2**64}:view",
    "o:1:delete",
    "o:0:view",
    f"s:{2**63 - 1}:supplement",
    "s:1:destroy",
    f"r:1:{10**30}",
    "r:1:-5",
    "h:1:sign",
    f"p:1:{2**63}",
    "m:todo",
    "m:\x00",
    "i:999999",
    "税:1:税",
]


async def test_forged_and_garbled_buttons_get_words_and_open_nothing(either_house: HouseUnderTest) -> None:
    person = either_house.telegram_person(1401)
    for number, data in enumerate(GARBAGE, start=1):
        await person.press_data(data)
        assert len(person.heard()) == number, data
        assert STALE in person.heard()[-1].text, data
    assert await number_of_cases(either_house) == 0
    assert await set_aside(either_house) == 0


async def test_garbled_buttons_of_an_officer_get_words_too(either_house: HouseUnderTest) -> None:
    officer = await on_telegram(either_house, "wang", 1402)
    for number, data in enumerate([*GARBAGE, f"h:{2**63}:sign", "h:-1:sign", "h:1:dance", f"h:{2**63 - 1}:answer"]):
        await officer.press_data(data)
        assert len(officer.heard()) == number + 2, data
        assert any(words in officer.heard()[-1].text for words in (STALE, "没有办理这个办件的权限", "待办")), data
    assert await set_aside(either_house) == 0


async def test_buttons_with_other_peoples_numbers_open_nothing_of_theirs(house: HouseUnderTest) -> None:
    owner, forger, officer = house.telegram_person(1403), house.telegram_person(1404), await house.officer("ayinur")
    await owner.say(KNOWN)
    await owner.say("发票怎么开")
    await owner.say(TIP_OFF)
    await owner.say("补一句，车牌号是新A开头")
    before = len(owner.heard())
    for data in (
        "f:1:human",
        "f:1:solved",
        "c:2:0",
        "c:2:1",
        "i:1",
        "o:1:view",
        "o:1:how",
        "s:1:supplement",
        "s:1:new",
        "r:1:5",
    ):
        await forger.press_data(data)
        assert STALE in forger.heard()[-1].text, data
    await officer.press("答复")
    await officer.say("已收到。")
    await forger.press_data("r:1:1")
    assert STALE in forger.heard()[-1].text
    assert count_of(forger.heard(), "2025-000001") == 0
    assert count_of(forger.heard(), "偷税") == 0
    assert len(owner.heard()) == before + 1  # the answer alone
    assert await number_of_cases(house) == 1


async def test_stars_that_do_not_exist_and_cases_that_are_not_answered_are_not_rated(house: HouseUnderTest) -> None:
    owner, officer = house.telegram_person(1405), await house.officer("ayinur")
    await owner.say(COMPLAINT)
    await owner.press_data("r:1:5")
    assert STALE in owner.heard()[-1].text
    await officer.press("答复")
    await officer.say("已整改。")
    for stars in (0, 6, 99):
        await owner.press_data(f"r:1:{stars}")
        assert STALE in owner.heard()[-1].text
    await owner.press_data("r:1:5")
    assert "感谢您的评价" in owner.heard()[-1].text


# Poison


async def test_what_cannot_be_read_is_set_aside_told_and_made_a_duty_while_the_lane_goes_on(
    either_house: HouseUnderTest,
) -> None:
    person, administrator = either_house.telegram_person(1501), await either_house.officer("wang")
    await person.say("你好")
    poison = {
        "update_id": either_house.next_update_id(),
        "message": {"message_id": "seven", "chat": {"id": 1501, "type": "private"}, "from": {"id": 1501}, "text": {}},
    }
    await person.receive(poison)
    await person.say(KNOWN)
    assert len(person.heard()) == 1  # what came after waits its turn
    for _ in range(5):
        await time_passes(either_house, seconds=PATROL_SECONDS)
    assert await set_aside(either_house) == 1
    assert "处理时出了故障" in person.heard()[1].text
    assert "免征增值税" in person.heard()[2].text
    assert len(person.heard()) == 3
    duty = (await duties_of(either_house, SET_ASIDE))[0]
    assert duty.holder == "role:administrator"
    await time_passes(either_house, days=1)
    alarm = (await administrator.heard())[-1].text
    assert alarm == f"【故障】来信 {duty.subject_id} 多次处理失败，已搁置，请技术人员查看日志后处理。"
    assert KNOWN not in json.dumps(alarm, ensure_ascii=False)


async def test_poison_in_one_lane_keeps_nobody_else_waiting(house: HouseUnderTest) -> None:
    person, other = house.telegram_person(1502), house.telegram_person(1503)
    await person.say("你好")
    poison = {"update_id": house.next_update_id(), "message": {"message_id": None, "chat": {"id": 1502}, "from": {}}}
    await person.receive(poison, settle=False)
    await other.say(KNOWN)
    assert "免征增值税" in other.heard()[-1].text


@pytest.mark.parametrize("body", [{"message": 7}, {"message": {"chat": "nowhere"}}, {"callback_query": []}])
async def test_even_an_update_from_nowhere_stops_nothing(house: HouseUnderTest, body: Mapping[str, Any]) -> None:
    async with house.database.unit() as unit:
        await store(unit, Incoming("telegram", "4242:x", ("telegram", 4242, 0, 0), unit.now, {"update_id": 1, **body}))
    await house.settle()
    for _ in range(3):
        await time_passes(house, seconds=PATROL_SECONDS)
    assert await set_aside(house) == 1
    assert len(await duties_of(house, SET_ASIDE)) == 1
    assert house.telegram.sent == []
