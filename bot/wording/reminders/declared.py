"""A reminder as the kind of duty declares it: its sentence, its blanks, and the day on which it is due."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from bot.wording.speech import Speech, Telling
from escalation.deadlines.terms import Terms, due_on
from escalation.rules.duty_kinds import Duty, DutyKind
from language import MessageId

Renderer: TypeAlias = Callable[[Telling, DutyKind, Duty], Awaitable[Speech | None]]
"""Says in its own way what somebody owes; None where there is nothing left to say."""


async def sentence_of(telling: Telling, kind: DutyKind, duty: Duty) -> str | None:
    """What is said of an open duty; None where it is no longer true, or its clock stands still."""
    _ = telling.words
    terms = Terms.from_json(duty.terms)
    on = due_on(terms, telling.rules.calendar(terms.region))
    if kind.reminder is None or on is None:
        return None
    blanks = await kind.reminder.blanks(telling.reader, duty)
    if blanks is None:
        return None
    overdue = telling.reader.now >= duty.due_at
    filled = {name: _(value) if isinstance(value, MessageId) else value for name, value in blanks.items()}
    return _(kind.reminder.overdue if overdue else kind.reminder.before_due, day=_.day(on), **filled)


async def remind_as_declared(telling: Telling, kind: DutyKind, duty: Duty) -> Speech | None:
    """The sentence alone."""
    said = await sentence_of(telling, kind, duty)
    return None if said is None else Speech(said)
