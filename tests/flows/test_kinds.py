"""A wrong kind is put right by whoever may read the case; what the rules cannot read is read by one person first."""

import pytest
from alembic import command
from sqlalchemy import select

from escalation.watches.cases import ANSWER, SIGN
from storage.database import make_engine, parse_url
from storage.schema import config_for
from storage.tables import cases, departments
from storage.vault import make_vault
from tests.flows.cast import COMPLAINT, TIP_OFF, duties_of, employ
from tests.storage.opened import KEY
from tests.support.house import HouseUnderTest, Visitor

UYGHUR = "بۇ ئىدارىدىكى بىر ئادەم مەندىن پارا ئالدى، ياردەم قىلىڭلار"
SCRIPTS = {
    "Uyghur": UYGHUR,
    "Kazakh": "Салық мекемесінде бір адам менен ақша алды, көмектесіңіздер",
    "Uyghur in Latin letters": "bu idare diki bir adem men din pul aldi, yardem kerek",
}


async def kind_and_department(house: HouseUnderTest) -> tuple[str, bool]:
    async with house.database.reader() as reader:
        row = await reader.one(select(cases.c.kind, cases.c.sealed))
        assert row is not None
        return row.kind, row.sealed


async def all_that_was_shown(officer: Visitor) -> str:
    return "\n".join(heard.text for heard in await officer.heard())


@pytest.mark.parametrize("text", SCRIPTS.values(), ids=SCRIPTS)
async def test_what_the_rules_cannot_read_goes_to_the_first_reader_alone(house: HouseUnderTest, text: str) -> None:
    taxpayer, reader = await house.visitor(), await house.officer("ayinur")
    overseer = await house.officer("wang")
    receipt = await taxpayer.say(text)
    assert "会有懂这种文字的工作人员阅读" in receipt.text
    assert "承办部门" not in receipt.text
    assert text in await all_that_was_shown(reader)
    assert text not in await all_that_was_shown(overseer)
    assert await kind_and_department(house) == ("unread", True)


@pytest.mark.parametrize("text", ["سالام", "Салем", "رەھمەت", "ياخشىمۇسىز"])
async def test_a_greeting_in_another_script_gets_words(house: HouseUnderTest, text: str) -> None:
    await (await house.visitor()).say(text)
    async with house.database.reader() as reader:
        assert await reader.one(select(cases.c.id)) is None


async def test_the_first_reader_gives_it_its_kind_and_with_it_door_clock_and_secrecy(house: HouseUnderTest) -> None:
    taxpayer, reader = await house.visitor(), await house.officer("ayinur")
    await taxpayer.say(UYGHUR)
    house.clock.advance(days=1)
    await reader.press("更正类别")
    done = await reader.press("纪检举报")
    assert "已改为纪检举报" in done.text
    assert await kind_and_department(house) == ("discipline", True)
    assert "办理" not in (await taxpayer.heard())[-1].text.replace("再交有关部门办理", "")


async def test_a_complaint_that_was_taken_for_a_tip_off_reaches_its_department_and_its_writer_hears_of_it(
    house: HouseUnderTest,
) -> None:
    taxpayer, reader = await house.visitor(), await house.officer("ayinur")
    clerk = await employ(house, "c1", "只在纳税服务处", ["service"])
    await taxpayer.say(TIP_OFF)
    house.clock.advance(days=1)
    await reader.press("更正类别")
    await reader.press("服务投诉")
    assert "现由纳税服务处办理" in (await taxpayer.heard())[-1].text
    assert "2025年11月17日（周一）24:00前" in (await taxpayer.heard())[-1].text  # counted from the receipt
    assert TIP_OFF in await all_that_was_shown(clerk)
    for owed in (SIGN, ANSWER):
        assert [duty.outcome for duty in await duties_of(house, owed)] == ["overtaken", None]


async def test_what_becomes_sealed_is_no_longer_seen_by_its_old_department(house: HouseUnderTest) -> None:
    taxpayer = await house.visitor()
    clerk = await employ(house, "c1", "只在纳税服务处", ["service"])
    await taxpayer.say(COMPLAINT)
    await clerk.press("更正类别")
    await clerk.press("纪检举报")
    todo = await clerk.say("/todo")
    assert "目前没有待办的办件" in todo.text
    assert await kind_and_department(house) == ("discipline", True)


async def test_a_case_at_the_first_reader_survives_a_step_back_of_the_schema(either_house: HouseUnderTest) -> None:
    house = either_house
    await (await house.visitor()).say(UYGHUR)
    engine = make_engine(parse_url(house.deps.settings.database_url), make_vault((KEY,)))
    try:
        async with engine.begin() as connection:
            await connection.run_sync(lambda sync: command.downgrade(config_for(sync), "-1"))
            there = select(departments.c.code).join(cases, cases.c.department_id == departments.c.id)
            assert await connection.scalar(there) == "discipline"
    finally:
        await engine.dispose()
