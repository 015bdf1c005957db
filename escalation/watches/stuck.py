"""An update that could not be handled is somebody's duty until it was tried once more, or closed."""

from collections.abc import Mapping

from escalation.deadlines.ladder import Addressee, Ladder, Rung
from escalation.deadlines.terms import Unit as Span
from escalation.duties.duties import held_by_role, open_duty, region_of
from escalation.rules.duty_kinds import Duty, DutyKind, Reminder, Settling
from escalation.rules.permissions import Role
from escalation.rules.rulebook import Rulebook
from language import MessageId
from storage.people import home_bureau
from storage.unit import Reader, Unit

SAID = MessageId("【故障】来信 {id} 多次处理失败，已搁置，请技术人员查看日志后处理。")


async def _id(_reader: Reader, duty: Duty) -> Mapping[str, object]:
    return {"id": duty.subject_id}


SET_ASIDE = DutyKind(
    code="update.set_aside",
    title=MessageId("处理搁置的来信"),
    holder=MessageId("管理员"),
    ladder=Ladder((Rung("T0", 0, (Addressee.HOLDER,)), Rung("T+1", 1, (Addressee.OFFICE,)))),
    settled=Settling.BY_HAND,
    span=1,
    unit=Span.WORKING_DAYS,
    reminder=Reminder(before_due=SAID, overdue=SAID, blanks=_id),
)


async def owe_set_aside(unit: Unit, rules: Rulebook, update_id: int) -> None:
    """The administrators are to deal with an update that was set aside."""
    bureau_id = await home_bureau(unit)
    terms = SET_ASIDE.terms(unit.now, await region_of(unit, bureau_id), rules.calendar_revision)
    holder = held_by_role(Role.ADMINISTRATOR)
    await open_duty(unit, rules, SET_ASIDE, update_id, holder=holder, bureau_id=bureau_id, terms=terms)
