"""What is done with a case: signed for, answered, marked as major, rated.

第十五条: 对纳税人咨询的问题能及时答复的，必须及时答复；不能及时答复的，应在7个工作日作出答复，
同时要认真办理纳税人的投诉、意见和建议，在规定的期限内给予回复。

Every function runs in the caller's unit; state moves only by a conditional UPDATE, and the loser is told who was first.
"""

from sqlalchemy import func

from escalation.cases.lifecycle import Move, can
from escalation.cases.notices import Answered, Card, Finished, Signed, Taken, notice_of
from escalation.cases.queries import Author, Happening, MessageKind, case_of
from escalation.cases.results import Done, Refused, Why
from escalation.cases.steps import allowed, as_read, moving, note, owe_answer, reread, tell_colleagues, write_into
from escalation.duties.duties import held_by_department, settle
from escalation.routing.learned import learn
from escalation.rules.permissions import Action, Role
from escalation.rules.rulebook import Rulebook
from escalation.watches.cases import ANSWER, EXTENSION, SIGN
from storage.outbox import tell
from storage.people import Officer, addresses_of, officers_in
from storage.tables import cases
from storage.unit import Unit


async def sign(unit: Unit, rules: Rulebook, actor: Officer, case_id: int) -> Done | Refused:
    """签收: one officer takes the case; the taxpayer is told that it was accepted."""
    case = await allowed(unit, actor, Action.SIGN, case_id)
    if isinstance(case, Refused):
        return case
    if not await unit.moved(moving(case_id, Move.SIGN).where(*as_read(case)).values(signed_by=actor.id)):
        return Refused(Why.TOO_LATE, await reread(unit, case_id))
    await settle(unit, SIGN, case_id)
    await note(unit, case_id, Happening.SIGNED, actor)
    kind = rules.kind(case.kind)
    if kind.starts == "confirmation":
        holder = held_by_department(case.department_id)
        await owe_answer(unit, rules, case_id, kind, holder, case.bureau_id, unit.now, case.region)
    tell(unit, case.address_id, notice_of(Signed(case_id)))
    await tell_colleagues(unit, case, actor, Taken)
    return Done(await reread(unit, case_id))


async def answer(unit: Unit, actor: Officer, case_id: int, text: str) -> Done | Refused:
    """Answer the taxpayer, at the address where the case came from; both duties are settled."""
    case = await allowed(unit, actor, Action.ANSWER, case_id)
    if isinstance(case, Refused):
        return case
    answered = (
        moving(case_id, Move.ANSWER)
        .where(*as_read(case))
        .values(answered_at=unit.now, signed_by=func.coalesce(cases.c.signed_by, actor.id))
    )
    if not await unit.moved(answered):
        return Refused(Why.TOO_LATE, await reread(unit, case_id))
    await settle(unit, SIGN, case_id)
    await settle(unit, ANSWER, case_id)
    await settle(unit, EXTENSION, case_id, "overtaken")
    await learn(unit, case.bureau_id, case.department_code, case.words)
    await write_into(
        unit, case_id, author=Author.OFFICER, what=MessageKind.ANSWER, text=text, at=unit.now, officer=actor
    )
    await note(unit, case_id, Happening.ANSWERED, actor)
    tell(unit, case.address_id, notice_of(Answered(case_id, text)))
    await tell_colleagues(unit, case, actor, Finished)
    return Done(await reread(unit, case_id))


async def mark_major(unit: Unit, actor: Officer, case_id: int) -> Done | Refused:
    """Mark a case as major: the leaders see it; 第十七条, 事关重大的信息要经主管局领导把关."""
    case = await allowed(unit, actor, Action.MARK_MAJOR, case_id)
    if isinstance(case, Refused):
        return case
    marked = moving(case_id, Move.MARK_MAJOR).where(*as_read(case), cases.c.major.is_(False))
    if not await unit.moved(marked.values(major=True)):
        return Refused(Why.TOO_LATE, await reread(unit, case_id))
    await note(unit, case_id, Happening.MAJOR, actor)
    if not case.sealed:
        for officer in await officers_in(unit, case.bureau_id):
            if Role.LEADER in officer.roles and officer.id != actor.id:
                for address_id in await addresses_of(unit, officer.id):
                    tell(unit, address_id, notice_of(Card(case_id)))
    return Done(await reread(unit, case_id))


async def rate(unit: Unit, taxpayer_id: int, case_id: int, stars: int) -> Done | Refused:
    """Rate an answered case from 1 to 5, once; only whoever wrote it may, not everybody who may see it."""
    case = await case_of(unit, taxpayer_id, case_id)
    if case is None or not can(Move.RATE, case.state):
        return Refused(Why.NOT_ALLOWED)
    if case.rating is not None:
        return Refused(Why.RATED, case)
    rated = moving(case_id, Move.RATE).where(cases.c.taxpayer_id == taxpayer_id, cases.c.rating.is_(None))
    if not (1 <= stars <= 5 and await unit.moved(rated.values(rating=stars))):
        return Refused(Why.NOT_ALLOWED)
    await note(unit, case_id, Happening.RATED)
    return Done(await reread(unit, case_id))
