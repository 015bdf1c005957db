"""What a taxpayer is owed an answer to, all that was said about it, and who may see it from outside."""

from sqlalchemy import JSON, Boolean, Column, Float, Integer, String, Table, UniqueConstraint

from storage.tables.columns import Instant, SealedJson, SealedText, hashed, identity, metadata, points_to

cases = Table(
    "cases",
    metadata,
    identity(),
    Column("number", String(20), nullable=False, unique=True),
    hashed("code_hash"),  # of the 查询码, which with the number opens the case from anywhere
    Column("kind", String(20), nullable=False),
    Column("state", String(20), nullable=False),  # see escalation/cases/lifecycle.py
    Column("sealed", Boolean, nullable=False),
    Column("major", Boolean, nullable=False),
    points_to("bureau_id", "bureaus.id"),
    points_to("department_id", "departments.id", index=True),
    points_to("taxpayer_id", "taxpayers.id", index=True),
    points_to("address_id", "addresses.id"),  # where it was asked, and where the answer goes
    points_to("signed_by", "officers.id", nullable=True),
    Column("received_at", Instant, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("answered_at", Instant),
    Column("confidence", Float, nullable=False),
    Column("reasons", SealedJson, nullable=False),  # why this kind and this department; they quote the text
    Column("words", JSON, nullable=False),  # what it is about, in words of the tax dictionary; none of a sealed case
    Column("rating", Integer),  # 1 to 5
)

case_messages = Table(
    "case_messages",
    metadata,
    identity(),
    points_to("case_id", "cases.id", index=True),
    Column("author", String(10), nullable=False),  # "taxpayer", "officer"
    points_to("officer_id", "officers.id", nullable=True),
    Column("what", String(20), nullable=False),  # "letter", "supplement", "unsorted", "answer", "request"
    Column("text", SealedText, nullable=False),
    Column("at", Instant, nullable=False),
)

case_events = Table(
    "case_events",
    metadata,
    identity(),
    points_to("case_id", "cases.id", index=True),
    Column("what", String(20), nullable=False),  # "opened", "signed", "answered", "passed_on", …
    points_to("officer_id", "officers.id", nullable=True),
    Column("details", SealedText),
    Column("at", Instant, nullable=False),
)

case_access = Table(
    "case_access",
    metadata,
    identity(),
    points_to("case_id", "cases.id"),
    points_to("taxpayer_id", "taxpayers.id", index=True),
    Column("since_at", Instant, nullable=False),
    UniqueConstraint("case_id", "taxpayer_id"),
)

routing_lessons = Table(
    "routing_lessons",
    metadata,
    identity(),
    points_to("bureau_id", "bureaus.id"),
    Column("department_code", String(40), nullable=False),
    Column("word", String(40), nullable=False),
    Column("cases", Integer, nullable=False),  # how many with this word the department has answered
    UniqueConstraint("bureau_id", "word", "department_code"),
)
