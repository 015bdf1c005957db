"""What the bureau has answers to, how they came about, and what people asked.

An entry is an identity; all its words stand in its revisions, of which none is ever rewritten. What answers on a day is
the newest published revision that is valid by then, of an entry that is not retired.
"""

from sqlalchemy import JSON, Boolean, Column, Date, Float, Index, Integer, String, Table, Text, UniqueConstraint, or_

from storage.tables.columns import Identity, Instant, SealedText, identity, metadata, points_to

entries = Table(
    "entries",
    metadata,
    identity(),
    Column("code", String(80), nullable=False, unique=True),
    Column("state", String(20), nullable=False),  # see faq/lifecycle.py
    Column("head", Integer, nullable=False),  # the number of the newest revision: what an editor must have seen
    points_to("owner_id", "officers.id", nullable=True),
    Column("changed_at", Instant, nullable=False),
)

revisions = Table(
    "revisions",
    metadata,
    identity(),
    points_to("entry_id", "entries.id"),
    Column("number", Integer, nullable=False),
    # see faq/lifecycle.py
    Column("state", String(20), nullable=False),
    Column("question", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("legal_basis", Text, nullable=False),
    Column("category", String(40), nullable=False),
    Column("department_code", String(40), nullable=False),
    Column("valid_from", Date),  # the first day on which it answers
    Column("valid_until", Date),  # the last day on which it answers
    Column("phrasings", JSON, nullable=False),  # list of texts
    Column("sample", Boolean, nullable=False),  # as it came with the product; nobody here has looked at it
    Column("note", Text),  # what was changed, and why
    Column("written_at", Instant, nullable=False),
    Column("author", String(80), nullable=False),  # by name, whatever becomes of the officer
    points_to("author_id", "officers.id", nullable=True),  # none: it came with the product
    Column("authors", JSON, nullable=False),  # ids of all who wrote what nobody has approved yet
    Column("submitted_at", Instant),
    points_to("submitted_by", "officers.id", nullable=True),
    Column("first_reviewer", String(80)),
    Column("decided_at", Instant),
    points_to("decided_by", "officers.id", nullable=True),
    Column("final_reviewer", String(80)),
    Column("reason", Text),  # of a refusal
    Column("verified_on", Date),  # set by an officer's act only
    points_to("verified_by", "officers.id", nullable=True),
    Column("verifier", String(80)),
    UniqueConstraint("entry_id", "number"),
)

in_hand = revisions.c.state.in_(["draft", "submitted"])
Index("uq_revisions_in_hand", revisions.c.entry_id, unique=True, sqlite_where=in_hand, postgresql_where=in_hand)
in_print = revisions.c.state == "published"
Index("ix_revisions_published", revisions.c.entry_id, sqlite_where=in_print, postgresql_where=in_print)

entry_events = Table(
    "entry_events",
    metadata,
    identity(),
    points_to("entry_id", "entries.id", index=True),
    Column("what", String(20), nullable=False),  # "submitted", "withdrawn", "retired", "restored", "verified", …
    points_to("officer_id", "officers.id", nullable=True),
    Column("officer", String(80), nullable=False),
    Column("details", Text),
    Column("at", Instant, nullable=False),
)

overrides = Table(
    "overrides",
    metadata,
    identity(),
    Column("wording", String(200), nullable=False),
    Column("view", String(400), nullable=False),  # the wording as it is compared
    points_to("entry_id", "entries.id", index=True),
    points_to("set_by", "officers.id"),
    Column("set_at", Instant, nullable=False),
    points_to("cleared_by", "officers.id", nullable=True),
    Column("cleared_at", Instant),
)

in_force = overrides.c.cleared_at.is_(None)
Index("uq_overrides_view", overrides.c.view, unique=True, sqlite_where=in_force, postgresql_where=in_force)

gaps = Table(
    "gaps",
    metadata,
    identity(),
    Column("verdict", String(20), nullable=False),  # "drafted", "phrased", "dismissed"
    points_to("entry_id", "entries.id", nullable=True),
    Column("reason", Text),
    points_to("decided_by", "officers.id"),
    Column("decided_at", Instant, nullable=False),
)

asked = Table(
    "asked",
    metadata,
    identity(),  # that of the update in which it was asked, which is never given twice
    points_to("address_id", "addresses.id", index=True),
    Column("text", SealedText, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column(
        "decision", String(20), nullable=False
    ),  # "answer", "choices", "nothing", "outofscope", "withheld", "danger"
    Column("confidence", Float, nullable=False),
    points_to("entry_id", "entries.id", nullable=True),  # what was said, or chosen, or came nearest
    Column(
        "outcome", String(20)
    ),  # "solved", "unsolved", "chosen", "to_people", "supplement", "apart", "told", "joined", "drop"
    Column("case_id", Identity),
    points_to("gap_id", "gaps.id", nullable=True),  # what an officer made of a question that was not answered
)

open_gap = asked.c.gap_id.is_(None) & or_(asked.c.outcome == "unsolved", asked.c.outcome == "to_people")
Index("ix_asked_gaps", asked.c.id, sqlite_where=open_gap, postgresql_where=open_gap)
judged = asked.c.outcome.is_not(None)
Index("ix_asked_outcomes", asked.c.entry_id, asked.c.asked_at, sqlite_where=judged, postgresql_where=judged)
unsorted = (asked.c.decision == "withheld") & asked.c.outcome.is_(None)
Index("ix_asked_withheld", asked.c.asked_at, sqlite_where=unsorted, postgresql_where=unsorted)
