"""What the bureau promises: the kinds of case, the kinds of duty with their ladders, and the work calendars."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from escalation.deadlines.ladder import Ladder
from escalation.deadlines.workdays import WorkCalendar, make_calendar
from escalation.rules.duty_kinds import DutyKind
from escalation.rules.kinds import CaseKind, KindsTable
from intents import Kind


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The editable rules in force, and the revision of the calendar that due dates are computed with. Kinds of duty and
    their ladders are by code.
    """

    kinds: KindsTable
    calendars: Mapping[str, WorkCalendar]
    duty_kinds: Mapping[str, DutyKind]
    ladders: Mapping[str, Ladder]
    calendar_revision: int

    def kind(self, code: str) -> CaseKind:
        return self.kinds[Kind(code)]

    def calendar(self, region: str) -> WorkCalendar:
        return self.calendars[region]


def make_rulebook(kinds: KindsTable, duty_kinds: Iterable[DutyKind]) -> Rulebook:
    """The rules that the product comes with; raises ValueError where two kinds of duty share a code."""
    by_code: dict[str, DutyKind] = {}
    for kind in duty_kinds:
        if by_code.setdefault(kind.code, kind) is not kind:
            raise ValueError(f"待办的代码 {kind.code} 重复")
    return Rulebook(
        kinds=kinds,
        calendars=MappingProxyType({region: make_calendar(region) for region in ("xinjiang", "national")}),
        duty_kinds=MappingProxyType(by_code),
        ladders=MappingProxyType({code: kind.ladder for code, kind in by_code.items()}),
        calendar_revision=1,
    )
