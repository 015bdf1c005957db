"""What a receipt promises, kind by kind, and by which clock."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, select

from escalation.watches.cases import ANSWER, SIGN
from storage.tables import cases, updates
from tests.flows.cast import COMPLAINT, TIP_OFF, UNKNOWN, count_of, duties_of
from tests.support.house import Heard, HouseUnderTest

DISCLOSURE = "申请公开2024年税收收入预算信息"
MISCONDUCT = "我要举报税务干部索要好处费"
PETITION = "我要信访，反映房产税征收不公的历史遗留问题"

# text → what its receipt says, all received on Monday, 3 November 2025
RECEIPTS = {
    UNKNOWN: ("您的留言（咨询）已收到", "承办部门：财产和行为税处", "答复期限：2025年11月12日（周三）24:00前"),
    COMPLAINT: (
        "您的留言（服务投诉）已收到",
        "承办部门：纳税服务处",
        "答复期限（本局承诺）：2025年11月17日（周一）24:00前",
    ),
    TIP_OFF: ("您的留言已收到。", "办件编号：", "您的身份严格保密"),
    MISCONDUCT: ("您的留言已收到。", "办件编号：", "您的身份严格保密"),
    PETITION: ("您的留言（信访）已收到", "承办部门：办公室", "答复期限：2026年1月2日（周五）24:00前"),
    DISCLOSURE: ("您的留言（依申请公开）已收到", "承办部门：办公室", "自申请确认之日起计算"),
    "你们网站上的链接打不开，办税地图页面显示错误": (
        "您的留言（网站纠错）已收到",
        "承办部门：办公室",
        "2025年11月6日（周四）24:00前",
    ),
    "建议办税大厅增加自助机": ("您的留言（意见建议）已收到", "2025年11月12日（周三）24:00前", "感谢您的意见"),
    "表扬办税服务厅的小王，服务热情耐心": ("您的留言（表扬）已收到", "承办部门：纳税服务处", "感谢您的肯定"),
    f"局长您好，{COMPLAINT}": ("您的留言（服务投诉）已收到", "承办部门：纳税服务处", "11月17日（周一）"),
}


async def test_every_kind_that_opens_a_case_has_its_own_receipt(house: HouseUnderTest) -> None:
    for number, (text, sentences) in enumerate(RECEIPTS.items(), start=1):
        receipt = await (await house.visitor(text)).say(text)
        assert f"办件编号：2025-{number:06d}" in receipt.text
        assert "查询码：" in receipt.text
        for sentence in sentences:
            assert sentence in receipt.text, text
        assert "2011" not in receipt.text


async def test_what_a_writer_is_told_of_a_sealed_case_tells_nothing_of_it(house: HouseUnderTest) -> None:
    """Neither kind nor department nor date, on the receipt, in the list, in the case and when it is signed for."""
    told = []
    for text in (TIP_OFF, MISCONDUCT):
        taxpayer = await house.visitor(text)
        receipt = await taxpayer.say(text)
        assert "如何计算" not in receipt.buttons
        viewed = await taxpayer.press("查看办件", on=receipt)
        listed = await taxpayer.say("/cases")
        await (await house.officer("ayinur")).press("签收")
        signed = (await taxpayer.heard())[-1]
        assert "已签收" in signed.text
        said = "\n".join((receipt.text, viewed.text.replace(text, ""), listed.text, *listed.buttons, signed.text))
        for word in ("举报", "检举", "纪检", "稽查", "承办部门", "期限", "24:00"):
            assert word not in said
        told.append(re.sub(r"2025-\d{6}|[0-9A-Z]{4}-[0-9A-Z]{4}", "", receipt.text))
    assert told[0] == told[1]


def counted(how: Heard) -> list[str]:
    return re.findall(r"^第\d+天　(.+?)　", how.text, re.MULTILINE)


async def test_how_it_is_counted_adds_up_to_the_day_on_the_receipt(house: HouseUnderTest) -> None:
    for text, days, last in (
        (UNKNOWN, 7, "11月12日（周三）"),
        (COMPLAINT, 10, "11月17日（周一）"),
        ("你们网站上的链接打不开，办税地图页面显示错误", 3, "11月6日（周四）"),
    ):
        taxpayer = await house.visitor(text)
        await taxpayer.say(text)
        how = await taxpayer.press("如何计算")
        assert len(counted(how)) == days
        assert counted(how)[-1] == last
        assert "11月3日（周一）12:00 收到，当日不计" in how.text
        assert f"年{last}24:00前" in how.text


async def test_sixty_calendar_days_are_retold_in_their_first_and_last_days(house: HouseUnderTest) -> None:
    taxpayer = await house.visitor()
    await taxpayer.say(PETITION)
    how = await taxpayer.press("如何计算")
    days = counted(how)
    assert days[0] == "11月4日（周二）"
    assert days[-1] == "1月2日（周五）"
    assert "第60天" in how.text
    left_out = re.search(r"中间 (\d+) 天", how.text)
    assert left_out is not None
    assert len(days) + int(left_out[1]) == 60
    assert "不计　" not in how.text


async def test_a_matter_of_discipline_has_no_date_and_no_account_of_one(house: HouseUnderTest) -> None:
    taxpayer, officer = await house.visitor(), await house.officer("ayinur")
    receipt = await taxpayer.say(MISCONDUCT)
    assert list(receipt.buttons) == ["查看办件"]
    assert [duty.kind for duty in await duties_of(house, ANSWER)] == []
    await officer.press("签收")
    assert (await taxpayer.heard())[-1].text == "您的办件 2025-000001 已签收，正在办理。"


async def test_the_clock_of_a_disclosure_request_starts_when_it_is_confirmed(house: HouseUnderTest) -> None:
    taxpayer, officer = await house.visitor(), await house.officer("wang")
    receipt = await taxpayer.say(DISCLOSURE)
    assert list(receipt.buttons) == ["查看办件"]
    assert await duties_of(house, ANSWER) == []
    house.clock.advance(days=1)
    await officer.press("签收")
    assert "2025年12月2日（周二）24:00前" in (await taxpayer.heard())[-1].text
    seen = await taxpayer.press("查看办件", on=receipt)
    assert len(counted(await taxpayer.press("如何计算", on=seen))) == 20
    assert len(await duties_of(house, ANSWER)) == 1


async def only_case(house: HouseUnderTest) -> Row[Any]:
    async with house.database.reader() as reader:
        row = await reader.one(select(cases))
        assert row is not None
        return row


async def test_the_channels_timestamp_decides_on_which_side_of_midnight_a_message_came(house: HouseUnderTest) -> None:
    house.clock.now = datetime(2025, 11, 3, 16, 5, tzinfo=UTC)  # 北京时间 00:05 on 4 November
    early, late = house.telegram_person(601), house.telegram_person(602)
    await early.say(UNKNOWN, at=datetime(2025, 11, 3, 15, 59, 59, tzinfo=UTC))
    await late.say(UNKNOWN, at=datetime(2025, 11, 3, 16, 0, 0, tzinfo=UTC))
    assert "11月12日（周三）" in early.heard()[-1].text
    assert "11月13日（周四）" in late.heard()[-1].text
    await early.press("如何计算")
    assert "11月3日（周一）23:59 收到，当日不计" in early.heard()[-1].text


async def test_a_message_delivered_late_keeps_the_date_it_was_sent(house: HouseUnderTest) -> None:
    taxpayer = house.telegram_person(603)
    sent_at = house.clock() - timedelta(days=3)  # Friday, 31 October
    await taxpayer.say(UNKNOWN, at=sent_at)
    assert "11月11日（周二）" in taxpayer.heard()[-1].text
    case = await only_case(house)
    assert case.received_at == sent_at
    assert case.opened_at == house.clock()
    assert [duty.terms["started_at"] for duty in await duties_of(house, SIGN)] == [sent_at.isoformat()]


async def test_a_timestamp_from_the_future_is_not_believed(house: HouseUnderTest) -> None:
    taxpayer = house.telegram_person(604)
    await taxpayer.say(UNKNOWN, at=house.clock() + timedelta(days=2))
    assert (await only_case(house)).received_at == house.clock()
    async with house.database.reader() as reader:
        row = await reader.one(select(updates).order_by(updates.c.id.desc()).limit(1))
    assert row is not None
    assert row.received_at == row.stored_at
    assert "11月12日（周三）" in taxpayer.heard()[-1].text


async def test_the_case_number_is_of_the_year_of_receipt_in_beijing(house: HouseUnderTest) -> None:
    house.clock.now = datetime(2025, 12, 31, 16, 0, 1, tzinfo=UTC)
    old, new = house.telegram_person(605), house.telegram_person(606)
    await old.say(COMPLAINT, at=datetime(2025, 12, 31, 15, 59, tzinfo=UTC))
    await new.say(COMPLAINT)
    assert "办件编号：2025-000001" in old.heard()[-1].text
    assert "办件编号：2026-000001" in new.heard()[-1].text


async def test_what_was_asked_for_once_is_told_once(house: HouseUnderTest) -> None:
    """A channel that delivers an update again gets no second case and no second receipt."""
    taxpayer = house.telegram_person(607)
    update = {
        "update_id": 9001,
        "message": {
            "message_id": 1,
            "date": int(house.clock().timestamp()),
            "chat": {"id": 607, "type": "private"},
            "from": {"id": 607, "is_bot": False, "first_name": "测试"},
            "text": COMPLAINT,
        },
    }
    await taxpayer.receive(update)
    await taxpayer.receive(update)
    assert count_of(taxpayer.heard(), "办件编号") == 1
    assert (await only_case(house)).number == "2025-000001"
