"""Two editors who began from the same text."""

from dataclasses import fields, replace
from datetime import date
from typing import Any

import pytest

from faq.entries.content import Content
from faq.entries.merge import Merged, merge

BASE = Content(
    "个税怎么退", "登录个人所得税APP办理汇算。", "《个人所得税法》第十一条", "iit", "income", ("怎么退税", "退个税")
)

LAST_DAY = date(2026, 12, 31)


def test_what_only_the_other_changed_is_taken_in_and_what_only_i_changed_is_kept() -> None:
    theirs, mine = replace(BASE, legal_basis="《个人所得税法》第十条"), replace(BASE, answer="在三月至六月办理汇算。")
    merged = merge(BASE, theirs, mine)
    assert merged == Merged(replace(BASE, legal_basis=theirs.legal_basis, answer=mine.answer), ())


def test_where_both_changed_the_same_mine_stays_and_is_named() -> None:
    theirs, mine = (
        replace(BASE, question="个税如何退", category="cit"),
        replace(BASE, question="怎样退个税", category="cit"),
    )
    assert merge(BASE, theirs, mine) == Merged(replace(BASE, question="怎样退个税", category="cit"), ("question",))


def test_phrasings_are_added_and_taken_away_one_by_one() -> None:
    theirs = replace(BASE, phrasings=("怎么退税", "退税步骤"))
    mine = replace(BASE, phrasings=("我的说法", "怎么退税", "退个税"))
    assert merge(BASE, theirs, mine) == Merged(replace(BASE, phrasings=("我的说法", "怎么退税", "退税步骤")), ())


@pytest.mark.parametrize("field", [field.name for field in fields(Content)])
def test_whoever_changed_nothing_gets_all_of_the_others_text(field: str) -> None:
    other: Any = {"phrasings": ("新",), "valid_from": LAST_DAY, "valid_until": LAST_DAY}.get(field, "新")
    theirs = replace(BASE, **{field: other})
    assert merge(BASE, theirs, BASE) == Merged(theirs, ())
