"""Texts reach the department that answers for them; sealed doors stay shut; every choice has its reasons."""

import json
from pathlib import Path

import pytest

from escalation.routing.routing import FALLBACK_REASON, Route, Rule, route
from escalation.rules.kinds import KindsTable
from escalation.seed import load_bureau, load_kinds
from escalation.seed.bureau import SampleBureau
from intents import Kind, Tokenizer, make_tokenizer, normalise

FLOOR = 0.93
LABELLED = Path(__file__).with_name("routes.jsonl")


class Router:
    """Routes by the sample's own rules, as a message would be."""

    def __init__(self, bureau: SampleBureau, kinds: KindsTable, tokenizer: Tokenizer) -> None:
        self.bureau, self.kinds, self.tokenizer = bureau, kinds, tokenizer

    def route(self, text: str, kind: Kind = Kind.QUESTION, nearest: str | None = None) -> Route:
        text = normalise(text)
        return route(text, self.tokenizer.words(text), kind, self.bureau.rules, self.kinds, nearest)

    def codes(self, text: str, kind: Kind = Kind.QUESTION, nearest: str | None = None) -> list[str]:
        return [ranked.department for ranked in self.route(text, kind, nearest).departments]


@pytest.fixture(scope="module")
def router() -> Router:
    return Router(load_bureau(), load_kinds(), make_tokenizer())


def routed(words: dict[str, dict[str, float]], text: str, tokens: tuple[str, ...] = ()) -> Route:
    rules = [Rule(code, weights) for code, weights in words.items()]
    return route(text, tokens, Kind.QUESTION, rules, load_kinds())


def test_labelled_texts_reach_their_department(router: Router) -> None:
    rows = [json.loads(line) for line in LABELLED.read_text(encoding="utf-8").splitlines()]
    assert len(rows) >= 120
    right = sum(router.codes(row["text"], Kind(row["kind"]))[0] == row["department"] for row in rows)
    assert right / len(rows) >= FLOOR


@pytest.mark.parametrize(
    ("text", "department"),
    [
        ("增值税专用发票丢了", "administration"),
        ("专票可以抵扣哪些税", "goods_services"),
        ("个人所得税年度汇算", "income"),
        ("社保费", "social_insurance"),
        ("社保费能在税前扣除吗", "income"),
        ("退税进度", "revenue"),
        ("出口退税多久到账", "goods_services"),
        ("契税", "property"),
        ("土地增值税怎么算", "property"),
        ("残保金", "non_tax"),
        ("境外公司要开税收居民证明", "international"),
        ("风险提示里的疑点", "big_data"),
        ("信用等级", "service"),
        ("12366打不通", "service_center"),
        ("首违不罚", "legal"),
        ("车辆购置税", "goods_services"),
        ("车船税", "property"),
        ("注销", "administration"),
    ],
)
def test_a_text_goes_to_whoever_answers_for_its_subject(router: Router, text: str, department: str) -> None:
    assert router.codes(text)[0] == department


def test_who_cannot_log_in_reaches_administration_and_then_the_information_centre(router: Router) -> None:
    assert router.codes("电子税务局登录不上")[:2] == ["administration", "information"]


def test_a_lost_invoice_and_an_invoice_to_deduct_go_different_ways(router: Router) -> None:
    assert router.codes("发票丢了怎么办")[0] == "administration"
    assert router.codes("发票怎么抵扣")[0] == "goods_services"


def test_one_name_of_a_tax_outweighs_any_number_of_generic_words(router: Router) -> None:
    assert router.codes("申报纳税缴税报表税款缴纳逾期，契税")[0] == "property"


def test_traditional_and_full_width_input_is_routed_alike(router: Router) -> None:
    assert router.codes("個人所得稅怎麼申報")[0] == "income"
    assert router.codes("１２３６６打不通")[0] == "service_center"


