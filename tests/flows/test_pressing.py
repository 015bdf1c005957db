"""A press that is posted again, because its answer was lost on the way, is the same press."""

import uuid

from storage.webchat import change_buttons
from tests.support.house import HouseUnderTest


async def test_a_press_posted_again_is_taken_although_its_button_is_gone(either_house: HouseUnderTest) -> None:
    taxpayer = await either_house.visitor()
    answer = await taxpayer.say("个体户月销售额10万元以内要交增值税吗")
    client_id, data = str(uuid.uuid4()), answer.buttons["转人工"]
    for _ in range(2):
        async with either_house.database.unit() as unit:
            assert await taxpayer.page.press(unit, client_id, answer.id, data)
        await either_house.settle()
        async with either_house.database.unit() as unit:
            await change_buttons(unit, taxpayer.page.address_id, answer.id, [])
    assert sum("办件编号" in heard.text for heard in await taxpayer.heard()) == 1
