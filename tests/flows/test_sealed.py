"""第十八条, generated: every sealed kind, sure or only possible, in every state of an open case, on both channels; and
everybody who is no reader of that kind.
"""

from collections.abc import Awaitable, Callable
from itertools import product

import pytest
from sqlalchemy import select, update

from bot.jobs import open_what_was_withheld
from escalation.cases.lifecycle import Move
from escalation.cases.notices import Card, notice_of
from escalation.cases.queries import find_case, messages_of
from escalation.cases.rekind import change_kind
from escalation.cases.results import Done
from escalation.cases.steps import as_read, moving
from escalation.duties.patrol import patrol
from faq.gaps import unanswered
from storage.outbox import tell
from storage.people import addresses_of, find_officer
from storage.tables import cases, officer_departments
from tests.flows.cast import COMPLAINT, employ, group_of, officer_number, on_telegram
from tests.support.house import Heard, HouseUnderTest, TelegramPerson, Visitor

MARK = "巴依尔"  # a name that stands in every one of these texts, and in nothing else
SEALED = {
    "report": f"我要举报{MARK}商贸公司，两套账偷税",
    "discipline": f"纳税服务处的{MARK}收了企业好处费，请保密",
    "perhaps": f"他就在货劳处，叫{MARK}，不找他亲戚的公司就卡着",
    "in pieces": f"钱是现金给的，{MARK}在停车场交的",
}


async def leave_open(_officer: Visitor) -> None:
    """Nobody has signed for the case yet."""


async def sign(officer: Visitor) -> None:
    await officer.press("签收")


async def ask_for_more(officer: Visitor) -> None:
    await officer.press("请留言人补充")
    await officer.say("请补充窗口号")


async def answer(officer: Visitor) -> None:
    await officer.press("答复")
    await officer.say("您好，已整改。")


STATES: dict[str, Callable[[Visitor], Awaitable[None]]] = {
    "open": leave_open,
    "signed": sign,
    "waiting": ask_for_more,
    "answered": answer,
}
EVERY = pytest.mark.parametrize(
    ("text", "state", "on_telegram"),
    [(text, state, door) for text, state, door in product(SEALED, STATES, (False, True))],
    ids=lambda value: {True: "telegram", False: "web"}.get(value, value) if isinstance(value, bool) else value,
)


async def heard_by(somebody: Visitor) -> str:
    told: list[Heard] = await somebody.heard()
    return "\n".join("\n".join((one.text, *one.buttons)) for one in told)


@EVERY
async def test_nobody_but_its_readers_ever_sees_it(
    house: HouseUnderTest,
    text: str,
    state: str,
    on_telegram: bool,  # noqa: FBT001
) -> None:
    writer: Visitor | TelegramPerson = house.telegram_person(951) if on_telegram else await house.visitor()
    clerk = await employ(house, "c1", "只在纳税服务处", ["service", "goods_services", "office"])
    overseer = await house.officer("wang")  # office, leader and administrator
    await writer.say(COMPLAINT)
    await STATES[state](clerk)
    await writer.say(SEALED[text])
    house.clock.advance(minutes=31)
    await open_what_was_withheld(house.deps)
    await house.settle()
    house.clock.advance(days=4)
    await patrol(house.database, house.deps.rules, house.clock())
    await house.settle()
    for officer in (clerk, overseer):
        todo = await officer.say("/todo")
        for label in todo.buttons:
            await officer.press(label, on=todo)
        assert MARK not in await heard_by(officer)
    async with house.database.reader() as reader:
        assert all(MARK not in question.text for question in await unanswered(reader))


WITHHELD = f"那个收税的干部{MARK}跟我说，要么你买我老婆店里的茶叶，要么你这个定额给你往上调"
TOLD_PLAINLY = f"{MARK}石料场白天过磅晚上也过磅，晚上那些车是不进账的，给现金。我就是开车拉料的"


async def everybody(house: HouseUnderTest) -> tuple[Visitor, Visitor]:
    """Somebody who serves every department that is not sealed, and somebody who oversees all."""
    doors = ("service", "goods_services", "income", "property", "revenue", "social_insurance", "administration")
    return await employ(house, "c9", "都在", doors), await house.officer("wang")


@pytest.mark.parametrize(
    "after",
    [
        "车船税保险公司已经收了，车卖了能退不",
        "派出所改了名字，个税app里面名字咋改",
        "之前举报的有结果没",
        "公司在阿克苏",
    ],
)
@pytest.mark.parametrize("text", [WITHHELD, TOLD_PLAINLY], ids=["officer", "company"])
@pytest.mark.parametrize("case_open", [False, True], ids=["nothing open", "a case open"])
async def test_what_is_written_after_a_sealed_line_does_not_unseal_it(
    house: HouseUnderTest,
    text: str,
    after: str,
    case_open: bool,  # noqa: FBT001
) -> None:
    staff = await everybody(house)
    writer = house.telegram_person(951)
    if case_open:
        await writer.say(COMPLAINT)
    await writer.say(text)
    await writer.say(after)
    house.clock.advance(minutes=31)
    await open_what_was_withheld(house.deps)
    await house.settle()
    for somebody in staff:
        assert MARK not in await heard_by(somebody)
    async with house.database.reader() as reader:
        assert not any(MARK in question.text for question in await unanswered(reader))
        sealed = [row.id for row in await reader.all(select(cases.c.id).where(cases.c.sealed))]
        texts = [one.text for case_id in sealed for one in await messages_of(reader, case_id)]
    assert any(MARK in one for one in texts), "it was lost"


