"""Withheld lines, about which their writers have not said who may see them, are found by their age.

Revision 0003, after 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

UNSORTED = "decision = 'withheld' AND outcome IS NULL"


def upgrade() -> None:
    where = sa.text(UNSORTED)
    op.create_index("ix_asked_withheld", "asked", ["asked_at"], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    op.drop_index("ix_asked_withheld", "asked")
