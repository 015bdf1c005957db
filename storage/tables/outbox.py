"""What is to be said: one notice is one thing to tell one address."""

from sqlalchemy import Column, Index, Integer, String, Table

from storage.tables.columns import Identity, Instant, SealedJson, SealedText, identity, metadata, points_to

notices = Table(
    "notices",
    metadata,
    identity(),
    points_to("address_id", "addresses.id"),
    Column("channel", String(20), nullable=False),
    Column("kind", String(40), nullable=False),  # which wording
    Column("payload", SealedJson, nullable=False),
    Column("priority", Integer, nullable=False),  # 0 answers, 1 reminders, 2 digests
    points_to("duty_id", "duties.id", nullable=True),  # a reminder: said only while the duty is open
    Column("once_key", String(120), unique=True),  # a second one of the same key cannot exist
    Column("created_at", Instant, nullable=False),
    Column("not_before", Instant, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("settled_at", Instant),
    Column("outcome", String(20)),  # "sent", "moot", "failed", "closed"
    Column("said", SealedText),  # what was said, word for word
    Column("message_id", Identity),  # the channel's own number of the message, to edit it and to know replies to it
    sqlite_autoincrement=True,
)

Index(
    "ix_notices_waiting",
    notices.c.channel,
    notices.c.priority,
    notices.c.id,
    sqlite_where=notices.c.settled_at.is_(None),
    postgresql_where=notices.c.settled_at.is_(None),
)
Index("ix_notices_address_message", notices.c.address_id, notices.c.message_id)
