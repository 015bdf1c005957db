"""Who may do what with a case and with an entry: everything that is not written is denied."""

from itertools import product

import pytest

from escalation.rules.permissions import MAY, Action, CaseSubject, EntrySubject, Role, Subject, may
from storage.people import Officer

HOME, OTHER_BUREAU = 1, 2
SERVICE, INCOME = 10, 11
OPEN_CASE = CaseSubject(bureau_id=HOME, department_id=SERVICE, sealed=False)
SEALED_CASE = CaseSubject(bureau_id=HOME, department_id=SERVICE, sealed=True)
ENTRY = EntrySubject(bureau_id=HOME, department_id=SERVICE, owner_id=8)
OF_CASES = [
    Action.SEE,
    Action.SIGN,
    Action.ANSWER,
    Action.EXTEND,
    Action.APPROVE_EXTENSION,
    Action.MARK_MAJOR,
    Action.PASS_ON,
    Action.CHANGE_KIND,
    Action.DECIDE_DEPARTMENT,
]
OF_ENTRIES = [Action.READ_ENTRY, Action.EDIT_ENTRY, Action.APPROVE_ENTRY, Action.VERIFY_ENTRY]
# What officers do with the cases of their own department.
OF_THE_DEPARTMENT = [Action.SEE, Action.SIGN, Action.ANSWER, Action.PASS_ON, Action.CHANGE_KIND]
# The whole matrix by roles, with no tie to the case or the entry: who may, and nobody else.
BY_ROLE = {
    Action.SEE: {Role.OFFICE, Role.LEADER},
    Action.SIGN: set[Role](),
    Action.ANSWER: set[Role](),
    Action.EXTEND: set[Role](),
    Action.APPROVE_EXTENSION: {Role.LEADER},
    Action.MARK_MAJOR: {Role.OFFICE, Role.LEADER},
    Action.PASS_ON: {Role.OFFICE},
    Action.CHANGE_KIND: set[Role](),
    Action.DECIDE_DEPARTMENT: {Role.OFFICE},
    Action.READ_ENTRY: {Role.FAQ_EDITOR, Role.FAQ_APPROVER, Role.ADMINISTRATOR},
    Action.EDIT_ENTRY: {Role.FAQ_EDITOR, Role.ADMINISTRATOR},
    Action.APPROVE_ENTRY: {Role.FAQ_APPROVER, Role.ADMINISTRATOR},
    Action.VERIFY_ENTRY: {Role.FAQ_EDITOR, Role.FAQ_APPROVER, Role.ADMINISTRATOR},
}
BY_TIE = {  # with no role but that of every officer
    OPEN_CASE: {
        Action.SEE,
        Action.SIGN,
        Action.ANSWER,
        Action.EXTEND,
        Action.MARK_MAJOR,
        Action.PASS_ON,
        Action.CHANGE_KIND,
    },
    SEALED_CASE: {
        Action.SEE,
        Action.SIGN,
        Action.ANSWER,
        Action.EXTEND,
        Action.MARK_MAJOR,
        Action.PASS_ON,
        Action.CHANGE_KIND,
    },
    ENTRY: {Action.READ_ENTRY, Action.VERIFY_ENTRY},
}
SUBJECTS: list[Subject] = [OPEN_CASE, SEALED_CASE, ENTRY]


def officer(*roles: Role, departments: frozenset[int] = frozenset(), bureau_id: int = HOME) -> Officer:
    return Officer(7, bureau_id, "样例", frozenset(roles), departments, departments)


@pytest.mark.parametrize(("action", "role"), list(product(Action, Role)))
def test_a_role_may_what_the_matrix_says_and_nothing_else(action: Action, role: Role) -> None:
    """Every action, every role, every subject: an action upon a subject of another kind is denied like any other."""
    stranger = officer(role, departments=frozenset({INCOME}))
    for subject in SUBJECTS:
        fits = action in (OF_ENTRIES if isinstance(subject, EntrySubject) else OF_CASES)
        expected = fits and subject != SEALED_CASE and role in BY_ROLE[action]
        assert may(stranger, action, subject) is expected, subject


@pytest.mark.parametrize("subject", SUBJECTS)
def test_whoever_serves_the_department_may_what_the_matrix_says_and_nothing_else(subject: Subject) -> None:
    serving = officer(Role.OFFICER, departments=frozenset({SERVICE}))
    assert {action for action in Action if may(serving, action, subject)} == BY_TIE[subject]


@pytest.mark.parametrize("action", list(Action))
def test_every_action_is_in_the_table_once(action: Action) -> None:
    assert [action in of for of in MAY.values()].count(True) == 1


@pytest.mark.parametrize("action", OF_THE_DEPARTMENT)
@pytest.mark.parametrize("subject", [OPEN_CASE, SEALED_CASE])
def test_whoever_serves_the_department_handles_its_cases(action: Action, subject: CaseSubject) -> None:
    assert may(officer(Role.OFFICER, departments=frozenset({SERVICE})), action, subject)


