"""Names the kinds of message that the bureau treats differently."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["About", "Kind"]


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
    UNREAD = "unread"  # in letters that the rules cannot read: somebody reads it and says what it is
    OUTOFSCOPE = "outofscope"
    STATUS = "status"
    GREETING = "greeting"
    THANKS = "thanks"
    HUMAN = "human"
    UNINTELLIGIBLE = "unintelligible"


class About(StrEnum):
    """Whom a complaint is about, where it is not about the bureau: each has a door of its own."""

    COMPANY = "company"  # gives no invoice
    EMPLOYER = "employer"  # pays no social insurance
    WAGES = "wages"  # an employer that owes wages: the labour office's, not the bureau's
