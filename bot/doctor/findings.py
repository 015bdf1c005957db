"""What an examination finds: of each thing whether it is well, what was seen, and what to do about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

# Every check by its name, in the order in which people read of it; docs/operations.md describes each of them.
TITLES = MappingProxyType(
    {
        "settings": "设置",
        "zone": "时区数据",
        "seed": "随附数据",
        "database": "数据库",
        "key": "密钥",
        "disk": "磁盘",
        "clock": "时钟",
        "port": "端口",
        "address": "对外网址",
        "token": "令牌",
        "webhook": "收信方式",
        "bureau": "机构",
        "entries": "问答",
        "calendar": "日历",
        "updates": "来信",
        "notices": "通知",
        "fonts": "字体",
    }
)


class State(StrEnum):
    """Well; well, but to be known; or wrong, so that something does not work or is not safe."""

    WELL = "well"
    REMARK = "remark"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was seen, in words for the operator (Chinese), without secrets."""

    name: str
    state: State
    found: str
    advice: str = ""


def well(name: str, found: str) -> Finding:
    return Finding(name, State.WELL, found)


def remark(name: str, found: str, advice: str) -> Finding:
    return Finding(name, State.REMARK, found, advice)


def wrong(name: str, found: str, advice: str) -> Finding:
    return Finding(name, State.WRONG, found, advice)


def unchecked(name: str, first: str) -> Finding:
    """A thing that cannot be looked at before something else is put right."""
    return remark(name, "没有检查", f"先处理{first}，再体检一次")


def complaint(name: str, message: str) -> Finding:
    """What a room says when it refuses: a sentence on what is wrong, and then what to do."""
    found, _, advice = message.partition("。") if "。" in message.rstrip("。") else message.partition("：")
    return wrong(name, found, advice.removesuffix("。"))


def overall(findings: Iterable[Finding]) -> State:
    """The worst of all states."""
    states = {finding.state for finding in findings}
    return next((state for state in (State.WRONG, State.REMARK) if state in states), State.WELL)
