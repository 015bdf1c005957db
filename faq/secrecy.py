"""What a text may be, and who may see it before its writer has said so; pure.

第十八条: what is of a sealed kind, or may be, is for its own department alone. Likeness alone concludes nothing: a sign
in the text, or its writer, says what it is.
"""

from escalation.rules.kinds import KindsTable
from intents import Kind, Understanding

SURE = 0.7
"""From this confidence on a sign in the text makes its kind. Of kinds below it one in three was wrong, on 669 labelled
lines (tests/faq/talk_seen.jsonl)."""

MUCH = 12
"""Characters from which several pieces say something together."""

MOST_KINDS = 4  # that are asked about, besides the question

NEVER_OVERRIDDEN = frozenset(
    {
        Kind.HUMAN,
        Kind.COMPLAINT,
        Kind.REPORT,
        Kind.DISCIPLINE,
        Kind.LETTER,
        Kind.OBJECTION,
        Kind.PETITION,
        Kind.DISCLOSURE,
    }
)
"""Kinds with consequences of their own: no entry answers what is understood as one of them."""

CONSEQUENCES = NEVER_OVERRIDDEN - {Kind.HUMAN} | {Kind.SUGGESTION, Kind.PRAISE, Kind.SITE_ERROR}
"""Kinds that are concluded from a sign in the text, or from what its writer says, and never from likeness alone."""


def is_doubtful(understanding: Understanding, kinds: KindsTable, kind: Kind) -> bool:
    """Tell whether the writer must be asked what a text is, which seems to be of this kind."""
    signs = understanding.signs
    sure = kind in signs and understanding.confidence >= SURE
    if not kinds[kind].sealed and any(may_accuse(line, kinds) for line in understanding.lines):
        return True
    if understanding.about is not None:
        return False
    if kinds[kind].sealed:
        return not sure or understanding.ends_asking
    if has_sign_of_secrecy(understanding, kinds):
        return True
    if may_be_sealed(understanding, kinds):
        return not (kind is Kind.QUESTION and understanding.confidence >= SURE)
    return kind in CONSEQUENCES and not sure


def has_sign_of_secrecy(understanding: Understanding, kinds: KindsTable) -> bool:
    """Tell whether a sign in the text, or in a line of it, speaks for a sealed kind, alone or among others."""
    return any(kinds[kind].sealed for one in (understanding, *understanding.lines) for kind in one.signs)


def may_accuse(line: Understanding, kinds: KindsTable) -> bool:
    """Tell whether a line by itself would be sealed, or asked about because it may be."""
    if has_sign_of_secrecy(line, kinds):
        return True
    if line.kind is Kind.LETTER and line.content is None and len(line.core) < MUCH:
        return False  # whom it is for, and nothing yet
    return line.turn is None and may_be_sealed(line, kinds) and is_doubtful(line, kinds, line.kind)


def _possible(understanding: Understanding, kinds: KindsTable) -> tuple[Kind, ...]:
    """Return the kinds that cannot be ruled out, the likeliest first: what a line may accuse somebody of, the text
    may.
    """
    accusing = (line for line in understanding.lines if may_accuse(line, kinds))
    sealed = [kind for line in accusing for kind in line.possible if kinds[kind].sealed]
    return tuple(dict.fromkeys((*understanding.possible, *sealed)))


def kinds_possible(understanding: Understanding, kinds: KindsTable) -> tuple[Kind, ...]:
    """Return what the writer is asked about: the question, and what else cannot be ruled out, the likeliest first."""
    possible = [kind for kind in _possible(understanding, kinds) if kind in CONSEQUENCES]
    sealed = [kind for kind in possible if kinds[kind].sealed]
    others = [kind for kind in possible if kind not in sealed]
    # A layman's complaint may be about money that was taken: whoever is asked about one is asked about the other.
    if Kind.DISCIPLINE in sealed and Kind.COMPLAINT not in others:
        others.append(Kind.COMPLAINT)
    return (Kind.QUESTION, *sealed, *others[: MOST_KINDS - len(sealed)])


def kind_of_case(understanding: Understanding, kinds: KindsTable, kind: Kind | None = None) -> Kind:
    """Return the kind of the case that a text becomes; a letter to the director is of its content's kind."""
    kind = understanding.kind if kind is None else kind
    if kinds[kind].by_content and understanding.content is not None:
        kind = understanding.content
    return kind if kinds[kind].opens_case else Kind.QUESTION


def strictest(understanding: Understanding, kinds: KindsTable) -> Kind:
    """Return the kind of case that shows a text to the fewest: the likeliest sealed one that cannot be ruled out. What
    the rules cannot read is read by one person first.
    """
    if understanding.script is not None:
        return Kind.UNREAD
    sealed = (kind for kind in _possible(understanding, kinds) if kinds[kind].sealed)
    return next(sealed, kind_of_case(understanding, kinds))


def is_sealed(understanding: Understanding, kinds: KindsTable) -> bool:
    """Tell whether a sign in the text makes it of a sealed kind; likeness alone only makes it possible."""
    named = (understanding.kind, understanding.content)
    return any(kind in understanding.signs and kinds[kind].sealed for kind in named if kind is not None)


def may_be_sealed(understanding: Understanding, kinds: KindsTable) -> bool:
    """Tell whether the text may be of a sealed kind; what cannot be read may be of any."""
    return any(kinds[kind].sealed for kind in _possible(understanding, kinds))
