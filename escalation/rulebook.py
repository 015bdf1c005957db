"""What the bureau promises: the kinds of case, the ladders of the duties, and the work calendars."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from escalation.kinds import CaseKind, KindsTable
from escalation.ladder import ANSWER_LADDER, SIGN_LADDER, Addressee, Ladder, Rung
from escalation.workdays import WorkCalendar, make_calendar
from intents import Kind

SIGN = "case.sign"
ANSWER = "case.answer"
EXTENSION = "case.extension"
SET_ASIDE = "update.set_aside"
ENTRY_APPROVAL = "entry.approve"
ENTRY_EXPIRY = "entry.reverify"
ENTRY_DOUBT = "entry.often_wrong"
ENTRY_UNVERIFIED = "entry.unverified"

EXTENSION_LADDER = Ladder((Rung("T0", 0, (Addressee.HOLDER,)), Rung("T+1", 1, (Addressee.HOLDER, Addressee.OFFICE))))

SET_ASIDE_LADDER = Ladder((Rung("T0", 0, (Addressee.HOLDER,)), Rung("T+1", 1, (Addressee.OFFICE,))))

ENTRY_APPROVAL_LADDER = Ladder(
    (Rung("T-1", -1, (Addressee.HOLDER,)), Rung("T0", 0, (Addressee.HOLDER,)), Rung("T+1", 1, (Addressee.OFFICE,)))
)
# T is the last day on which the entry answers.
ENTRY_EXPIRY_LADDER = Ladder(
    (
        Rung("T-15", -15, (Addressee.HOLDER,)),
        Rung("T-5", -5, (Addressee.HOLDER, Addressee.HEAD)),
        Rung("T0", 0, (Addressee.HOLDER, Addressee.OFFICE)),
        Rung("T+1", 1, (Addressee.OFFICE,)),
    )
)
ENTRY_DOUBT_LADDER = Ladder((Rung("T-4", -4, (Addressee.HOLDER,)), Rung("T0", 0, (Addressee.HOLDER, Addressee.HEAD))))
ENTRY_UNVERIFIED_LADDER = Ladder(
    (
        Rung("T-10", -10, (Addressee.HOLDER,)),
        Rung("T-3", -3, (Addressee.HOLDER, Addressee.HEAD)),
        Rung("T0", 0, (Addressee.HOLDER,)),
        Rung("T+1", 1, (Addressee.HEAD, Addressee.OFFICE)),
    )
)


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The editable rules in force, and the revision of the calendar that due dates are computed with."""

    kinds: KindsTable
    calendars: Mapping[str, WorkCalendar]
    ladders: Mapping[str, Ladder]
    calendar_revision: int

    def kind(self, code: str) -> CaseKind:
        return self.kinds[Kind(code)]

    def calendar(self, region: str) -> WorkCalendar:
        return self.calendars[region]


def make_rulebook(kinds: KindsTable) -> Rulebook:
    return Rulebook(
        kinds=kinds,
        calendars=MappingProxyType({region: make_calendar(region) for region in ("xinjiang", "national")}),
        ladders=MappingProxyType(
            {
                SIGN: SIGN_LADDER,
                ANSWER: ANSWER_LADDER,
                EXTENSION: EXTENSION_LADDER,
                SET_ASIDE: SET_ASIDE_LADDER,
                ENTRY_APPROVAL: ENTRY_APPROVAL_LADDER,
                ENTRY_EXPIRY: ENTRY_EXPIRY_LADDER,
                ENTRY_DOUBT: ENTRY_DOUBT_LADDER,
                ENTRY_UNVERIFIED: ENTRY_UNVERIFIED_LADDER,
            }
        ),
        calendar_revision=1,
    )
