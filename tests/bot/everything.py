"""Days in the house on which everything happens that anybody is told of, and somebody who listens to it all."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import chain
from typing import Any

from sqlalchemy import delete, insert, select, update

from bot.handlers.groups import ANONYMOUS_ADMIN
from bot.wording import compose
from bot.wording.buttons import Extend, Feedback, Handle, Keep, Menu, OwnCase, PassOn, Rate
from bot.wording.speech import LANGUAGES, Speech, Telling, words_of
from bot.wording.talk import first_words
from escalation.deadlines.workdays import Correction, local_date
from escalation.duties.patrol import patrol
from escalation.duties.redating import Change, correct
from faq.entries.approval import approve
from faq.entries.content import Content
from faq.entries.drafting import draft_entry, submit
from faq.entries.results import Saved
from faq.watches.entries import watch_entries
from intents import mask
from storage.people import find_officer, invite
from storage.tables import (
    asked,
    bureaus,
    case_events,
    case_messages,
    cases,
    departments,
    entries,
    extensions,
    notices,
    officer_departments,
    officers,
    revisions,
)
from storage.unit import Reader
from tests.support.house import TELEGRAM_BOT_ID, Heard, HouseUnderTest, TelegramPerson, Visitor


@dataclass
class Listener:
    """Says everything that was told on a house once more, in both languages, as it stands at that moment."""

    house: HouseUnderTest
    last: int = 0
    heard: dict[str, list[tuple[str, Speech, Mapping[str, Any]]]] = field(default_factory=lambda: defaultdict(list))

    async def listen(self) -> None:
        async with self.house.database.reader() as reader:
            for row in await reader.all(select(notices).where(notices.c.id > self.last).order_by(notices.c.id)):
                self.last = row.id
                for language in LANGUAGES:
                    telling = Telling(row.payload, words_of(language), reader, self.house.deps.rules)
                    speech = await compose(row.kind, telling)
                    if speech is not None:
                        self.heard[row.kind].append((language, speech, row.payload))

    async def quoted(self) -> list[str]:
        """What people and data said, which stays in its own language; longest first."""
        async with self.house.database.reader() as reader:
            texts = [row.text for row in await reader.all(select(case_messages.c.text))]
            texts += [row.details for row in await reader.all(select(case_events.c.details)) if row.details]
            texts += [row.reason for row in await reader.all(select(extensions.c.reason))]
            for row in await reader.all(select(revisions)):
                texts += [row.question, row.answer, row.legal_basis, row.reason or "", row.author, *row.phrasings]
            texts += [row.code for row in await reader.all(select(entries.c.code))]
            for table in (departments, bureaus, officers):
                texts += [row.name for row in await reader.all(select(table.c.name))]
            for row in await reader.all(select(cases.c.reasons)):
                texts += row.reasons
        for told in self.heard.values():
            texts += [text for _, _, payload in told for text in strings_in(payload)]
        return sorted({*texts, *map(mask, texts), *map(first_words, texts)}, key=len, reverse=True)


def strings_in(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            yield from chain.from_iterable(map(strings_in, value.values()))
        case list() | tuple():
            yield from chain.from_iterable(map(strings_in, value))


async def everything_is_told(house: HouseUnderTest) -> Listener:
    """Days in which everything happens that anybody is told of."""
    listener = Listener(house)
    for scene in SCENES:
        await scene(house)
        await listener.listen()
    return listener


QUESTION = "非居民企业间接转让中国境内企业股权，怎样申报缴纳企业所得税？"
PAYMENT = "单位欠缴的养老保险费滞纳金能不能分期，怎么申请？"
MONTHLY = "个体户月销售额15万元以内要交增值税吗"
COMPLAINT = "我要投诉办税服务厅，工作人员态度恶劣，排队两个小时没人管"


def asker(house: HouseUnderTest, number: int) -> TelegramPerson:
    return house.telegram_person(7000 + number)


async def courtesies(house: HouseUnderTest) -> None:
    person = asker(house, 1)
    for line in ("/start", "你好", "谢谢", "jkhgfd", "我要申请行政复议", "转人工", "/language", "/language"):
        await person.say(line)
    await asker(house, 2).say("公积金怎么提取")


async def talks(house: HouseUnderTest) -> None:
    """Pieces, what its writer is asked about, several questions at once, and a life in danger."""
    person = asker(house, 21)
    for line in ("请问", "我是会计", "你是机器人吗", "快点", "老板拖欠工资三个月了", "1.车船税怎么交 2.契税什么时候交"):
        await person.say(line)
    await asker(house, 22).say("采访一下你们局长，我是报社的记者")
    for number, line in enumerate(("我跟他说好的，后来他又变卦了，让我再跑", "希望周六上午也能办税")):
        unsure = asker(house, 23 + number)
        await unsure.say(line)
        await unsure.say("我说完了")
        await unsure.press("不用了")
    await asker(house, 25).say("我不想活了，现在在楼顶上")
    desk = await house.officer("wang")
    await desk.press("我来处理")
    house.clock.advance(minutes=21)
    await asker(house, 25).say("我不想活了")
    house.clock.advance(minutes=11)
    await patrol(house.database, house.deps.rules, house.clock())
    await house.settle()


async def refusals(house: HouseUnderTest) -> None:
    person = asker(house, 3)
    for content in ({"dice": {"emoji": "🎲", "value": 3}}, {"location": {"latitude": 43.8, "longitude": 87.6}}):
        await person.send(content)
    await person.send({"text": "改过的话", "edit_date": int(house.clock().timestamp())}, kind="edited_message")
    await person.press_data(Feedback(asked_id=1, verdict="solved").pack())
    await person.say("/start 没有这个邀请")
    await (await house.visitor()).say("/start 没有这个邀请")
    await house.telegram_person(7003, chat_id=-7003).say("大家好")


async def answers(house: HouseUnderTest) -> None:
    person = asker(house, 4)
    await person.say("个体户月销售额10万元以内要交增值税吗")
    await person.press("解决了")
    await person.press("没解决")
    await person.say("契税多少")
    pressed = person.heard()[-1]
    await person.press("都不是")
    await person.press("都不是", on=pressed)


async def officers_arrive(house: HouseUnderTest) -> None:
    async with house.database.unit() as unit:
        ids = {row.code: row.id for row in await unit.all(select(officers.c.code, officers.c.id))}
        service, sealed = await department(unit, "service"), await department(unit, "inspection")
        bound = await invite(unit, ids["ayinur"], "bind", timedelta(hours=1))
        group = await invite(unit, ids["ayinur"], "bind", timedelta(hours=1), department_id=service)
        refused = await invite(unit, ids["ayinur"], "bind", timedelta(hours=1), department_id=sealed)
        both = insert(officer_departments).values(officer_id=ids["wang"], department_id=service, head=False)
        await unit.run(both)
    await asker(house, 5).say(f"/start {bound}")
    await asker(house, 26).say(f"/start {bound}")
    chat = house.telegram_person(7005, chat_id=-7005)
    await chat.say(f"/bind {refused}")
    await chat.say(f"/bind {group}")
    await chat.say("/console")
    for stranger in (7006, ANONYMOUS_ADMIN):
        await house.telegram_person(stranger, chat_id=-7005).press_data(Menu(act="todo").pack())
    desk = await house.officer("wang")
    for line in ("/start", "/todo", "/console", "你好"):
        await desk.say(line)


async def department(reader: Reader, code: str) -> int:
    home = select(bureaus.c.id).where(bureaus.c.parent_id.is_(None)).scalar_subquery()
    named = select(departments.c.id).where(departments.c.bureau_id == home, departments.c.code == code)
    return int(await reader.value(named))


async def a_case_is_signed_for(house: HouseUnderTest) -> None:
    person, desk, colleague = asker(house, 6), await house.officer("ayinur"), await house.officer("wang")
    await person.say("/cases")
    await person.say(COMPLAINT)
    receipt = person.heard()[-1]
    await person.press("如何计算", on=receipt)
    await person.press("查看办件", on=receipt)
    await person.say("补充一下，是三号窗口")
    await person.press("补充到该办件")
    await person.say("还有，是下午三点")
    await person.say("他就在货劳处，姓马")
    await person.say("/lookup")
    await person.say("2025-999999 AAAA-AAAA")
    card = newest(await colleague.heard(), "签收")
    await desk.press("签收")
    await colleague.press("签收", on=card)
    await desk.press("转办", on=newest(await desk.heard(), "转办"))
    await desk.press("取消")


async def a_case_is_answered(house: HouseUnderTest) -> None:
    person, desk, case_id = asker(house, 6), await house.officer("ayinur"), await last_case(house)
    await desk.press("答复")
    house.clock.advance(minutes=31)
    await desk.say("经核实，当日叫号系统故障。")
    await desk.press("取消")
    officer = asker(house, 5)
    card = newest(officer.heard(), "答复")
    bot = {"id": TELEGRAM_BOT_ID, "is_bot": True, "first_name": "税桥"}
    chat = {"id": 7005, "type": "private"}
    replied = {"message_id": card.id, "date": 1, "chat": chat, "from": bot, "text": card.text}
    await officer.send({"dice": {"emoji": "🎲", "value": 3}, "reply_to_message": replied})
    await officer.send({"text": "改过", "edit_date": 2, "reply_to_message": replied}, kind="edited_message")
    await desk.press("答复")
    await desk.say("很" * 3501)
    await desk.say("经核实，当日叫号系统故障，已整改，向您致歉。")
    for stars in (5, 4):
        await person.press_data(Rate(case_id=case_id, stars=stars).pack())
    await person.say("/cases")
    await person.press("补充到该办件")


def newest(heard: Sequence[Heard], label: str) -> Heard:
    return next(one for one in reversed(heard) if label in one.buttons)


async def last_case(house: HouseUnderTest) -> int:
    async with house.database.reader() as reader:
        return int(await reader.value(select(cases.c.id).order_by(cases.c.id.desc()).limit(1)))


async def a_case_moves(house: HouseUnderTest) -> None:
    """Passed on; re-dated; and one for a department in which nobody is left."""
    desk = await house.officer("wang")
    await asker(house, 7).say(QUESTION)
    await press_on_its_card(desk, await last_case(house), "转办")
    await desk.press("办公室")
    await desk.say("请办公室协调")
    await asker(house, 5).press_data(Handle(case_id=999, act="sign").pack())
    off = Change("xinjiang", {date(2025, 11, 7): Correction(counts=False, why="特别放假")})
    async with house.database.unit() as unit:
        await correct(unit, house.deps.rules, off, "王样例")
        there = officer_departments.c.department_id == await department(unit, "international")
        await unit.run(delete(officer_departments).where(there))
    await house.settle()
    await asker(house, 8).say(QUESTION)


async def press_on_its_card(desk: Visitor, case_id: int, label: str) -> None:
    await desk.say("/todo")
    card = Handle(case_id=case_id, act="card").pack()
    shown = next(one for one in reversed(await desk.heard()) if card in one.buttons.values())
    await desk.press(next(text for text, data in shown.buttons.items() if data == card), on=shown)
    await desk.press(label)


async def a_wrong_kind_is_put_right(house: HouseUnderTest) -> None:
    """What the rules could not read, and what its first reader makes of it."""
    person, reader = asker(house, 27), await house.officer("ayinur")
    await person.say("مېنىڭ سوئالىم بار ئىدى، باج توغرىسىدا")
    await reader.press("更正类别")
    await reader.press("服务投诉")


async def more_is_needed(house: HouseUnderTest) -> None:
    """The clock stops for the taxpayer and goes on; the case is marked as major."""
    person, officer = asker(house, 14), asker(house, 5)
    await person.say(PAYMENT)
    case_id = await last_case(house)
    await officer.press_data(Handle(case_id=case_id, act="major").pack())
    await officer.press_data(Handle(case_id=case_id, act="ask").pack())
    await officer.say("请补充单位名称和欠缴的月份")
    house.clock.advance(minutes=10)
    await person.say("某某公司，六月和七月")
    await person.press("补充这件")
    await person.say("/cases")
    await person.press_data(OwnCase(case_id=case_id, act="view").pack())


async def the_office_decides(house: HouseUnderTest) -> None:
    """What the office has decided is final."""
    officer, office, case_id = asker(house, 5), await house.officer("wang"), await last_case(house)
    await office.press("转办")
    await office.press("法制处")
    await office.say("涉及行政处罚")
    async with house.database.reader() as reader:
        service = await department(reader, "service")
    await officer.press_data(PassOn(case_id=case_id, department_id=service).pack())
    await officer.say("与处罚无关")


async def more_time(house: HouseUnderTest) -> None:
    """Three officers' requests: granted, refused, and left lying; and every obstacle in the way."""
    asking, leader = asker(house, 5), await house.officer("wang")
    cases_of_three = []
    for number in (11, 12, 13):
        await asker(house, number).say(PAYMENT)
        cases_of_three.append(await last_case(house))
    for case_id, verdict in zip(cases_of_three, ("同意延期", "不同意", None), strict=True):
        await ask_for_more_time(asking, case_id)
        if verdict is not None:
            await asking.press_data(Extend(extension_id=await last_extension(house), act="grant").pack())
            await leader.press(verdict)
    await ask_for_more_time(asking, cases_of_three[0])


