"""What stands on a chat page: the messages of both sides, in the order in which the browser is told of them."""

from sqlalchemy import Column, String, Table, UniqueConstraint

from storage.tables.columns import Identity, Instant, SealedJson, SealedText, identity, metadata, points_to

web_messages = Table(
    "web_messages",
    metadata,
    identity(),
    points_to("address_id", "addresses.id"),
    Column("seq", Identity, nullable=False),  # rises with every change, so that a browser resumes where it was
    Column("author", String(3), nullable=False),  # "me", "bot"
    Column("text", SealedText, nullable=False),
    Column("buttons", SealedJson, nullable=False),  # rows of {"text", "data" | "url"}
    Column("reply_to", Identity),
    Column("client_id", String(36)),  # the browser's own id of what it sent
    Column("at", Instant, nullable=False),
    UniqueConstraint("address_id", "seq"),
    UniqueConstraint("address_id", "client_id"),
    sqlite_autoincrement=True,
)
