"""What a taxpayer hears: answers, choices, courtesies, and where a second line belongs."""

from collections.abc import Callable

from sqlalchemy import func, select

from storage.tables import asked, cases
from tests.flows.cast import COMPLAINT, KNOWN, UNKNOWN, code_in, count_of, number_in, on_telegram
from tests.support.house import Heard, HouseUnderTest

OUTSIDE = "公积金怎么提取"


async def number_of_cases(house: HouseUnderTest) -> int:
    async with house.database.reader() as reader:
        return int(await reader.value(select(func.count()).select_from(cases)))


# The FAQ


async def test_solved_is_thanked_for_and_remembered(house: HouseUnderTest) -> None:
    taxpayer = await house.visitor()
    await taxpayer.say(KNOWN)
    assert "很高兴能帮到您" in (await taxpayer.press("解决了")).text
    async with house.database.reader() as reader:
        assert await reader.value(select(asked.c.outcome)) == "solved"
    assert await number_of_cases(house) == 0


async def test_unsolved_offers_people_and_people_get_the_case(house: HouseUnderTest) -> None:
    taxpayer, officer = await house.visitor(), await house.officer("wang")
    await taxpayer.say(KNOWN)
    sorry = await taxpayer.press("没解决")
    assert "抱歉，没有解决您的问题" in sorry.text
    receipt = await taxpayer.press("转人工", on=sorry)
    assert "承办部门：货物和劳务税处" in receipt.text
    assert KNOWN in (await officer.heard())[-1].text


async def test_a_second_press_of_to_people_opens_no_second_case(either_house: HouseUnderTest) -> None:
    taxpayer = either_house.telegram_person(501)
    await taxpayer.say(KNOWN)
    answer = taxpayer.heard()[-1]
    await taxpayer.press("转人工", on=answer)
    assert number_in(taxpayer.heard()[-1]) == "2025-000001"
    await taxpayer.press("转人工", on=answer)
    assert "已经转给工作人员了" in taxpayer.heard()[-1].text
    await taxpayer.press("没解决", on=answer)
    assert "已经转给工作人员了" in taxpayer.heard()[-1].text
    assert await number_of_cases(either_house) == 1


async def test_an_uncertain_match_offers_at_most_three_questions_and_none_of_these(house: HouseUnderTest) -> None:
    taxpayer = await house.visitor()
    offer = await taxpayer.say("发票怎么开")
    assert "您想问的是下面哪一个" in offer.text
    assert 1 <= len(offer.buttons) - 2 <= 3
    assert list(offer.buttons)[-2:] == ["都不是", "不用了"]
    assert await number_of_cases(house) == 0


async def test_choosing_one_of_the_questions_gives_its_answer(house: HouseUnderTest) -> None:
    taxpayer = await house.visitor()
    question = next(iter((await taxpayer.say("发票怎么开")).buttons))
    answer = await taxpayer.press(question)
    assert answer.text.startswith(f"【{question}】")
    assert "依据：" in answer.text
    assert list(answer.buttons) == ["解决了", "没解决", "转人工"]


async def test_none_of_these_goes_to_people_once(house: HouseUnderTest) -> None:
    taxpayer = house.telegram_person(502)
    await taxpayer.say("发票怎么开")
    offer = taxpayer.heard()[-1]
    await taxpayer.press("都不是", on=offer)
    assert "承办部门：征管和科技发展处" in taxpayer.heard()[-1].text
    await taxpayer.press(next(iter(offer.buttons)), on=offer)
    assert "已经转给工作人员了" in taxpayer.heard()[-1].text
    assert await number_of_cases(house) == 1


async def test_what_no_entry_answers_becomes_a_case_with_reasons(house: HouseUnderTest) -> None:
    taxpayer, officer = await house.visitor(), await house.officer("wang")
    receipt = await taxpayer.say(UNKNOWN)
    assert "您的留言（咨询）已收到" in receipt.text
    assert "承办部门：财产和行为税处" in receipt.text
    assert "2025年11月12日（周三）24:00前（北京时间）" in receipt.text
    card = (await officer.heard())[-1]
    assert "出现“城镇土地使用税”" in card.text
    assert UNKNOWN in card.text