async def test_a_question_beside_a_sealed_line_does_not_make_a_question_of_both(house: HouseUnderTest) -> None:
    staff = await everybody(house)
    writer = await house.visitor()
    await writer.say(WITHHELD)
    prompt = await writer.say("车船税保险公司已经收了，车卖了能退不")
    question = next(label for label in prompt.buttons if "问政策" in label)
    await writer.press(question, on=prompt)
    await house.settle()
    for somebody in staff:
        assert MARK not in await heard_by(somebody)
    async with house.database.reader() as reader:
        assert await reader.value(select(cases.c.sealed)) is True


async def test_who_wants_people_is_asked_first_where_it_may_be_sealed(house: HouseUnderTest) -> None:
    staff = await everybody(house)
    writer = house.telegram_person(951)
    await writer.say("转人工")
    await writer.say(SEALED["in pieces"])
    for somebody in staff:
        assert MARK not in await heard_by(somebody)
    house.clock.advance(minutes=31)
    await open_what_was_withheld(house.deps)
    await house.settle()
    for somebody in staff:
        assert MARK not in await heard_by(somebody)


@pytest.mark.parametrize(
    "preface",
    [
        f"纳税服务处的{MARK}收了我两千块好处费。",
        f"我要举报{MARK}商贸公司两套账。",
        "我要投诉办税服务厅态度恶劣。",
        "我不服处罚决定，要复议。",
        "我不想活了，现在就在楼顶上。",
    ],
)
async def test_what_stands_before_numbered_questions_is_heard(house: HouseUnderTest, preface: str) -> None:
    writer = house.telegram_person(951)
    await writer.say(f"{preface}1.车船税怎么交 2.契税什么时候交")
    answered = writer.heard()[-1].text
    assert not answered.startswith("1.")


async def test_a_case_that_was_sealed_meanwhile_is_shown_to_nobody_else(house: HouseUnderTest) -> None:
    """Its card was written before, and is said after; its words go no more to who keeps the FAQ."""
    clerk = await employ(house, "c1", "只在纳税服务处", ["service"])
    writer = await house.visitor()
    await writer.say(f"稀土矿尾矿库{MARK}占地要不要交城镇土地使用税，能不能减免")
    clerk_number = await officer_number(house, "c1")
    async with house.database.unit() as unit:
        row = await unit.one(select(cases.c.id, cases.c.department_id))
        assert row is not None
        await unit.run(
            update(officer_departments)
            .where(officer_departments.c.officer_id == clerk_number)
            .values(department_id=row.department_id)
        )
        where = await addresses_of(unit, clerk_number)
    before = len(await clerk.heard())
    async with house.database.unit() as unit:
        tell(unit, where[0], notice_of(Card(row.id)))
        actor = await find_officer(unit, clerk_number)
        assert actor is not None
        done = await change_kind(unit, house.deps.rules, actor, row.id, "discipline", ["discipline"])
        assert isinstance(done, Done)
    await house.settle()
    assert not any(MARK in one.text for one in (await clerk.heard())[before:])
    async with house.database.reader() as reader:
        assert not any(MARK in question.text for question in await unanswered(reader))


async def test_what_was_sealed_meanwhile_is_answered_by_nobody_who_read_it_before(either_house: HouseUnderTest) -> None:
    house = either_house
    await employ(house, "c1", "只在纳税服务处", ["service"])
    writer = house.telegram_person(951)
    await writer.say(COMPLAINT)
    clerk_number = await officer_number(house, "c1")
    async with house.database.reader() as reader:
        before = await find_case(reader, 1)
        assert before is not None
    async with house.database.unit() as unit:
        actor = await find_officer(unit, clerk_number)
        assert actor is not None
        assert isinstance(await change_kind(unit, house.deps.rules, actor, 1, "discipline", ["discipline"]), Done)
    async with house.database.unit() as unit:
        assert not await unit.moved(moving(before.id, Move.ANSWER).where(*as_read(before)))


async def test_nothing_is_said_to_be_of_a_sealed_kind_in_a_group(house: HouseUnderTest) -> None:
    await on_telegram(house, "ayinur", 901)
    group = await group_of(house, "ayinur", "service", 901, -4001)
    await house.telegram_person(902).say(COMPLAINT)
    await group.press("更正类别")
    offered = group.heard()[-1].buttons
    assert "信访" in offered
    assert not {"纪检举报", "涉税检举"} & set(offered)


async def test_what_may_accuse_somebody_just_after_an_alarm_is_shown_to_nobody_on_duty(house: HouseUnderTest) -> None:
    overseer, writer = await house.officer("wang"), house.telegram_person(951)
    await writer.say("我真不想活了")
    for text in (WITHHELD, SEALED["discipline"]):
        await writer.say(text)
        assert "12356" in writer.heard()[-1].text
    assert MARK not in await heard_by(overseer)
    async with house.database.reader() as reader:
        assert [row.sealed for row in await reader.all(select(cases.c.sealed))] == [True, True]


async def test_a_life_in_danger_and_a_report_on_an_officer_are_both_seen_to(house: HouseUnderTest) -> None:
    overseer, writer = await house.officer("wang"), house.telegram_person(951)
    await writer.say(f"纳税服务处的{MARK}收了我两万好处费，还逼我，我不想活了")
    alarm = next(one for one in await overseer.heard() if "【紧急】" in one.text)
    assert "依法保密" in alarm.text
    assert MARK not in await heard_by(overseer)
    async with house.database.reader() as reader:
        assert await reader.value(select(cases.c.sealed)) is True
