"""Every sentence that a person reads: a notice in, text and buttons out."""

from collections.abc import Mapping
from types import MappingProxyType

from bot.wording import talk
from bot.wording.officer import cases as officer_cases
from bot.wording.officer import desk, entries, extensions, trial
from bot.wording.reminders import remind
from bot.wording.speech import Speech, Telling, Wording
from bot.wording.taxpayer import answers, cases
from escalation.duties.duties import REMINDER_OF

WORDINGS: Mapping[str, Wording] = MappingProxyType(
    {
        **talk.WORDINGS,
        **answers.WORDINGS,
        **cases.WORDINGS,
        **officer_cases.WORDINGS,
        **desk.WORDINGS,
        **trial.WORDINGS,
        **extensions.WORDINGS,
        **entries.WORDINGS,
    }
)


async def compose(kind: str, telling: Telling) -> Speech | None:
    """The words of a notice; None where there is nothing left to say, because it is no longer true."""
    if kind.startswith(REMINDER_OF):
        return await remind(telling, kind.removeprefix(REMINDER_OF))
    return await WORDINGS[kind](telling)
