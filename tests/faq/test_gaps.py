"""What was asked in vain: gathered without personal data, grouped, and dealt with by one officer."""

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from faq.asked import Feedback, feedback_counts
from faq.entries.results import Denied, Done, Saved, Why, Wrong
from faq.gaps import Gap, dismiss_gap, draft_from_gap, open_gaps, phrase_from_gap
from intents import Tokenizer
from storage.database import Database
from storage.tables import asked, entries, gaps
from tests.faq.editors import LOST, Office, done, open_office
from tests.storage.opened import found_address
from tests.support.house import Clock, interpreter

IN_VAIN = [
    ("残疾人就业保障金怎么算", "nothing", "to_people"),
    ("残疾人保障金怎么计算", "nothing", "to_people"),
    ("残疾人就业保障金怎么算？", "nothing", "to_people"),
    ("我的手机号13800138000，房产税交多少", "nothing", "to_people"),
    ("发票遗失了怎么办", "answer", "unsolved"),
]
ANSWERED = [
    ("发票丢了怎么补救", "answer", "solved"),
    ("发票丢了", "answer", None),
    ("公积金怎么提取", "outofscope", None),
]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return interpreter().tokenizer


@pytest.fixture
async def office(sqlite: Database) -> Office:
    return await open_office(sqlite)


@pytest.fixture
async def either(database: Database) -> Office:
    """On SQLite and on PostgreSQL: where people are at once, or the databases speak differently."""
    return await open_office(database)


async def ask(office: Office, clock: Clock, questions: Sequence[tuple[str, str, str | None]], entry_id: int) -> None:
    async with office.database.unit() as unit:
        address_id = await found_address(unit)
        first = await unit.value(select(asked.c.id).order_by(asked.c.id.desc()).limit(1)) or 0
        for number, (text, decision, outcome) in zip(itertools.count(first + 1), questions, strict=False):
            row = {"id": number, "address_id": address_id, "text": text, "decision": decision, "outcome": outcome}
            near = {"asked_at": clock.now + timedelta(minutes=number), "confidence": 0.5, "entry_id": entry_id}
            await unit.run(asked.insert().values(row | near))


async def gaps_of(office: Office, tokenizer: Tokenizer) -> Sequence[Gap]:
    async with office.database.reader() as reader:
        return await open_gaps(reader, tokenizer)


async def test_questions_asked_in_vain_are_grouped_by_likeness_biggest_first_without_personal_data(
    office: Office, clock: Clock, tokenizer: Tokenizer
) -> None:
    lost = await office.published(LOST)
    await ask(office, clock, [*IN_VAIN, *ANSWERED], lost.entry_id)
    found = await gaps_of(office, tokenizer)
    assert [(gap.count, gap.unsolved) for gap in found] == [(3, 0), (1, 1), (1, 0)]
    fund, lost_gap, house = found
    assert len(fund.wordings) == 2
    assert fund.ids == (1, 2, 3)
    assert fund.last_seen == clock.now + timedelta(minutes=3)
    assert (lost_gap.nearest, lost_gap.blamed) == (lost.entry_id, lost.entry_id)
    assert (fund.nearest, fund.blamed) == (lost.entry_id, None), "it only came nearest"
    assert house.wordings == ("我的手机号138****8000，房产税交多少",)


async def test_a_group_becomes_a_draft_phrasings_of_an_entry_or_is_dismissed(
    either: Office, clock: Clock, tokenizer: Tokenizer
) -> None:
    lost = await either.published(LOST)
    await ask(either, clock, IN_VAIN, lost.entry_id)
    fund, lost_gap, house = await gaps_of(either, tokenizer)
    content = replace(LOST, question=fund.wordings[0], phrasings=fund.wordings[1:])
    async with either.database.unit() as unit:
        assert isinstance(await draft_from_gap(unit, either.editor, fund.ids, replace(content, answer="")), Wrong)
        drafted = done(await draft_from_gap(unit, either.editor, fund.ids, content))
        done(await phrase_from_gap(unit, either.editor, lost_gap.ids, lost.entry_id, lost_gap.wordings))
        assert await dismiss_gap(unit, either.editor, house.ids, " ") == Denied(Why.NO_REASON)
        assert await dismiss_gap(unit, either.editor, house.ids, "一人一事，转办件") == Done()
    assert await gaps_of(either, tokenizer) == []
    entry, phrased = await either.entry(drafted.entry_id), await either.entry(lost.entry_id)
    assert (entry.state, entry.latest.content.question) == ("new", fund.wordings[0])
    assert phrased.published is not None
    assert phrased.published.content.phrasings == ("发票遗失了怎么办",)
    async with either.database.reader() as reader:
        rows = await reader.all(select(gaps.c.verdict, gaps.c.entry_id, gaps.c.reason).order_by(gaps.c.id))
    assert [tuple(row) for row in rows] == [
        ("drafted", drafted.entry_id, None),
        ("phrased", lost.entry_id, None),
        ("dismissed", None, "一人一事，转办件"),
    ]


async def test_of_two_who_take_up_one_gap_at_once_the_second_is_told_and_leaves_nothing_behind(
    either: Office, clock: Clock, tokenizer: Tokenizer
) -> None:
    lost = await either.published(LOST)
    await ask(either, clock, IN_VAIN, lost.entry_id)
    fund = (await gaps_of(either, tokenizer))[0]

    async def drafts() -> object:
        async with either.database.unit() as unit:
            return await draft_from_gap(unit, either.editor, fund.ids, replace(LOST, question=fund.wordings[0]))

    async def phrases() -> object:
        async with either.database.unit() as unit:
            return await phrase_from_gap(unit, either.colleague, fund.ids[1:], lost.entry_id, fund.wordings)

    results = await asyncio.gather(drafts(), phrases())
    assert sorted(isinstance(result, Saved) for result in results) == [False, True]
    assert Denied(Why.MEANWHILE) in results
    async with either.database.reader() as reader:
        dealt_with = await reader.all(select(gaps.c.id))
        assert len(dealt_with) == 1
        kept = len(await reader.all(select(entries.c.id)))
    phrased = (await either.entry(lost.entry_id)).head > lost.head
    assert (kept == 2) is not phrased


async def test_whoever_is_no_editor_deals_with_no_gap(office: Office, clock: Clock, tokenizer: Tokenizer) -> None:
    lost = await office.published(LOST)
    await ask(office, clock, IN_VAIN, lost.entry_id)
    (ids, *_) = (gap.ids for gap in await gaps_of(office, tokenizer))
    async with office.database.unit() as unit:
        for result in (
            await dismiss_gap(unit, office.clerk, ids, "不用答"),
            await phrase_from_gap(unit, office.clerk, ids, lost.entry_id, ["怎么算"]),
            await draft_from_gap(unit, office.clerk, ids, LOST),
        ):
            assert result == Denied(Why.NOT_ALLOWED)


async def test_feedback_is_counted_by_the_entry_that_was_said_and_not_by_the_one_that_only_came_near(
    either: Office, clock: Clock
) -> None:
    lost = await either.published(LOST)
    wanted_people = ("发票丢失", "answer", "to_people")
    await ask(either, clock, [*IN_VAIN, *ANSWERED, wanted_people, ("丢票", "choices", "chosen")], lost.entry_id)
    async with either.database.reader() as reader:
        assert await feedback_counts(reader) == {lost.entry_id: Feedback(solved=1, unsolved=2)}
        later = clock.now + timedelta(minutes=7)
        assert await feedback_counts(reader, since=later) == {lost.entry_id: Feedback(solved=0, unsolved=1)}
