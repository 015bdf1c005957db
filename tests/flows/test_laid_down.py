"""What those who keep the FAQ have laid down word for word is said, whatever else the words are taken for."""

import pytest
from sqlalchemy import select

from bot.jobs import watch_faq
from faq.catalog import published_anew
from faq.entries.phrasings import add_phrasings, override
from faq.entries.queries import find_by_code
from faq.entries.results import Saved
from faq.matching.features import plain_view
from intents import Kind
from storage.people import find_officer
from storage.tables import officers, overrides
from tests.support.house import HouseUnderTest

ENTRY, QUESTION = "cit-rate", "【企业所得税税率是多少】"
ELSEWHERE, COMPLAINT = "留言写错了怎么改", "我要投诉办税服务厅，工作人员态度恶劣"


async def lay_down(house: HouseUnderTest, wording: str, *, always: bool) -> None:
    async with house.database.unit() as unit:
        officer = await find_officer(unit, await unit.value(select(officers.c.id).where(officers.c.code == "wang")))
        entry = await find_by_code(unit, ENTRY)
        assert officer is not None
        assert entry is not None
        done = (
            await override(unit, officer, entry.id, wording, house.deps.interpreter)
            if always
            else await add_phrasings(unit, officer, entry.id, [wording])
        )
        assert isinstance(done, Saved), done
    await watch_faq(house.deps)


@pytest.mark.parametrize(("wording", "taken_for"), [(ELSEWHERE, Kind.OUTOFSCOPE), ("谢谢", Kind.THANKS)])
async def test_an_override_wins_over_what_has_no_consequences(
    house: HouseUnderTest, wording: str, taken_for: Kind
) -> None:
    assert house.deps.interpreter.understand(wording).kind is taken_for
    taxpayer = await house.visitor()
    await lay_down(house, wording, always=True)
    assert QUESTION in (await taxpayer.say(wording)).text


async def test_a_phrasing_wins_word_for_word_over_what_only_seems_to_be_elsewhere(house: HouseUnderTest) -> None:
    taxpayer = await house.visitor()
    await lay_down(house, ELSEWHERE, always=False)
    assert QUESTION in (await taxpayer.say(f"{ELSEWHERE}？")).text
    assert QUESTION not in (await taxpayer.say("留言写错了怎么改好呢")).text


async def test_a_complaint_is_a_complaint_though_its_words_are_a_phrasing(house: HouseUnderTest) -> None:
    taxpayer = await house.visitor()
    await lay_down(house, COMPLAINT, always=False)
    assert "办件编号" in (await taxpayer.say(COMPLAINT)).text


async def test_an_override_of_a_complaint_that_already_lies_is_passed_over(house: HouseUnderTest) -> None:
    taxpayer = await house.visitor()
    async with house.database.unit() as unit:
        entry = await find_by_code(unit, ENTRY)
        assert entry is not None
        officer_id = await unit.value(select(officers.c.id).where(officers.c.code == "wang"))
        row = {"wording": COMPLAINT, "view": plain_view(COMPLAINT), "entry_id": entry.id}
        await unit.run(overrides.insert().values(**row, set_by=officer_id, set_at=unit.now))
        await published_anew(unit)
    await watch_faq(house.deps)
    assert "办件编号" in (await taxpayer.say(COMPLAINT)).text
