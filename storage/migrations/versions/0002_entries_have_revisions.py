"""Entries have revisions, wordings are laid down for an entry, and what was not answered is dealt with.

What is published becomes revision 1 of its entry, by "sample". The index of unsettled updates holds only those.

Revision 0002, after 0001.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

AUTHOR = "sample"
TEXTS = ("question", "answer", "legal_basis", "category", "department_code")
SHORT = ("category", "department_code")
CONTENT = (*TEXTS, "valid_until", "verified_on", "sample")
UNSETTLED = "settled_at IS NULL"
IN_HAND = "state IN ('draft', 'submitted')"
OPEN_GAP = "gap_id IS NULL AND (outcome = 'unsolved' OR outcome = 'to_people')"


def content() -> list[sa.ColumnClause[Any]]:
    dates = [sa.column("valid_until", sa.Date), sa.column("verified_on", sa.Date)]
    return [*map(sa.column, TEXTS), *dates, sa.column("sample", sa.Boolean)]


ENTRIES = sa.table("entries", *map(sa.column, ("id", "revision", "state", "changed_at")), *content())
PHRASINGS = sa.table("phrasings", sa.column("id"), sa.column("entry_id"), sa.column("text"))
REVISIONS = sa.table(
    "revisions",
    *(sa.column(name) for name in ("entry_id", "number", "state", "written_at", "author")),
    *(sa.column(name, sa.JSON) for name in ("phrasings", "authors")),
    *content(),
)


def number(name: str, *, nullable: bool = True) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=nullable)


def identity() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False)


def points(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))


def partial(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    op.create_index(name, table, columns, unique=unique, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def upgrade() -> None:
    _make_tables()
    _take_over_revisions()
    op.drop_table("phrasings")
    with op.batch_alter_table("entries") as table:
        for name in (*CONTENT, "revision"):
            table.drop_column(name)
        table.add_column(sa.Column("head", sa.Integer(), nullable=False, server_default="1"))
        table.add_column(number("owner_id"))
        table.create_foreign_key(op.f("fk_entries_owner_id_officers"), "officers", ["owner_id"], ["id"])
    with op.batch_alter_table("entries") as table:
        table.alter_column("head", server_default=None)
    with op.batch_alter_table("asked") as table:
        table.add_column(number("gap_id"))
        table.create_foreign_key(op.f("fk_asked_gap_id_gaps"), "gaps", ["gap_id"], ["id"])
    partial("ix_asked_gaps", "asked", ["id"], OPEN_GAP)
    partial("ix_asked_outcomes", "asked", ["entry_id", "asked_at"], "outcome IS NOT NULL")
    op.drop_index("ix_updates_unsettled", "updates")
    partial("ix_updates_unsettled", "updates", ["lane_id", "id"], UNSETTLED)


def _make_tables() -> None:
    op.create_table(
        "revisions",
        identity(),
        number("entry_id", nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("department_code", sa.String(length=40), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("phrasings", sa.JSON(), nullable=False),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author", sa.String(length=80), nullable=False),
        number("author_id"),
        sa.Column("authors", sa.JSON(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        number("submitted_by"),
        sa.Column("first_reviewer", sa.String(length=80), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        number("decided_by"),
        sa.Column("final_reviewer", sa.String(length=80), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("verified_on", sa.Date(), nullable=True),
        number("verified_by"),
        sa.Column("verifier", sa.String(length=80), nullable=True),
        points("revisions", "entry_id", "entries"),
        points("revisions", "author_id", "officers"),
        points("revisions", "submitted_by", "officers"),
        points("revisions", "decided_by", "officers"),
        points("revisions", "verified_by", "officers"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revisions")),
        sa.UniqueConstraint("entry_id", "number", name=op.f("uq_revisions_entry_id_number")),
    )
    partial("uq_revisions_in_hand", "revisions", ["entry_id"], IN_HAND, unique=True)
    partial("ix_revisions_published", "revisions", ["entry_id"], "state = 'published'")
    op.create_table(
        "entry_events",
        identity(),
        number("entry_id", nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        number("officer_id"),
        sa.Column("officer", sa.String(length=80), nullable=False),
        sa.Column("details", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        points("entry_events", "entry_id", "entries"),
        points("entry_events", "officer_id", "officers"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry_events")),
    )
    op.create_index(op.f("ix_entry_events_entry_id"), "entry_events", ["entry_id"])
    op.create_table(
        "overrides",
        identity(),
        sa.Column("wording", sa.String(length=200), nullable=False),
        sa.Column("view", sa.String(length=400), nullable=False),
        number("entry_id", nullable=False),
        number("set_by", nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        number("cleared_by"),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        points("overrides", "entry_id", "entries"),
        points("overrides", "set_by", "officers"),
        points("overrides", "cleared_by", "officers"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_overrides")),
    )
    op.create_index(op.f("ix_overrides_entry_id"), "overrides", ["entry_id"])
    partial("uq_overrides_view", "overrides", ["view"], "cleared_at IS NULL", unique=True)
    op.create_table(
        "gaps",
        identity(),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        number("entry_id"),
        sa.Column("reason", sa.Text(), nullable=True),
        number("decided_by", nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        points("gaps", "entry_id", "entries"),
        points("gaps", "decided_by", "officers"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gaps")),
    )


def _take_over_revisions() -> None:
    connection = op.get_bind()
    ways: dict[int, list[str]] = {}
    for row in connection.execute(sa.select(PHRASINGS).order_by(PHRASINGS.c.id)):
        ways.setdefault(row.entry_id, []).append(row.text)
    rows = [
        {
            **{name: getattr(row, name) for name in CONTENT},
            "entry_id": row.id,
            "number": 1,
            "state": "published",
            "phrasings": ways.get(row.id, []),
            "written_at": row.changed_at,
            "author": AUTHOR,
            "authors": [],
        }
        for row in connection.execute(sa.select(ENTRIES).order_by(ENTRIES.c.id))
    ]
    if rows:
        connection.execute(REVISIONS.insert(), rows)


def downgrade() -> None:
    op.drop_index("ix_updates_unsettled", "updates")
    op.create_index("ix_updates_unsettled", "updates", ["lane_id", "id"])
    op.drop_index("ix_asked_outcomes", "asked")
    op.drop_index("ix_asked_gaps", "asked")
    with op.batch_alter_table("asked") as table:
        table.drop_constraint(op.f("fk_asked_gap_id_gaps"), type_="foreignkey")
        table.drop_column("gap_id")
    with op.batch_alter_table("entries") as table:
        table.drop_constraint(op.f("fk_entries_owner_id_officers"), type_="foreignkey")
        table.drop_column("owner_id")
        table.drop_column("head")
        table.add_column(sa.Column("revision", sa.Integer(), nullable=True))
        for name in TEXTS:
            table.add_column(sa.Column(name, sa.String(length=40) if name in SHORT else sa.Text(), nullable=True))
        table.add_column(sa.Column("valid_until", sa.Date(), nullable=True))
        table.add_column(sa.Column("verified_on", sa.Date(), nullable=True))
        table.add_column(sa.Column("sample", sa.Boolean(), nullable=True))
    op.create_table(
        "phrasings",
        identity(),
        number("entry_id", nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        points("phrasings", "entry_id", "entries"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phrasings")),
        sa.UniqueConstraint("entry_id", "text", name=op.f("uq_phrasings_entry_id_text")),
    )
    _give_back_revisions()
    with op.batch_alter_table("entries") as table:
        for name in ("revision", *TEXTS, "sample"):
            table.alter_column(name, nullable=False)
    for name in ("gaps", "overrides", "entry_events", "revisions"):
        op.drop_table(name)


def _give_back_revisions() -> None:
    """Of each entry the newest published revision; what was never published is kept as retired."""
    connection = op.get_bind()
    chosen: dict[int, sa.Row[Any]] = {}
    for row in connection.execute(sa.select(REVISIONS).order_by(REVISIONS.c.number)):
        kept = chosen.get(row.entry_id)
        if kept is None or row.state == "published" or kept.state != "published":
            chosen[row.entry_id] = row
    for entry_id, row in chosen.items():
        content = {name: getattr(row, name) for name in CONTENT}
        entry = sa.update(ENTRIES).where(ENTRIES.c.id == entry_id)
        connection.execute(entry.values(revision=row.number, **content))
        for text in dict.fromkeys(row.phrasings):
            connection.execute(PHRASINGS.insert().values(entry_id=entry_id, text=text))
    connection.execute(sa.update(ENTRIES).where(ENTRIES.c.state == "new").values(state="retired"))
