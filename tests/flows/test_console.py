"""The way into the console from a chat: a one-time link for whoever has something to do there, and for nobody else."""

import re

from sqlalchemy import func, select

from storage.people import open_invitation
from storage.tables import invitations
from tests.flows.cast import employ, group_of, on_telegram
from tests.support.house import HouseUnderTest


async def links(house: HouseUnderTest) -> int:
    async with house.database.reader() as reader:
        into_the_console = select(func.count()).where(invitations.c.purpose == "console")
        return int(await reader.value(into_the_console.select_from(invitations)))


async def test_a_keeper_gets_a_fresh_link_in_a_private_chat(house: HouseUnderTest) -> None:
    on_phone = await on_telegram(house, "ayinur", 801)
    said = []
    for _ in range(2):
        await on_phone.say("/console")
        said.append(on_phone.heard()[-1].text)
    tokens = [re.findall(r"http://127\.0\.0\.1:8080/console/enter/(\S+)$", text)[0] for text in said]
    assert tokens[0] != tokens[1]
    async with house.database.reader() as reader:
        assert await open_invitation(reader, tokens[1], "console") is not None
        assert await open_invitation(reader, tokens[1], "bind") is None


async def test_whoever_has_nothing_to_do_there_is_told_whom_to_ask(house: HouseUnderTest) -> None:
    at_desk = await employ(house, "guli", "古丽·样例", ["finance"])
    heard = await at_desk.say("/start")
    assert "管理后台" not in heard.buttons
    assert "请联系管理员" in (await at_desk.say("/console")).text
    assert await links(house) == 0


async def test_whose_department_has_entries_is_let_in_without_a_role(house: HouseUnderTest) -> None:
    at_desk = await employ(house, "guli", "古丽·样例", ["income"])
    assert "管理后台" in (await at_desk.say("/start")).buttons
    assert "/console/enter/" in (await at_desk.press("管理后台")).text


async def test_a_keeper_is_offered_the_console_at_the_desk(house: HouseUnderTest) -> None:
    keeper = await employ(house, "guli", "古丽·样例", ["service"], roles=["officer", "faq_editor"])
    assert "管理后台" in (await keeper.say("/start")).buttons
    assert "/console/enter/" in (await keeper.press("管理后台")).text


async def test_in_a_group_no_link_is_ever_shown(house: HouseUnderTest) -> None:
    await on_telegram(house, "ayinur", 802)
    group = await group_of(house, "ayinur", "service", 802, -802)
    await group.say("/console")
    assert "只发给本人" in group.heard()[-1].text
    assert await links(house) == 0
