"""Lines of one talk: what is no matter yet, what its writer is asked about, and what nobody answers is not lost."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from bot.jobs import open_what_was_not_chosen, open_what_was_withheld
from escalation.cases.queries import MessageKind, messages_of
from escalation.duties.patrol import patrol
from storage.tables import asked, bureaus, cases, duties, taxpayers
from tests.flows.cast import COMPLAINT, KNOWN, employ, on_telegram
from tests.support.house import HouseUnderTest

UNSURE = "我跟他说好的，后来他又变卦了，让我再跑"
SHORT = "希望周六上午也能办税"


async def number_of_cases(house: HouseUnderTest) -> int:
    async with house.database.reader() as reader:
        return int(await reader.value(select(func.count()).select_from(cases)))


async def kind_of_case(house: HouseUnderTest, number: str) -> str:
    async with house.database.reader() as reader:
        return str(await reader.value(select(cases.c.kind).where(cases.c.number == number)))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("请问", "您好，请讲"),
        ("我们公司在喀什", "好的，记下了"),
        ("你是机器人吗", "我是税务局的自动问答"),
        ("人呢", "在的"),
        ("快点", "让您着急了"),
        ("听不懂", "请换个说法"),
        ("不想投诉了", "没有为您立办件"),
        ("什么垃圾系统", "没有帮上忙，很抱歉"),
        ("愁死我了", "让您费心了"),
        ("怎么用", "直接写下您的税费问题"),
    ],
)
async def test_what_is_no_matter_yet_gets_words_and_opens_nothing(house: HouseUnderTest, line: str, words: str) -> None:
    assert words in (await (await house.visitor()).say(line)).text
    assert await number_of_cases(house) == 0


async def test_pieces_are_read_together_and_the_case_holds_all_of_them(house: HouseUnderTest) -> None:
    taxpayer, officer = await house.visitor(), await house.officer("wang")
    for line in ("我是做棉花收购的", "公司在阿克苏"):
        await taxpayer.say(line)
    assert "请接着说" in (await taxpayer.heard())[-1].text
    receipt = await taxpayer.say("稀土矿尾矿库占地要不要交城镇土地使用税，能不能减免")
    assert "办件编号：2025-000001" in receipt.text
    card = (await officer.heard())[-1].text
    for line in ("棉花收购", "阿克苏", "尾矿库"):
        assert line in card


async def test_pieces_of_ten_minutes_ago_belong_to_nothing(house: HouseUnderTest) -> None:
    taxpayer = await house.visitor()
    await taxpayer.say("我是做棉花收购的")
    house.clock.advance(minutes=11)
    await taxpayer.say("我在阿克苏")
    assert "好的，记下了" in (await taxpayer.heard())[-1].text


async def test_what_cannot_be_told_is_asked_once_in_plain_words(house: HouseUnderTest) -> None:
    taxpayer = await house.visitor()
    question = await taxpayer.say(UNSURE)
    assert UNSURE[:20] in question.text
    labels = list(question.buttons)
    assert labels[0] == "① 问政策、问怎么办事"
    assert any("税务人员收钱" in label for label in labels)
    assert labels[-2:] == [labels[-2], "不用了"]
    assert "别的" in labels[-2]
    assert await number_of_cases(house) == 0


async def test_what_is_tapped_decides(house: HouseUnderTest) -> None:
    taxpayer = house.telegram_person(801)
    await taxpayer.say(UNSURE)
    question = taxpayer.heard()[-1]
    sealed = next(label for label in question.buttons if "税务人员收钱" in label)
    await taxpayer.press(sealed, on=question)
    assert await kind_of_case(house, "2025-000001") == "discipline"
    await taxpayer.press(sealed, on=question)
    assert "这个按钮已经失效" in taxpayer.heard()[-1].text
    assert await number_of_cases(house) == 1


async def test_who_says_that_it_is_no_longer_needed_gets_no_case(house: HouseUnderTest) -> None:
    taxpayer = await house.visitor()
    await taxpayer.press("不用了", on=await taxpayer.say(UNSURE))
    house.clock.advance(minutes=31)
    await open_what_was_withheld(house.deps)
    await house.settle()
    assert await number_of_cases(house) == 0


@pytest.mark.parametrize(("line", "sealed"), [(UNSURE, True), (SHORT, False)])
async def test_what_was_asked_about_and_not_tapped_becomes_a_case_after_half_an_hour(
    house: HouseUnderTest,
    line: str,
    sealed: bool,  # noqa: FBT001
) -> None:
    taxpayer = await house.visitor()
    await taxpayer.say(line)
    house.clock.advance(minutes=29)
    await open_what_was_withheld(house.deps)
    assert await number_of_cases(house) == 0
    house.clock.advance(minutes=2)
    await open_what_was_withheld(house.deps)
    await house.settle()
    assert "办件编号：2025-000001" in (await taxpayer.heard())[-1].text
    async with house.database.reader() as reader:
        case = await reader.one(select(cases.c.sealed, cases.c.received_at))
    assert case is not None
    assert case.sealed is sealed
    assert house.clock() - case.received_at >= timedelta(minutes=31)


async def test_a_line_typed_instead_of_a_tap_is_read_together_with_it(house: HouseUnderTest) -> None:
    taxpayer, officer = await house.visitor(), await house.officer("ayinur")
    first = await taxpayer.say(UNSURE)
    second = await taxpayer.say("就是征管科那个姓马的，他要我先给他充油卡")
    assert "2025-000001" in second.text
    assert await kind_of_case(house, "2025-000001") == "discipline"
    card = (await officer.heard())[-1].text
    assert "变卦" in card
    assert "油卡" in card
    await taxpayer.press(next(iter(first.buttons)), on=first)
    assert "这个按钮已经失效" in (await taxpayer.heard())[-1].text
    house.clock.advance(minutes=31)
    await open_what_was_withheld(house.deps)
    assert await number_of_cases(house) == 1


async def test_after_the_kind_was_asked_nothing_else_is(house: HouseUnderTest) -> None:
    """「问政策」 was tapped and the FAQ is not sure: people answer, and no second choice is offered."""
    taxpayer = await house.visitor()
    question = await taxpayer.say(UNSURE)
    await taxpayer.press("① 问政策、问怎么办事", on=question)
    assert "办件编号：2025-000001" in (await taxpayer.heard())[-1].text


async def test_choices_that_nobody_tapped_become_a_case_at_the_end_of_the_day(house: HouseUnderTest) -> None:
    taxpayer, answered, dropped = await house.visitor(), await house.visitor("b"), await house.visitor("c")
    await taxpayer.say("发票怎么开")
    await taxpayer.say(KNOWN)  # an answer to another question is none to this one
    await answered.say("发票怎么开")
    await answered.say("新开的公司怎么领发票")
    await dropped.press("不用了", on=await dropped.say("发票怎么开"))
    await open_what_was_not_chosen(house.deps)
    assert await number_of_cases(house) == 0
    house.clock.advance(days=1)
    await open_what_was_not_chosen(house.deps)
    await open_what_was_not_chosen(house.deps)
    await house.settle()
    assert await number_of_cases(house) == 1
    assert "办件编号：2025-000001" in (await taxpayer.heard())[-1].text


async def test_two_numbered_questions_are_answered_one_by_one(house: HouseUnderTest) -> None:
    answer = await (await house.visitor()).say("1.车船税怎么交 2.契税什么时候交")
    assert "1. 【" in answer.text
    assert "2. 【" in answer.text
    assert list(answer.buttons) == ["解决了", "没解决", "转人工"]


async def test_who_asks_after_an_open_case_is_told_and_it_is_noted(house: HouseUnderTest) -> None:
    taxpayer = await house.visitor()
    receipt = await taxpayer.say(COMPLAINT)
    assert "您的询问已经记在办件上" in (await taxpayer.say("怎么还没人回复")).text
    await taxpayer.press("查看办件", on=receipt)
    assert "您询问进展" in (await taxpayer.heard())[-1].text
    assert await number_of_cases(house) == 1


async def test_a_life_in_danger_alarms_who_is_on_duty_until_somebody_sees_to_it(house: HouseUnderTest) -> None:
    taxpayer, officer = await house.visitor(), await house.officer("wang")
    await employ(house, "c1", "只在纳税服务处", ["service"])
    colleague = await on_telegram(house, "c1", 803)
    words = await taxpayer.say("你们把我逼死了，我不想活了，现在就在楼顶上")
    for number in ("12356", "120", "110"):
        assert number in words.text
    alarm = (await officer.heard())[-1]
    assert "楼顶上" in alarm.text
    assert not any("楼顶上" in heard.text for heard in colleague.heard())
    assert await number_of_cases(house) == 0
    house.clock.advance(minutes=11)
    await patrol(house.database, house.deps.rules, house.clock())
    await house.settle()
    assert "至今没有人处理" in (await officer.heard())[-1].text
    await colleague.press_data(alarm.buttons["我来处理"])
    assert "没有办理" in colleague.heard()[-1].text
    assert "由您处理" in (await officer.press("我来处理", on=alarm)).text
    async with house.database.reader() as reader:
        assert await reader.value(select(duties.c.settled_at).where(duties.c.kind == "life.danger")) is not None
    house.clock.advance(minutes=30)
    told = len(await officer.heard())
    await patrol(house.database, house.deps.rules, house.clock())
    await house.settle()
    assert len(await officer.heard()) == told


async def test_what_was_asked_about_never_becomes_a_gap_that_editors_read(house: HouseUnderTest) -> None:
    await (await house.visitor()).say(UNSURE)
    async with house.database.reader() as reader:
        assert await reader.value(select(asked.c.decision)) == "withheld"


async def test_what_follows_a_life_in_danger_belongs_to_it(house: HouseUnderTest) -> None:
    taxpayer, officer = await house.visitor(), await house.officer("wang")
    await taxpayer.say("我真不想活了")
    for line in ("药吃了", "头晕", "你们管不管"):
        words = await taxpayer.say(line)
        assert "12356" in words.text
        assert line in (await officer.heard())[-1].text
    assert "12356" not in (await taxpayer.say(KNOWN)).text
    assert await number_of_cases(house) == 0
    house.clock.advance(minutes=31)
    assert "12356" not in (await taxpayer.say(KNOWN)).text
    assert "由您处理" in (await officer.press("我来处理")).text
    first = next(one for one in await officer.heard() if "不想活了" in one.text)
    assert "由您处理" in (await officer.press("我来处理", on=first)).text


async def test_an_alarm_of_a_bureau_without_people_is_seen_to_at_home(house: HouseUnderTest) -> None:
    taxpayer, officer = house.telegram_person(902), await house.officer("wang")
    await taxpayer.say("你好")
    async with house.database.unit() as unit:
        branch = await unit.value(select(bureaus.c.id).where(bureaus.c.parent_id.is_not(None)).limit(1))
        await unit.run(update(taxpayers).values(bureau_id=branch))
    await taxpayer.say("我不想活了，现在就在楼顶上")
    alarm = (await officer.heard())[-1]
    house.clock.advance(minutes=11)
    await patrol(house.database, house.deps.rules, house.clock())
    await house.settle()
    assert "至今没有人处理" in (await officer.heard())[-1].text
    assert "由您处理" in (await officer.press("我来处理", on=alarm)).text


async def test_a_numbered_question_that_nobody_answers_is_a_case(house: HouseUnderTest) -> None:
    taxpayer = await house.visitor()
    await taxpayer.say("1.车船税怎么交 2.稀土矿尾矿库占地要不要交城镇土地使用税，能不能减免")
    told = "\n".join(one.text for one in await taxpayer.heard())
    assert "已转给工作人员" in told
    assert "办件编号" in told
    assert await number_of_cases(house) == 1


async def test_numbered_questions_are_answered_while_a_case_is_open(house: HouseUnderTest) -> None:
    taxpayer = await house.visitor()
    await taxpayer.say(COMPLAINT)
    told = (await taxpayer.say("1.车船税怎么交 2.契税什么时候交")).text
    assert "1. 【" in told
    assert "2. 【" in told


async def test_a_question_is_given_to_a_case_once(house: HouseUnderTest) -> None:
    taxpayer, officer = house.telegram_person(902), await house.officer("ayinur")
    await taxpayer.say(COMPLAINT)
    await taxpayer.say(KNOWN)
    answer = taxpayer.heard()[-1]
    belongs = next(data for label, data in answer.buttons.items() if "补充到" in label)
    await taxpayer.press_data(belongs, message_id=answer.id)
    await taxpayer.press_data(belongs, message_id=answer.id)
    await taxpayer.press_data(answer.buttons["转人工"], message_id=answer.id)
    assert await number_of_cases(house) == 1
    assert (await officer.heard())[-1].text.count(KNOWN) == 1


async def test_every_prompt_is_about_its_own_line(house: HouseUnderTest) -> None:
    taxpayer = await house.visitor()
    await taxpayer.say(COMPLAINT)
    first = await taxpayer.say("当时窗口只开了两个")
    second = await taxpayer.say("保安还推了我一下")
    await taxpayer.press("补充到该办件", on=first)
    async with house.database.reader() as reader:
        kept = {one.text: one.what for one in await messages_of(reader, 1)}
    assert kept["当时窗口只开了两个"] == MessageKind.SUPPLEMENT
    assert kept["保安还推了我一下"] == MessageKind.UNSORTED
    await taxpayer.press("补充到该办件", on=second)
    async with house.database.reader() as reader:
        assert MessageKind.UNSORTED not in {one.what for one in await messages_of(reader, 1)}


async def test_what_was_asked_for_goes_to_the_case_that_asked(house: HouseUnderTest) -> None:
    taxpayer, clerk = await house.visitor(), await employ(house, "c1", "只在纳税服务处", ["service"])
    await taxpayer.say(COMPLAINT)
    await clerk.press("请留言人补充")
    await clerk.say("请补充窗口号")
    await taxpayer.say("转人工")
    await taxpayer.say(KNOWN)
    assert await number_of_cases(house) == 2
    await taxpayer.say("是三号窗口")
    async with house.database.reader() as reader:
        assert "是三号窗口" in [one.text for one in await messages_of(reader, 1)]


async def test_the_half_hour_begins_with_the_last_piece(house: HouseUnderTest) -> None:
    taxpayer = await house.visitor()
    await taxpayer.say(UNSURE)
    house.clock.advance(minutes=29)
    await taxpayer.say("后来也一直没有人给我回话")
    house.clock.advance(minutes=2)
    await open_what_was_withheld(house.deps)
    await house.settle()
    assert await number_of_cases(house) == 0
    house.clock.advance(minutes=29)
    await open_what_was_withheld(house.deps)
    assert await number_of_cases(house) == 1


async def test_pieces_before_people_are_wanted_go_with_the_letter(house: HouseUnderTest) -> None:
    taxpayer = await house.visitor()
    await taxpayer.say("我是做棉花收购的")
    await taxpayer.say("公司在阿克苏")
    await taxpayer.say("转人工")
    await taxpayer.say("稀土矿尾矿库占地要不要交城镇土地使用税，能不能减免")
    async with house.database.reader() as reader:
        letter = (await messages_of(reader, 1))[0].text
    assert "棉花" in letter


async def test_a_reply_to_another_case_is_no_answer_to_this_one(house: HouseUnderTest) -> None:
    officer = await on_telegram(house, "ayinur", 903)
    one, other = house.telegram_person(902), house.telegram_person(905)
    await one.say(COMPLAINT)
    card = officer.heard()[-1]
    await other.say(f"{COMPLAINT}二")
    await officer.press("转办", on=officer.heard()[-1])
    await officer.press("办公室")
    prompt = officer.heard()[-1]
    await officer.press("答复", on=card)
    await officer.say("这个人是老缠访户，你们处理", reply_to=prompt)
    assert not any("老缠访户" in heard.text for heard in (*one.heard(), *other.heard()))
    assert "发出" in officer.heard()[-1].buttons
