"""Keys: rotation, wrong, missing and malformed ones; and nothing readable in the database."""

import json
import stat
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import JSON, Boolean, Date, DateTime, Float, Integer, String, Table, inspect, select

from storage.database import Database, DatabaseError
from storage.opening import Keys, open_database
from storage.signals import Signals
from storage.tables import conversations, facts, metadata
from storage.tables.columns import SealedJson, SealedText
from storage.vault import Hasher, VaultError, make_vault, new_key, parse_keys, write_new_key
from tests.storage.opened import found_bureau, opened
from tests.support.house import Clock, sqlite_url

SECRET = "乌鲁木齐某某商行投诉电话13900000000"
OLD, NEW, WRONG = (Fernet.generate_key().decode("ascii") for _ in range(3))


async def open_with(url: str, setting: str | None, file: Path, said: list[str] | None = None) -> None:
    """Open and close."""
    say = (said if said is not None else []).append
    database = await open_database(url, Keys(setting, file), signals=Signals(), clock=Clock(), say=say)
    await database.close()


def one_sentence(error: pytest.ExceptionInfo[Exception]) -> str:
    said = str(error.value)
    assert said.endswith("。")
    assert "\n" not in said
    return said


def test_what_is_sealed_opens_again_and_looks_different_each_time() -> None:
    vault = make_vault((OLD,))
    assert vault.open(vault.seal(SECRET)) == SECRET
    assert vault.seal(SECRET) != vault.seal(SECRET)
    assert SECRET not in vault.seal(SECRET)
    value = {"text": SECRET, "numbers": [1, 2.5, None, True]}
    assert vault.open_json(vault.seal_json(value)) == value


def test_the_first_key_encrypts_and_all_of_them_decrypt() -> None:
    sealed_before = make_vault((OLD,)).seal(SECRET)
    rotated = make_vault((NEW, OLD))
    assert rotated.open(sealed_before) == SECRET
    assert make_vault((NEW,)).open(rotated.seal(SECRET)) == SECRET
    with pytest.raises(VaultError):
        make_vault((OLD,)).open(rotated.seal(SECRET))


@pytest.mark.parametrize("spoilt", ["", "not sealed", "税桥", "gAAAAA=="])
def test_what_was_not_sealed_by_us_is_refused_in_words(spoilt: str) -> None:
    with pytest.raises(VaultError) as refused:
        make_vault((OLD,)).open(spoilt)
    one_sentence(refused)


@pytest.mark.parametrize("keys", [(), ("short",), ("!" * 44,), ("A" * 43 + "=", "税桥")])
def test_a_malformed_key_is_refused_in_words_that_do_not_repeat_it(keys: tuple[str, ...]) -> None:
    with pytest.raises(VaultError) as refused:
        make_vault(keys)
    assert not any(key in one_sentence(refused) for key in keys)


def test_keys_are_separated_by_commas_or_white_space() -> None:
    assert parse_keys(f" {NEW},{OLD}\n") == parse_keys(f"{NEW}\n{OLD}") == (NEW, OLD)
    assert parse_keys(" \n") == ()


def test_a_hash_depends_on_all_its_parts_and_on_the_pepper() -> None:
    one, other = Hasher(b"one"), Hasher(b"other")
    assert one("lane", 1, 2) == one("lane", "1", "2")
    assert len({one("lane", 1, 2), one("lane", 12), one("lane", 2, 1), one("lane1", 2), other("lane", 1, 2)}) == 5
    assert len(one("x")) == 64


