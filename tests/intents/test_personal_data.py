"""Numbers and addresses are found by their check digits and hidden; every one here is made up."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.cn import ric, uscc

from intents import PersonalKind, find, mask

_IDENTITY = "65010219900101001"
_IDENTITY += ric.calc_check_digit(_IDENTITY + "0")
_TAXPAYER = "91650100MA77ABCD1"
_TAXPAYER += uscc.calc_check_digit(_TAXPAYER)
_CARD = "622200112233445"
_CARD += luhn.calc_check_digit(_CARD)


def _kinds(text: str) -> list[PersonalKind]:
    return [finding.kind for finding in find(text)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"身份证{_IDENTITY}，谢谢", PersonalKind.IDENTITY),
        (f"税号是{_TAXPAYER}", PersonalKind.TAXPAYER),
        (f"税号是{_TAXPAYER.lower()}", PersonalKind.TAXPAYER),
        ("纳税人识别号：650102123456789", PersonalKind.TAXPAYER),
        ("我的电话13800001111", PersonalKind.MOBILE),
        ("+86 138-0000-1111", PersonalKind.MOBILE),
        ("１３８００００１１１１", PersonalKind.MOBILE),
        ("座机0991-2345678", PersonalKind.LANDLINE),
        ("(0998)2345678转12", PersonalKind.LANDLINE),
        ("电话：2345678", PersonalKind.LANDLINE),
        (f"卡号{_CARD}", PersonalKind.BANK_CARD),
        (f"卡号{_CARD[:4]} {_CARD[4:8]} {_CARD[8:12]} {_CARD[12:]}", PersonalKind.BANK_CARD),
        ("发到 made.up@example.com 吧", PersonalKind.EMAIL),
        ("发到ｍａｄｅ．ｕｐ＠ｅｘａｍｐｌｅ．ｃｏｍ吧", PersonalKind.EMAIL),
    ],
)
def test_each_kind_of_personal_number_is_found(text: str, kind: PersonalKind) -> None:
    assert _kinds(text) == [kind]
    assert mask(text) != text


@pytest.mark.parametrize("number", [_IDENTITY, _TAXPAYER, _CARD])
def test_a_wrong_check_digit_is_no_finding(number: str) -> None:
    wrong = number[:-1] + ("1" if number[-1] != "1" else "2")
    assert find(f"号码{wrong}完") == ()
    assert mask(f"号码{wrong}完") == f"号码{wrong}完"


@pytest.mark.parametrize(
    "text", ["拨打12366咨询", "2024年第12号公告", "销售额500000元", "650102123456789", "编号WS20240512003", "税率13%"]
)
def test_ordinary_numbers_are_left_alone(text: str) -> None:
    assert find(text) == ()


def test_the_ends_stay_legible_and_the_middle_goes() -> None:
    assert mask("电话13800001111") == "电话138****1111"
    assert mask(f"证{_IDENTITY}") == f"证650{'*' * 13}{_IDENTITY[-2:]}"
    assert mask("信箱made.up@example.com") == "信箱m***.**@example.com"
    assert mask("a@example.com") == "*@example.com"


def test_several_findings_come_in_order_without_overlap() -> None:
    found = find(f"{_IDENTITY} 13800001111 {_CARD}")
    assert [f.kind for f in found] == [PersonalKind.IDENTITY, PersonalKind.MOBILE, PersonalKind.BANK_CARD]
    assert all(a.end <= b.start for a, b in pairwise(found))


@given(st.text(alphabet=st.sampled_from("0123456789Xx-@. 电话税号：a中"), max_size=60))
def test_masking_keeps_the_length_and_touches_findings_only(text: str) -> None:
    masked = mask(text)
    assert len(masked) == len(text)
    inside = {i for finding in find(text) for i in range(finding.start, finding.end)}
    assert all(text[i] == masked[i] for i in range(len(text)) if i not in inside)
