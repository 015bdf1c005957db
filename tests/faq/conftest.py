"""An open, empty database of either kind, as the room of storage has them."""

from tests.storage.conftest import (
    clock,
    database,
    file_url,
    migrated_file,
    place,
    postgresql,
    postgresql_url,
    shared_postgresql,
    sqlite,
)

__all__ = [
    "clock",
    "database",
    "file_url",
    "migrated_file",
    "place",
    "postgresql",
    "postgresql_url",
    "shared_postgresql",
    "sqlite",
]
