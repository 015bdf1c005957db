"""Who may do what with a case: everything that is not written is denied."""

from itertools import product

import pytest

from escalation.permissions import Action, CaseSubject, EntrySubject, Keeping, Role, may, may_keep
from storage.people import Officer

HOME, OTHER_BUREAU = 1, 2
SERVICE, INCOME = 10, 11
OPEN_CASE = CaseSubject(bureau_id=HOME, department_id=SERVICE, sealed=False)
SEALED_CASE = CaseSubject(bureau_id=HOME, department_id=SERVICE, sealed=True)
# What officers do with the cases of their own department.
OF_THE_DEPARTMENT = [Action.SEE, Action.SIGN, Action.ANSWER, Action.PASS_ON]


def officer(*roles: Role, departments: frozenset[int] = frozenset(), bureau_id: int = HOME) -> Officer:
    return Officer(7, bureau_id, "样例", frozenset(roles), departments, departments)


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


ENTRY = EntrySubject(bureau_id=HOME, department_id=SERVICE, owner_id=8)


def roles_that_may(act: Keeping) -> set[Role]:
    return {role for role in Role if may_keep(officer(role), act, ENTRY)}


def test_entries_are_written_by_editors_and_published_by_approvers_and_an_administrator_is_both() -> None:
    assert roles_that_may(Keeping.EDIT) == {Role.FAQ_EDITOR, Role.ADMINISTRATOR}
    assert roles_that_may(Keeping.APPROVE) == {Role.FAQ_APPROVER, Role.ADMINISTRATOR}
    keepers = {Role.FAQ_EDITOR, Role.FAQ_APPROVER, Role.ADMINISTRATOR}
    assert roles_that_may(Keeping.READ) == roles_that_may(Keeping.VERIFY) == keepers


def test_whose_entry_it_is_may_read_and_verify_it_but_neither_write_nor_publish_it() -> None:
    owner = Officer(8, HOME, "样例", frozenset({Role.OFFICER}), frozenset({INCOME}), frozenset())
    serving = officer(Role.OFFICER, departments=frozenset({SERVICE}))
    for concerned in (owner, serving):
        assert {act for act in Keeping if may_keep(concerned, act, ENTRY)} == {Keeping.READ, Keeping.VERIFY}
    assert not any(may_keep(officer(Role.OFFICER, departments=frozenset({INCOME})), act, ENTRY) for act in Keeping)


def test_nobody_keeps_the_entries_of_another_bureau() -> None:
    for role, act in product(Role, Keeping):
        guest = officer(role, departments=frozenset({SERVICE}), bureau_id=OTHER_BUREAU)
        assert not may_keep(guest, act, ENTRY), (role, act)


def test_an_entry_of_no_department_concerns_nobody_by_accident() -> None:
    nobodys = EntrySubject(bureau_id=HOME)
    assert not may_keep(officer(Role.OFFICER, departments=frozenset({SERVICE})), Keeping.VERIFY, nobodys)