async def ask_for_more_time(asking: TelegramPerson, case_id: int) -> None:
    await asking.press_data(Handle(case_id=case_id, act="extend").pack())
    await asking.say("需要向外省税务机关核实")


async def last_extension(house: HouseUnderTest) -> int:
    async with house.database.reader() as reader:
        return int(await reader.value(select(extensions.c.id).order_by(extensions.c.id.desc()).limit(1)))


async def entries_are_kept(house: HouseUnderTest) -> None:
    """One text waits for approval, one entry is about to expire, and one often does not help."""
    rules, today = house.deps.rules, local_date(house.clock())
    async with house.database.unit() as unit:
        staff = await unit.all(select(officers.c.id).order_by(officers.c.id).limit(2))
        editor, approver = [await find_officer(unit, row.id) for row in staff]
        assert editor is not None
        assert approver is not None
        answer = "节日补贴属于工资薪金所得，应当并入当月工资计税。"
        content = Content("节日补贴要不要交税", answer, "个人所得税法", "iit", "income")
        for last_day in (today + timedelta(days=6), None):
            drafted = await draft_entry(unit, editor, replace(content, valid_until=last_day))
            assert isinstance(drafted, Saved)
            await submit(unit, rules, editor, drafted.entry_id, head=drafted.head)
            if last_day is not None:
                await approve(unit, approver, drafted.entry_id, head=drafted.head)
        row = await unit.one(select(asked).where(asked.c.decision == "answer").limit(1))
        assert row is not None
        again = {**row._asdict(), "outcome": "unsolved"}
        await unit.run(asked.insert(), [{**again, "id": 10**6 + number} for number in range(3)])
        assert await watch_entries(unit, rules) > 2  # and one for each department that keeps some of the sample