# Words that open no case


async def test_what_is_no_case_gets_words(house: HouseUnderTest) -> None:
    expected = {
        "你好": "请直接写下您的税费问题",
        "谢谢": "不客气",
        "asdfgh": "这条消息我没有看懂",
        "哈哈哈哈": "这条消息我没有看懂",
        OUTSIDE: "可能不归税务部门办理",
        "我不服处罚决定，要申请行政复议": "60日的申请期限仍在继续计算",
        "我的办件到哪了": "您还没有办件",
        "查一下我的进度": "您还没有办件",
    }
    taxpayer = await house.visitor()
    for text, words in expected.items():
        assert words in (await taxpayer.say(text)).text, text
    assert await number_of_cases(house) == 0


async def test_business_of_another_office_becomes_a_case_if_the_person_insists_and_only_one(
    house: HouseUnderTest,
) -> None:
    taxpayer = house.telegram_person(503)
    await taxpayer.say(OUTSIDE)
    refusal = taxpayer.heard()[-1]
    assert "12345" in refusal.text
    await taxpayer.press("仍要转人工", on=refusal)
    assert "您的留言（咨询）已收到" in taxpayer.heard()[-1].text
    await taxpayer.press("仍要转人工", on=refusal)
    assert "已经转给工作人员了" in taxpayer.heard()[-1].text
    assert await number_of_cases(house) == 1


# 转人工


async def test_after_asking_for_people_the_next_text_becomes_a_case(house: HouseUnderTest) -> None:
    taxpayer = await house.visitor()
    assert "请用一条消息把您的问题或诉求写完整" in (await taxpayer.say("转人工")).text
    receipt = await taxpayer.say(KNOWN)
    assert number_in(receipt) == "2025-000001"
    assert "【" in (await (await house.visitor("another")).say(KNOWN)).text


async def test_between_asking_for_people_and_the_matter_a_courtesy_stays_one(house: HouseUnderTest) -> None:
    taxpayer = await house.visitor()
    await taxpayer.say("转人工")
    for between, words in {
        "你好": "请直接写下您的税费问题",
        "谢谢": "不客气",
        "转人工": "请用一条消息把您的问题或诉求写完整",
        "我的办件到哪了": "您还没有办件",
        "我不服处罚决定，要申请行政复议": "这里不受理行政复议",
    }.items():
        assert words in (await taxpayer.say(between)).text, between
    assert await number_of_cases(house) == 0
    assert number_in(await taxpayer.say(KNOWN)) == "2025-000001"


# A second line while a case is open


async def test_a_second_line_is_asked_for_and_as_a_supplement_reaches_the_officer(either_house: HouseUnderTest) -> None:
    taxpayer, officer = await either_house.visitor(), await either_house.officer("ayinur")
    await taxpayer.say(COMPLAINT)
    question = await taxpayer.say("当时是上午十点左右，二号窗口")
    assert "办件 2025-000001" in question.text
    assert list(question.buttons) == ["补充到该办件", "新问题"]
    assert "已补充到办件 2025-000001" in (await taxpayer.press("补充到该办件")).text
    card = (await officer.heard())[-1]
    assert "【补充】" in card.text
    assert "二号窗口" in card.text
    assert await number_of_cases(either_house) == 1


async def test_a_second_line_that_is_a_question_of_its_own_is_answered_by_the_faq(house: HouseUnderTest) -> None:
    taxpayer, officer = await house.visitor(), await house.officer("ayinur")
    await taxpayer.say(COMPLAINT)
    answer = await taxpayer.say(KNOWN)
    assert "免征增值税" in answer.text
    assert list(answer.buttons)[-1] == "补充到办件 2025-000001"
    assert not any(KNOWN in heard.text for heard in await officer.heard())
    assert await number_of_cases(house) == 1
    await taxpayer.press("补充到办件 2025-000001", on=answer)
    assert "已补充到办件 2025-000001" in (await taxpayer.heard())[-1].text
    assert KNOWN in (await officer.heard())[-1].text


