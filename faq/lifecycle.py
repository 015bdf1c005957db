"""The life of an entry and of its texts: their states, and which move leads from which state to which; pure.

An entry is an identity; its texts come and go beneath it. What is not written in the tables cannot be done in that
state.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class EntryState(StrEnum):
    """Whether an entry answers."""

    NEW = "new"  # nothing of it was ever published
    PUBLISHED = "published"
    RETIRED = "retired"


class RevisionState(StrEnum):
    """What has become of one text of an entry."""

    DRAFT = "draft"
    EDITED = "edited"  # a draft that was written anew
    DISCARDED = "discarded"
    SUBMITTED = "submitted"
    REFUSED = "refused"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"


class Happening(StrEnum):
    """What can be done with an entry other than writing."""

    SUBMITTED = "submitted"
    WITHDRAWN = "withdrawn"
    DISCARDED = "discarded"
    PUBLISHED = "published"
    REFUSED = "refused"
    RETIRED = "retired"
    RESTORED = "restored"
    VERIFIED = "verified"
    OWNED = "owned"
    OVERRIDE = "override"
    OVERRIDE_CLEARED = "override_cleared"


class Move(StrEnum):
    """What is done with an entry or with a text of it."""

    EDIT = "edit"
    DISCARD = "discard"
    SUBMIT = "submit"
    WITHDRAW = "withdraw"
    REFUSE = "refuse"
    APPROVE = "approve"
    SUPERSEDE = "supersede"  # another text is approved
    REPHRASE = "rephrase"  # a text with more phrasings takes the place of this one, in the state of this one
    RETIRE = "retire"
    RESTORE = "restore"
    VERIFY = "verify"
    OVERRIDE = "override"


IN_HAND = (RevisionState.DRAFT, RevisionState.SUBMITTED)  # of an entry one text at most
GIVEN_UP = (RevisionState.DISCARDED, RevisionState.EDITED)  # nobody goes on from them
APPROVED = (RevisionState.PUBLISHED, RevisionState.SUPERSEDED)

# From which states of a text a move may begin, and where it leads from each of them.
REVISION_MOVES: Mapping[Move, Mapping[RevisionState, RevisionState]] = MappingProxyType(
    {
        Move.EDIT: {RevisionState.DRAFT: RevisionState.EDITED},
        Move.DISCARD: {RevisionState.DRAFT: RevisionState.DISCARDED},
        Move.SUBMIT: {RevisionState.DRAFT: RevisionState.SUBMITTED},
        Move.WITHDRAW: {RevisionState.SUBMITTED: RevisionState.DRAFT},
        Move.REFUSE: {RevisionState.SUBMITTED: RevisionState.REFUSED},
        Move.APPROVE: {RevisionState.SUBMITTED: RevisionState.PUBLISHED},
        Move.SUPERSEDE: {RevisionState.PUBLISHED: RevisionState.SUPERSEDED},
        Move.REPHRASE: {
            RevisionState.DRAFT: RevisionState.EDITED,
            RevisionState.SUBMITTED: RevisionState.EDITED,
            RevisionState.PUBLISHED: RevisionState.SUPERSEDED,
        },
    }
)
# The same for the entry itself. 第十一条: only what was approved puts an entry into service.
ENTRY_MOVES: Mapping[Move, Mapping[EntryState, EntryState]] = MappingProxyType(
    {
        Move.APPROVE: dict.fromkeys(EntryState, EntryState.PUBLISHED),
        Move.RETIRE: {EntryState.PUBLISHED: EntryState.RETIRED},
        Move.RESTORE: {EntryState.RETIRED: EntryState.PUBLISHED},
        Move.VERIFY: {EntryState.PUBLISHED: EntryState.PUBLISHED},
        Move.OVERRIDE: {EntryState.PUBLISHED: EntryState.PUBLISHED},
    }
)


def can_move(move: Move, text: RevisionState) -> bool:
    """Whether a text in this state can be moved so."""
    return text in REVISION_MOVES[move]


def can(move: Move, entry: EntryState) -> bool:
    """Whether an entry in this state can be moved so."""
    return entry in ENTRY_MOVES[move]
