"""The account of a storm: what was sent, what went wrong, and what came of it."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from testbed.processes import Installation
from tests.support.botapi_people import Heard

SENDERS = 4  # of one channel: as many messages may be between send and record when the process is killed
# What the log must not say, whatever happens around the house.
ALARMING = {
    "set_aside": "来信被搁置",
    "rendering_failed": "通知写不成话",
    "message_refused": "Telegram 不接受通知",
    "delivery_broken": "发送出错",
    "handler_failed": "处理出错",
    "service_failed": "服务出错",
    "service_cut_off": "服务被打断",
    "job_failed": "定时任务出错",
    "cancelled_late": "停止时没有做完",
    "library": "程序库报错",
}


@dataclass(slots=True)
class Account:
    """Numbers, and findings: sentences that must not be there."""

    database: str
    seed: int
    seconds: float = 0.0
    people: int = 0
    sent: int = 0
    faults: Counter[str] = field(default_factory=Counter)  # of the Bot API
    disasters: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    exits: Counter[int] = field(default_factory=Counter)
    lost: int = 0
    doubled: int = 0
    kept: int = 0
    cases: int = 0
    repeats: int = 0
    repeats_allowed: int = 0
    over_limit: int = 0
    findings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Repeats:
    """Messages that somebody read twice, and how often the rules allow it: where the receipt of the first was lost, or
    the process was killed before the second.
    """

    where: str
    found: int
    unanswered: int
    killed: int


def repeats_in(where: str, heard: Sequence[Heard], found: int, kills: Sequence[float]) -> Repeats:
    """Of one chat on Telegram."""
    unanswered = sum(not message.answered for message in heard)
    killed = sum(
        any(one.tick <= kill <= other.tick for kill in kills) for one, other in pairwise(heard) if one.answered
    )
    return Repeats(where, found, unanswered, killed)


def judge(account: Account, on_telegram: Sequence[Repeats], in_browsers: int, interruptions: int) -> None:
    """Each chat by itself, and all together: a killed process had no more messages in hand than it has senders.

    In browsers a receipt is lost where the database was interrupted.
    """
    for chat in on_telegram:
        if chat.found > chat.unanswered + chat.killed:
            allowed = f"规则只许 {chat.unanswered + chat.killed} 条"
            account.findings.append(f"{chat.where} 重复 {chat.found} 条，{allowed}")
    found = sum(chat.found for chat in on_telegram)
    allowed_on_telegram = sum(chat.unanswered for chat in on_telegram) + SENDERS * account.kills
    allowed_in_browsers = SENDERS * (account.kills + interruptions)
    for where, number, most in (
        ("Telegram", found, allowed_on_telegram),
        ("网页", in_browsers, allowed_in_browsers),
    ):
        account.repeats += number
        account.repeats_allowed += most
        if number > most:
            account.findings.append(f"{where}共重复 {number} 条，规则只许 {most} 条")


def logged(installation: Installation) -> tuple[Counter[str], list[str]]:
    """Events by name, and what else stands on standard error; a process that could not start may say why there."""
    events, strange = Counter[str](), list[str]()
    for run in installation.runs:
        words = list[str]()
        for line in run.complained.splitlines():
            try:
                entry = json.loads(line)
                name, level = entry["event"], entry["level"]
            except (ValueError, KeyError, TypeError):
                words.append(line)
            else:
                events[name] += (name, level) != ("library", "warning")
        if run.code != 1 or len(words) > 1:
            strange += words
    return events, strange
