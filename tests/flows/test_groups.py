"""Groups on Telegram: a department's own is served; in all others the bot says so once and keeps quiet."""

from sqlalchemy import select

from storage.tables import addresses, cases
from tests.flows.cast import (
    COMPLAINT,
    TIP_OFF,
    UNKNOWN,
    count_of,
    department_number,
    dismiss,
    employ,
    group_of,
    invitation,
    on_telegram,
    time_passes,
)
from tests.support.house import HouseUnderTest, TelegramPerson

GROUP = -4001
STICKER = {
    "file_id": "s",
    "file_unique_id": "s",
    "type": "regular",
    "width": 1,
    "height": 1,
    "is_animated": False,
    "is_video": False,
}
GROUP_ANONYMOUS_BOT = 1087968824
NOT_ALLOWED = "您没有办理这个办件的权限，或办件不存在。"


async def service_group(house: HouseUnderTest) -> TelegramPerson:
    """Ayinur, who is known from her private chat, in the group of 纳税服务处."""
    await on_telegram(house, "ayinur", 801)
    return await group_of(house, "ayinur", "service", 801, GROUP)


async def test_an_invitation_binds_a_departments_group_once(either_house: HouseUnderTest) -> None:
    token = await invitation(either_house, "ayinur", department_id=await department_number(either_house, "service"))
    member, elsewhere = (either_house.telegram_person(802, chat_id=chat_id) for chat_id in (GROUP, GROUP - 1))
    await member.say(f"/bind {token}")
    assert member.heard()[-1].text == "本群已绑定纳税服务处，该部门的办件会送到这里。"
    await elsewhere.say(f"/bind {token}")
    assert "已经用过或已过期" in elsewhere.heard()[-1].text


async def test_a_group_may_also_come_by_the_deep_link_and_belong_to_a_prefecture(house: HouseUnderTest) -> None:
    department = await department_number(house, "service", bureau="kashgar")
    member = house.telegram_person(803, chat_id=GROUP)
    await member.say(f"/start {await invitation(house, 'ayinur', department_id=department)}")
    assert "本群已绑定" in member.heard()[-1].text


async def test_a_personal_invitation_binds_no_group_and_a_groups_no_person(house: HouseUnderTest) -> None:
    member, person = house.telegram_person(804, chat_id=GROUP), house.telegram_person(804)
    await member.say(f"/bind {await invitation(house, 'ayinur')}")
    assert "已经用过或已过期" in member.heard()[-1].text
    department = await department_number(house, "service")
    await person.say(f"/start {await invitation(house, 'ayinur', department_id=department)}")
    assert "已经用过或已过期" in person.heard()[-1].text


async def test_a_card_in_the_group_has_buttons_and_its_officers_act_there(either_house: HouseUnderTest) -> None:
    taxpayer, member = await either_house.visitor(), await service_group(either_house)
    await taxpayer.say(COMPLAINT)
    card = member.heard()[-1]
    assert "办件 2025-000001 · 服务投诉" in card.text
    assert list(card.buttons)[:2] == ["签收", "答复"]
    await member.press("签收", on=card)
    assert "您已签收办件 2025-000001" in member.heard()[-1].text
    await member.press("答复", on=card)
    await member.say("您好，已整改。", reply_to=member.heard()[-1])
    assert "已答复，答复正在送达留言人" in member.heard()[-1].text
    assert "您好，已整改。" in (await taxpayer.heard())[-1].text


async def test_a_reply_to_the_card_in_the_group_answers_the_case(house: HouseUnderTest) -> None:
    taxpayer, member = await house.visitor(), await service_group(house)
    await taxpayer.say(COMPLAINT)
    await member.say("您好，已整改。", reply_to=member.heard()[-1])
    assert "您好，已整改。" in (await taxpayer.heard())[-1].text


async def test_chatter_in_the_group_is_left_alone(house: HouseUnderTest) -> None:
    member, colleague = await service_group(house), house.telegram_person(805, chat_id=GROUP)
    before = len(member.heard())
    await member.say("今天谁值班？")
    await colleague.say("我。", reply_to=None)
    await colleague.send({"text": "我，改了"}, kind="edited_message")
    await colleague.send({"sticker": STICKER})
    assert len(member.heard()) == before


