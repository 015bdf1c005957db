"""What a draft would gain is counted by building the index with it, and asking what was asked in vain."""

from dataclasses import replace

from faq.catalog import Entry
from faq.gains import gains
from tests.faq.test_explanation import sample

FUND = Entry(
    id=9999,
    code="fund",
    revision=1,
    question="残疾人就业保障金怎么计算",
    answer="按上年用人单位安排残疾人就业未达到规定比例的差额人数计算。",
    legal_basis="残疾人就业保障金征收使用管理办法第八条",
    category="vat",
    department_code="goods_services",
    valid_from=None,
    valid_until=None,
    verified_on=None,
    sample=False,
    phrasings=("残保金怎么算",),
)
IN_VAIN = ["残保金怎么算", "残保金怎么算", "残疾人就业保障金怎么算", "首套房契税是多少", "今天天气怎么样"]


def test_a_draft_gains_the_questions_that_it_would_answer_outright_each_as_often_as_it_was_asked() -> None:
    alike = replace(FUND, code="other", question="办税服务厅几点开门呢", phrasings=())
    assert gains(sample(), [FUND, alike], IN_VAIN) == {"fund": 3, "other": 0}


def test_of_two_drafts_of_one_thing_each_is_measured_as_if_it_came_alone() -> None:
    twin = replace(FUND, code="twin", question="残疾人就业保障金如何计算")
    assert gains(sample(), [FUND, twin], ["残保金怎么算"]) == {"fund": 1, "twin": 1}


def test_what_an_override_answers_is_no_drafts() -> None:
    laid_down = sample((("残保金怎么算", "deed-first-home"),))
    assert gains(laid_down, [FUND], IN_VAIN) == {"fund": 1}


def test_what_the_entry_answers_already_is_nothing_gained() -> None:
    edition = sample()
    present = edition.entries["deed-first-home"]
    widened = replace(present, phrasings=(*present.phrasings, "头回买房子那个税收几个点"))
    asked = ["首套房契税是多少", "头回买房子那个税收几个点"]
    assert gains(edition, [widened], asked) == {present.code: 1}
