"""Who may do what. What is not written here is denied.

第十二条: 明确网站负责人、安全管理员、信息发布员等的权限及操作范围.
"""

from dataclasses import dataclass
from enum import StrEnum

from storage.people import Officer


class Role(StrEnum):
    OFFICER = "officer"
    HEAD = "head"
    OFFICE = "office"
    LEADER = "leader"
    ADMINISTRATOR = "administrator"


class Action(StrEnum):
    """What an officer does with a case."""

    SEE = "see"
    SIGN = "sign"
    ANSWER = "answer"
    EXTEND = "extend"
    APPROVE_EXTENSION = "approve_extension"
    MARK_MAJOR = "mark_major"
    PASS_ON = "pass_on"  # noqa: S105  an action, no password


@dataclass(frozen=True, slots=True)
class CaseSubject:
    """What a decision about a case depends on."""

    bureau_id: int
    department_id: int
    sealed: bool


# The office and the leaders oversee; they do not act in a department's place.
OVERSEERS = frozenset({Role.OFFICE, Role.LEADER})


def may(actor: Officer, action: Action, subject: CaseSubject) -> bool:
    """Whether the officer may do this with the case.

    A sealed case (检举, 纪检举报) exists for its own department alone: 第十八条, 不得对外透露.
    """
    serves = subject.department_id in actor.departments
    if action is Action.APPROVE_EXTENSION:
        return Role.LEADER in actor.roles and not subject.sealed and actor.bureau_id == subject.bureau_id
    if serves:
        return True
    if subject.sealed or actor.bureau_id != subject.bureau_id:
        return False
    match action:
        case Action.SEE | Action.MARK_MAJOR:
            return not OVERSEERS.isdisjoint(actor.roles)
        case Action.PASS_ON:
            return Role.OFFICE in actor.roles
        case _:
            return False
