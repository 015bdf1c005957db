"""Asked for and decided: more time for a case."""

from sqlalchemy import Column, Index, Integer, String, Table

from storage.tables.columns import Instant, SealedText, identity, metadata, points_to

extensions = Table(
    "extensions",
    metadata,
    identity(),
    points_to("case_id", "cases.id", index=True),
    points_to("requested_by", "officers.id"),
    Column("requested_at", Instant, nullable=False),
    Column("reason", SealedText, nullable=False),
    Column("extension", Integer, nullable=False),  # in the unit of the case's terms
    points_to("decided_by", "officers.id", nullable=True),
    Column("decided_at", Instant),
    Column("verdict", String(10), nullable=False),  # "pending", "granted", "refused"
)

# Once is enough: a second request while one is open, or after one was granted, cannot exist.
Index(
    "uq_extensions_once",
    extensions.c.case_id,
    unique=True,
    sqlite_where=extensions.c.verdict != "refused",
    postgresql_where=extensions.c.verdict != "refused",
)
