"""A kind of duty that contradicts itself is refused where it is declared."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from escalation.deadlines.terms import Terms, Unit
from escalation.rules.duty_kinds import Sealed
from escalation.watches.cases import ANSWER, EXTENSION, SIGN

NOW = datetime(2025, 11, 3, 4, 0, tzinfo=UTC)


def test_terms_have_the_span_of_the_kind_where_no_other_is_given() -> None:
    assert SIGN.terms(NOW, "xinjiang", 3) == Terms(NOW, 1, Unit.WORKING_DAYS, "xinjiang", 3)
    assert SIGN.terms(NOW, "xinjiang", 3, span=2) == Terms(NOW, 2, Unit.WORKING_DAYS, "xinjiang", 3)


def test_a_kind_whose_subject_says_by_when_has_no_terms_of_its_own() -> None:
    with pytest.raises(ValueError, match=r"case\.answer 没有默认时限"):
        ANSWER.terms(NOW, "xinjiang", 1)


def test_a_span_has_a_unit() -> None:
    with pytest.raises(ValueError, match="span 和 unit"):
        replace(EXTENSION, unit=None)


def test_only_a_kind_that_is_sealed_as_its_subject_asks_about_its_subject() -> None:
    for contradiction in ({"subject_is_sealed": None}, {"sealed": Sealed.ALWAYS}):
        with pytest.raises(ValueError, match="subject_is_sealed"):
            replace(SIGN, **contradiction)
