"""The table of kinds says what the requirements promise."""

import pytest
from pydantic import ValidationError

from escalation.deadlines.terms import Unit
from escalation.rules.kinds import CaseKind, KindsTable
from escalation.seed import load_kinds
from intents import Kind


@pytest.fixture(scope="module")
def kinds() -> KindsTable:
    return load_kinds()


@pytest.mark.parametrize(
    ("kind", "span", "unit", "limit"),
    [
        (Kind.QUESTION, 7, Unit.WORKING_DAYS, 15),
        (Kind.COMPLAINT, 10, Unit.WORKING_DAYS, 15),
        (Kind.REPORT, 90, Unit.CALENDAR_DAYS, None),
        (Kind.DISCIPLINE, None, None, None),
        (Kind.SUGGESTION, 7, Unit.WORKING_DAYS, 15),
        (Kind.PRAISE, 7, Unit.WORKING_DAYS, 15),
        (Kind.SITE_ERROR, 3, Unit.WORKING_DAYS, 15),
        (Kind.DISCLOSURE, 20, Unit.WORKING_DAYS, 40),
        (Kind.PETITION, 60, Unit.CALENDAR_DAYS, 90),
        (Kind.OPINION, 48 * 60, Unit.MINUTES, None),
    ],
)
def test_each_kind_has_its_span_unit_and_extension(
    kinds: KindsTable, kind: Kind, span: int | None, unit: Unit | None, limit: int | None
) -> None:
    line = kinds[kind]
    assert (line.span, line.unit, line.extension_limit) == (span, unit, limit)


def test_whatever_opens_a_case_is_signed_for_and_goes_somewhere(kinds: KindsTable) -> None:
    for line in kinds.values():
        if line.opens_case:
            assert line.sign_working_days == 1
            assert line.goes_to


def test_small_talk_objections_and_outside_business_open_no_case(kinds: KindsTable) -> None:
    without = {kind for kind, line in kinds.items() if not line.opens_case}
    assert without == {
        Kind.OBJECTION,
        Kind.OUTOFSCOPE,
        Kind.STATUS,
        Kind.GREETING,
        Kind.THANKS,
        Kind.HUMAN,
        Kind.UNINTELLIGIBLE,
    }
    assert kinds[Kind.OUTOFSCOPE].opens_if_insisted


def test_only_tip_offs_and_reports_on_officers_are_sealed_and_their_receipts_are_neutral(kinds: KindsTable) -> None:
    sealed = {kind for kind, line in kinds.items() if line.sealed}
    assert sealed == {Kind.REPORT, Kind.DISCIPLINE, Kind.UNREAD}
    for kind in (Kind.REPORT, Kind.DISCIPLINE):
        assert kinds[kind].receipt_note.startswith("您的身份严格保密")
        assert "举报" not in kinds[kind].receipt_note


def test_an_objection_is_told_that_this_is_no_application_and_where_to_apply(kinds: KindsTable) -> None:
    note = kinds[Kind.OBJECTION].receipt_note
    assert "此处不受理复议、异议申请，提交到这里不算申请，60日期限继续计算" in note
    assert "上一级税务机关" in note


def test_limits_the_bureau_should_confirm_are_shown_as_its_own_promise(kinds: KindsTable) -> None:
    own = {kind for kind, line in kinds.items() if line.is_own_promise}
    assert own == {Kind.COMPLAINT, Kind.REPORT, Kind.OPINION, Kind.UNREAD}
    assert kinds[Kind.COMPLAINT].promise_label == "本局承诺"
    assert kinds[Kind.PETITION].promise_label == "办理时限"


def test_a_disclosure_request_starts_at_confirmation_restarts_after_a_supplement_and_leaves_consultation_out(
    kinds: KindsTable,
) -> None:
    line = kinds[Kind.DISCLOSURE]
    assert (line.starts, line.while_waiting, line.leaves_out) == (
        "confirmation",
        "restart",
        ("third_party_consultation",),
    )
    assert [(m.code, m.span, m.unit) for m in line.milestones] == [("supplement", 7, Unit.WORKING_DAYS)]


def test_the_further_limits_of_a_kind_are_kept_beside_its_main_one(kinds: KindsTable) -> None:
    conduct = {m.code: m for m in kinds[Kind.COMPLAINT].milestones}["conduct"]
    assert (conduct.span, conduct.unit, conduct.when) == (5, Unit.WORKING_DAYS, "conduct")
    assert [(m.span, m.unit) for m in kinds[Kind.REPORT].milestones] == [(15, Unit.WORKING_DAYS)]
    assert [m.span for m in kinds[Kind.OPINION].milestones] == [5 * 60, 24 * 60]


def test_no_receipt_cites_the_regulation_of_2011(kinds: KindsTable) -> None:
    for line in kinds.values():
        assert "管理办法" not in line.receipt_note
        assert "第十五条" not in line.receipt_note


def test_a_kind_cannot_be_changed_after_it_was_read(kinds: KindsTable) -> None:
    with pytest.raises(ValidationError):
        kinds[Kind.QUESTION].span = 30  # type: ignore[misc]  # the assignment is what is being tried


def test_everything_contradictory_in_a_line_is_told_at_once() -> None:
    with pytest.raises(ValidationError) as caught:
        CaseKind.model_validate(
            {
                "code": "question",
                "name": "咨询",
                "opens_case": True,
                "span": 7,
                "extension_limit": 5,
                "readers": "甲",
                "receipt_note": "乙",
            }
        )
    said = str(caught.value)
    for field in ("goes_to", "sign_working_days", "unit", "extension_limit", "extension_approver"):
        assert field in said
