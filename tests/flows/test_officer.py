"""What officers do with a case: sign, answer, pass on; and what those may not who may not."""

from escalation.watches.cases import ANSWER, SIGN
from storage.outbox import waiting_by_channel
from tests.flows.cast import (
    COMPLAINT,
    TIP_OFF,
    UNKNOWN,
    count_of,
    department_number,
    dismiss,
    duties_of,
    employ,
    invitation,
    on_telegram,
)
from tests.support.house import HouseUnderTest

ANSWER_TEXT = "您好，经核实，当日叫号系统故障，已整改。"
NOT_ALLOWED = "您没有办理这个办件的权限，或办件不存在。"


async def test_an_officer_signs_and_answers_by_button_and_text(house: HouseUnderTest) -> None:
    taxpayer, officer = await house.visitor(), await house.officer("ayinur")
    await taxpayer.say(COMPLAINT)
    card = (await officer.heard())[-1]
    assert list(card.buttons)[:2] == ["签收", "答复"]
    assert "签收期限：11月4日（周二）24:00 前" in card.text
    assert "答复期限：11月17日（周一）24:00 前" in card.text
    signed = await officer.press("签收")
    assert "您已签收办件 2025-000001，已告知留言人" in signed.text
    assert "请输入对办件 2025-000001（“我要投诉" in (await officer.press("答复", on=signed)).text
    assert "已答复，答复正在送达留言人" in (await officer.say(ANSWER_TEXT)).text
    assert ANSWER_TEXT in (await taxpayer.heard())[-1].text
    assert {duty.outcome for kind in (SIGN, ANSWER) for duty in await duties_of(house, kind)} == {"done"}


async def test_a_reply_to_the_card_is_the_answer_signed_or_not(either_house: HouseUnderTest) -> None:
    taxpayer = await either_house.visitor()
    at_desk, on_phone = await either_house.officer("ayinur"), await on_telegram(either_house, "ayinur", 701)
    await taxpayer.say(COMPLAINT)
    await at_desk.say(ANSWER_TEXT, reply_to=(await at_desk.heard())[-1])
    assert ANSWER_TEXT in (await taxpayer.heard())[-1].text
    await (await either_house.visitor("another")).say(COMPLAINT)
    await on_phone.say("第二件的答复。", reply_to=on_phone.heard()[-1])
    assert "办件 2025-000002 已答复" in on_phone.heard()[-1].text


async def test_a_reply_to_something_else_answers_nothing(house: HouseUnderTest) -> None:
    taxpayer, officer = await house.visitor(), await house.officer("ayinur")
    welcome = (await officer.heard())[0]
    await taxpayer.say(COMPLAINT)
    assert "请先打开一个办件" in (await officer.say(ANSWER_TEXT, reply_to=welcome)).text
    assert "请先打开一个办件" in (await officer.say(ANSWER_TEXT)).text
    assert count_of(await taxpayer.heard(), ANSWER_TEXT) == 0


async def test_cancelling_sends_nothing(house: HouseUnderTest) -> None:
    taxpayer, officer = await house.visitor(), await house.officer("ayinur")
    await taxpayer.say(COMPLAINT)
    for cancel in ("button", "word"):
        await officer.press("答复")
        said = await (officer.press("取消") if cancel == "button" else officer.say("/cancel"))
        assert "已取消，没有发送任何内容" in said.text
        assert "请先打开一个办件" in (await officer.say(ANSWER_TEXT)).text
    assert count_of(await taxpayer.heard(), ANSWER_TEXT) == 0


async def test_an_answer_that_is_too_long_is_refused_and_may_be_sent_again(house: HouseUnderTest) -> None:
    taxpayer, officer = await house.visitor(), await house.officer("ayinur")
    await taxpayer.say(COMPLAINT)
    await officer.press("答复")
    assert "请控制在 3500 个字以内" in (await officer.say("长" * 3501)).text
    assert "已答复" in (await officer.say("长" * 3500)).text
    assert "长" * 3500 in (await taxpayer.heard())[-1].text


async def test_two_officers_on_one_case_notice_each_other(either_house: HouseUnderTest) -> None:
    taxpayer, first = await either_house.visitor(), await either_house.officer("ayinur")
    second = await employ(either_house, "guli", "古丽·样例", ["service"])
    await taxpayer.say(COMPLAINT)
    card = (await second.heard())[-1]
    await first.press("签收")
    assert (await second.heard())[-1].text == "阿依努尔·样例已签收办件 2025-000001。"
    too_late = await second.press("签收", on=card)
    assert too_late.text == "办件 2025-000001 已由阿依努尔·样例签收，您的操作没有执行。"
    await second.say("/todo")
    card = await second.press("2025-000001 服务投诉 · 办理中")
    assert "状态：办理中（阿依努尔·样例）" in card.text
    await second.press("答复", on=card)
    await first.press("答复")
    await first.say(ANSWER_TEXT)
    assert (await second.heard())[-1].text == "阿依努尔·样例已答复办件 2025-000001。"
    assert (await second.say("另一个答复。")).text == "办件 2025-000001 已经答复，您的操作没有执行。"
    assert "已经答复" in (await second.press("转办", on=card)).text
    assert count_of(await taxpayer.heard(), "已有答复") == 1
    assert count_of(await taxpayer.heard(), "另一个答复") == 0


