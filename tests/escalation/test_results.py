"""What a refusal says, and what it never tells: whether there is such a case."""

from escalation.cases.extensions import decide_extension, request_extension
from escalation.cases.handling import answer, mark_major, rate, sign
from escalation.cases.results import Done, Refused, Why
from escalation.cases.supplements import ask_for_more
from escalation.cases.transfer import pass_on
from storage.people import find_officer
from storage.unit import Unit
from tests.flows.cast import TIP_OFF, department_number, employ, officer_number
from tests.support.house import HouseUnderTest

QUESTION = "非居民企业间接转让中国境内企业股权，怎样申报缴纳企业所得税？"  # 国际税收管理处, where 王样例 works
NOTHING_TOLD = Refused(Why.NOT_ALLOWED, None)


async def refusals(house: HouseUnderTest, unit: Unit, officer_code: str, case_id: int) -> list[Done | Refused]:
    """What an officer hears who tries everything upon a case and its extension, and a taxpayer who rates it."""
    officer, rules = await find_officer(unit, await officer_number(house, officer_code)), house.deps.rules
    elsewhere = await department_number(house, "service")
    assert officer is not None
    return [
        await sign(unit, rules, officer, case_id),
        await answer(unit, officer, case_id, "您好。"),
        await mark_major(unit, officer, case_id),
        await pass_on(unit, rules, officer, case_id, elsewhere, "不归我们管。"),
        await ask_for_more(unit, rules, officer, case_id, "请补充。"),
        await request_extension(unit, rules, officer, case_id, "需要核对。"),
        await decide_extension(unit, rules, officer, case_id, grant=True),
        await rate(unit, 999, case_id, 5),
    ]


async def test_whoever_may_not_is_told_the_same_whether_there_is_a_case_or_not(house: HouseUnderTest) -> None:
    await employ(house, "guli", "古丽·样例", ["income"])
    await (await house.visitor()).say(QUESTION)
    await (await house.visitor("another")).say(TIP_OFF)
    async with house.database.unit() as unit:
        for case_id in (1, 2, 3):  # somebody else's, a sealed one, and none at all
            said = await refusals(house, unit, "guli", case_id)
            assert said == [NOTHING_TOLD] * len(said), case_id


async def test_a_case_is_passed_on_neither_to_its_own_department_nor_to_one_that_takes_none(
    house: HouseUnderTest,
) -> None:
    await (await house.visitor()).say(QUESTION)
    async with house.database.unit() as unit:
        wang = await find_officer(unit, await officer_number(house, "wang"))
        assert wang is not None
        own, sealed = await department_number(house, "international"), await department_number(house, "inspection")
        for target in (own, sealed, 999):
            assert await pass_on(unit, house.deps.rules, wang, 1, target, "转办。") == NOTHING_TOLD


async def test_an_answered_case_is_rated_once_from_one_to_five(house: HouseUnderTest) -> None:
    await (await house.visitor()).say(QUESTION)
    async with house.database.unit() as unit:
        wang = await find_officer(unit, await officer_number(house, "wang"))
        assert wang is not None
        answered = await answer(unit, wang, 1, "您好，答复如下。")
        assert isinstance(answered, Done)
        taxpayer = answered.case.taxpayer_id
        assert await rate(unit, taxpayer, 1, 6) == await rate(unit, taxpayer, 1, 0) == NOTHING_TOLD
        rated = await rate(unit, taxpayer, 1, 5)
        assert isinstance(rated, Done)
        assert await rate(unit, taxpayer, 1, 1) == Refused(Why.RATED, rated.case)
