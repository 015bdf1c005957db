"""What an administrator knows better about the calendar than the notices that the product carries."""

from sqlalchemy import Boolean, Column, Date, Integer, String, Table, UniqueConstraint

from storage.tables.columns import Instant, identity, metadata

calendar_corrections = Table(
    "calendar_corrections",
    metadata,
    identity(),
    Column("region", String(40), nullable=False),
    Column("on", Date, nullable=False),
    Column("counts", Boolean, nullable=False),
    Column("why", String(60), nullable=False),  # shown to people, in the account of a due date
    Column("corrected_by", String(80), nullable=False),
    Column("corrected_at", Instant, nullable=False),
    UniqueConstraint("region", "on"),
)

confirmed_years = Table(
    "confirmed_years",
    metadata,
    identity(),
    Column("region", String(40), nullable=False),
    Column("year", Integer, nullable=False),  # checked against the notices: no day of it is provisional
    Column("confirmed_by", String(80), nullable=False),
    Column("confirmed_at", Instant, nullable=False),
    UniqueConstraint("region", "year"),
)
