"""What comes of an act upon an entry, for the caller to tell."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from faq.entries.content import Finding


class Why(StrEnum):
    """Why something was not done."""

    NOT_ALLOWED = "not_allowed"
    NOT_FOUND = "not_found"
    OWN = "own"  # 第十一条: nobody approves what they wrote or submitted
    CODE_TAKEN = "code_taken"
    IN_REVIEW = "in_review"
    NOT_IN_REVIEW = "not_in_review"
    NO_DRAFT = "no_draft"
    UNCHANGED = "unchanged"
    NO_REASON = "no_reason"
    NOT_PUBLISHED = "not_published"
    NOT_RETIRED = "not_retired"
    NO_OVERRIDE = "no_override"
    NOT_FOR_THE_FAQ = "not_for_the_faq"  # who writes this wants people, complains, reports, or begins a procedure
    MEANWHILE = "meanwhile"


SENTENCES: Mapping[Why, str] = MappingProxyType(
    {
        Why.NOT_ALLOWED: "您没有这项权限。请联系管理员，或请有权限的同事办理。",
        Why.NOT_FOUND: "没有这个条目。请刷新列表后再试。",
        Why.OWN: "这一稿有您写的内容，或者是您提交的，须由另一位审批人审批。",
        Why.CODE_TAKEN: "这个代号已经有条目在用。请换一个代号。",
        Why.IN_REVIEW: "这一稿正在等待审批。要修改，请先撤回。",
        Why.NOT_IN_REVIEW: "这一稿已不在等待审批，可能已被撤回，或者已有人处理。请刷新后查看。",
        Why.NO_DRAFT: "没有草稿。请先修改条目，存成草稿。",
        Why.UNCHANGED: "内容没有变化，没有存成新的一稿。",
        Why.NO_REASON: "请写明理由。",
        Why.NOT_PUBLISHED: "这个条目没有发布。",
        Why.NOT_RETIRED: "这个条目没有停用。",
        Why.NO_OVERRIDE: "没有为这句话指定条目，可能已被取消。",
        Why.NOT_FOR_THE_FAQ: "这样的话是要找工作人员、投诉举报，或者申请办理，由工作人员受理，不能指定条目答复。",
        Why.MEANWHILE: "别人刚刚先办了。请刷新后再看。",
    }
)
OUTDATED = "{officer}刚刚先改了这个条目，您的操作没有办理。"
PUT_RIGHT = "请改正后再办。"


@dataclass(frozen=True, slots=True)
class Saved:
    """It was done; `head` is what an editor who goes on from here has seen."""

    entry_id: int
    code: str
    head: int


@dataclass(frozen=True, slots=True)
class Done:
    """It was done, and there is no text of an entry to go on from."""


@dataclass(frozen=True, slots=True)
class Outdated:
    """Somebody else was first: the entry stands at another head now. Nothing was written; the caller keeps the text."""

    entry_id: int
    head: int
    officer: str  # who was first


@dataclass(frozen=True, slots=True)
class Denied:
    why: Why

    @property
    def sentence(self) -> str:
        """In Chinese, for a page or a terminal."""
        return SENTENCES[self.why]


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with the content, field by field."""

    findings: tuple[Finding, ...]
