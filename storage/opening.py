"""Opens a database in the right order: reach it, prove the key, migrate, and only then let anybody write.

Nothing is written before it is known that the key is the right one, or that there is nothing yet to have a key for.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import URL, inspect, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import Database, DatabaseError, make_engine, parse_url
from storage.failures import unusable
from storage.group_commit import CommitLostError
from storage.installation import fact, put_fact_once
from storage.schema import migrate
from storage.signals import Signals
from storage.tables import facts
from storage.vault import Hasher, Vault, VaultError, make_vault, new_key, new_pepper, parse_keys, write_new_key

PEPPER = "pepper"


@dataclass(frozen=True, slots=True)
class Keys:
    """Where the encryption keys come from: the setting, else the file; a new database may make the file."""

    setting: str | None
    file: Path


async def open_database(
    address: str, keys: Keys, *, signals: Signals, clock: Callable[[], datetime], say: Callable[[str], None]
) -> Database:
    """Open and migrate the database at `address`; `say` is told of a key that had to be made.

    Raises DatabaseError or VaultError, whose messages say what is wrong and what to do.
    """
    url = parse_url(address)
    _make_folder(url)
    vault = prove_key(keys, await _sealed_pepper(address)) or _first_vault(keys.file, say)
    engine = make_engine(url, vault)
    try:
        await migrate(engine)
        database = Database(url, engine, Hasher(b""), signals, clock)
        async with database.unit() as unit:
            await put_fact_once(unit, PEPPER, vault.seal(new_pepper()))
        async with database.reader() as reader:
            sealed = await fact(reader, PEPPER)
        database.hasher = Hasher(bytes.fromhex(vault.open(str(sealed))))
    except (SQLAlchemyError, OSError, CommitLostError) as error:
        await engine.dispose()
        raise DatabaseError(unusable(url, error)) from error
    except BaseException:
        await engine.dispose()
        raise
    return database


async def _sealed_pepper(address: str) -> str | None:
    """The sealed pepper of a database that is in use already; None for a new one."""
    url = parse_url(address)
    if _is_new_file(url):
        return None
    engine = make_engine(url, make_vault((new_key(),)))
    try:
        async with engine.connect() as connection:
            return await read_pepper(connection)
    except (SQLAlchemyError, OSError) as error:
        raise DatabaseError(unusable(url, error)) from error
    finally:
        await engine.dispose()


def _is_new_file(url: URL) -> bool:
    return url.get_backend_name() == "sqlite" and not (url.database and Path(url.database).exists())


def _make_folder(url: URL) -> None:
    if url.get_backend_name() == "sqlite" and url.database:
        try:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DatabaseError(unusable(url, error)) from error


async def read_pepper(connection: AsyncConnection) -> str | None:
    """The sealed pepper, whatever schema the database has; None where nothing has been sealed yet."""
    if not await connection.run_sync(lambda sync: inspect(sync).has_table(facts.name)):
        return None
    found = await connection.execute(select(facts.c.value).where(facts.c.name == PEPPER))
    value: str | None = found.scalar_one_or_none()
    return value


def prove_key(keys: Keys, sealed_pepper: str | None) -> Vault | None:
    """The vault of the keys that are there, which opens what is sealed; None where no key is there, and none missed.

    Raises VaultError where the keys are malformed, missing or others than those that the data were sealed with.
    """
    text = keys.setting or _key_in(keys.file)
    if text is None:
        if sealed_pepper is not None:
            raise VaultError(
                f"数据库里已有加密数据，但找不到密钥（既没有设置 SHUIQIAO_KEY，也没有密钥文件 {keys.file}）。"
                "请放回原来的密钥；丢失密钥则数据无法读出。"
            )
        return None
    vault = make_vault(parse_keys(text))
    if sealed_pepper is not None:
        vault.open(sealed_pepper)
    return vault


def _key_in(file: Path) -> str | None:
    """What the key file says; None where there is none."""
    try:
        return _read(file) if file.exists() else None
    except OSError as error:
        raise _unusable_key_file(file, error) from error


def _first_vault(file: Path, say: Callable[[str], None]) -> Vault:
    """Make the key file of a new database."""
    try:
        with suppress(FileExistsError):  # another process that starts now was first: its key is ours
            write_new_key(file)
            say(f"已生成新的加密密钥：{file}（仅本用户可读）。请另存一份：丢了它，数据就再也读不出来。")
        return make_vault(parse_keys(_read(file)))
    except OSError as error:
        raise _unusable_key_file(file, error) from error


def _read(file: Path) -> str:
    return file.read_text(encoding="ascii", errors="replace")


def _unusable_key_file(file: Path, error: OSError) -> VaultError:
    return VaultError(f"无法读写密钥文件 {file}：{error.strerror}。请检查路径和权限。")