async def test_a_second_line_that_nobody_can_answer_opens_its_own_case(house: HouseUnderTest) -> None:
    taxpayer = await house.visitor()
    await taxpayer.say(COMPLAINT)
    await taxpayer.say(UNKNOWN)
    assert number_in(await taxpayer.press("新问题")) == "2025-000002"


async def test_every_unsorted_line_is_sorted_by_its_own_press(house: HouseUnderTest) -> None:
    taxpayer, officer = await house.visitor(), await house.officer("ayinur")
    await taxpayer.say(COMPLAINT)
    first = await taxpayer.say("当时是上午十点左右")
    second = await taxpayer.say("前面还有三十多个人没有办")
    for prompt in (second, first):
        assert "已补充到办件" in (await taxpayer.press("补充到该办件", on=prompt)).text
    card = (await officer.heard())[-1]
    assert card.text.count("【补充】") == 2
    assert "上午十点" in card.text
    assert "三十多个人" in card.text


async def test_an_unsorted_line_is_known_to_the_officer_even_if_no_button_is_pressed(house: HouseUnderTest) -> None:
    taxpayer, officer = await house.visitor(), await house.officer("ayinur")
    await taxpayer.say(COMPLAINT)
    await taxpayer.say("当时是上午十点左右")
    await taxpayer.say("前面还有三十多个人没有办")
    assert count_of(await officer.heard(), "又写来一条消息") == 1
    card = await officer.press("查看办件")
    assert "是否属于本件待留言人确认" in card.text
    assert "上午十点" in card.text
    assert "三十多个人" in card.text


async def test_a_supplement_to_a_case_that_was_answered_meanwhile_is_not_lost(house: HouseUnderTest) -> None:
    taxpayer, officer = await house.visitor(), await house.officer("ayinur")
    await taxpayer.say(COMPLAINT)
    question = await taxpayer.say(UNKNOWN)
    await officer.press("答复")
    await officer.say("您好，已整改。")
    receipt = await taxpayer.press("补充到该办件", on=question)
    assert number_in(receipt) == "2025-000002"
    assert "作为新问题办理" in (await taxpayer.heard())[-2].text


async def test_once_the_case_is_answered_the_next_line_is_not_asked_for(house: HouseUnderTest) -> None:
    taxpayer, officer = await house.visitor(), await house.officer("ayinur")
    await taxpayer.say(COMPLAINT)
    await officer.press("答复")
    await officer.say("您好，已整改。")
    assert "免征增值税" in (await taxpayer.say(KNOWN)).text


# 我的办件, 查询码, rating


async def test_own_cases_are_listed_and_looked_at(house: HouseUnderTest) -> None:
    taxpayer = await house.visitor()
    await taxpayer.say(COMPLAINT)
    listed = await taxpayer.say("我的办件")
    assert "2025-000001 服务投诉 · 待签收" in listed.buttons
    seen = await taxpayer.press("2025-000001 服务投诉 · 待签收")
    assert "状态：待签收" in seen.text
    assert COMPLAINT in seen.text
    assert "· 11月3日（周一）12:00 收到" in seen.text
    assert "您还没有办件" in (await (await house.visitor("another")).say("/cases")).text


async def receipt_for(house: HouseUnderTest, name: str = "owner") -> Heard:
    return await (await house.visitor(name)).say(COMPLAINT)


SPELLINGS: dict[str, Callable[[str], str]] = {
    "as given": str,
    "lower case": str.lower,
    "full width": lambda text: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text),
    "spaces": lambda text: text.replace("-", " - "),
}


async def test_number_and_code_open_the_case_from_elsewhere_however_they_are_typed(house: HouseUnderTest) -> None:
    receipt = await receipt_for(house)
    for spelling, spelled in SPELLINGS.items():
        for form in ("{} {}", "{}{}", "  {}　 {}  ", "编号：{}，查询码：{}", "办件编号：{}\n查询码：{}。"):
            other = await house.visitor(f"{spelling} {form}")
            assert "请输入办件编号和查询码" in (await other.say("/lookup")).text
            text = spelled(form.format(number_in(receipt), code_in(receipt)))
            assert COMPLAINT in (await other.say(text)).text, text
    assert "2025-000001 服务投诉 · 待签收" in (await other.say("/cases")).buttons


