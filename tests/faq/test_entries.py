"""Entries are drafted, approved by somebody else, published, verified, retired; nothing is lost and nothing hidden."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from escalation.deadlines.workdays import local_date
from escalation.duties.duties import latest_duty_of, open_duty_of
from faq.catalog import in_force, published, published_anew, revision_of
from faq.entries.approval import approve, refuse
from faq.entries.content import Content, check, tidy
from faq.entries.diff import changes
from faq.entries.drafting import ENTRY_APPROVAL, discard, draft_entry, edit_entry, submit, withdraw
from faq.entries.phrasings import add_phrasings, clear_override, override
from faq.entries.publication import give_to, restore, retire, verify
from faq.entries.queries import (
    Standing,
    Wanted,
    awaiting_approval,
    concerns,
    events_of,
    find_by_code,
    overrides_of,
    revisions_of,
    search,
)
from faq.entries.results import Denied, Done, Outdated, Saved, Why, Wrong
from faq.live import LiveFaq
from faq.matching.decision import Answer
from intents import Tokenizer
from storage.database import Database
from storage.people import Officer
from storage.tables import revisions
from storage.unit import Unit
from tests.faq.editors import DEPARTMENTS, LOST, RATE, Office, done, open_office, with_answer
from tests.storage.opened import opened, until_somebody_waits_for_a_lock
from tests.support.house import Clock, interpreter

NEW_TEXT = "自2026年起，小规模纳税人减按百分之一的征收率缴纳增值税。"


@pytest.fixture
async def office(sqlite: Database) -> Office:
    return await open_office(sqlite)


@pytest.fixture
async def either(database: Database) -> Office:
    """On SQLite and on PostgreSQL: where people are at once, or the databases speak differently."""
    return await open_office(database)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return interpreter().tokenizer


async def answers(office: Office, on: date | None = None) -> dict[str, str]:
    """What is said on a day: the answer by the code of the entry."""
    async with office.database.reader() as reader:
        texts = in_force(await published(reader), on or local_date(reader.now))
    return {entry.code: entry.answer for entry in texts}


async def test_a_draft_answers_nobody_and_once_approved_it_answers(office: Office) -> None:
    saved = await office.submitted()
    assert await answers(office) == {}
    async with office.database.unit() as unit:
        assert done(await approve(unit, office.approver, saved.entry_id, head=saved.head)) == saved
    assert await answers(office) == {saved.code: RATE.answer}
    text = (await office.entry(saved.entry_id)).published
    assert text is not None
    assert (text.author, text.first_reviewer, text.final_reviewer) == (
        "editor·样例",
        "editor·样例",
        "approver·样例",
    )
    assert (text.verified_on, text.verifier, text.sample) == (date(2025, 11, 3), "approver·样例", False)


async def test_what_is_published_goes_on_answering_while_the_next_text_is_written_and_approved(
    either: Office,
) -> None:
    saved = await either.published()
    async with either.database.unit() as unit:
        drafted = done(await edit_entry(unit, either.editor, saved.entry_id, with_answer(NEW_TEXT), head=saved.head))
    assert await answers(either) == {saved.code: RATE.answer}
    async with either.database.unit() as unit:
        await submit(unit, either.rules, either.colleague, saved.entry_id, head=drafted.head)
    assert await answers(either) == {saved.code: RATE.answer}
    async with either.database.unit() as unit:
        done(await approve(unit, either.approver, saved.entry_id, head=drafted.head))
    assert await answers(either) == {saved.code: NEW_TEXT}
    async with either.database.reader() as reader:
        states = [(text.number, text.state) for text in await revisions_of(reader, saved.entry_id)]
    assert states == [(2, "published"), (1, "superseded")]


async def test_nobody_approves_what_they_wrote_or_submitted_whatever_their_roles(office: Office) -> None:
    """第十一条. The administrator has touched the draft; a colleague has submitted it."""
    both = replace(office.colleague, roles=office.colleague.roles | {"faq_approver"})
    saved = await office.drafted()
    async with office.database.unit() as unit:
        edited = await edit_entry(unit, office.administrator, saved.entry_id, with_answer(NEW_TEXT), head=saved.head)
        await submit(unit, office.rules, both, saved.entry_id, head=done(edited).head)
    author = replace(office.editor, roles=office.editor.roles | {"faq_approver"})
    for actor in (author, office.administrator, both):
        async with office.database.unit() as unit:
            assert await approve(unit, actor, saved.entry_id, head=2) == Denied(Why.OWN)
            assert await refuse(unit, actor, saved.entry_id, "不妥", head=2) == Denied(Why.OWN)
    assert await answers(office) == {}
    async with office.database.unit() as unit:
        assert done(await approve(unit, office.approver, saved.entry_id, head=2))


async def test_an_administrator_approves_what_others_wrote(office: Office) -> None:
    saved = await office.submitted()
    async with office.database.unit() as unit:
        assert done(await approve(unit, office.administrator, saved.entry_id, head=saved.head))


@pytest.mark.parametrize("who", ["clerk", "leader", "approver"])
async def test_whoever_is_no_editor_is_told_that_they_may_not_write(office: Office, who: str) -> None:
    saved, actor = await office.published(), getattr(office, who)
    async with office.database.unit() as unit:
        assert await draft_entry(unit, actor, LOST) == Denied(Why.NOT_ALLOWED)
        for result in (
            await edit_entry(unit, actor, saved.entry_id, LOST, head=saved.head),
            await submit(unit, office.rules, actor, saved.entry_id, head=saved.head),
            await withdraw(unit, actor, saved.entry_id, head=saved.head),
            await discard(unit, actor, saved.entry_id, head=saved.head),
            await retire(unit, actor, saved.entry_id, "不用了"),
            await add_phrasings(unit, actor, saved.entry_id, ["小规模多少税"]),
            await override(unit, actor, saved.entry_id, "小规模多少税", interpreter()),
            await clear_override(unit, actor, 1),
            await give_to(unit, actor, saved.entry_id, actor.id),
        ):
            assert result == Denied(Why.NOT_ALLOWED)
    assert "权限" in Denied(Why.NOT_ALLOWED).sentence


@pytest.mark.parametrize("who", ["clerk", "leader", "editor", "colleague"])
async def test_whoever_is_no_approver_is_told_that_they_may_not_publish(office: Office, who: str) -> None:
    saved, actor = await office.submitted(), getattr(office, who)
    async with office.database.unit() as unit:
        assert await approve(unit, actor, saved.entry_id, head=saved.head) == Denied(Why.NOT_ALLOWED)
        assert await refuse(unit, actor, saved.entry_id, "不妥", head=saved.head) == Denied(Why.NOT_ALLOWED)
        assert await restore(unit, actor, saved.entry_id) == Denied(Why.NOT_ALLOWED)
    stranger = replace(office.administrator, bureau_id=office.administrator.bureau_id + 1)
    async with office.database.unit() as unit:
        assert await approve(unit, stranger, saved.entry_id, head=saved.head) == Denied(Why.NOT_ALLOWED)


async def test_of_two_editors_at_once_the_second_is_told_and_nothing_of_the_first_is_lost(
    either: Office,
) -> None:
    saved = await either.published()

    async def edits(actor: Officer, answer: str) -> Saved | Outdated | Denied | Wrong:
        async with either.database.unit() as unit:
            return await edit_entry(unit, actor, saved.entry_id, with_answer(answer), head=saved.head)

    results = await asyncio.gather(
        edits(either.editor, "甲写的答复，请以此为准，谢谢。"),
        edits(either.colleague, "乙写的答复，请以此为准，谢谢。"),
    )
    first = next(result for result in results if isinstance(result, Saved))
    second = next(result for result in results if isinstance(result, Outdated))
    entry = await either.entry(saved.entry_id)
    assert entry.in_hand is not None
    assert (second.head, second.officer) == (first.head, entry.in_hand.author)
    async with either.database.unit() as unit:  # having read what the first wrote, the second goes on from there
        theirs = with_answer("甲和乙商量之后写的答复，请以此为准。")
        late = either.colleague if second.officer == either.editor.name else either.editor
        done(await edit_entry(unit, late, saved.entry_id, theirs, head=second.head))
    async with either.database.reader() as reader:
        texts = await revisions_of(reader, saved.entry_id)
    assert [text.state for text in texts] == ["draft", "edited", "published"]
    assert texts[0].authors == {either.editor.id, either.colleague.id}


async def test_of_two_who_decide_at_once_only_one_does(either: Office) -> None:
    saved = await either.submitted()

    async def approves() -> object:
        async with either.database.unit() as unit:
            return await approve(unit, either.approver, saved.entry_id, head=saved.head)

    async def refuses() -> object:
        async with either.database.unit() as unit:
            return await refuse(unit, either.administrator, saved.entry_id, "依据不对", head=saved.head)

    results = await asyncio.gather(approves(), refuses())
    assert sorted(type(result).__name__ for result in results) == ["Denied", "Saved"]
    assert Denied(Why.NOT_IN_REVIEW) in results


async def test_an_approver_publishes_exactly_what_was_seen(office: Office) -> None:
    saved = await office.submitted()
    async with office.database.unit() as unit:
        assert await edit_entry(unit, office.editor, saved.entry_id, LOST, head=1) == Denied(Why.IN_REVIEW)
        done(await withdraw(unit, office.editor, saved.entry_id, head=1))
        done(await edit_entry(unit, office.editor, saved.entry_id, with_answer(NEW_TEXT), head=1))
        await submit(unit, office.rules, office.editor, saved.entry_id, head=2)
    async with office.database.unit() as unit:
        told = await approve(unit, office.approver, saved.entry_id, head=1)
    assert told == Outdated(saved.entry_id, 2, "editor·样例")
    assert await answers(office) == {}


async def test_a_refusal_needs_a_reason_and_the_next_draft_still_belongs_to_its_authors(office: Office) -> None:
    saved = await office.submitted()
    async with office.database.unit() as unit:
        assert await refuse(unit, office.approver, saved.entry_id, " ", head=1) == Denied(Why.NO_REASON)
        done(await refuse(unit, office.approver, saved.entry_id, "依据已经废止", head=1))
        edited = await edit_entry(unit, office.administrator, saved.entry_id, with_answer(NEW_TEXT), head=1)
        await submit(unit, office.rules, office.administrator, saved.entry_id, head=done(edited).head)
    async with office.database.reader() as reader:
        refused = (await revisions_of(reader, saved.entry_id))[1]
    assert (refused.state, refused.reason, refused.final_reviewer) == ("refused", "依据已经废止", "approver·样例")
    author = replace(office.editor, roles=office.editor.roles | {"faq_approver"})
    async with office.database.unit() as unit:
        assert await approve(unit, author, saved.entry_id, head=2) == Denied(Why.OWN)


async def test_whoever_edits_an_approved_text_answers_only_for_the_change(office: Office) -> None:
    saved = await office.published()
    async with office.database.unit() as unit:
        await edit_entry(unit, office.administrator, saved.entry_id, with_answer(NEW_TEXT), head=1)
        await submit(unit, office.rules, office.administrator, saved.entry_id, head=2)
    first_author = replace(office.editor, roles=office.editor.roles | {"faq_approver"})
    async with office.database.unit() as unit:
        assert done(await approve(unit, first_author, saved.entry_id, head=2))


async def test_a_discarded_draft_stays_in_the_history_and_out_of_the_way(office: Office) -> None:
    saved = await office.published()
    async with office.database.unit() as unit:
        await edit_entry(unit, office.editor, saved.entry_id, with_answer(NEW_TEXT), head=1)
        done(await discard(unit, office.editor, saved.entry_id, head=2))
        assert await discard(unit, office.editor, saved.entry_id, head=2) == Denied(Why.NO_DRAFT)
        entry = await find_by_code(unit, saved.code)
        page = await search(unit, Wanted())
    assert entry is not None
    assert (entry.in_hand, entry.latest.content) == (None, RATE)
    assert [line.newest.content for line in page.lines] == [RATE]


async def test_an_approval_that_waits_is_a_duty_of_the_approvers_until_it_is_decided(office: Office) -> None:
    saved = await office.submitted()
    async with office.database.unit() as unit:
        duty = await open_duty_of(unit, ENTRY_APPROVAL, saved.entry_id)
        assert duty is not None
        assert duty.holder == "role:faq_approver"
        assert [line.code for line in await awaiting_approval(unit)] == [saved.code]
        await withdraw(unit, office.editor, saved.entry_id, head=1)
        assert await open_duty_of(unit, ENTRY_APPROVAL, saved.entry_id) is None
        await submit(unit, office.rules, office.editor, saved.entry_id, head=1)
        await approve(unit, office.approver, saved.entry_id, head=1)
        settled = await latest_duty_of(unit, ENTRY_APPROVAL, saved.entry_id)
        assert settled is not None
        assert settled.outcome == "done"
        assert await awaiting_approval(unit) == []


async def test_a_text_for_next_year_lets_the_present_one_answer_until_then(office: Office) -> None:
    saved = await office.published()
    new_year = date(2026, 1, 1)
    async with office.database.unit() as unit:
        coming = replace(with_answer(NEW_TEXT), valid_from=new_year)
        await edit_entry(unit, office.editor, saved.entry_id, coming, head=1)
        await submit(unit, office.rules, office.editor, saved.entry_id, head=2)
        done(await approve(unit, office.approver, saved.entry_id, head=2))
    assert await answers(office) == {saved.code: RATE.answer}
    assert await answers(office, new_year - timedelta(days=1)) == {saved.code: RATE.answer}
    assert await answers(office, new_year) == {saved.code: NEW_TEXT}
    entry = await office.entry(saved.entry_id)
    assert entry.coming is not None
    assert entry.published is not None
    assert (entry.published.number, entry.coming.number) == (1, 2)


async def test_what_has_expired_or_was_retired_or_has_not_begun_is_silent(office: Office) -> None:
    today = date(2025, 11, 3)
    last_day = await office.published(replace(RATE, valid_until=today))
    later = await office.published(replace(LOST, valid_from=today + timedelta(days=1)))
    assert set(await answers(office)) == {last_day.code}
    assert set(await answers(office, today + timedelta(days=1))) == {later.code}
    async with office.database.unit() as unit:
        done(await retire(unit, office.editor, last_day.entry_id, "政策已经废止"))
    assert await answers(office) == {}
    async with office.database.unit() as unit:
        assert done(await restore(unit, office.approver, last_day.entry_id))
    assert set(await answers(office)) == {last_day.code}
    async with office.database.reader() as reader:
        events = await events_of(reader, last_day.entry_id)
    assert [(event.what, event.officer, event.details) for event in events[:2]] == [
        ("restored", "approver·样例", None),
        ("retired", "editor·样例", "政策已经废止"),
    ]


async def test_what_would_be_silent_from_the_first_day_is_not_submitted(office: Office) -> None:
    saved = await office.drafted(replace(RATE, valid_until=date(2025, 11, 2)))
    async with office.database.unit() as unit:
        result = await submit(unit, office.rules, office.editor, saved.entry_id, head=1)
    assert isinstance(result, Wrong)
    assert "2025-11-02 已过" in result.findings[0].sentence


async def test_nobody_puts_back_into_service_what_they_wrote(office: Office) -> None:
    saved = await office.published()
    author = replace(office.editor, roles=office.editor.roles | {"faq_approver"})
    async with office.database.unit() as unit:
        await retire(unit, office.editor, saved.entry_id, "待核实")
        assert await restore(unit, author, saved.entry_id) == Denied(Why.OWN)


async def test_verifying_names_officer_and_day_and_takes_the_sample_mark_away(office: Office) -> None:
    saved = await office.published()
    async with office.database.unit() as unit:
        as_sample = {"sample": True, "verified_on": None, "verified_by": None, "verifier": None}
        await unit.run(revisions.update().values(as_sample))
    async with office.database.unit() as unit:  # the clerk serves the department whose entry it is
        assert await verify(unit, office.leader, saved.entry_id, head=1) == Denied(Why.NOT_ALLOWED)
        assert done(await verify(unit, office.clerk, saved.entry_id, head=1))
    async with office.database.reader() as reader:
        (entry,) = await published(reader)
    assert (entry.sample, entry.verified_on) == (False, date(2025, 11, 3))
    text = (await office.entry(saved.entry_id)).published
    assert text is not None
    assert text.verifier == "clerk·样例"


async def test_the_owner_of_an_entry_verifies_it(office: Office) -> None:
    saved = await office.published()
    async with office.database.unit() as unit:
        assert await give_to(unit, office.editor, saved.entry_id, 999) == Denied(Why.NOT_FOUND)
        done(await give_to(unit, office.editor, saved.entry_id, office.leader.id))
        assert done(await verify(unit, office.leader, saved.entry_id, head=1))


async def test_a_phrasing_is_added_at_once_and_changes_nothing_that_is_said(office: Office) -> None:
    saved = await office.published()
    async with office.database.unit() as unit:
        added = done(
            await add_phrasings(unit, office.editor, saved.entry_id, ["小规模企业交多少税", "小规模交几个点？"])
        )
    async with office.database.reader() as reader:
        (entry,) = await published(reader)
        newest, before = await revisions_of(reader, saved.entry_id)
    assert entry.phrasings == (*RATE.phrasings, "小规模企业交多少税")  # the other was known
    assert (added.head, newest.number, before.state) == (2, 2, "superseded")
    assert (newest.author, newest.final_reviewer) == ("editor·样例", "approver·样例")
    assert [change.field for change in changes(before.content, newest.content)] == ["phrasings"]
    async with office.database.unit() as unit:
        again = await add_phrasings(unit, office.editor, saved.entry_id, ["小规模企业 交多少税"])
    assert again == Denied(Why.UNCHANGED)


async def test_a_phrasing_reaches_the_draft_the_coming_text_and_the_one_that_answers(either: Office) -> None:
    saved = await either.published()
    coming = replace(with_answer(NEW_TEXT), valid_from=date(2026, 1, 1), phrasings=("小规模企业交多少税",))
    async with either.database.unit() as unit:
        await edit_entry(unit, either.editor, saved.entry_id, coming, head=1)
        await submit(unit, either.rules, either.editor, saved.entry_id, head=2)
        await approve(unit, either.approver, saved.entry_id, head=2)
        await edit_entry(unit, either.editor, saved.entry_id, with_answer("还在写的答复，先存一下。", coming), head=2)
        await submit(unit, either.rules, either.editor, saved.entry_id, head=3)
    async with either.database.unit() as unit:  # the coming text has it already, and must stay the newer one
        done(await add_phrasings(unit, either.colleague, saved.entry_id, ["小规模企业交多少税"]))
    entry = await either.entry(saved.entry_id)
    assert entry.published is not None
    assert entry.coming is not None
    assert entry.in_hand is not None
    assert "小规模企业交多少税" in entry.published.content.phrasings
    assert entry.published.number < entry.coming.number < entry.in_hand.number == entry.head
    assert await answers(either, date(2026, 1, 1)) == {saved.code: NEW_TEXT}
    assert entry.in_hand.state == "submitted"
    async with either.database.unit() as unit:
        assert done(await approve(unit, either.approver, saved.entry_id, head=entry.head))


@pytest.mark.parametrize(
    ("content", "field", "words"),
    [
        (replace(RATE, answer=" "), "answer", "是空的"),
        (replace(RATE, question="税"), "question", "应为 4 至 80 个字"),
        (replace(RATE, legal_basis="依据待补充"), "legal_basis", "占位文字"),
        (replace(RATE, category="fish"), "category", "没有「fish」这个分类"),
        (replace(RATE, department_code="moon"), "department_code", "没有「moon」这个部门"),
        (replace(RATE, valid_from=date(2026, 2, 1), valid_until=date(2026, 1, 1)), "valid_until", "早于"),
        (replace(RATE, phrasings=("我叫张三，电话13800138000，问税率",)), "phrasings", "手机号"),
    ],
)
def test_what_is_wrong_with_a_content_is_told_field_by_field(content: Content, field: str, words: str) -> None:
    findings = check(tidy(content), DEPARTMENTS)
    assert [finding.field for finding in findings] == [field]
    assert words in findings[0].sentence


def test_a_phrasing_without_a_word_or_known_already_is_left_out() -> None:
    repeating = replace(
        RATE, phrasings=("！！！？？", "小规模纳税人的 征收率是多少？", " 小规模交几个点 ", "小规模交几个点")
    )
    assert tidy(repeating).phrasings == ("小规模交几个点",)
    assert check(tidy(RATE), DEPARTMENTS) == ()


async def test_what_is_wrong_is_not_written(office: Office) -> None:
    async with office.database.unit() as unit:
        assert isinstance(await draft_entry(unit, office.editor, replace(RATE, answer="")), Wrong)
        assert (await search(unit, Wanted())).total == 0


async def test_an_entry_is_found_by_words_category_department_and_standing(either: Office) -> None:
    rate, lost = await either.published(), await either.drafted(LOST)
    async with either.database.reader() as reader:

        async def found(wanted: Wanted) -> set[str]:
            return {line.code for line in (await search(reader, wanted)).lines}

        assert await found(Wanted()) == {rate.code, lost.code}
        assert await found(Wanted(text="征收率 百分之三")) == {rate.code}
        assert await found(Wanted(text="几个点")) == {rate.code}  # in a phrasing
        assert await found(Wanted(text="100%_")) == set()
        assert await found(Wanted(category="invoices")) == {lost.code}
        assert await found(Wanted(department_code="income")) == set()
        assert await found(Wanted(standing=Standing.DRAFT)) == {lost.code}
        assert await found(Wanted(standing=Standing.PUBLISHED)) == {rate.code}
        assert await found(Wanted(standing=Standing.SAMPLE)) == set()
        assert await found(Wanted(standing=Standing.EXPIRING)) == set()
        assert await found(Wanted(concerning=either.clerk)) == {rate.code, lost.code}
        assert await found(Wanted(concerning=either.leader)) == set()
        page = await search(reader, Wanted(page=7))
    assert (page.page, page.pages, page.total) == (1, 1, 2)


async def test_an_entry_concerns_its_owner_and_the_department_of_what_answers(either: Office) -> None:
    saved = await either.published()
    async with either.database.unit() as unit:
        elsewhere = replace(RATE, department_code="income")  # drafted: who answers for it is still the clerk's office
        done(await edit_entry(unit, either.editor, saved.entry_id, elsewhere, head=1))
        assert await concerns(unit, either.clerk)
        assert await concerns(unit, either.editor)
        assert not await concerns(unit, either.leader)
        done(await give_to(unit, either.editor, saved.entry_id, either.leader.id))
        assert await concerns(unit, either.leader)
        assert not await concerns(unit, replace(either.leader, bureau_id=0))


async def test_a_code_is_given_where_none_is_and_never_twice(either: Office) -> None:
    async with either.database.unit() as unit:
        by_hand = done(await draft_entry(unit, either.editor, RATE, code="faq-0001"))
        given = done(await draft_entry(unit, either.editor, LOST))
        assert await draft_entry(unit, either.editor, LOST, code="faq-0001") == Denied(Why.CODE_TAKEN)
    assert (by_hand.code, given.code) == ("faq-0001", "faq-0002")


async def said(faq: LiveFaq, text: str) -> str | None:
    match faq.edition.decide(text):
        case Answer(candidate=candidate):
            return candidate.entry_id
    return None


async def test_an_override_wins_over_the_index_for_just_this_wording_until_it_is_cleared(
    either: Office, tokenizer: Tokenizer
) -> None:
    rate, lost = await either.published(), await either.published(LOST)
    faq, today = LiveFaq(tokenizer), date(2025, 11, 3)
    async with either.database.unit() as unit:
        done(await override(unit, either.editor, rate.entry_id, LOST.question, interpreter()))
    assert await faq.refresh(either.database, today)
    assert await said(faq, "发票，丢了怎么补救？") == rate.code  # signs and spaces make no difference
    assert await said(faq, "发票丢了怎么补救呢") != rate.code
    async with either.database.unit() as unit:  # another for the same wording takes its place
        done(await override(unit, either.colleague, lost.entry_id, LOST.question, interpreter()))
        assert await overrides_of(unit, rate.entry_id) == []
        ((override_id, wording),) = await overrides_of(unit, lost.entry_id)
        assert wording == LOST.question
        assert await clear_override(unit, either.editor, override_id) == Done()
        assert await clear_override(unit, either.editor, override_id) == Denied(Why.NO_OVERRIDE)
    assert await faq.refresh(either.database, today)
    assert faq.edition.overrides == {}


async def test_an_override_for_an_entry_that_is_silent_is_silent_too(office: Office, tokenizer: Tokenizer) -> None:
    saved = await office.published(replace(RATE, valid_until=date(2025, 11, 3)))
    async with office.database.unit() as unit:
        done(await override(unit, office.editor, saved.entry_id, "小规模", interpreter()))
    faq = LiveFaq(tokenizer)
    await faq.refresh(office.database, date(2025, 11, 3))
    assert await said(faq, "小规模") == saved.code
    await faq.refresh(office.database, date(2025, 11, 4))
    assert await said(faq, "小规模") is None
    async with office.database.unit() as unit:
        await retire(unit, office.editor, saved.entry_id, "废止")
        assert await override(unit, office.editor, saved.entry_id, "小规模呢", interpreter()) == Denied(
            Why.NOT_PUBLISHED
        )


@pytest.mark.parametrize(
    "wording", ["转人工", "我要投诉办税服务厅，工作人员态度恶劣", "我要举报某公司偷税漏税，两套账"]
)
async def test_what_is_for_people_cannot_be_laid_down_for_an_entry(office: Office, wording: str) -> None:
    saved = await office.published()
    async with office.database.unit() as unit:
        refused = await override(unit, office.editor, saved.entry_id, wording, interpreter())
        assert refused == Denied(Why.NOT_FOR_THE_FAQ)
        assert await overrides_of(unit, saved.entry_id) == []


@pytest.fixture
async def elsewhere(place: str, clock: Clock) -> AsyncIterator[Database]:
    """The same database, opened once more, as another process has it."""
    async with opened(place, clock) as other:
        yield other


async def test_what_is_published_here_is_seen_by_another_process(
    either: Office, elsewhere: Database, tokenizer: Tokenizer
) -> None:
    theirs, today = LiveFaq(tokenizer), date(2025, 11, 3)
    saved = await either.published()
    assert await theirs.refresh(elsewhere, today)
    assert set(theirs.edition.entries) == {saved.code}
    assert not await theirs.refresh(elsewhere, today)
    async with either.database.unit() as unit:
        await retire(unit, either.editor, saved.entry_id, "废止")
    assert await theirs.refresh(elsewhere, today)
    assert theirs.edition.entries == {}


async def test_two_who_publish_at_once_raise_the_revision_twice(postgresql: Database) -> None:
    """Else whoever built an edition between them would never hear of the second."""

    async def publishes() -> None:
        async with postgresql.unit() as unit:
            await published_anew(unit)

    async with asyncio.TaskGroup() as tasks, postgresql.unit() as first:
        await published_anew(first)
        tasks.create_task(publishes())
        await until_somebody_waits_for_a_lock(postgresql)
    async with postgresql.reader() as reader:
        assert await revision_of(reader) == 2


def test_a_change_reads_character_by_character() -> None:
    after = replace(RATE, answer=RATE.answer.replace("三", "一"), phrasings=("小规模纳税人税率", "小规模税负"))
    answer, phrasings = changes(RATE, after)
    assert (answer.name, phrasings.name) == ("答复", "问法")
    assert [(piece.how, piece.text) for piece in answer.pieces][1:3] == [("removed", "三"), ("added", "一")]
    assert [(piece.how, piece.text) for piece in phrasings.pieces] == [
        ("removed", "小规模交几个点"),
        ("same", "小规模纳税人税率"),
        ("added", "小规模税负"),
    ]
    assert "".join(piece.text for piece in answer.pieces if piece.how != "removed") == after.answer
    assert changes(RATE, RATE) == []


async def test_no_text_is_ever_rewritten(either: Office) -> None:
    """Through everything that can be done with an entry, what a revision says stays what it said."""
    saved = await either.published()

    async def texts() -> dict[int, Content]:
        async with either.database.reader() as reader:
            return {text.number: text.content for text in await revisions_of(reader, saved.entry_id)}

    seen = await texts()
    acts: list[Callable[[Unit], Awaitable[object]]] = [
        lambda unit: edit_entry(unit, either.editor, saved.entry_id, with_answer(NEW_TEXT), head=1),
        lambda unit: submit(unit, either.rules, either.editor, saved.entry_id, head=2),
        lambda unit: add_phrasings(unit, either.editor, saved.entry_id, ["小规模企业交多少税"]),
        lambda unit: approve(unit, either.approver, saved.entry_id, head=4),
        lambda unit: verify(unit, either.approver, saved.entry_id, head=4),
        lambda unit: retire(unit, either.editor, saved.entry_id, "废止"),
        lambda unit: restore(unit, either.approver, saved.entry_id),
    ]
    for act in acts:
        async with either.database.unit() as unit:
            done(await act(unit))
        now = await texts()
        assert {number: now[number] for number in seen} == seen
        seen = now
    async with either.database.reader() as reader:
        in_print = await reader.all(select(revisions.c.number).where(revisions.c.state == "published"))
    assert [row.number for row in in_print] == [4]
