"""What stands in the chat is what was meant: typed words reach a taxpayer only where they can mean nothing else."""

import pytest
from sqlalchemy import func, select

from storage.tables import cases
from tests.flows.cast import COMPLAINT, KNOWN, group_of, letter, on_telegram
from tests.support.house import TELEGRAM_BOT_ID, HouseUnderTest, TelegramPerson

ASIDE = "老王，这个人去年也来过，你看怎么回？"
ANSWER = "您好，已整改。"
GROUP = -4001


async def in_the_group(house: HouseUnderTest) -> TelegramPerson:
    await on_telegram(house, "ayinur", 901)
    return await group_of(house, "ayinur", "service", 901, GROUP)


async def all_that_was_said(house: HouseUnderTest, taxpayer: TelegramPerson) -> str:
    await house.settle()
    return "\n".join(heard.text for heard in taxpayer.heard())


async def test_in_a_group_only_a_reply_to_us_is_the_answer(house: HouseUnderTest) -> None:
    group, taxpayer = await in_the_group(house), house.telegram_person(902)
    await taxpayer.say(COMPLAINT)
    card = group.heard()[-1]
    await group.press("答复", on=card)
    prompt = group.heard()[-1]
    assert "2025-000001（“我要投诉办税服务厅，工作人员态度恶劣，排……”）" in prompt.text
    told = len(group.heard())
    await group.say(ASIDE)
    assert len(group.heard()) == told
    assert "老王" not in await all_that_was_said(house, taxpayer)
    await group.say(ANSWER, reply_to=prompt)
    assert ANSWER in await all_that_was_said(house, taxpayer)


@pytest.mark.parametrize("act", ["转办", "请留言人补充", "申请延期"])
async def test_in_a_group_no_prompt_takes_what_people_say_to_each_other(house: HouseUnderTest, act: str) -> None:
    group, taxpayer = await in_the_group(house), house.telegram_person(902)
    await taxpayer.say(COMPLAINT)
    await group.press(act)
    if act == "转办":
        await group.press("办公室")
    prompt, told = group.heard()[-1], len(group.heard())
    await group.say(ASIDE)
    assert len(group.heard()) == told
    assert "老王" not in await all_that_was_said(house, taxpayer)
    await group.say("请补充窗口号", reply_to=prompt)
    assert len(group.heard()) > told


async def test_in_a_forum_what_replies_to_a_topic_is_no_reply_to_us(house: HouseUnderTest) -> None:
    group, taxpayer = await in_the_group(house), house.telegram_person(902)
    await taxpayer.say(COMPLAINT)
    told = len(group.heard())
    somebody = {"id": 77, "is_bot": False, "first_name": "某人"}
    chat = {"id": GROUP, "type": "supergroup", "title": "办公群", "is_forum": True}
    topic = {
        "message_id": 3,
        "date": 1,
        "chat": chat,
        "from": somebody,
        "forum_topic_created": {"name": "事", "icon_color": 1},
    }
    await group.send({"text": ASIDE, "message_thread_id": 3, "is_topic_message": True, "reply_to_message": topic})
    assert len(group.heard()) == told


async def test_what_is_typed_half_an_hour_after_the_prompt_is_shown_once_more(house: HouseUnderTest) -> None:
    officer, taxpayer = await on_telegram(house, "ayinur", 903), house.telegram_person(902)
    await taxpayer.say(COMPLAINT)
    await officer.press("答复")
    house.clock.advance(minutes=31)
    await officer.say(ASIDE)
    shown = officer.heard()[-1]
    assert "还没有发出" in shown.text
    assert "2025-000001（“我要投诉" in shown.text
    assert "老王" not in await all_that_was_said(house, taxpayer)
    await officer.say(ANSWER)
    again = officer.heard()[-1]
    await officer.press("发出", on=again)
    said = await all_that_was_said(house, taxpayer)
    assert ANSWER in said
    assert "老王" not in said
    await officer.press("发出", on=shown)
    assert "这个按钮已经失效" in officer.heard()[-1].text


async def test_what_is_typed_after_another_message_is_shown_once_more_and_can_be_dropped(house: HouseUnderTest) -> None:
    officer, taxpayer = await on_telegram(house, "ayinur", 903), house.telegram_person(902)
    await taxpayer.say(COMPLAINT)
    await officer.press("请留言人补充")
    house.clock.advance(minutes=1)
    await house.telegram_person(904).say(COMPLAINT)
    await officer.say("请补充窗口号")
    assert "还没有发出" in officer.heard()[-1].text
    await officer.press("取消")
    assert "窗口号" not in await all_that_was_said(house, taxpayer)
    async with house.database.reader() as reader:
        assert await reader.value(select(func.count()).where(cases.c.state != "open")) == 0