def test_words_inside_a_longer_found_word_are_not_counted_again() -> None:
    weights: dict[str, dict[str, float]] = {"goods_services": {"增值税": 9.0}, "property": {"土地增值税": 4.0}}
    found = routed(weights, "土地增值税")
    assert [ranked.department for ranked in found.departments] == ["property"]


def test_a_word_that_stands_also_by_itself_is_counted() -> None:
    weights: dict[str, dict[str, float]] = {"goods_services": {"增值税": 9.0}, "property": {"土地增值税": 4.0}}
    found = routed(weights, "土地增值税和增值税")
    assert [ranked.department for ranked in found.departments] == ["goods_services", "property"]


def test_letters_of_a_short_word_across_two_tokens_are_not_that_word() -> None:
    weights: dict[str, dict[str, float]] = {"income": {"个税": 6.0}}
    assert routed(weights, "这个税怎么交", ("这个", "税", "怎么", "交")).reasons == (FALLBACK_REASON,)
    assert routed(weights, "个税怎么交", ("个", "税", "怎么", "交")).departments[0].department == "income"
    assert routed(weights, "查个税款", ("查", "个税款")).departments[0].department == "income"


def test_latin_words_and_numbers_are_found_whole_or_not_at_all() -> None:
    weights: dict[str, dict[str, float]] = {"goods_services": {"vat": 6.0}, "income": {"5000": 3.0}}
    assert routed(weights, "private 50000").reasons == (FALLBACK_REASON,)
    assert routed(weights, "交vat吗").reasons == ("出现“vat”",)
    assert routed(weights, "工资5000元").reasons == ("出现“5000”",)


def test_many_weaker_words_do_not_reach_the_next_weight() -> None:
    weights: dict[str, dict[str, float]] = {
        "administration": {"漏报": 5.0, "更正": 5.0, "申报": 5.0, "逾期": 5.0},
        "property": {"印花税": 6.0},
    }
    assert routed(weights, "逾期漏报的印花税更正申报").departments[0].department == "property"


def test_two_parts_of_a_word_must_stand_near_each_other() -> None:
    weights: dict[str, dict[str, float]] = {"administration": {"发票+丢": 10.0}}
    assert routed(weights, "丢了一张发票").reasons == ("同时出现“发票”和“丢”",)
    assert routed(weights, "发票是上个月开的，后来我们搬家，钥匙也丢了").reasons == (FALLBACK_REASON,)


def test_of_two_taxes_named_alike_the_first_comes_first() -> None:
    weights: dict[str, dict[str, float]] = {"income": {"个税": 6.0}, "goods_services": {"增值税": 6.0}}
    assert routed(weights, "增值税和个税").departments[0].department == "goods_services"
    assert routed(weights, "个税和增值税").departments[0].department == "income"


def test_a_rule_for_other_kinds_is_passed_over() -> None:
    rules = [
        Rule("income", {"税": 5.0}, kinds=frozenset({Kind.SUGGESTION})),
        Rule("property", {"税": 1.0}),
    ]
    found = route("税", (), Kind.QUESTION, rules, load_kinds())
    assert [ranked.department for ranked in found.departments] == ["property"]


def test_reasons_name_the_words_in_chinese(router: Router) -> None:
    assert "出现“契税”" in router.route("契税怎么交").reasons


def test_what_matches_nothing_is_taken_by_tax_service_and_says_so(router: Router) -> None:
    found = router.route("嗯，有个事情")
    assert found.departments[0].department == "service"
    assert found.reasons == ("没有匹配到具体业务，先由纳税服务处承接",)


def test_the_nearest_entry_decides_where_the_words_do_not(router: Router) -> None:
    assert router.codes("嗯，有个事情", nearest="international")[0] == "international"
    assert "最接近的问答条目由该机构负责" in router.route("嗯", nearest="international").reasons
    assert router.codes("契税怎么交", nearest="international")[0] == "property"


