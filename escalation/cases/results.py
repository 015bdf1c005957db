"""What comes of an act upon a case, for the caller to tell: it was done, or it was refused and why."""

from dataclasses import dataclass
from enum import StrEnum

from escalation.cases.queries import Case


class Why(StrEnum):
    """Why something was not done."""

    NOT_ALLOWED = "not_allowed"  # or there is no such case: 第十八条, the words for both are the same
    TOO_LATE = "too_late"  # somebody else was first
    FINAL = "final"  # the office has decided who answers this case; nobody else passes it on
    NO_LIMIT = "no_limit"  # no extension: the kind knows none, or its clock does not run
    EXPIRED = "expired"
    ONCE = "once"  # an extension was asked for or granted already
    OWN = "own"  # nobody grants what they asked for themselves
    DECIDED = "decided"
    RATED = "rated"


@dataclass(frozen=True, slots=True)
class Done:
    """It was done; the case as it now stands."""

    case: Case


@dataclass(frozen=True, slots=True)
class Refused:
    """It was not done, and nothing was written. The case stands as others have left it; there is none for whoever may
    not know whether it exists.
    """

    why: Why
    case: Case | None = None
