"""The first words: who answers and when, and what is asked most."""

from datetime import UTC, datetime

from bot.jobs import count_topics
from tests.flows.cast import KNOWN
from tests.support.house import HouseUnderTest


async def test_it_says_when_somebody_answers_and_whom_to_call(house: HouseUnderTest) -> None:
    welcome = await (await house.visitor()).say("/start")
    assert "今天 10:00–14:00、15:30–19:30（北京时间）有工作人员答复" in welcome.text
    assert "12366" in welcome.text


async def test_on_a_day_off_it_says_when_they_begin_again(house: HouseUnderTest) -> None:
    house.clock.now = datetime(2025, 11, 8, 4, tzinfo=UTC)  # a Saturday
    welcome = await (await house.visitor()).say("/start")
    assert "今天周六，工作人员 11月10日（周一）10:00（北京时间）起答复" in welcome.text


async def test_what_is_asked_most_is_offered_and_answered_at_a_tap(house: HouseUnderTest) -> None:
    taxpayer = await house.visitor()
    answer = await taxpayer.say(KNOWN)
    await taxpayer.press("解决了", on=answer)
    await count_topics(house.deps)
    welcome = await (await house.visitor("another")).say("/start")
    topics = [label for label, data in welcome.buttons.items() if data.startswith("a:")]
    assert len(topics) == 4
    assert f"【{topics[0]}】" in answer.text
    newcomer = await house.visitor("third")
    again = await newcomer.press(topics[0], on=await newcomer.say("/start"))
    assert again.text.startswith(f"【{topics[0]}】")


async def test_a_topic_that_is_no_longer_answered_is_said_to_be_stale(house: HouseUnderTest) -> None:
    person = house.telegram_person(961)
    await person.say("/start")
    await person.press_data("a:999999")
    assert "这个按钮已经失效" in person.heard()[-1].text
