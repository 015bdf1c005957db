"""The facts of a notice are the same after they were stored; no kind of notice has two shapes or no wording."""

import json
from dataclasses import fields, is_dataclass
from datetime import date
from typing import Any

import pytest

from bot.wording import WORDINGS
from escalation.cases import notices
from escalation.cases.notices import Facts, Receipt, facts_in, notice_of

EVERY: list[Any] = [
    one for one in vars(notices).values() if isinstance(one, type) and is_dataclass(one) and issubclass(one, Facts)
]
SAMPLES: dict[Any, object] = {int: 7, str: "样例", date: date(2025, 11, 12), date | None: date(2025, 11, 12)}
SAMPLES |= {tuple[str, ...]: ("question", "report"), bool: True}


@pytest.mark.parametrize("facts", EVERY)
def test_the_facts_of_a_notice_come_back_from_the_database_as_they_were_written(facts: Any) -> None:
    told = facts(**{one.name: SAMPLES[one.type] for one in fields(facts)})
    notice = notice_of(told)
    assert notice.kind == facts.KIND
    assert facts_in(facts, json.loads(json.dumps(notice.payload))) == told


def test_a_receipt_without_a_date_stays_without_one() -> None:
    receipt = Receipt(1, "2025-000001", "K7QM-3XTP", "disclosure", "办公室", None)
    assert facts_in(Receipt, notice_of(receipt).payload) == receipt


def test_every_kind_of_notice_has_one_type_and_a_wording() -> None:
    kinds = [facts.KIND for facts in EVERY]
    assert len(set(kinds)) == len(kinds)
    assert set(kinds) <= set(WORDINGS)
