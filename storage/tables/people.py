"""Who there is: bureaus, departments, officers and taxpayers, and the addresses at which they are reached."""

from sqlalchemy import JSON, Boolean, Column, String, Table, UniqueConstraint

from storage.tables.columns import Identity, Instant, SealedText, hashed, identity, metadata, points_to

bureaus = Table(
    "bureaus",
    metadata,
    identity(),
    Column("code", String(40), nullable=False, unique=True),
    Column("name", String(120), nullable=False),
    Column("region", String(40), nullable=False),  # which work calendar
    points_to("parent_id", "bureaus.id", nullable=True),
)

departments = Table(
    "departments",
    metadata,
    identity(),
    points_to("bureau_id", "bureaus.id"),
    Column("code", String(40), nullable=False),
    Column("name", String(80), nullable=False),
    Column("internal", Boolean, nullable=False),  # no case from outside goes there
    Column("sealed", Boolean, nullable=False),  # its cases are seen by nobody else
    Column("names", JSON, nullable=False),  # what else people call it
    Column("words", JSON, nullable=False),  # word → weight: what leads here
    UniqueConstraint("bureau_id", "code"),
)

officers = Table(
    "officers",
    metadata,
    identity(),
    points_to("bureau_id", "bureaus.id"),
    Column("code", String(40), nullable=False, unique=True),
    Column("name", String(80), nullable=False),
    Column("roles", JSON, nullable=False),  # list of role names, see escalation/rules/permissions.py
    Column("left_at", Instant),
)

officer_departments = Table(
    "officer_departments",
    metadata,
    points_to("officer_id", "officers.id"),
    points_to("department_id", "departments.id", index=True),
    Column("head", Boolean, nullable=False),
    UniqueConstraint("officer_id", "department_id"),
)

taxpayers = Table(
    "taxpayers",
    metadata,
    identity(),
    points_to("bureau_id", "bureaus.id"),
    Column("created_at", Instant, nullable=False),
)

addresses = Table(
    "addresses",
    metadata,
    identity(),
    Column("channel", String(20), nullable=False),  # "telegram", "web"
    hashed("chat_hash", unique=True),  # of channel, bot and chat
    Column("chat_id", SealedText, nullable=False),  # the channel's own number of the chat
    Column("language", String(10), nullable=False),
    points_to("taxpayer_id", "taxpayers.id", nullable=True, index=True),
    points_to("officer_id", "officers.id", nullable=True, index=True),
    points_to("department_id", "departments.id", nullable=True, index=True),  # a department's group
    Column("created_at", Instant, nullable=False),
    Column("blocked_at", Instant),  # it cannot be reached since; what is owed to it is kept
    Column("told_at", Instant),  # a group that is bound to no department has been told so
    Column("not_before", Instant, nullable=False),  # lease, back-off and pace: see storage/leasing.py
    Column("holder", String(40)),
    Column("last_seq", Identity, nullable=False, server_default="0"),  # of its web messages
)

sessions = Table(
    "sessions",
    metadata,
    identity(),
    hashed("token_hash", unique=True),
    points_to("address_id", "addresses.id", index=True),
    Column("audience", String(10), nullable=False),  # "taxpayer", "officer"
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("ended_at", Instant),
)

invitations = Table(
    "invitations",
    metadata,
    identity(),
    hashed("token_hash", unique=True),
    points_to("officer_id", "officers.id"),
    Column("purpose", String(10), nullable=False),  # "desk": a browser session; "bind": an address in a chat
    points_to("department_id", "departments.id", nullable=True),  # bind a department's group instead of a person
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
)
