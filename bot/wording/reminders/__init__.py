"""What officers are reminded of. A kind of duty is said as it declares; one that needs more, such as a button, has a
renderer in a file of this folder.
"""

from collections.abc import Mapping
from types import MappingProxyType

from bot.wording.reminders import cases, entries
from bot.wording.reminders.declared import Renderer, remind_as_declared
from bot.wording.speech import Speech, Telling
from escalation.duties.duties import duty_of

RENDERERS: Mapping[str, Renderer] = MappingProxyType({**cases.RENDERERS, **entries.RENDERERS})


async def remind(telling: Telling, code: str) -> Speech | None:
    """A reminder of a kind of duty, true at the moment of sending; nothing is said of a duty that is settled."""
    duty = await duty_of(telling.reader, telling.payload["duty_id"])
    if duty is None:
        return None
    render = RENDERERS.get(code, remind_as_declared)
    return await render(telling, telling.rules.duty_kinds[code], duty)
