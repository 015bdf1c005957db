"""The kinds of message: where each goes, by when it is answered, who may see it, what the receipt says.

Nothing here is decided by the code: every line is data (`escalation/seed/kinds.yaml`) that an administrator edits.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from escalation.deadlines.terms import Unit
from intents import About, Kind

SUBJECT = "subject"
"""In `goes_to`: the department that the text itself leads to."""

Positive = Annotated[int, Field(ge=1)]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Words = Annotated[str, Field(min_length=1)]


class Milestone(BaseModel):
    """A further limit inside a case, such as telling within 15 days whether a petition is accepted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: Code
    name: Words
    span: Positive
    unit: Unit
    when: Literal["conduct", "major", "answered"] | None = None
    is_own_promise: bool = False


class CaseKind(BaseModel):
    """One line of the table of kinds; spans count in `unit`, the signing limit in working days."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: Kind
    name: Words
    opens_case: bool
    opens_if_insisted: bool = False
    staff_only: bool = False
    by_content: bool = False
    goes_to: tuple[Code, ...] = ()
    recusal_to: Code | None = None
    about_others: Mapping[About, Code] = Field(default_factory=dict)
    sign_working_days: Positive | None = None
    span: Positive | None = None
    unit: Unit | None = None
    starts: Literal["receipt", "confirmation"] = "receipt"
    while_waiting: Literal["stop", "restart"] = "stop"
    leaves_out: tuple[Literal["third_party_consultation"], ...] = ()
    extension_limit: Positive | None = None
    extension_approver: Code | None = None
    milestones: tuple[Milestone, ...] = ()
    sealed: bool = False
    masked: bool = True
    readers: Words
    signed_by: Code | None = None
    major_signed_by: Code | None = None
    is_own_promise: bool = False
    receipt_note: str = ""

    def may_be_said(self, *, in_group: bool) -> bool:
        """Whether staff may say that a case is of this kind; in a group everybody reads along, so nothing is sealed."""
        unread = self.code is Kind.UNREAD  # that is what the rules cannot read, and nobody's verdict
        return self.opens_case and not (self.staff_only or unread or (in_group and self.sealed))

    @property
    def promise_label(self) -> str:
        """How the limit is shown: a default that the law does not set is never shown as law."""
        return "本局承诺" if self.is_own_promise else "办理时限"

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        findings = [advice for wrong, advice in self._contradictions() if wrong]
        if findings:
            raise ValueError("；".join(findings))
        return self

    def _contradictions(self) -> tuple[tuple[bool, str], ...]:
        span, limit = self.span, self.extension_limit
        return (
            (self.opens_case and not self.goes_to, "goes_to 不能为空：立办件的种类必须有承办机构"),
            (
                self.opens_case and self.sign_working_days is None,
                "sign_working_days 不能为空：立办件的种类必须有签收期限",
            ),
            (
                self.opens_case and not self.staff_only and not self.receipt_note.strip(),
                "receipt_note 不能为空：立办件的种类必须有回执用语",
            ),
            ((span is None) != (self.unit is None), "span 和 unit 要么都写，要么都不写"),
            (limit is not None and span is None, "extension_limit 应与 span 一起写"),
            (
                limit is not None and span is not None and limit <= span,
                "extension_limit 应大于 span：它是延长后的总期限",
            ),
            (
                limit is not None and self.extension_approver is None,
                "extension_approver 不能为空：延长必须有人批准",
            ),
            (
                self.sealed and (len(self.goes_to) != 1 or self.goes_to == (SUBJECT,)),
                "goes_to 应恰好是一个机构：密封的种类只交一处，也不按内容分派",
            ),
            (self.sealed and not self.masked, "masked 应为 true：密封的种类一律打码"),
            (len(set(self.goes_to)) != len(self.goes_to), "goes_to 里有重复的机构"),
            (self.recusal_to is not None and self.recusal_to in self.goes_to, "recusal_to 不能是承办机构自己"),
        )


KindsTable: TypeAlias = Mapping[Kind, CaseKind]
