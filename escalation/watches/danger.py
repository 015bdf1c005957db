"""Somebody's life may be in danger: whoever is on duty is told at once, and again until somebody sees to it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from escalation.deadlines.ladder import Addressee, Ladder, Rung, RungUnit
from escalation.deadlines.terms import Unit as Span
from escalation.duties.duties import held_by_role, latest_duty_of, open_duty, region_of, settle
from escalation.rules.duty_kinds import Duty, DutyKind, Reminder, Settling
from escalation.rules.permissions import Action, DangerSubject, Role, may
from escalation.rules.rulebook import Rulebook
from language import MessageId
from storage.outbox import Notice, tell
from storage.people import Officer, addresses_of, home_bureau, officers_in
from storage.unit import Reader, Unit

ON_DUTY = (Role.OFFICE, Role.LEADER, Role.ADMINISTRATOR)
EVERYBODY = (Addressee.HOLDER, Addressee.LEADER, Addressee.ADMINISTRATOR)
SAID = MessageId("【紧急】有人写下可能危及生命的话，至今没有人处理。请立即核实，必要时报 110、120。")


async def _nothing(_reader: Reader, _duty: Duty) -> Mapping[str, object]:
    return {}


DANGER = DutyKind(
    code="life.danger",
    title=MessageId("核实可能危及生命的留言"),
    holder=MessageId("办公室、局领导和管理员"),
    ladder=Ladder(
        (
            Rung("T0", 0, EVERYBODY, RungUnit.MINUTES),
            Rung("T+10", 10, EVERYBODY, RungUnit.MINUTES),
            Rung("T+30", 30, EVERYBODY, RungUnit.MINUTES),
        )
    ),
    settled=Settling.ON_ITS_SUBJECT,
    span=10,
    unit=Span.MINUTES,
    reminder=Reminder(before_due=SAID, overdue=SAID, blanks=_nothing),
)


async def raise_alarm(
    unit: Unit, rules: Rulebook, bureau_id: int, address_id: int, text: str | None, received_at: datetime
) -> None:
    """Tell everybody who may be on duty what was written at an address, and let them owe it to look into it; without
    the text, where that is sealed.
    """
    bureau_id, told = await _on_duty(unit, bureau_id)
    terms = DANGER.terms(unit.now, await region_of(unit, bureau_id), rules.calendar_revision)
    holder = held_by_role(Role.OFFICE)
    await open_duty(unit, rules, DANGER, address_id, holder=holder, bureau_id=bureau_id, terms=terms)
    payload = {"address_id": address_id, "text": text, "at": received_at.isoformat()}
    for where in told:
        tell(unit, where, Notice("desk.danger", payload))


async def _on_duty(reader: Reader, bureau_id: int) -> tuple[int, Sequence[int]]:
    """Whose it is, and where they are told: the home bureau's people, where the bureau reaches nobody."""
    for bureau in (bureau_id, await home_bureau(reader)):
        officers = [officer for officer in await officers_in(reader, bureau) if officer.roles.intersection(ON_DUTY)]
        reached = [where for officer in officers for where in await addresses_of(reader, officer.id)]
        if reached:
            return bureau, reached
    return bureau_id, []


async def see_to(unit: Unit, actor: Officer, address_id: int) -> bool | None:
    """Note that an officer sees to it; False where somebody else does already, None where the officer may not."""
    duty = await latest_duty_of(unit, DANGER, address_id)
    if duty is None or not may(actor, Action.SEE_TO_DANGER, DangerSubject(duty.bureau_id)):
        return None
    seen_to = f"seen to by officer:{actor.id}"
    return await settle(unit, DANGER, address_id, seen_to) or duty.outcome == seen_to
