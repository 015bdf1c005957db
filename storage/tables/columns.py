"""The kinds of column that all tables share: identities, UTC instants, encrypted texts."""

from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import BigInteger, Column, DateTime, Dialect, ForeignKey, Integer, MetaData, String, Text, TypeDecorator

from storage.vault import Vault

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Identity = BigInteger().with_variant(Integer(), "sqlite")


class Instant(TypeDecorator[datetime]):
    """An instant in UTC. A naive datetime is refused, never guessed."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant must carry its time zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  the signature is SQLAlchemy's
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def vault_of(dialect: Dialect) -> Vault:
    """The vault of the engine that speaks; `Database` hangs it there, so that two databases may have two keys."""
    return cast(Vault, getattr(dialect, "vault"))  # noqa: B009  a dialect declares no such attribute


class SealedText(TypeDecorator[str]):
    """A text that is encrypted in the database and plain in Python."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else vault_of(dialect).seal(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else vault_of(dialect).open(value)


class SealedJson(TypeDecorator[Any]):
    """A JSON value that is encrypted in the database and plain in Python."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else vault_of(dialect).seal_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else vault_of(dialect).open_json(value)


def identity() -> Column[int]:
    return Column("id", Identity, primary_key=True, autoincrement=True)


def points_to(name: str, target: str, *, nullable: bool = False, index: bool = False) -> Column[int]:
    """A foreign key column called `name` to `target` ("table.column")."""
    return Column(name, Identity, ForeignKey(target), nullable=nullable, index=index)


def hashed(name: str, *, nullable: bool = False, unique: bool = False) -> Column[str]:
    """A keyed hash (`vault.Hasher`) by which something encrypted is found."""
    return Column(name, String(64), nullable=nullable, unique=unique)