async def test_a_wrong_code_reads_the_same_as_an_unknown_number(house: HouseUnderTest) -> None:
    receipt, other = await receipt_for(house), await house.visitor("elsewhere")
    wrong = await other.say(f"{number_in(receipt)} 2222-2222")
    unknown = await other.say(f"2025-999999 {code_in(receipt)}")
    half = await other.say(number_in(receipt))
    assert wrong.text == unknown.text == half.text
    assert "没有找到相符的办件" in wrong.text
    assert "您还没有办件" in (await other.say("/cases")).text


async def test_after_five_failures_even_the_right_code_fails_for_this_visitor_for_an_hour(
    house: HouseUnderTest,
) -> None:
    for evasion in ("你好", "/start", "转人工", "/lookup"):
        receipt, other = await receipt_for(house, f"owner {evasion}"), await house.visitor(f"guesser {evasion}")
        right = f"{number_in(receipt)} {code_in(receipt)}"
        for _ in range(5):
            failed = await other.say(f"{number_in(receipt)} 2222-2222")
            await other.say(evasion)
        assert (await other.say(right)).text == failed.text, evasion
        assert COMPLAINT in (await (await house.visitor(f"honest {evasion}")).say(right)).text
        house.clock.advance(hours=1)
        assert COMPLAINT in (await other.say(right)).text


async def test_after_twenty_wrong_codes_in_a_day_a_case_opens_for_nobody_new(house: HouseUnderTest) -> None:
    receipt = await receipt_for(house)
    for number in range(20):
        failed = await (await house.visitor(f"guesser-{number}")).say(f"{number_in(receipt)} 2222-2222")
    right = f"{number_in(receipt)} {code_in(receipt)}"
    assert (await (await house.visitor("honest")).say(right)).text == failed.text
    house.clock.advance(days=1)
    assert COMPLAINT in (await (await house.visitor("honest tomorrow")).say(right)).text


async def test_an_identity_number_is_not_taken_for_number_and_code(house: HouseUnderTest) -> None:
    taxpayer = await house.visitor()
    await taxpayer.say("/lookup")
    assert "没有找到相符的办件" not in (await taxpayer.say("650102199001011234")).text
    assert "没有找到相符的办件" not in (await taxpayer.say("个税退税怎么申请")).text


async def test_an_answer_is_rated_once(either_house: HouseUnderTest) -> None:
    taxpayer, officer = either_house.telegram_person(504), await either_house.officer("ayinur")
    await taxpayer.say(COMPLAINT)
    await officer.press("答复")
    await officer.say("您好，已整改。")
    answer = taxpayer.heard()[-1]
    assert list(answer.buttons) == ["非常满意", "满意", "基本满意", "不满意", "非常不满意"]
    await taxpayer.press("满意", on=answer)
    assert "感谢您的评价：满意" in taxpayer.heard()[-1].text
    await taxpayer.press("非常不满意", on=answer)
    assert "已经评价过了" in taxpayer.heard()[-1].text
    async with either_house.database.reader() as reader:
        assert await reader.value(select(cases.c.rating)) == 4


async def test_the_answer_comes_where_it_was_asked_although_the_officer_is_elsewhere(house: HouseUnderTest) -> None:
    in_browser, on_phone = await house.visitor(), house.telegram_person(505)
    officer = await on_telegram(house, "ayinur", 506)
    await in_browser.say(COMPLAINT)
    await officer.press("答复")
    await officer.say("致浏览器的答复。")
    await on_phone.say(COMPLAINT)
    await officer.press("答复")
    await officer.say("致手机的答复。")
    assert "致浏览器的答复" in (await in_browser.heard())[-1].text
    assert count_of(await in_browser.heard(), "致手机的答复") == 0
    assert "致手机的答复" in on_phone.heard()[-1].text
    assert count_of(on_phone.heard(), "致浏览器的答复") == 0
