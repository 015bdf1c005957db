"""Who may do what. What is not written in the table is denied.

第十二条: 明确网站负责人、安全管理员、信息发布员等的权限及操作范围.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from storage.people import Officer


class Role(StrEnum):
    """A role counts in the officer's own bureau alone."""

    OFFICER = "officer"
    HEAD = "head"
    OFFICE = "office"
    LEADER = "leader"
    ADMINISTRATOR = "administrator"
    FAQ_EDITOR = "faq_editor"
    FAQ_APPROVER = "faq_approver"


class Tie(StrEnum):
    """What ties an officer to a subject without any role."""

    STAFF = "staff"  # serves the department that has the case, from whatever bureau
    KEEPER = "keeper"  # owns the entry, or serves its department, in the bureau that keeps the FAQ


class Action(StrEnum):
    """What an officer does: with a case, with an entry of the FAQ, with a life in danger."""

    SEE = "see"
    SIGN = "sign"
    ANSWER = "answer"
    EXTEND = "extend"
    APPROVE_EXTENSION = "approve_extension"
    MARK_MAJOR = "mark_major"
    PASS_ON = "pass_on"  # noqa: S105  an action, no password
    CHANGE_KIND = "change_kind"
    DECIDE_DEPARTMENT = "decide_department"  # pass it on so that nobody else may

    READ_ENTRY = "read_entry"
    EDIT_ENTRY = "edit_entry"  # drafts, phrasings, overrides, gaps, files; taking an entry out of service
    APPROVE_ENTRY = "approve_entry"  # publishing, refusing, putting back into service
    VERIFY_ENTRY = "verify_entry"

    SEE_TO_DANGER = "see_to_danger"


@dataclass(frozen=True, slots=True)
class CaseSubject:
    """What a decision about a case depends on."""

    bureau_id: int
    department_id: int
    sealed: bool


@dataclass(frozen=True, slots=True)
class EntrySubject:
    """What a decision about an entry depends on: the bureau that keeps the FAQ, and whose entry it is, if anybody's."""

    bureau_id: int
    department_id: int | None = None
    owner_id: int | None = None


@dataclass(frozen=True, slots=True)
class DangerSubject:
    """What a decision about a life in danger depends on: the bureau to which somebody wrote."""

    bureau_id: int
    department_id: int | None = None


Subject = CaseSubject | EntrySubject | DangerSubject
Who = frozenset[Role | Tie]


def _who(*who: Role | Tie) -> Who:
    return frozenset(who)


NOBODY = _who()

MAY: Mapping[type[Subject], Mapping[Action, Who]] = MappingProxyType(
    {
        # 第十七条: 谁承诺，谁办理. A department handles its own cases; the office and the leaders oversee, and do not
        # act in its place.
        CaseSubject: {
            Action.SEE: _who(Tie.STAFF, Role.OFFICE, Role.LEADER),
            Action.SIGN: _who(Tie.STAFF),
            Action.ANSWER: _who(Tie.STAFF),
            Action.EXTEND: _who(Tie.STAFF),
            Action.APPROVE_EXTENSION: _who(Role.LEADER),
            Action.MARK_MAJOR: _who(Tie.STAFF, Role.OFFICE, Role.LEADER),
            Action.PASS_ON: _who(Tie.STAFF, Role.OFFICE),
            Action.CHANGE_KIND: _who(Tie.STAFF),
            Action.DECIDE_DEPARTMENT: _who(Role.OFFICE),  # 第五条: 由各级地税部门办公室具体负责管理
        },
        # 第十一条: 建立由专人负责的信息审核制度，未经审核批准的信息不得上网发布. Nobody approves what is their own,
        # whatever their roles: that is decided where the authors are known.
        EntrySubject: {
            Action.READ_ENTRY: _who(Tie.KEEPER, Role.FAQ_EDITOR, Role.FAQ_APPROVER, Role.ADMINISTRATOR),
            Action.EDIT_ENTRY: _who(Role.FAQ_EDITOR, Role.ADMINISTRATOR),
            Action.APPROVE_ENTRY: _who(Role.FAQ_APPROVER, Role.ADMINISTRATOR),
            Action.VERIFY_ENTRY: _who(Tie.KEEPER, Role.FAQ_EDITOR, Role.FAQ_APPROVER, Role.ADMINISTRATOR),
        },
        DangerSubject: {Action.SEE_TO_DANGER: _who(Role.OFFICE, Role.LEADER, Role.ADMINISTRATOR)},
    }
)


def may(actor: Officer, action: Action, subject: Subject) -> bool:
    """Whether the officer may do this with the subject."""
    return any(_is(actor, who, subject) for who in MAY[type(subject)].get(action, NOBODY))


def _is(actor: Officer, who: Role | Tie, subject: Subject) -> bool:
    """Whether the officer is one of those whom the table names."""
    at_home = actor.bureau_id == subject.bureau_id
    serves = subject.department_id in actor.departments
    match who, subject:
        case Tie.STAFF, CaseSubject():
            return serves
        case Tie.KEEPER, EntrySubject(owner_id=owner_id):
            return at_home and (serves or owner_id == actor.id)
        case Role(), CaseSubject(sealed=True):
            return False  # 第十八条: 不得对外透露; a sealed case exists for its own department alone
        case Role(), _:
            return at_home and who in actor.roles
        case _:
            return False