async def entries_are_kept_in_a_chat(house: HouseUnderTest) -> None:
    """Found, edited, refused, approved, tried and taught; and everything that stands in the way."""
    editor, approver = await house.officer("ayinur"), await house.officer("wang")
    await approver.say("/start")
    for line in ("/faq", "/faq 契税", "/faq 头一套房子契税多少", "/faq qwxz", "/faq deed-shop"):
        await editor.say(line)
    await editor.press("增加问法")
    await editor.say("买个门面契税交几个点")
    await editor.press("修改答复")
    await editor.say("短")
    await editor.say("按百分之三缴纳。本局重新核定过的答复。")
    await editor.press("提交审批")
    seen = await approver.press("看待审批的一稿", on=await approver.say("/faq deed-shop"))
    await approver.press("退回")
    await approver.say("请写明依据。")
    await approver.press("批准并发布", on=seen)
    await editor.press("修改答复", on=await editor.say("/faq deed-shop"))
    await editor.say("按百分之三缴纳。依据见契税法第三条。")
    await editor.press("提交审批")
    await editor.press("撤回")
    draft = newest(await editor.heard(), "修改答复")
    await editor.press("修改答复", on=draft)
    await editor.say("按百分之三缴纳，由承受方缴。依据见契税法第三条。")
    await editor.press("提交审批")
    await editor.press("修改答复", on=draft)
    await editor.say("按百分之三缴纳，由买方缴。依据见契税法第三条。")
    await approver.press("看待审批的一稿", on=await approver.say("/faq deed-shop"))
    await approver.press("批准并发布")
    await approver.press("核实无误")
    await editor.press("修改答复", on=await editor.say("/faq deed-shop"))
    house.clock.advance(minutes=61)
    await editor.say("按百分之三缴纳，由买方缴。依据见契税法第三条。")


