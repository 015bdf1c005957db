"""What becomes of what people write: labelled lines of talk, some of them never seen by whoever wrote the rules, and
the policy by itself. The floors only rise.
"""

import json
import re
from collections import Counter
from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bot.duty_kinds import duty_kinds
from escalation.rules.rulebook import make_rulebook
from escalation.seed import load_bureau, load_kinds
from faq import talk
from faq.catalog import from_seed
from faq.hearing import Becomes, InForce, Preview, hear, kept_for_the_next, preview
from faq.live import make_edition
from faq.matching.decision import Choices
from faq.seed import load_entries
from intents import About, Kind, Turn
from tests.bot.sentences import found_in
from tests.support.house import interpreter

HOME = 1
SEALED = (Kind.REPORT, Kind.DISCIPLINE)
EXAMPLE = re.compile("例如“(.+?)”")
COURTESIES = ("none", "greeting", "thanks", "unintelligible")
Line = dict[str, Any]


@cache
def in_force() -> InForce:
    """The sample bureau and its entries."""
    bureau, mind = load_bureau(), interpreter()
    names = {department.name: department.code for department in bureau.departments_of(bureau.region.code)}
    entries = from_seed(load_entries(departments=names), names)
    edition = make_edition(entries, mind.tokenizer, revision=1, on=date(2026, 11, 30))
    return InForce(mind, edition, make_rulebook(load_kinds(), duty_kinds()), {HOME: bureau.rules})


def look(*lines: str, standing: talk.Standing = talk.AT_THE_BEGINNING) -> Preview:
    """What becomes of the last of these lines of one talk."""
    before, offered = None, False
    for line in lines[:-1]:
        heard = hear(in_force(), line, standing, before, offered=offered)
        standing = talk.stands_after(heard.outcome, standing)
        before, offered = kept_for_the_next(heard), isinstance(heard.outcome, Choices)
    return preview(in_force(), HOME, lines[-1], standing, before=before, offered=offered)


@cache
def labelled(name: str) -> Sequence[tuple[Line, Preview]]:
    rows = [json.loads(line) for line in Path(__file__).with_name(name).read_text("utf-8").splitlines()]
    return [(row, look(*row.get("talk", ()), row["text"])) for row in rows]


def is_right(row: Line, found: Preview) -> bool:
    """Whether it is taken for what it is, or its writer is asked; what is no matter gets words, or a choice."""
    words = found.becomes is Becomes.WORDS
    if found.becomes is Becomes.ASKED_BACK or found.kind == row["kind"]:
        return True
    return (words and (row.get("short") or row["kind"] in COURTESIES)) or (
        row["kind"] == "none" and found.becomes is Becomes.CHOICES
    )


def is_sealed(found: Preview) -> bool:
    return found.becomes is Becomes.ASKED_BACK or (found.becomes is Becomes.CASE and found.kind in SEALED)


FLOORS = pytest.mark.parametrize(
    ("name", "right", "asked", "leaks", "departments"),
    [("talk_seen.jsonl", 0.95, 0.18, 2, 0.81), ("talk_unseen.jsonl", 0.93, 0.23, 4, 0.85)],
    ids=["seen", "unseen"],
)


@FLOORS
def test_labelled_talk_is_understood_or_asked_about(
    name: str, right: float, asked: float, leaks: int, departments: float
) -> None:
    rows = labelled(name)
    wrong = [(row["kind"], found.kind.value, row["text"]) for row, found in rows if not is_right(row, found)]
    assert len(wrong) <= (1 - right) * len(rows), wrong
    assert sum(found.becomes is Becomes.ASKED_BACK for _, found in rows) <= asked * len(rows)
    leaked = [row["text"] for row, found in rows if row.get("sealed") and not is_sealed(found)]
    assert len(leaked) <= leaks, leaked
    routed = [(row["department"], found.departments[0]) for row, found in rows if row.get("department")]
    there = Counter(wanted == first for wanted, first in routed)
    assert there[True] >= departments * there.total()


