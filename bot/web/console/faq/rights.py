"""What an officer in the console may do with the entries of the FAQ."""

from collections.abc import Mapping

from bot.web.console.access import Caller
from bot.web.console.sections import Right
from escalation.rules.permissions import MAY, Action, EntrySubject, may


def allows(caller: Caller, action: Action, subject: EntrySubject | None = None) -> bool:
    """Tell whether the officer may do this with an entry or, without one, with the FAQ as a whole."""
    return may(caller.officer, action, subject or EntrySubject(caller.home))


def right(action: Action) -> Right:
    """Return what a page needs: to do this with the FAQ as a whole."""
    return lambda caller: allows(caller, action)


def rights_of(caller: Caller, subject: EntrySubject | None = None) -> Mapping[str, bool]:
    """Return everything that the officer may do, for a template."""
    return {action.value: allows(caller, action, subject) for action in MAY[EntrySubject]}
