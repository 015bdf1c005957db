"""Who else takes part in the flows, and the paperwork around them: officers who join, leave and are invited; time."""

import re
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, insert, select, update

from bot.channels.webchat import open_desk
from bot.jobs import watch_faq
from escalation.duties.patrol import Climbed, patrol
from escalation.rules.duty_kinds import DutyKind
from storage.people import home_bureau, invite
from storage.tables import bureaus, departments, duties, officer_departments, officers
from tests.support.house import Heard, HouseUnderTest, TelegramPerson, Visitor

COMPLAINT = "我要投诉办税服务厅，工作人员态度恶劣，排队两个小时没人管"
TIP_OFF = "我要举报某公司偷税漏税，隐瞒收入，两套账"
UNKNOWN = "稀土矿尾矿库占地要不要交城镇土地使用税，能不能减免"  # a tax question that no entry answers
KNOWN = "个体户月销售额10万元以内要交增值税吗"


def letter(person: TelegramPerson, text: str, **fields: object) -> dict[str, Any]:
    """What Telegram delivers when the person writes."""
    number = person.under_test.next_update_id()
    sender = {"id": person.user_id, "is_bot": False, "first_name": "测试"}
    chat = {"id": person.chat_id, "type": "private"}
    stamp = int(person.under_test.clock().timestamp())
    return {
        "update_id": number,
        "message": {"message_id": number, "date": stamp, "chat": chat, "from": sender, "text": text, **fields},
    }


async def department_number(house: HouseUnderTest, code: str, *, bureau: str | None = None) -> int:
    """The id of a department, of the home bureau where no other is named."""
    async with house.database.reader() as reader:
        home = await home_bureau(reader)
        if bureau is not None:
            home = await reader.value(select(bureaus.c.id).where(bureaus.c.code == bureau))
        found = select(departments.c.id).where(departments.c.code == code, departments.c.bureau_id == home)
        return int(await reader.value(found))


async def officer_number(house: HouseUnderTest, code: str) -> int:
    async with house.database.reader() as reader:
        return int(await reader.value(select(officers.c.id).where(officers.c.code == code)))


async def employ(
    house: HouseUnderTest, code: str, name: str, serves: Collection[str], roles: Sequence[str] = ("officer",)
) -> Visitor:
    """A new officer of the home bureau, at the desk."""
    numbers = [await department_number(house, one) for one in serves]
    async with house.database.unit() as unit:
        values = {"bureau_id": await home_bureau(unit), "code": code, "name": name, "roles": list(roles)}
        officer_id = await unit.inserted(insert(officers).values(values).returning(officers.c.id))
        for number in numbers:
            link = {"officer_id": officer_id, "department_id": number, "head": False}
            await unit.run(insert(officer_departments).values(link))
        await open_desk(unit, officer_id, "zh")
    await house.settle()
    return await house.officer(code)


async def dismiss(house: HouseUnderTest, code: str) -> None:
    async with house.database.unit() as unit:
        await unit.run(update(officers).where(officers.c.code == code).values(left_at=unit.now))


async def invitation(house: HouseUnderTest, code: str, *, department_id: int | None = None) -> str:
    """A token that binds a chat to the officer, or a group to the department, for one hour."""
    number = await officer_number(house, code)
    async with house.database.unit() as unit:
        return await invite(unit, number, "bind", timedelta(hours=1), department_id=department_id)


async def on_telegram(house: HouseUnderTest, code: str, user_id: int) -> TelegramPerson:
    """The officer's own chat on Telegram, bound by an invitation."""
    person = house.telegram_person(user_id)
    await person.say(f"/start {await invitation(house, code)}")
    assert "已与您绑定" in person.heard()[-1].text
    return person


async def group_of(house: HouseUnderTest, code: str, department: str, user_id: int, chat_id: int) -> TelegramPerson:
    """A member of a group that has been bound to a department."""
    member = house.telegram_person(user_id, chat_id=chat_id)
    token = await invitation(house, code, department_id=await department_number(house, department))
    await member.say(f"/bind {token}")
    assert "已绑定" in member.heard()[-1].text
    return member


async def time_passes(house: HouseUnderTest, **lengths: float) -> Sequence[Climbed]:
    """The clock moves on, the house looks what is due, and says what there is to say."""
    house.clock.advance(**lengths)
    await watch_faq(house.deps)
    climbed = await patrol(house.database, house.deps.rules, house.clock())
    await house.settle()
    return climbed


async def duties_of(house: HouseUnderTest, kind: DutyKind) -> Sequence[Row[Any]]:
    async with house.database.reader() as reader:
        return await reader.all(select(duties).where(duties.c.kind == kind.code).order_by(duties.c.id))


def number_in(receipt: Heard) -> str:
    return _found(r"办件编号：(\d{4}-\d{6})", receipt)


def code_in(receipt: Heard) -> str:
    return _found(r"查询码：([0-9A-Z-]+)", receipt)


def _found(pattern: str, heard: Heard) -> str:
    match = re.search(pattern, heard.text)
    assert match is not None, heard.text
    return match[1]


def count_of(said: Sequence[Heard], words: str) -> int:
    return sum(words in one.text for one in said)