@FLOORS
def test_a_plain_question_is_not_asked_what_it_is(
    name: str, right: float, asked: float, leaks: int, departments: float
) -> None:
    del right, asked, leaks, departments
    plain = [(row, found) for row, found in labelled(name) if row.get("plain")]
    assert [row["text"] for row, found in plain if found.becomes is Becomes.CASE and found.kind in SEALED] == []
    asked_back = [row["text"] for row, found in plain if found.becomes is Becomes.ASKED_BACK]
    assert len(asked_back) <= 0.02 * len(plain), asked_back


# A few words, as people really type them


@pytest.mark.parametrize(
    ("text", "turn"),
    [
        ("请问", Turn.PRELUDE),
        ("麻烦问下哈", Turn.PRELUDE),
        ("有个问题请教", Turn.PRELUDE),
        ("你好，能帮我个忙吗", Turn.PRELUDE),
        ("我们公司在喀什", Turn.ABOUT_SELF),
        ("我是会计", Turn.ABOUT_SELF),
        ("我在一家建材公司上班", Turn.ABOUT_SELF),
        ("我是报社的记者", Turn.ABOUT_SELF),
        ("小规模的", Turn.ABOUT_SELF),
        ("上周五交的", Turn.ABOUT_SELF),
        ("不知道", Turn.REPLY),
        ("我已经交了", Turn.REPLY),
        ("你是机器人吗", Turn.WHO),
        ("听不懂", Turn.LOST),
        ("你答非所问", Turn.LOST),
        ("快点", Turn.HURRY),
        ("怎么还没人回复", Turn.HURRY),
        ("人呢", Turn.ANYBODY),
        ("不想投诉了", Turn.WITHDRAWAL),
        ("行了不告了", Turn.WITHDRAWAL),
        ("他道歉了，算了", Turn.WITHDRAWAL),
        ("帮帮我", Turn.HELP),
        ("愁死我了", Turn.DESPAIR),
        ("什么垃圾系统", Turn.INSULT),
        ("需要什么材料", Turn.VAGUE),
        ("记者，我们想就你局处罚某公司的事采访", Turn.PRESS),
        ("我不想活了，遗书都写好了", Turn.DANGER),
    ],
)
def test_what_is_no_matter_yet_gets_words(text: str, turn: Turn) -> None:
    found = look(text)
    assert (found.understanding.turn, found.becomes) == (turn, Becomes.WORDS)


@pytest.mark.parametrize(
    "text",
    [
        "税交得我想跳楼，经营所得怎么交税",
        "算账算得想死，到底怎么申报",
        "意外死亡的员工的个税怎么处理",
    ],
)
def test_a_figure_of_speech_raises_no_alarm(text: str) -> None:
    found = look(text)
    assert not found.alarms
    assert found.becomes is not Becomes.WORDS


def test_danger_to_a_life_raises_the_alarm_whatever_else_is_said() -> None:
    found = look("我要投诉窗口态度恶劣，我现在就站在你们楼顶上，不想活了")
    assert found.alarms
    assert found.becomes is Becomes.WORDS


# Courtesies and self-introductions weigh nothing


@pytest.mark.parametrize("question", ["个人所得税起征点是多少", "完税证明怎么开"])
@pytest.mark.parametrize(
    "around",
    [
        "领导您好：我是乌鲁木齐市民，我想咨询一下{}，望回复，谢谢！",
        "本人姓张，电话13800138000，请问{}",
        "老师您好！我是会计，麻烦问一下{}？谢谢！",
    ],
)
def test_courtesies_around_a_question_leave_it_as_it_is(question: str, around: str) -> None:
    bare, dressed = look(question), look(around.format(question))
    assert bare.becomes is Becomes.ANSWER
    assert (dressed.becomes, dressed.entry) == (bare.becomes, bare.entry)


@pytest.mark.parametrize(
    "text",
    ["我不是投诉，想问问发票丢了怎么办", "不是要举报谁，就想问下小规模几个点", "我不是来骂人的，车船税怎么交"],
)
def test_what_somebody_says_they_do_not_want_is_not_what_they_want(text: str) -> None:
    assert look(text).kind is Kind.QUESTION


# Whom a complaint is about


