"""The life of a case: its states, and which move leads from which state to which; pure.

What is not written in the table cannot be done in that state. The use cases move a case by a conditional UPDATE that
takes both ends from here, so that whoever comes second finds the case where the first has left it.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class CaseState(StrEnum):
    """Where a case stands."""

    OPEN = "open"  # nobody has signed for it yet
    SIGNED = "signed"
    WAITING = "waiting"  # for the taxpayer, who was asked for more; the answer's clock stands still
    ANSWERED = "answered"


class Move(StrEnum):
    """What is done with a case."""

    SIGN = "sign"
    PASS_ON = "pass_on"  # noqa: S105  a move, no password
    ASK_FOR_MORE = "ask_for_more"
    RESUME = "resume"  # what was asked for has come
    REQUEST_EXTENSION = "request_extension"
    GRANT_EXTENSION = "grant_extension"
    REFUSE_EXTENSION = "refuse_extension"
    MARK_MAJOR = "mark_major"
    ANSWER = "answer"
    RATE = "rate"


OPEN, SIGNED, WAITING, ANSWERED = CaseState
FIRST = OPEN  # the state in which a case begins
UNFINISHED = (OPEN, SIGNED, WAITING)

# From which states a move may begin, and where it leads from each of them.
MOVES: Mapping[Move, Mapping[CaseState, CaseState]] = MappingProxyType(
    {
        Move.SIGN: {OPEN: SIGNED},
        Move.PASS_ON: {OPEN: OPEN, SIGNED: OPEN, WAITING: OPEN},  # the new holder signs anew
        Move.ASK_FOR_MORE: {OPEN: WAITING, SIGNED: WAITING},
        Move.RESUME: {WAITING: SIGNED},
        Move.REQUEST_EXTENSION: {OPEN: OPEN, SIGNED: SIGNED},  # a clock that stands still is not extended
        Move.GRANT_EXTENSION: {OPEN: OPEN, SIGNED: SIGNED},
        Move.REFUSE_EXTENSION: {OPEN: OPEN, SIGNED: SIGNED, WAITING: WAITING},
        Move.MARK_MAJOR: {OPEN: OPEN, SIGNED: SIGNED, WAITING: WAITING},
        Move.ANSWER: {OPEN: ANSWERED, SIGNED: ANSWERED, WAITING: ANSWERED},
        Move.RATE: {ANSWERED: ANSWERED},
    }
)


def can(move: Move, state: CaseState) -> bool:
    """Whether a case in this state can be moved so."""
    return state in MOVES[move]
