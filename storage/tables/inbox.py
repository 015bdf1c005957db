"""What has come in: raw updates, the lanes in which they are handled, and where each conversation stands."""

from sqlalchemy import Column, Index, Integer, String, Table, UniqueConstraint

from storage.tables.columns import Instant, SealedJson, hashed, identity, metadata, points_to

lanes = Table(
    "lanes",
    metadata,
    identity(),
    hashed("key", unique=True),  # of channel, bot, chat and person
    Column("not_before", Instant, nullable=False),  # lease, back-off and album wait: see storage/leasing.py
    Column("holder", String(40)),
)

updates = Table(
    "updates",
    metadata,
    identity(),
    points_to("lane_id", "lanes.id"),
    Column("channel", String(20), nullable=False),
    Column("external_id", String(64), nullable=False),  # the channel's own id: a redelivery is the same row
    Column("received_at", Instant, nullable=False),  # the channel's timestamp, never later than stored_at
    Column("stored_at", Instant, nullable=False),
    hashed("album", nullable=True),
    Column("body", SealedJson, nullable=False),
    Column("claims", Integer, nullable=False, server_default="0"),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("settled_at", Instant),
    Column("outcome", String(20)),  # "handled", "set_aside", "closed"
    UniqueConstraint("channel", "external_id"),
    sqlite_autoincrement=True,
)

unsettled = updates.c.settled_at.is_(None)
Index("ix_updates_unsettled", updates.c.lane_id, updates.c.id, sqlite_where=unsettled, postgresql_where=unsettled)
Index("ix_updates_waiting", updates.c.id, sqlite_where=unsettled, postgresql_where=unsettled)

conversations = Table(
    "conversations",
    metadata,
    Column("key", String(64), primary_key=True),  # the lane's key
    Column("state", String(60)),
    Column("data", SealedJson, nullable=False),
    Column("changed_at", Instant, nullable=False),
)
