"""Every table of the house, one file per noun; what a column means is said beside it."""

from storage.tables.calendar import calendar_corrections, confirmed_years
from storage.tables.cases import case_access, case_events, case_messages, cases, routing_lessons
from storage.tables.columns import metadata
from storage.tables.duties import duties, reminders
from storage.tables.extensions import extensions
from storage.tables.faq import asked, entries, entry_events, gaps, overrides, revisions
from storage.tables.inbox import conversations, lanes, updates
from storage.tables.installation import counters, facts, leases
from storage.tables.outbox import notices
from storage.tables.people import (
    addresses,
    bureaus,
    departments,
    invitations,
    officer_departments,
    officers,
    sessions,
    taxpayers,
)
from storage.tables.webchat import web_messages

__all__ = [
    "addresses",
    "asked",
    "bureaus",
    "calendar_corrections",
    "case_access",
    "case_events",
    "case_messages",
    "cases",
    "confirmed_years",
    "conversations",
    "counters",
    "departments",
    "duties",
    "entries",
    "entry_events",
    "extensions",
    "facts",
    "gaps",
    "invitations",
    "lanes",
    "leases",
    "metadata",
    "notices",
    "officer_departments",
    "officers",
    "overrides",
    "reminders",
    "revisions",
    "routing_lessons",
    "sessions",
    "taxpayers",
    "updates",
    "web_messages",
]
