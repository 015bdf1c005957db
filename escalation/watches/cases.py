"""The duties about a case: to sign for it, to answer it, and to decide on more time."""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import select

from escalation.deadlines.ladder import Addressee, Ladder, Rung
from escalation.deadlines.terms import Unit
from escalation.rules.duty_kinds import Duty, DutyKind, Reminder, Sealed, Settling
from language import MessageId
from storage.outbox import Notice, tell
from storage.tables import cases
from storage.unit import Reader
from storage.unit import Unit as WorkUnit

THE_DEPARTMENT = MessageId("承办部门的全体工作人员")


async def _number(reader: Reader, duty: Duty) -> Mapping[str, object] | None:
    number = await reader.value(select(cases.c.number).where(cases.c.id == duty.subject_id))
    return None if number is None else {"number": number}


async def _is_sealed(reader: Reader, case_id: int) -> bool:
    return bool(await reader.value(select(cases.c.sealed).where(cases.c.id == case_id)))


async def _tell_taxpayer(unit: WorkUnit, case_id: int, due_on: date) -> None:
    address_id = await unit.value(select(cases.c.address_id).where(cases.c.id == case_id))
    tell(unit, address_id, Notice("case.redated", {"case_id": case_id, "due_on": due_on.isoformat()}))


SIGN = DutyKind(
    code="case.sign",
    title=MessageId("签收"),
    holder=THE_DEPARTMENT,
    ladder=Ladder(
        (
            Rung("T0", 0, (Addressee.HOLDER,)),
            Rung("T+1", 1, (Addressee.HEAD,)),
            Rung("T+2", 2, (Addressee.OFFICE,)),
        )
    ),
    settled=Settling.ON_ITS_SUBJECT,
    span=1,
    unit=Unit.WORKING_DAYS,
    sealed=Sealed.AS_ITS_SUBJECT,
    subject_is_sealed=_is_sealed,
    reminder=Reminder(
        before_due=MessageId("【提醒】办件 {number} 请于 {day}24:00 前签收。"),
        overdue=MessageId("【逾期】办件 {number} 应于 {day}24:00 前签收，至今未办，请立即办理。"),
        blanks=_number,
    ),
)

ANSWER = DutyKind(
    code="case.answer",
    title=MessageId("答复"),
    holder=THE_DEPARTMENT,
    ladder=Ladder(
        (
            Rung("T-2", -2, (Addressee.HOLDER,)),
            Rung("T-1", -1, (Addressee.HOLDER, Addressee.HEAD)),
            Rung("T0", 0, (Addressee.HOLDER, Addressee.OFFICE)),
            Rung("T+1", 1, (Addressee.LEADER,)),
        )
    ),
    settled=Settling.ON_ITS_SUBJECT,
    sealed=Sealed.AS_ITS_SUBJECT,
    subject_is_sealed=_is_sealed,
    reminder=Reminder(
        before_due=MessageId("【提醒】办件 {number} 请于 {day}24:00 前答复。"),
        overdue=MessageId("【逾期】办件 {number} 应于 {day}24:00 前答复，至今未办，请立即办理。"),
        blanks=_number,
    ),
    tell_redated=_tell_taxpayer,
)

# What is said of it is the request itself, with its reason and its buttons: bot/wording/reminders/cases.py.
EXTENSION = DutyKind(
    code="case.extension",
    title=MessageId("审批延期"),
    holder=MessageId("局领导"),
    ladder=Ladder((Rung("T0", 0, (Addressee.HOLDER,)), Rung("T+1", 1, (Addressee.HOLDER, Addressee.OFFICE)))),
    settled=Settling.ON_ITS_SUBJECT,
    span=1,
    unit=Unit.WORKING_DAYS,
    sealed=Sealed.AS_ITS_SUBJECT,
    subject_is_sealed=_is_sealed,
)
