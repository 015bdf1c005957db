"""All kinds of duty: the only list of them. What each is stands in the file that opens it.

`bot/app.py` composes the house of them. The list has a file of its own because commands of the terminal need it without
the conversation, whose import takes seconds.
"""

from escalation.rules.duty_kinds import DutyKind
from escalation.watches.cases import ANSWER, EXTENSION, SIGN
from escalation.watches.danger import DANGER
from escalation.watches.stuck import SET_ASIDE
from faq.entries.drafting import ENTRY_APPROVAL
from faq.watches.entries import ENTRY_DOUBT, ENTRY_EXPIRY
from faq.watches.unverified import ENTRY_UNVERIFIED


def duty_kinds() -> tuple[DutyKind, ...]:
    """Every kind of duty, in the order in which people read of them."""
    return (SIGN, ANSWER, EXTENSION, DANGER, SET_ASIDE, ENTRY_APPROVAL, ENTRY_EXPIRY, ENTRY_DOUBT, ENTRY_UNVERIFIED)