async def test_passing_on_renews_the_signing_and_keeps_the_clock_of_the_answer(either_house: HouseUnderTest) -> None:
    taxpayer = await either_house.visitor()
    old, new = await either_house.officer("wang"), await either_house.officer("ayinur")
    await taxpayer.say(UNKNOWN)
    signed = await old.press("签收")
    either_house.clock.advance(days=1)
    offer = await old.press("转办", on=signed)
    assert "把办件 2025-000001 转给哪个部门" in offer.text
    assert not {"稽查局", "纪检组", "人事处", "财产和行为税处"} & set(offer.buttons)
    assert "转给所得税处的理由" in (await old.press("所得税处")).text
    assert "已转所得税处" in (await old.say("主要涉及所得税。")).text
    told = (await taxpayer.heard())[-1].text
    assert told == "您的办件 2025-000001 已转由所得税处办理，答复期限不变。"

    card = (await new.heard())[-1]
    assert "签收期限：11月5日（周三）24:00 前" in card.text
    assert "答复期限：11月12日（周三）24:00 前" in card.text
    signing = await duties_of(either_house, SIGN)
    assert [duty.outcome for duty in signing] == ["done", None]
    holder = f"department:{await department_number(either_house, 'income')}"
    assert [duty.holder for duty in await duties_of(either_house, ANSWER)] == [holder]

    assert (await old.press("答复", on=signed)).text == NOT_ALLOWED
    assert (await old.say(ANSWER_TEXT, reply_to=signed)).text == NOT_ALLOWED
    await new.press("签收")
    await new.press("答复")
    await new.say(ANSWER_TEXT)
    assert ANSWER_TEXT in (await taxpayer.heard())[-1].text


async def test_the_list_of_what_is_to_do_is_the_officers_own(house: HouseUnderTest) -> None:
    service, property_tax = await house.officer("ayinur"), await house.officer("wang")
    assert "目前没有待办的办件" in (await service.say("/todo")).text
    await (await house.visitor("a")).say(COMPLAINT)
    await (await house.visitor("b")).say(UNKNOWN)
    assert list((await service.say("/todo")).buttons) == ["2025-000001 服务投诉 · 待签收"]
    assert list((await property_tax.say("/todo")).buttons) == ["2025-000002 咨询 · 待签收"]
    assert COMPLAINT in (await service.press("2025-000001 服务投诉 · 待签收")).text


async def test_forged_buttons_open_no_case_of_others_and_read_as_for_no_case_at_all(house: HouseUnderTest) -> None:
    await house.officer("ayinur")
    other = await on_telegram(house, "wang", 702)
    await (await house.visitor()).say(TIP_OFF)
    before = len(other.heard())
    for case_id in (1, 999):
        for act in ("sign", "answer", "pass_on", "card", "ask", "extend", "major"):
            await other.press_data(f"h:{case_id}:{act}")
            assert other.heard()[-1].text == NOT_ALLOWED
        await other.press_data(f"p:{case_id}:{await department_number(house, 'office')}")
        assert other.heard()[-1].text == NOT_ALLOWED
    assert len(other.heard()) == before + 16
    assert [duty.settled_at for duty in await duties_of(house, SIGN)] == [None]


async def test_a_case_is_never_passed_to_a_sealed_an_internal_or_a_foreign_department(house: HouseUnderTest) -> None:
    officer = await on_telegram(house, "wang", 703)
    await (await house.visitor()).say(UNKNOWN)
    numbers = [await department_number(house, one) for one in ("discipline", "inspection", "personnel", "property")]
    numbers.append(await department_number(house, "income", bureau="kashgar"))
    for number in numbers:
        await officer.press_data(f"p:1:{number}")
        assert officer.heard()[-1].text == NOT_ALLOWED
    assert len(await duties_of(house, SIGN)) == 1


async def test_a_sealed_case_cannot_be_passed_on_even_by_its_own_department(house: HouseUnderTest) -> None:
    officer = await on_telegram(house, "ayinur", 704)
    await (await house.visitor()).say(TIP_OFF)
    assert "转办" not in officer.heard()[-1].buttons
    await officer.press_data("h:1:pass_on")
    assert officer.heard()[-1].text == NOT_ALLOWED
    await officer.press_data(f"p:1:{await department_number(house, 'service')}")
    assert officer.heard()[-1].text == NOT_ALLOWED