async def test_strangers_and_anonymous_administrators_are_refused_in_the_group(house: HouseUnderTest) -> None:
    taxpayer, member = await house.visitor(), await service_group(house)
    await taxpayer.say(COMPLAINT)
    card = member.heard()[-1]
    for user_id, words in (
        (806, "工作人员请先与税桥私聊"),
        (GROUP_ANONYMOUS_BOT, "匿名管理员无法办理办件"),
    ):
        stranger = house.telegram_person(user_id, chat_id=GROUP)
        await stranger.press("签收", on=card)
        assert words in member.heard()[-1].text
        await stranger.say("我来答复。", reply_to=card)
        assert words in member.heard()[-1].text
        assert count_of(await taxpayer.heard(), "我来答复") == 0
    async with house.database.reader() as reader:
        assert await reader.value(select(cases.c.state)) == "open"


async def test_an_officer_of_another_department_is_refused_in_the_group(house: HouseUnderTest) -> None:
    taxpayer, member = await house.visitor(), await service_group(house)
    await on_telegram(house, "wang", 807)
    await taxpayer.say(COMPLAINT)
    intruder = house.telegram_person(807, chat_id=GROUP)
    await intruder.press("签收", on=member.heard()[-1])
    assert member.heard()[-1].text == NOT_ALLOWED


async def test_an_officer_who_left_is_a_stranger_in_the_group_at_once(house: HouseUnderTest) -> None:
    taxpayer, member = await house.visitor(), await service_group(house)
    await employ(house, "guli", "古丽·样例", ["service"])
    await on_telegram(house, "guli", 808)
    leaver = house.telegram_person(808, chat_id=GROUP)
    await taxpayer.say(COMPLAINT)
    card = member.heard()[-1]
    await dismiss(house, "guli")
    await leaver.press("签收", on=card)
    assert "工作人员请先与税桥私聊" in member.heard()[-1].text


async def test_a_stale_button_of_an_officer_is_called_stale(house: HouseUnderTest) -> None:
    member = await service_group(house)
    await member.press_data("nonsense")
    assert "这个按钮已经失效" in member.heard()[-1].text


async def test_a_group_of_nobody_is_told_once_and_never_again(house: HouseUnderTest) -> None:
    member = house.telegram_person(809, chat_id=GROUP)
    membership = {
        "chat": {"id": GROUP, "type": "group"},
        "from": {"id": 809, "is_bot": False, "first_name": "测试"},
        "date": int(house.clock().timestamp()),
        "old_chat_member": {"status": "left", "user": {"id": 4242, "is_bot": True, "first_name": "税桥"}},
        "new_chat_member": {"status": "member", "user": {"id": 4242, "is_bot": True, "first_name": "税桥"}},
    }
    await member.receive({"update_id": house.next_update_id(), "my_chat_member": membership})
    assert "本群没有绑定任何部门" in member.heard()[-1].text
    await member.say(COMPLAINT)
    await member.say("/start")
    await member.press_data("h:1:sign")
    await member.send({"sticker": STICKER})
    assert len(member.heard()) == 1
    async with house.database.reader() as reader:
        assert await reader.all(select(cases.c.id)) == []


async def test_a_group_that_threw_the_bot_out_is_not_written_to(house: HouseUnderTest) -> None:
    member = await service_group(house)
    thrown_out = {
        "chat": {"id": GROUP, "type": "group"},
        "from": {"id": 801, "is_bot": False, "first_name": "测试"},
        "date": int(house.clock().timestamp()),
        "old_chat_member": {"status": "member", "user": {"id": 4242, "is_bot": True, "first_name": "税桥"}},
        "new_chat_member": {
            "status": "kicked",
            "user": {"id": 4242, "is_bot": True, "first_name": "税桥"},
            "until_date": 0,
        },
    }
    await member.receive({"update_id": house.next_update_id(), "my_chat_member": thrown_out})
    before = len(member.heard())
    await (await house.visitor()).say(COMPLAINT)
    assert len(member.heard()) == before
    async with house.database.reader() as reader:
        blocked = select(addresses.c.id).where(addresses.c.blocked_at.is_not(None))
        assert len(await reader.all(blocked)) == 1