@pytest.mark.parametrize(
    ("text", "about", "department"),
    [
        ("我举报我们公司不给交社保", About.EMPLOYER, "social_insurance"),
        ("楼下饭店不给我开发票，我要投诉", About.COMPANY, "administration"),
        ("窗口的人态度恶劣，我要投诉", None, "service"),
    ],
)
def test_a_complaint_goes_to_the_door_of_whom_it_is_about(text: str, about: About | None, department: str) -> None:
    found = look(text)
    assert (found.kind, found.understanding.about, found.departments[0]) == (Kind.COMPLAINT, about, department)
    assert found.becomes is Becomes.CASE


def test_wages_that_are_owed_get_the_labour_offices_door() -> None:
    assert look("老板拖欠工资三个月了").becomes is Becomes.WORDS


def test_an_offence_beside_a_refused_invoice_stays_a_tip_off() -> None:
    assert look("那家饭店不开发票，收入全走老板娘私人微信，偷税").kind is Kind.REPORT


# Lines of one talk are read together


def test_a_question_in_pieces_is_answered_as_one() -> None:
    assert look("我是小规模纳税人", "想问一下", "季度销售额不到30万", "要交增值税吗").becomes in (
        Becomes.ANSWER,
        Becomes.CHOICES,
    )


def test_a_report_told_piece_by_piece_is_kept_from_everybody() -> None:
    lines = ["不找他表弟的公司就卡我退税", "他就在货劳处，姓马", "这个不要转给他们处里"]
    for number in range(1, len(lines) + 1):
        assert is_sealed(look(*lines[:number])), lines[:number]


def test_what_follows_a_choice_is_read_with_it_only_where_it_is_a_piece() -> None:
    assert look("发票怎么开", "车船税怎么交").entry == look("车船税怎么交").entry


def test_numbered_questions_are_answered_one_by_one() -> None:
    found = look("1.车船税怎么交 2.契税什么时候交")
    assert [part.becomes for part in found.parts] == [Becomes.ANSWER, Becomes.ANSWER]
    assert found.entry == found.parts[0].entry
    assert look("我要交1.5%的税吗，2026年的").parts == ()


# While a case is open everything is understood first


@pytest.mark.parametrize("waits", [False, True])
def test_beside_an_open_case_the_faq_answers_and_courtesies_stay_courtesies(waits: bool) -> None:  # noqa: FBT001
    standing = talk.Standing(case_open=True, case_waits=waits)
    assert look("车船税怎么交", standing=standing).becomes is Becomes.ANSWER
    assert look("谢谢", standing=standing).becomes is Becomes.WORDS
    assert look("你是机器人吗", standing=standing).becomes is Becomes.WORDS
    belongs = Becomes.SUPPLEMENT if waits else Becomes.ASKED_BACK
    assert look("是三号窗口", standing=standing).becomes is belongs
    assert look("行了不告了", standing=standing).becomes is belongs


@pytest.mark.parametrize("text", ["纳税服务处的李某收了企业好处费", "隔壁那家厂用两套账偷税", "他就在货劳处，姓马"])
@pytest.mark.parametrize("waits", [False, True])
def test_what_is_sealed_or_may_be_never_joins_the_open_case(text: str, waits: bool) -> None:  # noqa: FBT001
    assert is_sealed(look(text, standing=talk.Standing(case_open=True, case_waits=waits)))


def test_whatever_a_message_gives_as_an_example_is_answered() -> None:
    examples = {example for message in found_in("wording/talk.py") for example in EXAMPLE.findall(str(message[1]))}
    assert examples
    for example in examples:
        assert look(example).becomes is Becomes.ANSWER, example


def test_the_last_word_of_a_question_belongs_to_it() -> None:
    assert look("我", "退休", "养老金", "要", "交", "税", "吗").becomes in (Becomes.ANSWER, Becomes.CHOICES)


@pytest.mark.parametrize("standing", [talk.AT_THE_BEGINNING, talk.Standing(case_open=True)], ids=["no case", "a case"])
def test_a_plain_question_after_a_withheld_line_is_offered_its_answers(standing: talk.Standing) -> None:
    found = look("他就在货劳处，叫巴依尔，不找他亲戚的公司就卡着", "哦对了，发票丢了怎么办", standing=standing)
    assert found.becomes is Becomes.CHOICES
    assert "巴依尔" not in found.understanding.text