async def questions_are_tried(house: HouseUnderTest) -> None:
    editor = await house.officer("ayinur")
    for line in (
        "发票丢了",
        MONTHLY,
        "今天天气",
        "怎么办理",
        "qwxz",
        "契税" * 20,
        COMPLAINT,
    ):
        await editor.say(f"/faqtest {line}")
    tried = await editor.say("/faqtest 契税多少")
    await editor.press(next(label for label in tried.buttons if label.startswith("总是用它答")), on=tried)
    await editor.press("取消指定")
    await asker(house, 5).press_data(Keep(entry_id=1, head=1, act="approve").pack())
    await house.telegram_person(7005, chat_id=-7005).say("/faq")


async def time_passes(house: HouseUnderTest) -> None:
    for _ in range(12):
        await a_day_passes(house)


async def a_day_passes(house: HouseUnderTest) -> None:
    house.clock.advance(days=1)
    await patrol(house.database, house.deps.rules, house.clock())
    await house.settle()


async def a_fault(house: HouseUnderTest) -> None:
    """An update that no handler can stomach is set aside."""
    person = asker(house, 1)
    chat = {"id": person.chat_id, "type": "private"}
    broken = {"message_id": 1, "date": int(house.clock().timestamp()), "chat": chat, "text": ["无"]}
    await person.receive({"update_id": house.next_update_id(), "message": broken})
    for _ in range(3):
        house.clock.advance(minutes=1)
        await house.settle()
    for _ in range(4):
        await a_day_passes(house)


async def an_officer_leaves(house: HouseUnderTest) -> None:
    desk = await house.officer("ayinur")
    async with house.database.unit() as unit:
        await unit.run(update(officers).where(officers.c.code == "ayinur").values(left_at=unit.now))
    await desk.say("我还在吗")


SCENES = (
    courtesies,
    talks,
    refusals,
    answers,
    officers_arrive,
    a_case_is_signed_for,
    a_case_is_answered,
    a_case_moves,
    a_wrong_kind_is_put_right,
    more_is_needed,
    the_office_decides,
    more_time,
    entries_are_kept,
    entries_are_kept_in_a_chat,
    questions_are_tried,
    time_passes,
    a_fault,
    an_officer_leaves,
)
