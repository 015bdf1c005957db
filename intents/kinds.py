"""Names the kinds of message that the bureau treats differently."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Kind"]


class Kind(StrEnum):
    """What somebody wants with one message; the value is the code used in tables, files and exports."""

    QUESTION = "question"
    COMPLAINT = "complaint"
    REPORT = "report"
    DISCIPLINE = "discipline"
    SUGGESTION = "suggestion"
    PRAISE = "praise"
    SITE_ERROR = "site_error"
    LETTER = "letter"
    DISCLOSURE = "disclosure"
    OBJECTION = "objection"
    PETITION = "petition"
    OPINION = "opinion"
    OUTOFSCOPE = "outofscope"
    STATUS = "status"
    GREETING = "greeting"
    THANKS = "thanks"
    HUMAN = "human"
    UNINTELLIGIBLE = "unintelligible"
