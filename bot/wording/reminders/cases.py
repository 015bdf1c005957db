"""Reminders about a case: with a button to its card, or as the request for more time itself."""

from bot.wording.buttons import Handle
from bot.wording.officer import extensions
from bot.wording.reminders.declared import Renderer, sentence_of
from bot.wording.speech import Button, Speech, Telling
from escalation.cases.extensions import pending_extension
from escalation.rules.duty_kinds import Duty, DutyKind
from escalation.watches.cases import ANSWER, EXTENSION, SIGN


async def remind_of_case(telling: Telling, kind: DutyKind, duty: Duty) -> Speech | None:
    said = await sentence_of(telling, kind, duty)
    if said is None:
        return None
    card = Button(telling.words("查看办件"), Handle(case_id=duty.subject_id, act="card").pack())
    return Speech(said, ((card,),))


async def remind_of_extension(telling: Telling, _kind: DutyKind, duty: Duty) -> Speech | None:
    extension = await pending_extension(telling.reader, duty.subject_id)
    if extension is None:
        return None
    facts = {"extension_id": extension.id}
    speech = await extensions.card(Telling(facts, telling.words, telling.reader, telling.rules))
    head = telling.words("【提醒】")
    return None if speech is None else Speech(f"{head}{speech.text}", speech.buttons)


RENDERERS: dict[str, Renderer] = {
    SIGN.code: remind_of_case,
    ANSWER.code: remind_of_case,
    EXTENSION.code: remind_of_extension,
}
