"""The index finds alike wordings, whatever the order it was built in, and never changes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faq.matching.contrasts import said
from faq.matching.features import alike_view, load_synonyms, plain_view
from faq.matching.index import Index, IndexEntry
from intents import Tokenizer, make_tokenizer

ENTRIES = (
    IndexEntry(
        "vat-exempt", "小规模纳税人月销售额10万元以下是否免征增值税？", ("个体户月销售额不超过10万要交增值税吗",)
    ),
    IndexEntry("deed-rate", "购买首套住房契税税率是多少？", ("首套房契税交多少",)),
    IndexEntry("lost-special", "增值税专用发票丢失怎么处理？", ("专票丢了怎么办",)),
    IndexEntry("lost-plain", "增值税普通发票丢失怎么处理？", ("普票丢了怎么办",)),
    IndexEntry("iit-deadline", "个人所得税汇算清缴什么时候截止？"),
    IndexEntry("stamp", "签订买卖合同如何缴纳印花税？"),
)
TEXTS = ("专票掉了咋办", "契税多少", "个税汇算清缴截止到哪天", "印花税怎么交", "发票丢了")


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return make_tokenizer()


@pytest.fixture(scope="module")
def index(tokenizer: Tokenizer) -> Index:
    return Index.build(ENTRIES, tokenizer)


@pytest.mark.parametrize(
    ("text", "entry_id"),
    [
        ("专票掉了咋办", "lost-special"),
        ("普票弄丢了怎样处理", "lost-plain"),
        ("第一套房契税是多少", "deed-rate"),
        ("个税汇算清缴截止到哪天", "iit-deadline"),
        ("买卖合同的印花税怎么交", "stamp"),
        ("個體戶每月銷售額不到10萬塊交不交增值稅", "vat-exempt"),
    ],
)
def test_the_nearest_entry_comes_first(index: Index, text: str, entry_id: str) -> None:
    assert index.rank(text)[0].entry_id == entry_id


def test_every_phrasing_finds_its_own_entry_with_a_full_score(index: Index) -> None:
    for entry in ENTRIES:
        for phrasing in (entry.question, *entry.phrasings):
            best = index.rank(phrasing)[0]
            assert best.entry_id == entry.id
            assert (best.score, best.coverage) == pytest.approx((1, 1))


def test_an_entry_appears_once_with_its_best_phrasing(index: Index) -> None:
    ranked = index.rank("专票丢了怎么办")
    assert len({candidate.entry_id for candidate in ranked}) == len(ranked)
    assert ranked[0].phrasing == "专票丢了怎么办"


def test_scores_and_coverage_are_shares_in_falling_order(index: Index) -> None:
    for text in TEXTS:
        ranked = index.rank(text)
        assert [c.score for c in ranked] == sorted((c.score for c in ranked), reverse=True)
        assert all(0 < c.score <= 1 and 0 <= c.coverage <= 1 for c in ranked)


def test_words_that_the_phrasing_lacks_lower_the_coverage(index: Index) -> None:
    whole, partly = (index.rank(text)[0] for text in ("专票丢了怎么办", "专票丢了还没付的水电费怎么办"))
    assert partly.entry_id == whole.entry_id
    assert partly.coverage < 0.7 < whole.coverage


def test_no_more_candidates_are_given_than_asked_for(index: Index) -> None:
    assert [len(index.rank("增值税发票", limit)) for limit in (0, 1, 3)] == [0, 1, 3]


@pytest.mark.parametrize("text", ["", "   ", "？！。", "😀😀", "\u200b", "qqqq"])
def test_a_text_without_anything_in_common_finds_nothing(index: Index, text: str) -> None:
    assert index.rank(text) == ()


def test_an_empty_index_finds_nothing(tokenizer: Tokenizer) -> None:
    assert Index.build((), tokenizer).rank("契税多少") == ()


def test_an_entry_without_any_words_is_kept_and_never_found(tokenizer: Tokenizer) -> None:
    index = Index.build((*ENTRIES, IndexEntry("empty", "？？", ("",))), tokenizer)
    texts = (*TEXTS, "请问")  # of which the alike view is as empty as the entry
    assert all(candidate.entry_id != "empty" for text in texts for candidate in index.rank(text, 100))


def test_two_entries_with_one_id_are_refused(tokenizer: Tokenizer) -> None:
    with pytest.raises(ValueError, match="stamp"):
        Index.build((*ENTRIES, IndexEntry("stamp", "另一条")), tokenizer)


def test_what_all_phrasings_of_an_entry_name_is_kept_with_it(tokenizer: Tokenizer) -> None:
    index = Index.build((IndexEntry("deed", "契税是不是3%", ("契税交1%吗", "房子要交多少税")), *ENTRIES), tokenizer)
    assert index.said("deed") == said("契税3%") | said("契税1%")
    with pytest.raises(KeyError):
        index.said("missing")


def test_a_text_that_was_read_once_is_ranked_as_it_stands(index: Index) -> None:
    for text in TEXTS:
        assert index.nearest(index.read(text), 3) == index.rank(text, 3)


def test_three_thousand_entries_are_each_found_by_their_question(tokenizer: Tokenizer) -> None:
    entries = [IndexEntry(f"{number:04}", f"第{number}号公告什么时候执行") for number in range(3000)]
    index = Index.build(entries, tokenizer)
    for entry in entries[::97]:
        assert index.rank(entry.question, 1)[0].entry_id == entry.id


@settings(deadline=None, max_examples=25)
@given(entries=st.permutations(ENTRIES))
def test_the_order_of_the_entries_changes_nothing(index: Index, entries: list[IndexEntry]) -> None:
    shuffled = Index.build(entries, index.tokenizer)
    assert [shuffled.rank(text) for text in TEXTS] == [index.rank(text) for text in TEXTS]


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_can_be_ranked(index: Index, text: str) -> None:
    assert all(0 < candidate.score <= 1 + 1e-9 for candidate in index.rank(text))


def test_threads_may_share_an_index(index: Index) -> None:
    alone = [index.rank(text) for text in TEXTS]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(index.rank, TEXTS * 50))
    assert together == alone * 50


def test_an_index_cannot_be_changed(index: Index) -> None:
    with pytest.raises(FrozenInstanceError):
        index.entries = ()  # type: ignore[misc]  # that it may not be assigned is what is tested
    before = index.rank("契税多少")
    index.rank("印花税怎么交")
    assert index.rank("契税多少") == before


@pytest.mark.parametrize(
    ("spoken", "written"),
    [
        ("个税怎么报", "个人所得税怎样报"),
        ("专票能不能作废", "增值税专用发票可不可以作废"),
        ("請問社保費要不要交？", "社保费要交吗"),
        ("车购税税率有多少呢", "车辆购置税税率有多少"),
    ],
)
def test_daily_speech_and_office_speech_have_one_view(spoken: str, written: str) -> None:
    assert alike_view(spoken) == alike_view(written)


def test_full_width_traditional_and_spaced_out_texts_have_one_plain_view() -> None:
    assert plain_view("增 值 稅　３％，怎麼 申報？") == plain_view("增值税3%怎么申报")


def test_decimals_keep_their_point() -> None:
    assert plain_view("税率 1.5%。") == "税率1.5%"


def test_a_chosen_form_is_left_alone_by_its_own_table() -> None:
    for pattern, table in load_synonyms().tables:
        for chosen in table.values():
            found = pattern.fullmatch(chosen)
            assert found is None or table[found[0]] == chosen
            assert [word for word in pattern.findall(chosen) if table[word] not in chosen] == []
