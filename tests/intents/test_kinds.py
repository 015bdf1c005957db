"""Kinds of message are told apart by what is meant, on messages that the rules and examples have not seen."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intents import Interpreter, Kind, Turn, make_interpreter
from intents.classify import read_examples
from intents.lexicon import read_lexicon

_MESSAGES = [json.loads(line) for line in Path(__file__).with_name("messages.jsonl").read_text("utf-8").splitlines()]


def test_at_least_95_of_100_messages_and_85_of_each_kind_are_understood(interpreter: Interpreter) -> None:
    wrong = []
    asked: Counter[Kind] = Counter()
    right: Counter[Kind] = Counter()
    for message in _MESSAGES:
        kind, got = Kind(message["kind"]), interpreter.understand(message["text"])
        asked[kind] += 1
        right[kind] += got.kind is kind
        if got.kind is not kind:
            wrong.append(f"{kind} → {got.kind} {got.confidence}: {message['text']}")
    assert right.total() >= 0.95 * asked.total(), wrong
    assert [kind for kind in asked if right[kind] < 0.85 * asked[kind]] == [], wrong


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("局长您好，", ""),
        ("网站打不开，", ""),
        ("我要上访，", ""),
        ("请问怎么申请，", ""),
        ("感谢，表扬一下，但是", ""),
        ("我来补充材料。" * 120, "以上请知悉。" * 60),
    ],
    ids=["letter", "site", "petition", "question", "praise", "long"],
)
def test_nothing_said_beside_it_rules_out_that_a_message_is_to_be_sealed(
    interpreter: Interpreter, before: str, after: str
) -> None:
    sealed = {Kind.REPORT, Kind.DISCIPLINE}
    texts = [message["text"] for message in _MESSAGES if message["kind"] in sealed]
    missed = [text for text in texts if not sealed & set(interpreter.understand(f"{before}{text}。{after}").possible)]
    assert len(missed) <= 1, missed


def test_the_messages_cover_every_kind_and_none_is_an_example() -> None:
    assert len(_MESSAGES) >= 250
    assert {message["kind"] for message in _MESSAGES} == set(Kind) - {Kind.OPINION, Kind.UNREAD}
    assert {message["text"] for message in _MESSAGES} & {text for text, _ in read_examples()} == set()


def test_the_surer_the_more_often_right(interpreter: Interpreter) -> None:
    seen = [(got := interpreter.understand(m["text"]), got.kind == m["kind"]) for m in _MESSAGES]
    sure = [right for got, right in seen if got.confidence >= 0.9]
    assert len(sure) > 0.7 * len(seen)
    assert sum(sure) >= 0.98 * len(sure)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("我要投诉办税大厅工作人员态度恶劣", Kind.COMPLAINT),
        ("怎么投诉", Kind.QUESTION),
        ("投诉举报电话是多少", Kind.QUESTION),
        ("举报某公司虚开发票、偷税", Kind.REPORT),
        ("举报税务干部吃拿卡要、收红包", Kind.DISCIPLINE),
        ("举报偷税有奖励吗", Kind.QUESTION),
        ("饭店不给开发票，我要举报", Kind.COMPLAINT),
        ("商家不给开发票怎么办", Kind.QUESTION),
        ("对处罚决定不服想申请行政复议", Kind.OBJECTION),
        ("行政复议期限是多久", Kind.QUESTION),
        ("欠税会有什么处罚", Kind.QUESTION),
        ("网站上的下载链接打不开", Kind.SITE_ERROR),
        ("电子税务局登录不了怎么办", Kind.QUESTION),
        ("建议网站增加搜索功能", Kind.SUGGESTION),
        ("申请政府信息公开", Kind.DISCLOSURE),
        ("怎么申请政府信息公开", Kind.QUESTION),
        ("我要上访", Kind.PETITION),
        ("信访室在哪里", Kind.QUESTION),
        ("社保费怎么缴", Kind.QUESTION),
        ("医保报销比例", Kind.OUTOFSCOPE),
        ("公积金怎么提取", Kind.OUTOFSCOPE),
        ("公积金可以税前扣除吗", Kind.QUESTION),
        ("我要投诉物业公司乱收费", Kind.OUTOFSCOPE),
        ("我的办件到哪了", Kind.STATUS),
        ("转人工", Kind.HUMAN),
        ("12366人工服务时间", Kind.QUESTION),
        ("你们服务真好啊，排队三个小时没人管", Kind.COMPLAINT),
        ("社保", Kind.QUESTION),
        ("增值稅怎麼交", Kind.QUESTION),
        ("how do I pay VAT?", Kind.QUESTION),
        ("asdfgh", Kind.UNINTELLIGIBLE),
        ("😀", Kind.UNINTELLIGIBLE),
    ],
)
def test_neighbouring_kinds_are_kept_apart(interpreter: Interpreter, text: str, kind: Kind) -> None:
    got = interpreter.understand(text)
    assert got.kind is kind, got
    assert got.reasons


@pytest.mark.parametrize("text", ["你好，契税怎么算", "您好请问契税怎么算", "谢谢，契税怎么算", "契税怎么算，谢谢！"])
def test_politeness_around_a_question_leaves_it_a_question(interpreter: Interpreter, text: str) -> None:
    assert interpreter.understand(text).kind is Kind.QUESTION


def test_a_letter_to_the_director_says_what_it_is_about(interpreter: Interpreter) -> None:
    got = interpreter.understand("局长您好，三号窗口的工作人员态度恶劣，推诿扯皮，我要投诉")
    assert (got.kind, got.content) == (Kind.LETTER, Kind.COMPLAINT)


def test_an_accusation_is_sealed_even_in_a_letter_to_the_director(interpreter: Interpreter) -> None:
    got = interpreter.understand("尊敬的局长：我要举报某公司做两套账偷税")
    assert (got.kind, got.content) == (Kind.REPORT, None)


@pytest.mark.parametrize("text", ["我们这边有点困难", "昨天那个情况", "这个怎么弄", "ياردەم قىلامسىز"])
def test_an_unclear_concern_is_an_unsure_question_and_never_dropped(interpreter: Interpreter, text: str) -> None:
    got = interpreter.understand(text)
    assert got.kind is Kind.QUESTION
    assert got.confidence < 0.5


def test_a_plain_tax_question_is_understood_with_confidence(interpreter: Interpreter) -> None:
    assert interpreter.understand("小规模纳税人季度申报截止到哪天").confidence > 0.8


def test_findings_are_positions_in_the_text_as_it_was_written(interpreter: Interpreter) -> None:
    text = "　我的電話是　13800001111　"
    finding = interpreter.understand(text).findings[0]
    assert text[finding.start : finding.end] == "13800001111"


@settings(max_examples=150, deadline=None)
@given(text=st.text(max_size=80))
def test_any_text_at_all_is_understood_as_something(interpreter: Interpreter, text: str) -> None:
    got = interpreter.understand(text)
    assert got.kind not in (Kind.OPINION, Kind.UNREAD)
    assert 0 <= got.confidence <= 1


def test_understanding_is_the_same_every_time() -> None:
    first, second = make_interpreter(), make_interpreter()
    assert [first.understand(m["text"]) for m in _MESSAGES[::9]] == [
        second.understand(m["text"]) for m in _MESSAGES[::9]
    ]


@pytest.mark.parametrize("wish", ["我要投诉窗口人员态度恶劣", "请问小规模纳税人怎么申报增值税"])
def test_of_a_very_long_text_no_more_is_weighed_than_of_a_long_one(interpreter: Interpreter, wish: str) -> None:
    filler = "我公司在当地经营多年，一直依法纳税。"
    long, very_long = (interpreter.understand(filler * times + wish) for times in (100, 4000))
    assert (very_long.kind, very_long.reasons) == (long.kind, long.reasons)
    assert long.kind is interpreter.understand(wish).kind
    hidden = interpreter.understand(filler * 100 + "我要投诉窗口人员态度恶劣。" + filler * 100)
    assert hidden.kind is not Kind.COMPLAINT


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("kinds: {praise: [{match: '(', weight: 1}]}", "pattern"),
        ("kinds: {praise: [{all: [nobody], weight: 1}]}", "nobody"),
        ("kinds: {praise: [{weight: 1}]}", "match"),
        ("kinds: {opinion: [{match: a, weight: 1}]}", "opinion"),
        ("kinds: {unread: [{match: a, weight: 1}]}", "unread"),
        ("kinds: {nonsense: []}", "nonsense"),
        ("kinds: {praise: [{match: a, weight: 99}]}", "weight"),
        ("kinds: {}\nsurplus: 1", "surplus"),
    ],
)
def test_a_wrong_row_in_the_rules_is_named(row: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        read_lexicon(f"politeness: {{}}\nconcepts: {{a: ['b']}}\nsituations: {{}}\n{row}")


@pytest.mark.parametrize("source", ["没有标题的一句", "# nonsense\n一句", "# greeting\n你好", "# opinion\n一句"])
def test_a_wrong_line_in_the_examples_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match=r"line 1|nonsense"):
        read_examples(source)


DANGER = (
    "药我都买好了",
    "我老公说要带着孩子一起死",
    "想一了百了",
    "ئۆلۈۋالغۇم كېلىۋاتىدۇ",
    "杀了你们",
    "老板说再查他就弄死会计",
    "我割腕了",
    "我要炸了你们税务局",
    "不如死了算了",
    "活着没意思了",
    "我想从桥上跳下去",
    "老婆喝农药了都是你们逼的",
    "我吃了一整瓶安眠药",
    "我不想活了，现在就在楼顶上",
    "我现在就在楼顶",
    "我站在桥上了",
    "遗书都写好了",
    "我要烧炭",
    "我真的活不下去了",
    "带汽油去你们那",
    "我要拿刀去办税厅",
    "孩子托付给我妈了",
    "你们再逼我我就死在你们大厅",
    "我要自杀",
    "想自杀",
    "干脆死了",
    "准备跳楼",
    "我已经爬上塔吊了",
    "活着有什么意思",
    "下辈子再见",
    "今晚就结束这一切",
    "我买了汽油就在你们门口",
)
NO_DANGER = (
    "我在楼顶装光伏发电，卖电要交增值税吗",
    "我在江边开农家乐要交什么税",
    "我们公司在桥上施工，在哪预缴增值税",
    "倒卖汽油要交消费税吗",
    "民用炸药企业你们怎么核定消费税",
    "照顾好老婆孩子的专项附加扣除怎么填",
    "父母把房子托付给我，要交契税吗",
    "我爸自杀了，他的个体户怎么注销",
    "下辈子都不想来办税了",
    "看到同事跳楼的新闻，个税怎么扣",
    "公司老板跳楼了，欠的税怎么办",
    "这个系统卡死我了",
    "税太高想死的心都有了",
    "楼顶广告位出租怎么开发票",
    "安眠药销售适用什么税率",
    "我想死你们了",
    "农药百草枯进项能抵扣吗",
    "我跳楼价卖货怎么开票",
    "我家在河边的地要交土地税吗",
    "烧炭企业环保税怎么交",
    "带汽油发票能报销吗",
    "刀具销售开票给你们大厅怎么开",
    "我们在天台开了个酒吧怎么报税",
    "桥上收费站的发票怎么开",
    "喝农药的牛死了能税前扣除吗",
    "网站不如死机",
    "活着的时候赠与房子交税吗",
    "我想从别墅搬走",
    "从楼上跳槽到隔壁公司个税怎么算",
    "员工自杀赔偿金要交个税吗",
)


@pytest.mark.parametrize("text", DANGER)
def test_a_life_in_danger_is_heard(interpreter: Interpreter, text: str) -> None:
    assert interpreter.understand(text).turn is Turn.DANGER


@pytest.mark.parametrize("text", NO_DANGER)
def test_a_roof_or_a_knife_is_no_danger_by_itself(interpreter: Interpreter, text: str) -> None:
    assert interpreter.understand(text).turn is not Turn.DANGER
