"""Two editors began from the same text: what each changed is kept, where both changed a field it is said; pure."""

from dataclasses import dataclass, fields, replace
from typing import Any

from faq.entries.content import Content


@dataclass(frozen=True, slots=True)
class Merged:
    """What comes of both: mine where both changed the same field, of which `conflicts` names those."""

    content: Content
    conflicts: tuple[str, ...]


def merge(base: Content, theirs: Content, mine: Content) -> Merged:
    """My text over theirs, field by field; phrasings are added and taken away one by one."""
    taken: dict[str, Any] = {}
    conflicts = []
    for field in fields(Content):
        before, other, own = (getattr(text, field.name) for text in (base, theirs, mine))
        if field.name == "phrasings":
            taken[field.name] = _both_ways(before, other, own)
        elif own == before:
            taken[field.name] = other
        elif other not in (before, own):
            conflicts.append(field.name)
    return Merged(replace(mine, **taken), tuple(conflicts))


def _both_ways(before: tuple[str, ...], other: tuple[str, ...], own: tuple[str, ...]) -> tuple[str, ...]:
    """My phrasings without those that they took away, and then those that they added."""
    kept = [text for text in own if text not in before or text in other]
    return (*kept, *(text for text in other if text not in before and text not in own))
