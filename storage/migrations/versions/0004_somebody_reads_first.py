"""Every bureau has a post whose holder reads first what the rules cannot read; until somebody else is named, it is held
by whoever serves the discipline group, who may see what is sealed.

Revision 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

CODE, NAME, SEALED_BEFORE = "first_reading", "首读岗", "discipline"
DEPARTMENTS = sa.table(
    "departments",
    *(sa.column(name) for name in ("id", "bureau_id", "code", "name")),
    *(sa.column(name, sa.Boolean) for name in ("internal", "sealed")),
    *(sa.column(name, sa.JSON) for name in ("names", "words")),
)
CASES = sa.table("cases", sa.column("department_id"))
DUTIES = sa.table("duties", sa.column("holder"))
SERVES = sa.table(
    "officer_departments", *map(sa.column, ("officer_id", "department_id")), sa.column("head", sa.Boolean)
)


def upgrade() -> None:
    connection = op.get_bind()
    readers = sa.select(DEPARTMENTS.c.id, DEPARTMENTS.c.bureau_id).where(DEPARTMENTS.c.code == SEALED_BEFORE)
    there = set(connection.scalars(sa.select(DEPARTMENTS.c.bureau_id).where(DEPARTMENTS.c.code == CODE)))
    for discipline_id, bureau_id in connection.execute(readers).all():
        if bureau_id in there:
            continue
        values = {"bureau_id": bureau_id, "code": CODE, "name": NAME, "internal": False, "sealed": True}
        connection.execute(DEPARTMENTS.insert().values(**values, names=[], words={}))
        own = sa.select(DEPARTMENTS.c.id).where(DEPARTMENTS.c.bureau_id == bureau_id, DEPARTMENTS.c.code == CODE)
        number = connection.scalar(own)
        staff = connection.scalars(sa.select(SERVES.c.officer_id).where(SERVES.c.department_id == discipline_id)).all()
        for officer_id in staff:
            connection.execute(SERVES.insert().values(officer_id=officer_id, department_id=number, head=True))


def downgrade() -> None:
    connection = op.get_bind()
    discipline = sa.select(DEPARTMENTS.c.bureau_id, DEPARTMENTS.c.id).where(DEPARTMENTS.c.code == SEALED_BEFORE)
    heirs = {row.bureau_id: row.id for row in connection.execute(discipline)}
    there = sa.select(DEPARTMENTS.c.id, DEPARTMENTS.c.bureau_id).where(DEPARTMENTS.c.code == CODE)
    for post_id, bureau_id in connection.execute(there).all():
        heir = heirs[bureau_id]
        connection.execute(CASES.update().where(CASES.c.department_id == post_id).values(department_id=heir))
        held = DUTIES.update().where(DUTIES.c.holder == f"department:{post_id}")
        connection.execute(held.values(holder=f"department:{heir}"))
    posts = sa.select(DEPARTMENTS.c.id).where(DEPARTMENTS.c.code == CODE)
    connection.execute(SERVES.delete().where(SERVES.c.department_id.in_(posts)))
    connection.execute(DEPARTMENTS.delete().where(DEPARTMENTS.c.code == CODE))