def test_a_new_key_file_is_its_owners_alone_and_is_never_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "var" / "key"
    write_new_key(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    text = file.read_text()
    make_vault(parse_keys(text))
    with pytest.raises(FileExistsError):
        write_new_key(file)
    assert file.read_text() == text
    assert list(file.parent.iterdir()) == [file]


async def test_a_new_database_gets_a_key_and_its_owner_is_told(database_url: str, tmp_path: Path) -> None:
    file, said = tmp_path / "secret" / "key", list[str]()
    await open_with(database_url, None, file, said)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(said) == 1
    assert str(file) in said[0]
    await open_with(database_url, None, file, said)
    assert len(said) == 1


async def test_a_key_in_the_settings_needs_no_file(database_url: str, tmp_path: Path) -> None:
    await open_with(database_url, OLD, tmp_path / "key")
    assert not (tmp_path / "key").exists()


async def dump(database_url: str) -> list[Any]:
    """All that stands in a database that was opened with the old key."""
    async with opened(database_url, key=OLD) as database, database.engine.connect() as connection:
        names = await connection.run_sync(lambda sync: sorted(inspect(sync).get_table_names()))
        return [(await connection.exec_driver_sql(f"SELECT * FROM {name}")).all() for name in names]  # noqa: S608  our own


async def test_a_wrong_key_is_refused_before_anything_is_written(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, key=OLD) as database, database.unit() as unit:
        await found_bureau(unit)
    before = await dump(database_url)
    wrong_file = tmp_path / "wrong"
    wrong_file.write_text(WRONG)
    for setting, file in ((WRONG, tmp_path / "none"), (None, wrong_file), (f"{WRONG},{NEW}", wrong_file)):
        with pytest.raises(VaultError, match="密钥") as refused:
            await open_with(database_url, setting, file)
        one_sentence(refused)
    assert await dump(database_url) == before
    assert wrong_file.read_text() == WRONG


async def test_keys_rotate_over_a_database_in_use(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, key=OLD) as database:
        before = database.hasher("lane", 1)
    async with opened(database_url, key=f"{NEW},{OLD}") as database:
        assert database.hasher("lane", 1) == before
    with pytest.raises(VaultError):
        await open_with(database_url, NEW, tmp_path / "none")  # the old key is still needed to read


async def test_a_lost_key_is_asked_for_and_no_new_one_is_made(database_url: str, tmp_path: Path) -> None:
    await open_with(database_url, OLD, tmp_path / "key")
    said = list[str]()
    with pytest.raises(VaultError, match="找不到密钥") as refused:
        await open_with(database_url, None, tmp_path / "lost" / "key", said)
    one_sentence(refused)
    assert not (tmp_path / "lost").exists()
    assert said == []


@pytest.mark.parametrize("text", ["", "garbage", "密钥"])
async def test_a_spoilt_key_file_is_refused_and_left_as_it_is(tmp_path: Path, text: str) -> None:
    file = tmp_path / "key"
    file.write_text(text)
    with pytest.raises(VaultError) as refused:
        await open_with(sqlite_url(tmp_path), None, file)
    one_sentence(refused)
    assert file.read_text() == text
    assert not (tmp_path / "test.db").exists()


async def test_a_key_file_that_cannot_be_read_or_made_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    for impossible in (tmp_path / "folder", tmp_path / "file" / "key"):
        with pytest.raises(VaultError, match="密钥文件") as refused:
            await open_with(sqlite_url(tmp_path), None, impossible)
        assert str(impossible) in one_sentence(refused)
    assert not (tmp_path / "test.db").exists()


async def test_an_unreachable_database_is_said_before_a_key_is_made(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError) as refused:
        await open_with("postgresql://somebody:hidden@127.0.0.1:1/none", None, tmp_path / "key")
    assert "hidden" not in one_sentence(refused)
    assert not (tmp_path / "key").exists()


def sealed_columns() -> set[tuple[str, str]]:
    return {
        (table.name, column.name)
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, SealedText | SealedJson)
    }


def test_what_people_confide_is_in_sealed_columns() -> None:
    assert sealed_columns() >= {
        ("updates", "body"),
        ("conversations", "data"),
        ("notices", "payload"),
        ("notices", "said"),
        ("web_messages", "text"),
        ("web_messages", "buttons"),
        ("case_messages", "text"),
        ("case_events", "details"),
        ("asked", "text"),
        ("addresses", "chat_id"),
    }


def confiding_row(table: Table) -> dict[str, Any]:
    """A row that points to the rows of number 1, with the secret wherever it can be sealed."""
    return {column.name: _value(column.type) for column in table.columns}


def _value(kind: Any) -> Any:
    match kind:
        case SealedText():
            return SECRET
        case SealedJson():
            return {"text": SECRET}
        case JSON():
            return []
        case Boolean():
            return False
        case Date():
            return date(2025, 11, 3)
        case Integer() | Float():
            return 1
        case String():
            return "x"
        case _:
            assert isinstance(kind.impl_instance, DateTime)
            return datetime(2025, 11, 3, tzinfo=UTC)


def readable_forms() -> Iterator[str]:
    yield SECRET
    yield json.dumps(SECRET)[1:-1]
    yield SECRET[-11:]


async def test_what_people_confide_cannot_be_read_in_the_database(database: Database, tmp_path: Path) -> None:
    async with database.unit() as unit:
        for table in metadata.sorted_tables:
            if table is not facts:
                await unit.run(table.insert().values(confiding_row(table)))
    found = set()
    async with database.engine.connect() as connection:
        for table in metadata.sorted_tables:
            raw = (await connection.exec_driver_sql(f"SELECT * FROM {table.name}")).all()  # noqa: S608  our own
            assert raw
            assert not [form for form in readable_forms() if form in str(raw)]
            rows = (await connection.execute(select(table))).mappings().all()
            found |= {(table.name, name) for name, value in rows[-1].items() if SECRET in str(value)}
    assert found == sealed_columns()
    _look_through_files(tmp_path, there=database.is_sqlite)


def _look_through_files(folder: Path, *, there: bool) -> None:
    files = list(folder.glob("test.db*"))
    assert bool(files) == there
    for file in files:
        assert not [form for form in readable_forms() if form.encode() in file.read_bytes()]


async def test_two_databases_may_have_two_keys(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    url, other_url = sqlite_url(tmp_path), sqlite_url(tmp_path / "other")
    async with opened(url, key=OLD) as one, opened(other_url, key=NEW) as two:
        assert one.hasher("x") != two.hasher("x")
        for house in (one, two):
            async with house.unit() as unit:
                await unit.run(conversations.insert().values(confiding_row(conversations)))
        async with two.reader() as reader:
            value = await reader.value(select(conversations.c.data))
    assert value == {"text": SECRET}


def test_new_keys_are_different() -> None:
    assert new_key() != new_key()
