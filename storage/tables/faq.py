"""What the bureau has answers to, and what people asked."""

from sqlalchemy import Boolean, Column, Date, Float, Integer, String, Table, Text, UniqueConstraint

from storage.tables.columns import Identity, Instant, SealedText, identity, metadata, points_to

entries = Table(
    "entries",
    metadata,
    identity(),
    Column("code", String(80), nullable=False, unique=True),
    Column("revision", Integer, nullable=False),
    Column("state", String(20), nullable=False),  # "published", "retired"
    Column("question", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("legal_basis", Text, nullable=False),
    Column("category", String(40), nullable=False),
    Column("department_code", String(40), nullable=False),
    Column("valid_until", Date),  # the last day on which it answers
    Column("verified_on", Date),  # set by an officer's act only
    Column("sample", Boolean, nullable=False),
    Column("changed_at", Instant, nullable=False),
)

phrasings = Table(
    "phrasings",
    metadata,
    identity(),
    points_to("entry_id", "entries.id"),
    Column("text", Text, nullable=False),
    UniqueConstraint("entry_id", "text"),
)

asked = Table(
    "asked",
    metadata,
    identity(),  # that of the update in which it was asked, which is never given twice
    points_to("address_id", "addresses.id", index=True),
    Column("text", SealedText, nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("decision", String(20), nullable=False),  # "answer", "choices", "nothing"
    Column("confidence", Float, nullable=False),
    points_to("entry_id", "entries.id", nullable=True),  # what was said, or chosen, or came nearest
    Column("outcome", String(20)),  # "solved", "unsolved", "chosen", "none_of_these", "to_people"
    Column("case_id", Identity),
)
