"""How the console tells what changed: readable, and nothing of either text left out."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot.web.console.faq.labels import readable, told_changes
from bot.web.console.faq.preview import linked
from faq.entries.content import Content
from faq.entries.diff import Piece, compare

OLD = Content("增值税怎么退", "按月申请。", "《增值税法》第二条", "vat", "goods_services")
LETTERS = st.text(alphabet="甲乙丙丁1", max_size=30)


def test_words_that_stayed_between_two_changes_do_not_tear_them_apart() -> None:
    old, new = "《中华人民共和国企业所得税法》第五条", "财政部税务总局公告第五条"
    assert readable(compare(old, new)) == (
        Piece("removed", "《中华人民共和国企业所得税法》"),
        Piece("added", "财政部税务总局公告"),
        Piece("same", "第五条"),
    )


@given(LETTERS, LETTERS)
def test_both_texts_can_be_read_from_what_is_told(old: str, new: str) -> None:
    told = readable(compare(old, new))
    assert "".join(piece.text for piece in told if piece.how != "added") == old
    assert "".join(piece.text for piece in told if piece.how != "removed") == new


def test_codes_are_told_by_their_names() -> None:
    after = replace(OLD, category="cit", department_code="income")
    told = told_changes(OLD, after, {"income": "所得税处", "goods_services": "货物和劳务税处"})
    assert [[piece.text for piece in one.pieces] for one in told] == [
        ["增值税", "企业所得税"],
        ["货物和劳务税处", "所得税处"],
    ]


def test_addresses_become_links_and_nothing_else_does() -> None:
    text = "见 https://a.cn/x?a=1&b=2，或 javascript:alert(1) <img src=x> https://b.cn."
    html = str(linked(text))
    assert 'href="https://a.cn/x?a=1&amp;b=2"' in html
    assert 'href="https://b.cn"' in html
    assert html.count("<a ") == 2
    assert "<img" not in html
