"""Alembic's room: each file under versions/ is one step of the schema, up and down."""