async def test_what_goes_out_is_what_stands_above_the_button(house: HouseUnderTest) -> None:
    officer, taxpayer = await on_telegram(house, "ayinur", 901), house.telegram_person(902)
    await taxpayer.say(COMPLAINT)
    await officer.press("答复")
    house.clock.advance(minutes=31)
    await officer.say("第一稿")
    first = officer.heard()[-1]
    await officer.say("第二稿")
    second = officer.heard()[-1]
    await officer.press("发出", on=first)
    assert "失效" in officer.heard()[-1].text
    assert "稿" not in await all_that_was_said(house, taxpayer)
    await officer.press("发出", on=second)
    said = await all_that_was_said(house, taxpayer)
    assert "第二稿" in said
    assert "第一稿" not in said


async def test_a_reply_to_the_card_is_meant_for_it_however_late(house: HouseUnderTest) -> None:
    officer, taxpayer = await on_telegram(house, "ayinur", 903), house.telegram_person(902)
    await taxpayer.say(COMPLAINT)
    card = officer.heard()[-1]
    house.clock.advance(hours=5)
    await officer.say(ANSWER, reply_to=card)
    assert ANSWER in await all_that_was_said(house, taxpayer)


async def test_a_document_in_reply_to_a_card_is_refused_in_words(house: HouseUnderTest) -> None:
    group, taxpayer = await in_the_group(house), house.telegram_person(902)
    await taxpayer.say(COMPLAINT)
    card = group.heard()[-1]
    document = {"file_id": "f", "file_unique_id": "u", "file_name": "附件.pdf"}
    bot = {"id": TELEGRAM_BOT_ID, "is_bot": True, "first_name": "税桥"}
    chat = {"id": GROUP, "type": "group", "title": "办公群"}
    replied = {"message_id": card.id, "date": 1, "chat": chat, "from": bot, "text": card.text}
    await group.send({"document": document, "caption": "您好，见附件。", "reply_to_message": replied})
    assert "这条没有发给留言人" in group.heard()[-1].text
    await group.send({"text": "您好，改一下。", "edit_date": 2, "reply_to_message": replied}, kind="edited_message")
    assert "修改消息不会改变" in group.heard()[-1].text
    assert "附件" not in await all_that_was_said(house, taxpayer)


# What nobody wrote, and what is odd


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"location": {"latitude": 43.8, "longitude": 87.6, "live_period": 900}, "edit_date": 9}, "edited_message"),
        (
            {"pinned_message": {"message_id": 1, "date": 1, "chat": {"id": 902, "type": "private"}, "text": "旧"}},
            "message",
        ),
        ({"message_auto_delete_timer_changed": {"message_auto_delete_time": 86400}}, "message"),
    ],
    ids=["position", "pin", "timer"],
)
async def test_what_nobody_wrote_is_passed_over(house: HouseUnderTest, fields: dict[str, object], kind: str) -> None:
    person = house.telegram_person(902)
    await person.say("你好")
    told = len(person.heard())
    await person.send(fields, kind=kind)
    assert len(person.heard()) == told


async def test_an_ornament_that_cannot_be_read_costs_the_ornament_and_not_the_text(house: HouseUnderTest) -> None:
    person = house.telegram_person(902)
    await person.receive(letter(person, KNOWN, forward_origin={"type": "hidden_user", "date": 1}))
    assert "免征增值税" in person.heard()[-1].text


async def test_a_group_that_becomes_a_supergroup_stays_the_departments(house: HouseUnderTest) -> None:
    group = await in_the_group(house)
    await group.send({"migrate_to_chat_id": -1004001})
    new = house.telegram_person(901, chat_id=-1004001)
    await new.send({"migrate_from_chat_id": GROUP})
    await house.telegram_person(902).say(COMPLAINT)
    assert "2025-000001" in new.heard()[-1].text
    assert not any("没有绑定" in heard.text for heard in (*group.heard(), *new.heard()))


async def test_the_new_chat_may_be_heard_first(house: HouseUnderTest) -> None:
    await in_the_group(house)
    new = house.telegram_person(901, chat_id=-1004001)
    await new.send({"migrate_from_chat_id": GROUP})
    await house.telegram_person(902).say(COMPLAINT)
    assert "2025-000001" in new.heard()[-1].text


@pytest.mark.parametrize("line", ["/start wx_menu", "/Start", "/START"])
async def test_an_unknown_link_and_capital_letters_lead_to_the_welcome(house: HouseUnderTest, line: str) -> None:
    person = house.telegram_person(902)
    await person.say(line)
    assert "您好，这里是" in person.heard()[-1].text
