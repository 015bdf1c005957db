"""What the house knows about itself: facts, counters, and who holds which named lease."""

from sqlalchemy import Column, Integer, String, Table, Text

from storage.tables.columns import Instant, metadata

facts = Table(
    "facts",
    metadata,
    Column("name", String(60), primary_key=True),  # "pepper" (sealed), "faq_revision"
    Column("value", Text, nullable=False),
)

counters = Table(
    "counters",
    metadata,
    Column("name", String(60), primary_key=True),  # "case:2026"
    Column("value", Integer, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(60), primary_key=True),  # "poller:telegram", "jobs", "sender:telegram"
    Column("holder", String(40), nullable=False),
    Column("until_at", Instant, nullable=False),  # on the database's clock
)
