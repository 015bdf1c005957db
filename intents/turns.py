"""Names what a line does in a talk that is no matter yet (data/kinds.yaml, `turns`)."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Turn"]


class Turn(StrEnum):
    """What a line does in a talk, where it is no matter of its own; the first that holds for a line is its turn."""

    DANGER = "danger"  # somebody's life is in danger; whatever else is said
    PRESS = "press"
    FAREWELL = "farewell"  # 再见, 知道了: nobody is thanked
    WITHDRAWAL = "withdrawal"
    WHO = "who"  # who are you, are you a robot?
    LOST = "lost"  # the answer was not understood, or was none
    HURRY = "hurry"
    ANYBODY = "anybody"
    DESPAIR = "despair"
    INSULT = "insult"
    HELP = "help"
    REPLY = "reply"  # yes, no, I do not know
    PRELUDE = "prelude"
    ABOUT_SELF = "about_self"
    VAGUE = "vague"  # it asks, and does not say about what
    FRAGMENT = "fragment"  # a few words that say nothing of what is wanted
