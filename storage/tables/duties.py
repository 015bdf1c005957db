"""What somebody must have done by a moment, and that they were reminded of it."""

from sqlalchemy import JSON, Column, Index, Integer, String, Table, UniqueConstraint

from storage.tables.columns import Identity, Instant, identity, metadata, points_to

duties = Table(
    "duties",
    metadata,
    identity(),
    Column("kind", String(40), nullable=False),  # "case.sign", "case.answer", "update.set_aside"
    Column("subject_id", Identity, nullable=False),  # the row that the kind speaks of
    Column("holder", String(60), nullable=False),  # "department:7", "officer:3", "role:administrator"
    points_to("bureau_id", "bureaus.id"),
    Column("terms", JSON, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("due_at", Instant),  # the result of the terms; none while the clock stands still
    Column("clock", Integer, nullable=False, server_default="0"),  # rises when due_at changes
    Column("stepped_at", Instant),  # up to where the ladder has been climbed
    Column("next_step_at", Instant),
    Column("settled_at", Instant),
    Column("outcome", String(20)),  # "done", "overtaken"
)

still_open = duties.c.settled_at.is_(None)
Index(
    "uq_duties_open",
    duties.c.kind,
    duties.c.subject_id,
    duties.c.holder,
    unique=True,
    sqlite_where=still_open,
    postgresql_where=still_open,
)
Index("ix_duties_next_step", duties.c.next_step_at, sqlite_where=still_open, postgresql_where=still_open)

reminders = Table(
    "reminders",
    metadata,
    identity(),
    points_to("duty_id", "duties.id"),
    Column("clock", Integer, nullable=False),
    Column("rung", String(20), nullable=False),
    points_to("officer_id", "officers.id"),
    Column("given_at", Instant, nullable=False),
    UniqueConstraint("duty_id", "clock", "rung", "officer_id"),
)
