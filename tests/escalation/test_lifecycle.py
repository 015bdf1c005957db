"""Every move in every state: what the table allows is done, through the use cases; all else changes nothing."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
from sqlalchemy import select

from escalation.cases.extensions import decide_extension, request_extension
from escalation.cases.handling import answer, mark_major, rate, sign
from escalation.cases.lifecycle import FIRST, MOVES, UNFINISHED, CaseState, Move
from escalation.cases.queries import Case, find_case
from escalation.cases.results import Done
from escalation.cases.supplements import ask_for_more, supplement
from escalation.cases.transfer import pass_on
from escalation.rules.rulebook import Rulebook
from storage.people import Officer, find_officer
from storage.tables import case_events, case_messages, cases, duties, extensions, notices, routing_lessons
from storage.unit import Unit
from tests.flows.cast import department_number, officer_number
from tests.support.house import HouseUnderTest

QUESTION = "非居民企业间接转让中国境内企业股权，怎样申报缴纳企业所得税？"  # 国际税收管理处, where 王样例 works
TOUCHED = (cases, case_messages, case_events, duties, extensions, notices, routing_lessons)


@dataclass(frozen=True, slots=True)
class Scene:
    """A case of the officer's department, and who moves it."""

    unit: Unit
    rules: Rulebook
    officer: Officer
    leader: Officer
    elsewhere: int  # another department
    case: Case


Act = Callable[[Scene], Awaitable[bool]]


async def _sign(scene: Scene) -> bool:
    return isinstance(await sign(scene.unit, scene.rules, scene.officer, scene.case.id), Done)


async def _pass_on(scene: Scene) -> bool:
    passed = await pass_on(scene.unit, scene.rules, scene.officer, scene.case.id, scene.elsewhere, "不归我们管。")
    return isinstance(passed, Done)


async def _ask_for_more(scene: Scene) -> bool:
    asked = await ask_for_more(scene.unit, scene.rules, scene.officer, scene.case.id, "请补充合同。")
    return isinstance(asked, Done)


async def _resume(scene: Scene) -> bool:
    """What a taxpayer adds is kept in any state; only a case that waits goes on by it."""
    await supplement(scene.unit, scene.rules, scene.case, "合同在这里。", scene.unit.now)
    return scene.case.state is CaseState.WAITING


async def _request_extension(scene: Scene) -> bool:
    asked = await request_extension(scene.unit, scene.rules, scene.officer, scene.case.id, "需要核对。")
    return isinstance(asked, Done)


async def _grant(scene: Scene) -> bool:
    return isinstance(await decide_extension(scene.unit, scene.rules, scene.leader, 1, grant=True), Done)


async def _refuse(scene: Scene) -> bool:
    return isinstance(await decide_extension(scene.unit, scene.rules, scene.leader, 1, grant=False), Done)


async def _mark_major(scene: Scene) -> bool:
    return isinstance(await mark_major(scene.unit, scene.officer, scene.case.id), Done)


async def _answer(scene: Scene) -> bool:
    return isinstance(await answer(scene.unit, scene.officer, scene.case.id, "您好，答复如下。"), Done)


async def _rate(scene: Scene) -> bool:
    return isinstance(await rate(scene.unit, scene.case.taxpayer_id, scene.case.id, 5), Done)


ACTS: dict[Move, Act] = {
    Move.SIGN: _sign,
    Move.PASS_ON: _pass_on,
    Move.ASK_FOR_MORE: _ask_for_more,
    Move.RESUME: _resume,
    Move.REQUEST_EXTENSION: _request_extension,
    Move.GRANT_EXTENSION: _grant,
    Move.REFUSE_EXTENSION: _refuse,
    Move.MARK_MAJOR: _mark_major,
    Move.ANSWER: _answer,
    Move.RATE: _rate,
}
# How a case comes into each state.
WAYS: dict[CaseState, Sequence[Act]] = {
    CaseState.OPEN: (),
    CaseState.SIGNED: (_sign,),
    CaseState.WAITING: (_ask_for_more,),
    CaseState.ANSWERED: (_answer,),
}


async def scene_of(house: HouseUnderTest, unit: Unit) -> Scene:
    officer = await find_officer(unit, await officer_number(house, "wang"))
    leader = await find_officer(unit, await officer_number(house, "ayinur"))
    case = await find_case(unit, 1)
    assert officer is not None
    assert leader is not None
    assert case is not None
    elsewhere = await department_number(house, "service")
    return Scene(unit, house.deps.rules, officer, leader, elsewhere, case)


async def rows(unit: Unit) -> list[Sequence[Any]]:
    return [[tuple(row) for row in await unit.all(select(table).order_by(table.c.id))] for table in TOUCHED]


@pytest.mark.parametrize(("move", "state"), list(product(Move, CaseState)))
async def test_a_move_is_made_where_the_table_allows_it_and_elsewhere_changes_nothing(
    house: HouseUnderTest, move: Move, state: CaseState
) -> None:
    await (await house.visitor()).say(QUESTION)
    before = [_request_extension] if move in (Move.GRANT_EXTENSION, Move.REFUSE_EXTENSION) else []
    for way in [*before, *WAYS[state]]:
        async with house.database.unit() as unit:
            assert await way(await scene_of(house, unit))
    async with house.database.unit() as unit:
        scene = await scene_of(house, unit)
        assert scene.case.state is state
        there = await rows(unit)
    async with house.database.unit() as unit:
        done = await ACTS[move](await scene_of(house, unit))
    async with house.database.unit() as unit:
        after, left = (await scene_of(house, unit)).case.state, await rows(unit)
    assert done is (state in MOVES[move])
    assert after is MOVES[move].get(state, state)
    if not done and move is not Move.RESUME:
        assert left == there


@pytest.mark.parametrize("state", list(CaseState))
def test_every_state_is_reached_and_an_answered_case_is_only_rated(state: CaseState) -> None:
    assert state is FIRST or any(state in leads_to.values() for leads_to in MOVES.values())
    moves = {move for move, leads_to in MOVES.items() if state in leads_to}
    assert moves == {Move.RATE} if state is CaseState.ANSWERED else Move.RATE not in moves
    assert (state in UNFINISHED) is (Move.ANSWER in moves)
