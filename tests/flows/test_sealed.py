"""第十八条, generated: every sealed kind, sure or only possible, in every state of an open case, on both channels; and
everybody who is no reader of that kind.
"""

from collections.abc import Awaitable, Callable
from itertools import product

import pytest

from bot.jobs import open_what_was_withheld
from escalation.duties.patrol import patrol
from faq.gaps import unanswered
from tests.flows.cast import COMPLAINT, employ
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