# Sealed matters (第十八条)


async def test_a_sealed_case_is_never_shown_in_a_group(house: HouseUnderTest) -> None:
    taxpayer, private = await house.visitor(), await on_telegram(house, "ayinur", 801)
    member = house.telegram_person(801, chat_id=GROUP)
    async with house.database.unit() as unit:
        await unit.run(addresses.insert().values(**await _bound_by_hand(house, GROUP, "inspection")))
    await taxpayer.say(TIP_OFF)
    assert "办件 2025-000001 · 检举" in private.heard()[-1].text
    await taxpayer.say("车牌号我记得是新A开头")
    await taxpayer.press("补充到该办件")
    assert "新A开头" in private.heard()[-1].text
    assert member.heard() == []
    await time_passes(house, days=100)
    assert member.heard() == []

    await member.say("/todo")
    assert "目前没有待办的办件" in member.heard()[-1].text
    for act in ("card", "sign", "answer", "pass_on", "ask", "extend", "major"):
        await member.press_data(f"h:1:{act}")
        assert member.heard()[-1].text == NOT_ALLOWED
    assert count_of(member.heard(), "2025-000001") == 0


async def _bound_by_hand(house: HouseUnderTest, chat_id: int, department: str) -> dict[str, object]:
    """The row of a group that was bound before its department was sealed."""
    async with house.database.reader() as reader:
        chat_hash = reader.hasher("address", "telegram", 4242, chat_id)
    return {
        "channel": "telegram",
        "chat_hash": chat_hash,
        "chat_id": str(chat_id),
        "language": "zh",
        "department_id": await department_number(house, department),
        "created_at": house.clock(),
        "not_before": house.clock(),
    }


async def test_a_sealed_department_binds_no_group_and_its_invitation_is_not_spent(house: HouseUnderTest) -> None:
    department = await department_number(house, "discipline")
    token = await invitation(house, "ayinur", department_id=department)
    member = house.telegram_person(801, chat_id=GROUP)
    for _ in range(2):
        await member.say(f"/bind {token}")
        assert member.heard()[-1].text == "纪检组的办件不在群里显示，不能绑定到群。"


async def test_cases_of_other_departments_are_not_opened_in_a_group(house: HouseUnderTest) -> None:
    """Ayinur serves both departments; the members of the group do not."""
    member = await service_group(house)
    await (await house.visitor("a")).say("离职补偿金要不要交个人所得税，跨年两次领取怎么合并")
    await (await house.visitor("b")).say(COMPLAINT)
    for act in ("card", "answer", "extend", "major"):
        await member.press_data(f"h:1:{act}")
        assert member.heard()[-1].text == NOT_ALLOWED
    await member.say("/todo")
    assert list(member.heard()[-1].buttons) == ["2025-000002 服务投诉 · 待签收"]
    await house.telegram_person(801).say("/todo")
    assert len(house.telegram_person(801).heard()[-1].buttons) == 2


async def test_a_case_that_nobody_serves_alarms_the_administrators(house: HouseUnderTest) -> None:
    administrator = await house.officer("wang")
    await employ(house, "guli", "古丽·样例", ["office"])
    await dismiss(house, "ayinur")
    await (await house.visitor("a")).say(COMPLAINT)
    assert "纳税服务处没有能收到通知的工作人员，办件 2025-000001 无人承接" in (await administrator.heard())[-1].text
    await (await house.visitor("b")).say(UNKNOWN)
    assert "办件 2025-000002 · 咨询" in (await administrator.heard())[-1].text


async def test_the_list_in_a_group_is_not_filled_by_what_may_not_be_shown_there(house: HouseUnderTest) -> None:
    group = await service_group(house)
    taxpayer = house.telegram_person(899)
    for number in range(20):
        await taxpayer.say(f"{TIP_OFF}，第{number}家")
    await house.telegram_person(898).say(COMPLAINT)
    await group.say("/todo")
    assert [label.split()[0] for label in group.heard()[-1].buttons] == ["2025-000021"]
