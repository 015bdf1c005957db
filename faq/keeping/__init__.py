"""Keeps the entries: drafted, approved by somebody else, published, verified, retired; who, when and what is kept."""

from faq.keeping.approving import approve, refuse, to_decide
from faq.keeping.book import (
    Event,
    Kept,
    Line,
    Page,
    Revision,
    Standing,
    Wanted,
    awaiting_approval,
    concerns,
    department_codes,
    events_of,
    find_by_code,
    find_entry,
    overrides_of,
    revisions_of,
    search,
    subject_of,
)
from faq.keeping.content import Content, Finding, Flaw, categories, check, line_of, tidy
from faq.keeping.drafting import discard, draft_entry, edit_entry, submit, withdraw
from faq.keeping.history import Change, Piece, changes, differing
from faq.keeping.merging import Merged, merge
from faq.keeping.results import Denied, Outdated, Saved, Why, Wrong
from faq.keeping.standing import give_to, restore, retire, verify
from faq.keeping.suggesting import suggested_phrasings
from faq.keeping.wordings import add_phrasings, clear_override, override

__all__ = [
    "Change",
    "Content",
    "Denied",
    "Event",
    "Finding",
    "Flaw",
    "Kept",
    "Line",
    "Merged",
    "Outdated",
    "Page",
    "Piece",
    "Revision",
    "Saved",
    "Standing",
    "Wanted",
    "Why",
    "Wrong",
    "add_phrasings",
    "approve",
    "awaiting_approval",
    "categories",
    "changes",
    "check",
    "clear_override",
    "concerns",
    "department_codes",
    "differing",
    "discard",
    "draft_entry",
    "edit_entry",
    "events_of",
    "find_by_code",
    "find_entry",
    "give_to",
    "line_of",
    "merge",
    "override",
    "overrides_of",
    "refuse",
    "restore",
    "retire",
    "revisions_of",
    "search",
    "subject_of",
    "submit",
    "suggested_phrasings",
    "tidy",
    "to_decide",
    "verify",
    "withdraw",
]
