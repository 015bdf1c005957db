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
    FAQ_EDITOR = "faq_editor"
    FAQ_APPROVER = "faq_approver"


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


class Keeping(StrEnum):
    """What an officer does with the entries of the FAQ."""

    READ = "read"
    EDIT = "edit"  # drafts, phrasings, overrides, gaps, files; taking an entry out of service
    APPROVE = "approve"  # publishing, refusing, putting back into service
    VERIFY = "verify"


@dataclass(frozen=True, slots=True)
class EntrySubject:
    """What a decision about an entry depends on: the bureau that keeps the FAQ, and whose entry it is, if anybody's."""

    bureau_id: int
    department_id: int | None = None
    owner_id: int | None = None


EDITORS = frozenset({Role.FAQ_EDITOR, Role.ADMINISTRATOR})
APPROVERS = frozenset({Role.FAQ_APPROVER, Role.ADMINISTRATOR})


def may_keep(actor: Officer, act: Keeping, subject: EntrySubject) -> bool:
    """Whether the officer may do this with the entry, as far as roles go.

    第十一条: nobody approves what is their own, whatever their roles; that is known where the authors are known.
    """
    if actor.bureau_id != subject.bureau_id:
        return False
    concerned = subject.owner_id == actor.id or subject.department_id in actor.departments
    match act:
        case Keeping.EDIT:
            return not EDITORS.isdisjoint(actor.roles)
        case Keeping.APPROVE:
            return not APPROVERS.isdisjoint(actor.roles)
        case Keeping.READ | Keeping.VERIFY:
            return concerned or not (EDITORS | APPROVERS).isdisjoint(actor.roles)