@pytest.mark.parametrize("action", list(Action))
def test_an_officer_of_another_department_may_do_nothing(action: Action) -> None:
    stranger = officer(Role.OFFICER, Role.HEAD, departments=frozenset({INCOME}))
    assert not may(stranger, action, OPEN_CASE)


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("role", list(Role))
def test_a_sealed_case_is_closed_to_everybody_outside_its_department_whatever_the_role(
    action: Action, role: Role
) -> None:
    assert not may(officer(role, departments=frozenset({INCOME})), action, SEALED_CASE)


@pytest.mark.parametrize("role", [Role.OFFICE, Role.LEADER])
def test_the_office_and_the_leaders_see_the_cases_of_their_bureau_but_do_not_answer_them(role: Role) -> None:
    overseer = officer(role, departments=frozenset({INCOME}))
    assert may(overseer, Action.SEE, OPEN_CASE)
    assert not may(overseer, Action.SIGN, OPEN_CASE)
    assert not may(overseer, Action.ANSWER, OPEN_CASE)


def test_only_the_office_passes_on_what_is_not_its_own() -> None:
    allowed = {role for role in Role if may(officer(role), Action.PASS_ON, OPEN_CASE)}
    assert allowed == {Role.OFFICE}


def test_an_administrator_as_such_reads_no_cases() -> None:
    administrator = officer(Role.ADMINISTRATOR)
    assert not any(may(administrator, action, OPEN_CASE) for action in Action)


def test_the_rank_of_one_bureau_counts_for_nothing_in_another() -> None:
    for role, action in product(Role, Action):
        guest = officer(role, departments=frozenset({INCOME}), bureau_id=OTHER_BUREAU)
        assert not may(guest, action, OPEN_CASE), (role, action)


def test_an_officer_serves_a_department_of_another_bureau_where_it_is_assigned() -> None:
    assigned = officer(Role.OFFICER, departments=frozenset({SERVICE}), bureau_id=OTHER_BUREAU)
    assert all(may(assigned, action, OPEN_CASE) for action in OF_THE_DEPARTMENT)


def test_somebody_without_department_or_role_may_do_nothing() -> None:
    nobody = officer()
    assert not any(may(nobody, action, subject) for action in Action for subject in (OPEN_CASE, SEALED_CASE))


def test_more_time_is_granted_by_the_leaders_alone_and_never_for_a_sealed_case() -> None:
    allowed = {role for role in Role if may(officer(role), Action.APPROVE_EXTENSION, OPEN_CASE)}
    assert allowed == {Role.LEADER}
    leader = officer(Role.LEADER, departments=frozenset({SERVICE}))
    assert may(leader, Action.APPROVE_EXTENSION, OPEN_CASE)
    assert not may(leader, Action.APPROVE_EXTENSION, SEALED_CASE)


@pytest.mark.parametrize("action", [Action.EXTEND, Action.MARK_MAJOR])
def test_more_time_is_asked_for_and_a_case_called_major_by_its_department(action: Action) -> None:
    assert may(officer(Role.OFFICER, departments=frozenset({SERVICE})), action, OPEN_CASE)
    assert not may(officer(Role.OFFICER, departments=frozenset({INCOME})), action, OPEN_CASE)


def roles_that_may(action: Action) -> set[Role]:
    return {role for role in Role if may(officer(role), action, ENTRY)}


def test_entries_are_written_by_editors_and_published_by_approvers_and_an_administrator_is_both() -> None:
    assert roles_that_may(Action.EDIT_ENTRY) == {Role.FAQ_EDITOR, Role.ADMINISTRATOR}
    assert roles_that_may(Action.APPROVE_ENTRY) == {Role.FAQ_APPROVER, Role.ADMINISTRATOR}
    keepers = {Role.FAQ_EDITOR, Role.FAQ_APPROVER, Role.ADMINISTRATOR}
    assert roles_that_may(Action.READ_ENTRY) == roles_that_may(Action.VERIFY_ENTRY) == keepers


def test_whose_entry_it_is_may_read_and_verify_it_but_neither_write_nor_publish_it() -> None:
    owner = Officer(8, HOME, "样例", frozenset({Role.OFFICER}), frozenset({INCOME}), frozenset())
    serving = officer(Role.OFFICER, departments=frozenset({SERVICE}))
    for concerned in (owner, serving):
        assert {action for action in Action if may(concerned, action, ENTRY)} == {
            Action.READ_ENTRY,
            Action.VERIFY_ENTRY,
        }
    elsewhere = officer(Role.OFFICER, departments=frozenset({INCOME}))
    assert not any(may(elsewhere, action, ENTRY) for action in Action)


def test_nobody_keeps_the_entries_of_another_bureau() -> None:
    for role, action in product(Role, Action):
        guest = officer(role, departments=frozenset({SERVICE}), bureau_id=OTHER_BUREAU)
        assert not may(guest, action, ENTRY), (role, action)


def test_an_entry_of_no_department_concerns_nobody_by_accident() -> None:
    nobodys = EntrySubject(bureau_id=HOME)
    assert not may(officer(Role.OFFICER, departments=frozenset({SERVICE})), Action.VERIFY_ENTRY, nobodys)