@pytest.mark.parametrize("text", ["契税", "纳税服务处包庇", "个人所得税汇算，转给办公室", "12366打不通", ""])
def test_a_tip_off_goes_to_the_inspection_bureau_alone_whatever_it_says(router: Router, text: str) -> None:
    found = router.route(text, Kind.REPORT, nearest="income")
    assert [ranked.department for ranked in found.departments] == ["inspection"]


@pytest.mark.parametrize("text", ["契税窗口收红包", "稽查局的人索贿", "纪检组不管", ""])
def test_a_report_on_officers_goes_to_the_discipline_group_alone(router: Router, text: str) -> None:
    found = router.route(text, Kind.DISCIPLINE, nearest="income")
    assert [ranked.department for ranked in found.departments] == ["discipline"]


def test_the_reasons_of_a_sealed_text_do_not_betray_what_it_says(router: Router) -> None:
    first = router.route("某公司虚开发票，契税也没交", Kind.REPORT)
    assert first == router.route("另一件事", Kind.REPORT)


def test_a_complaint_goes_to_tax_service_whatever_it_is_about(router: Router) -> None:
    assert router.codes("货物和劳务税处办增值税退税太慢，态度差", Kind.COMPLAINT) == ["service"]
    assert router.codes("办税服务厅窗口态度差", Kind.COMPLAINT) == ["service"]


def test_a_complaint_never_goes_to_the_department_complained_of(router: Router) -> None:
    found = router.route("投诉纳税服务处推诿", Kind.COMPLAINT)
    assert [ranked.department for ranked in found.departments] == ["office"]
    assert any("回避" in reason for reason in found.reasons)
    assert router.codes("喀什的纳税服务科从来不接电话", Kind.COMPLAINT) == ["office"]


def test_who_turns_to_tax_service_does_not_complain_of_it(router: Router) -> None:
    assert router.codes("请纳税服务处管一管窗口", Kind.COMPLAINT) == ["service"]
    assert router.codes("向纳税服务处投诉大厅叫号乱", Kind.COMPLAINT) == ["service"]


def test_a_petition_never_goes_to_the_office_it_accuses(router: Router) -> None:
    assert router.codes("反映土地出让金的问题", Kind.PETITION) == ["office"]
    assert router.codes("反映税务局办公室不作为", Kind.PETITION) == ["legal"]


def test_a_suggestion_goes_to_its_subject_and_to_tax_service(router: Router) -> None:
    assert router.codes("建议契税可以分期缴", Kind.SUGGESTION) == ["property", "service"]
    assert router.codes("建议你们多笑笑", Kind.SUGGESTION) == ["service"]
    assert router.codes("建议大厅多放几把椅子", Kind.SUGGESTION) == ["service"]


@pytest.mark.parametrize(
    ("kind", "departments"),
    [
        (Kind.SITE_ERROR, ["office", "information"]),
        (Kind.PRAISE, ["service", "personnel"]),
        (Kind.DISCLOSURE, ["office"]),
        (Kind.LETTER, ["office", "property"]),
        (Kind.OBJECTION, ["legal"]),
        (Kind.OPINION, ["office"]),
    ],
)
def test_fixed_doors_open_in_the_order_of_the_table(router: Router, kind: Kind, departments: list[str]) -> None:
    assert router.codes("契税的事情", kind) == departments


def test_scores_fall_from_best_to_last(router: Router) -> None:
    for text, kind in (("个税退税什么时候到账", Kind.QUESTION), ("契税", Kind.SUGGESTION), ("契税", Kind.LETTER)):
        scores = [ranked.score for ranked in router.route(text, kind).departments]
        assert scores == sorted(scores, reverse=True)
        assert len(scores) > 1


def test_no_text_reaches_an_internal_department_by_its_words(router: Router) -> None:
    internal = {department.code for department in router.bureau.departments if department.internal}
    assert not internal & {rule.department_code for rule in router.bureau.rules}
    assert not internal & set(router.codes("人事处考核考评处财务管理处"))