async def test_an_officer_who_left_loses_everything_at_once(house: HouseUnderTest) -> None:
    taxpayer, colleague = await house.visitor(), await house.officer("ayinur")
    at_desk = await employ(house, "guli", "古丽·样例", ["service"])
    on_phone = await on_telegram(house, "guli", 705)
    unused = await invitation(house, "guli")
    await taxpayer.say(COMPLAINT)
    card, desk_card = on_phone.heard()[-1], (await at_desk.heard())[-1]
    await on_phone.press("答复", on=card)
    await dismiss(house, "guli")

    await on_phone.say(ANSWER_TEXT)
    for label in ("签收", "答复", "转办"):
        await on_phone.press(label, on=card)
        assert "这个按钮已经失效" in on_phone.heard()[-1].text
    await on_phone.say("/todo")
    assert "2025-000001" not in on_phone.heard()[-1].text
    assert "这个按钮已经失效" in (await at_desk.press("签收", on=desk_card)).text
    assert "没有绑定任何工作人员" in (await at_desk.say(ANSWER_TEXT)).text
    assert count_of(await taxpayer.heard(), "已有答复") == 0
    assert count_of(await taxpayer.heard(), "签收") == 0

    stranger = house.telegram_person(706)
    await stranger.say(f"/start {unused}")
    assert "已经用过或已过期" in stranger.heard()[-1].text
    heard = len(on_phone.heard()), len(await at_desk.heard())
    await (await house.visitor("another")).say(COMPLAINT)
    assert (len(on_phone.heard()), len(await at_desk.heard())) == heard
    assert COMPLAINT in (await colleague.heard())[-1].text


# Invitations


async def test_an_invitation_binds_a_chat_and_cards_go_to_the_chat_and_to_the_desk(house: HouseUnderTest) -> None:
    at_desk, on_phone = await house.officer("ayinur"), await on_telegram(house, "ayinur", 707)
    await (await house.visitor()).say(COMPLAINT)
    assert "办件 2025-000001 · 服务投诉" in (await at_desk.heard())[-1].text
    assert "办件 2025-000001 · 服务投诉" in on_phone.heard()[-1].text
    await on_phone.press("签收")
    assert "您已签收" in on_phone.heard()[-1].text
    assert "已由阿依努尔·样例签收" in (await at_desk.press("签收")).text


async def test_an_invitation_serves_once_and_for_its_time_only(either_house: HouseUnderTest) -> None:
    token, later = await invitation(either_house, "ayinur"), await invitation(either_house, "wang")
    first, second, third = (either_house.telegram_person(number) for number in (708, 709, 710))
    await first.say(f"/start {token}")
    await second.say(f"/start {token}")
    assert "已与您绑定" in first.heard()[-1].text
    assert "已经用过或已过期" in second.heard()[-1].text
    either_house.clock.advance(hours=1, seconds=1)
    await third.say(f"/start {later}")
    await second.say("/start no-such-token")
    assert "已经用过或已过期" in third.heard()[-1].text
    assert "您好，这里是" in second.heard()[-1].text  # no invitation of ours
    await (await either_house.visitor()).say(COMPLAINT)
    assert count_of(second.heard() + third.heard(), "办件") == 0


async def test_a_visitors_page_never_becomes_an_officers(house: HouseUnderTest) -> None:
    visitor, token = await house.visitor(), await invitation(house, "ayinur")
    assert "请在 Telegram 中打开" in (await visitor.say(f"/start {token}")).text
    phone = house.telegram_person(711)
    await phone.say(f"/start {token}")
    assert "已与您绑定" in phone.heard()[-1].text


async def test_nothing_waits_once_all_is_said(house: HouseUnderTest) -> None:
    await on_telegram(house, "ayinur", 712)
    await (await house.visitor()).say(COMPLAINT)
    async with house.database.reader() as reader:
        assert await waiting_by_channel(reader) == []


async def test_the_fiftieth_case_is_found_by_leafing_and_by_its_number(house: HouseUnderTest) -> None:
    taxpayer, clerk = await house.visitor(), await employ(house, "c1", "只在纳税服务处", ["service"])
    outsider = await employ(house, "c2", "只在办公室", ["office"])
    for _ in range(50):
        await taxpayer.say("转人工")
        await taxpayer.say(COMPLAINT)
    page = await clerk.say("/todo")
    seen = [label[:11] for label in page.buttons if label.startswith("2025-")]
    while "后面的办件" in page.buttons:
        page = await clerk.press("后面的办件", on=page)
        seen += [label[:11] for label in page.buttons if label.startswith("2025-")]
    assert seen == [f"2025-{number:06}" for number in range(1, 51)]
    assert "办件 2025-000050" in (await clerk.say("2025-000050")).text
    assert "没有办理" in (await outsider.say("2025-000050")).text
    own = await taxpayer.press("更早的办件", on=await taxpayer.say("/cases"))
    assert any(label.startswith("2025-000030") for label in own.buttons)
