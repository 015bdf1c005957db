"""More time for a case: asked for with a reason, before it has run out, once, and granted by somebody else.

The taxpayer is told why, and until when.
"""

from dataclasses import replace
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, select, update

from escalation.cases.lifecycle import Move, can
from escalation.cases.notices import Extended, ExtensionCard, ExtensionGranted, ExtensionRefused, notice_of
from escalation.cases.queries import Case, Happening
from escalation.cases.results import Done, Refused, Why
from escalation.cases.steps import allowed, note
from escalation.duties.duties import change_terms, held_by_role, open_duty, open_duty_of, settle
from escalation.rules.permissions import Action, Role, may
from escalation.rules.rulebook import Rulebook
from escalation.watches.cases import ANSWER, EXTENSION
from storage.dialects import insert_for
from storage.outbox import tell
from storage.people import Officer, addresses_of, officers_in
from storage.tables import extensions
from storage.unit import Reader, Unit


class Verdict(StrEnum):
    """What became of a request for more time. One that is PENDING is granted or refused, once; neither is undone."""

    PENDING = "pending"
    GRANTED = "granted"
    REFUSED = "refused"


async def request_extension(unit: Unit, rules: Rulebook, actor: Officer, case_id: int, reason: str) -> Done | Refused:
    """Ask for the whole extension that the kind allows; the leaders decide."""
    case = await allowed(unit, actor, Action.EXTEND, case_id)
    if isinstance(case, Refused):
        return case
    kind = rules.kind(case.kind)
    duty = await open_duty_of(unit, ANSWER, case_id) if can(Move.REQUEST_EXTENSION, case.state) else None
    if kind.extension_limit is None or kind.span is None or duty is None or duty.due_at is None:
        return Refused(Why.NO_LIMIT, case)
    if unit.now >= duty.due_at:
        return Refused(Why.EXPIRED, case)
    row = insert_for(unit, extensions).values(
        case_id=case_id,
        requested_by=actor.id,
        requested_at=unit.now,
        reason=reason,
        extension=kind.extension_limit - kind.span,
        verdict=Verdict.PENDING,
    )
    once = await unit.run(row.on_conflict_do_nothing().returning(extensions.c.id))
    extension_id = once.scalar_one_or_none()
    if extension_id is None:
        return Refused(Why.ONCE, case)
    terms = EXTENSION.terms(unit.now, case.region, rules.calendar_revision)
    holder = held_by_role(Role.LEADER)
    await open_duty(unit, rules, EXTENSION, case_id, holder=holder, bureau_id=case.bureau_id, terms=terms)
    for officer in await officers_in(unit, case.bureau_id):
        if officer.id != actor.id and may(officer, Action.APPROVE_EXTENSION, case.subject):
            for address_id in await addresses_of(unit, officer.id):
                tell(unit, address_id, notice_of(ExtensionCard(extension_id)))
    return Done(case)


async def decide_extension(
    unit: Unit, rules: Rulebook, actor: Officer, extension_id: int, *, grant: bool
) -> Done | Refused:
    """Grant or refuse, before the case has run out; whoever asked cannot decide."""
    extension = await find_extension(unit, extension_id)
    if extension is None:
        return Refused(Why.NOT_ALLOWED)
    case = await allowed(unit, actor, Action.APPROVE_EXTENSION, extension.case_id)
    if isinstance(case, Refused):
        return case
    if extension.requested_by == actor.id:
        return Refused(Why.OWN, case)
    if not can(Move.REFUSE_EXTENSION, case.state):
        return Refused(Why.DECIDED, case)
    duty = await open_duty_of(unit, ANSWER, case.id) if can(Move.GRANT_EXTENSION, case.state) else None
    if grant and (duty is None or duty.due_at is None or unit.now >= duty.due_at):
        return Refused(Why.EXPIRED, case)
    decided = (
        update(extensions)
        .where(extensions.c.id == extension_id, extensions.c.verdict == Verdict.PENDING)
        .values(verdict=Verdict.GRANTED if grant else Verdict.REFUSED, decided_by=actor.id, decided_at=unit.now)
    )
    if not await unit.moved(decided):
        return Refused(Why.DECIDED, case)
    await settle(unit, EXTENSION, case.id)
    if grant:
        await _extend(unit, rules, case, extension, actor)
    for address_id in await addresses_of(unit, extension.requested_by):
        verdict = ExtensionGranted if grant else ExtensionRefused
        tell(unit, address_id, notice_of(verdict(case.number, actor.name)))
    return Done(case)


async def _extend(unit: Unit, rules: Rulebook, case: Case, extension: Row[Any], actor: Officer) -> None:
    until = await change_terms(
        unit, rules, ANSWER, case.id, lambda terms: replace(terms, extension=extension.extension)
    )
    await note(unit, case.id, Happening.EXTENDED, actor)
    if until is not None:
        tell(unit, case.address_id, notice_of(Extended(case.id, until, extension.reason)))


async def pending_extension(reader: Reader, case_id: int) -> Row[Any] | None:
    """The extension of a case that waits to be decided."""
    waiting = select(extensions).where(extensions.c.case_id == case_id, extensions.c.verdict == Verdict.PENDING)
    return await reader.one(waiting)


async def find_extension(reader: Reader, extension_id: int) -> Row[Any] | None:
    return await reader.one(select(extensions).where(extensions.c.id == extension_id))
