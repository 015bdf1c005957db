"""The schema: every step up and down, no drift, and never half a migration."""

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

import storage.schema
from storage.database import DatabaseError, make_engine, parse_url
from storage.schema import config_for, current_revision, is_newest, migrate, upgrade
from storage.tables import addresses, bureaus, entries, metadata, officers
from storage.tables import revisions as texts
from storage.vault import make_vault
from tests.storage.opened import KEY, found_bureau, opened
from tests.support.house import sqlite_url

REVISION = "alembic_version"
OF_THE_FAQ = ("entries", "phrasings", "asked")


@asynccontextmanager
async def engine_of(url: str) -> AsyncIterator[AsyncEngine]:
    engine = make_engine(parse_url(url), make_vault((KEY,)))
    try:
        yield engine
    finally:
        await engine.dispose()


def revisions(connection: Connection) -> list[str]:
    """From the first to the newest."""
    scripts = ScriptDirectory.from_config(config_for(connection))
    return [script.revision for script in scripts.walk_revisions()][::-1]


def schema_of(connection: Connection) -> set[str]:
    """The whole schema in the database's own words, line by line: columns, keys, constraints, (partial) indexes."""
    if connection.dialect.name == "sqlite":
        made = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")).all()
        # A table that was built anew has its name in quotes.
        plain = [(name, sql.replace(f'CREATE TABLE "{name}"', f"CREATE TABLE {name}")) for name, sql in made]
        lines = {f"{name}: {line.strip().rstrip(',')}" for name, sql in plain for line in sql.splitlines()}
    else:
        columns = text(
            "SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default "
            "FROM information_schema.columns WHERE table_schema = 'public'"
        )
        constraints = text("SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint")
        indexes = text("SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'")
        lines = {
            ": ".join(map(str, row)) for query in (columns, constraints, indexes) for row in connection.execute(query)
        }
    return {line for line in lines if REVISION not in line}


def tables_of(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names()) - {REVISION}


async def test_every_step_goes_up_and_down_and_up_again(database_url: str) -> None:
    async with engine_of(database_url) as engine, engine.begin() as connection:

        def climb(sync: Connection) -> None:
            config = config_for(sync)
            for revision in revisions(sync):
                upgrade(sync, revision)
                after = schema_of(sync)
                command.downgrade(config, "-1")
                upgrade(sync, revision)
                assert schema_of(sync) == after
                assert current_revision(sync) == revision
            command.downgrade(config, "base")
            assert tables_of(sync) == set()
            assert current_revision(sync) is None

        await connection.run_sync(climb)


async def test_the_tables_in_code_and_the_migrated_schema_are_the_same(database_url: str) -> None:
    """By Alembic's comparison, and by the database's own words: partial indexes, unique constraints, AUTOINCREMENT."""

    def compare(sync: Connection) -> None:
        upgrade(sync)
        assert compare_metadata(MigrationContext.configure(sync, opts={"compare_type": True}), metadata) == []
        migrated = schema_of(sync)
        command.downgrade(config_for(sync), "base")
        metadata.create_all(sync)
        assert migrated == schema_of(sync)

    async with engine_of(database_url) as engine, engine.begin() as connection:
        await connection.run_sync(compare)


async def test_the_migrated_schema_has_what_the_rules_rest_on(tmp_path: Path) -> None:
    """A guard against both being wrong: numbers are not given again, and one duty is open once."""
    async with engine_of(sqlite_url(tmp_path)) as engine:
        await migrate(engine)
        async with engine.connect() as connection:
            lines = await connection.run_sync(schema_of)
    counted = {line.split(":")[0] for line in lines if "AUTOINCREMENT" in line}
    assert {"updates", "notices", "web_messages"} <= counted
    unsettled = [line for line in lines if line.startswith("ix_updates_unsettled")]
    assert unsettled == [
        "ix_updates_unsettled: CREATE INDEX ix_updates_unsettled ON updates (lane_id, id) WHERE settled_at IS NULL"
    ]
    open_duty = [line for line in lines if line.startswith("uq_duties_open")]
    assert open_duty == [
        "uq_duties_open: "
        "CREATE UNIQUE INDEX uq_duties_open ON duties (kind, subject_id, holder) WHERE settled_at IS NULL"
    ]


async def test_the_newest_migration_is_the_one_with_the_highest_number(tmp_path: Path) -> None:
    """So a start can tell whether there is anything for Alembic to do."""
    async with opened(sqlite_url(tmp_path)) as database, database.engine.connect() as connection:
        assert await connection.run_sync(is_newest)
        newest = await connection.run_sync(
            lambda sync: ScriptDirectory.from_config(config_for(sync)).get_current_head()
        )
        assert await connection.run_sync(current_revision) == newest


async def test_opening_again_changes_nothing(database_url: str) -> None:
    async with opened(database_url) as database, database.engine.connect() as connection:
        before = await connection.run_sync(schema_of)
    async with opened(database_url) as database, database.engine.connect() as connection:
        assert await connection.run_sync(schema_of) == before
        foreign_keys = "PRAGMA foreign_keys" if database.is_sqlite else "SELECT 1"
        assert (await connection.exec_driver_sql(foreign_keys)).scalar_one() == 1


async def contents(engine: AsyncEngine) -> dict[str, list[Any]]:
    """Everything that stands in the database."""

    def read(sync: Connection) -> dict[str, list[Any]]:
        names = sorted(inspect(sync).get_table_names())
        return {name: list(sync.execute(text(f"SELECT * FROM {name}")).all()) for name in names}  # noqa: S608  our own

    async with engine.connect() as connection:
        return await connection.run_sync(read)


async def test_a_schema_from_the_future_is_refused_in_one_sentence_and_left_alone(database_url: str) -> None:
    async with opened(database_url) as database, database.unit() as unit:
        await found_bureau(unit)
        await unit.connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    async with engine_of(database_url) as engine:
        before = await contents(engine)
        with pytest.raises(DatabaseError, match="9999") as refused:
            async with opened(database_url):
                pass
        assert "\n" not in str(refused.value)
        assert await contents(engine) == before


@pytest.mark.parametrize("processes", [4])
async def test_processes_that_start_together_on_an_empty_database_all_open_it(
    postgresql_empty: str, processes: int
) -> None:
    async def open_and_write(number: int) -> str:
        async with opened(postgresql_empty) as database:
            async with database.unit() as unit:
                await unit.run(bureaus.insert().values(code=f"b{number}", name="局", region="national"))
            return database.hasher("pepper")

    peppers = await asyncio.gather(*(open_and_write(number) for number in range(processes)))
    assert len(set(peppers)) == 1
    async with opened(postgresql_empty) as database, database.reader() as reader:
        assert len(await reader.all(select(bureaus.c.id))) == processes


STARTING = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from storage.opening import Keys, open_database
from storage.signals import Signals

async def main():
    keys = Keys(None, Path(sys.argv[2]))
    clock = lambda: datetime(2025, 11, 3, tzinfo=UTC)
    database = await open_database(sys.argv[1], keys, signals=Signals(), clock=clock, say=lambda _: None)
    print(database.hasher("pepper"))
    await database.close()

asyncio.run(main())
"""


async def test_two_real_processes_start_together_and_agree_on_key_and_pepper(
    postgresql_empty: str, tmp_path: Path
) -> None:
    key_file = tmp_path / "new" / "key"
    processes = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", STARTING, postgresql_empty, str(key_file)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        for _ in range(2)
    ]
    said = await asyncio.gather(*(process.communicate() for process in processes))
    assert [process.returncode for process in processes] == [0, 0], said
    assert said[0][0] == said[1][0] != b""
    assert [path.name for path in key_file.parent.iterdir()] == ["key"]


@pytest.fixture
def more_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the migrations of a version to come; what is written there follows the newest step."""
    folder = tmp_path / "migrations"
    shutil.copytree(storage.schema.MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(storage.schema, "MIGRATIONS", folder)
    return folder


def add_step(folder: Path, *lines: str) -> None:
    newest = max(path.name for path in (folder / "versions").glob("*.py")).split("_")[0]
    body = "\n".join(f"    {line}" for line in lines)
    (folder / "versions" / "9000_to_come.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\n\n"
        f"revision = '9000'\ndown_revision = '{newest}'\n\n\ndef upgrade():\n{body}\n"
    )


async def test_a_migration_that_breaks_off_leaves_nothing_behind(database_url: str, more_steps: Path) -> None:
    add_step(
        more_steps,
        "op.create_table('half', sa.Column('id', sa.Integer, primary_key=True))",
        "op.execute(\"INSERT INTO facts (name, value) VALUES ('half', 'done')\")",
        "raise RuntimeError('the power failed')",
    )
    async with engine_of(database_url) as engine:
        with pytest.raises(RuntimeError, match="power"):
            await migrate(engine)
        async with engine.connect() as connection:
            assert await connection.run_sync(tables_of) == set()
            assert await connection.run_sync(current_revision) is None


async def test_a_step_that_breaks_off_leaves_a_database_in_use_as_it_was(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(database_url) as database, database.unit() as unit:
        await found_bureau(unit)
    folder = tmp_path / "migrations"
    shutil.copytree(storage.schema.MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(storage.schema, "MIGRATIONS", folder)
    add_step(folder, "op.execute('DELETE FROM bureaus')", "op.execute('NOT SQL')")
    async with engine_of(database_url) as engine:
        before = await contents(engine)
        with pytest.raises(DatabaseError):
            async with opened(database_url):
                pass
        assert await contents(engine) == before


async def test_a_table_that_others_point_to_can_be_built_anew(tmp_path: Path, more_steps: Path) -> None:
    """SQLite changes a column by building the table again and dropping the old one."""
    add_step(
        more_steps,
        "with op.batch_alter_table('officers', recreate='always') as table:",
        "    table.alter_column('name', type_=sa.String(200))",
    )
    url = sqlite_url(tmp_path)
    async with engine_of(url) as engine:
        async with engine.begin() as connection:
            await connection.exec_driver_sql("BEGIN IMMEDIATE")
            await connection.run_sync(lambda sync: upgrade(sync, revisions(sync)[-2]))
        async with engine.begin() as connection:
            await connection.run_sync(add_people)
        await migrate(engine)
        async with engine.connect() as connection:
            assert await connection.run_sync(current_revision) == "9000"
            rows = (await connection.execute(select(addresses.c.officer_id, officers.c.name).join(officers))).all()
            assert [tuple(row) for row in rows] == [(1, "李明")]
            assert (await connection.exec_driver_sql("PRAGMA foreign_keys")).scalar_one() == 1


async def test_a_step_that_leaves_orphans_is_undone(tmp_path: Path, more_steps: Path) -> None:
    add_step(more_steps, "op.execute('DELETE FROM officers')")
    url = sqlite_url(tmp_path)
    async with engine_of(url) as engine:
        async with engine.begin() as connection:
            await connection.exec_driver_sql("BEGIN IMMEDIATE")
            await connection.run_sync(lambda sync: upgrade(sync, revisions(sync)[-2]))
        async with engine.begin() as connection:
            await connection.run_sync(add_people)
        before = await contents(engine)
        with pytest.raises(DatabaseError, match=r"addresses.*officers"):
            await migrate(engine)
        assert await contents(engine) == before


def add_entries(sync: Connection) -> None:
    """Two entries as they stood before they had revisions, and somebody who asked for one of them."""
    sync.exec_driver_sql("INSERT INTO bureaus (id, code, name, region) VALUES (1, 'b', '局', 'national')")
    for values in ("1, 'e1', 'published', '问1'", "2, 'e2', 'retired', '问2'"):
        rest = "1, '答', '据', 'vat', 'goods_services', '2027-12-31', true, '2025-11-03 04:00:00.000000+00:00'"
        columns = "id, code, state, question, revision, answer, legal_basis, category, department_code, valid_until"
        sync.exec_driver_sql(f"INSERT INTO entries ({columns}, sample, changed_at) VALUES ({values}, {rest})")  # noqa: S608  our own
    sync.exec_driver_sql("INSERT INTO phrasings (entry_id, text) VALUES (1, '甲'), (1, '乙')")
    sync.exec_driver_sql(
        "INSERT INTO addresses (id, channel, chat_hash, chat_id, language, created_at, not_before) "
        "VALUES (1, 'web', 'h', 'x', 'zh', '2025-11-03 04:00:00+00:00', '2025-11-03 04:00:00+00:00')"
    )
    sync.exec_driver_sql(
        "INSERT INTO asked (id, address_id, text, asked_at, decision, confidence, entry_id) "
        "VALUES (1, 1, 'x', '2025-11-03 04:00:00+00:00', 'answer', 0.9, 1)"
    )


def faq_of(sync: Connection) -> dict[str, list[dict[str, Any]]]:
    tables = {name: sync.execute(text(f"SELECT * FROM {name} ORDER BY id")) for name in OF_THE_FAQ}  # noqa: S608  our own
    return {name: [dict(row) for row in found.mappings()] for name, found in tables.items()}


async def test_entries_of_the_first_schema_become_revision_1_and_go_back(database_url: str) -> None:
    def climb(sync: Connection) -> None:
        upgrade(sync, "0001")
        add_entries(sync)
        stood = faq_of(sync)
        upgrade(sync, "0002")
        kept = sync.execute(select(texts).order_by(texts.c.entry_id)).all()
        assert [(row.number, row.state, row.author, row.phrasings, row.question) for row in kept] == [
            (1, "published", "sample", ["甲", "乙"], "问1"),
            (1, "published", "sample", [], "问2"),
        ]
        assert (kept[0].valid_until, kept[0].sample) == (date(2027, 12, 31), True)
        assert kept[0].written_at == datetime(2025, 11, 3, 4, tzinfo=UTC)
        heads = sync.execute(select(entries.c.state, entries.c.head).order_by(entries.c.id)).all()
        assert [tuple(row) for row in heads] == [("published", 1), ("retired", 1)]
        asked_before = sync.execute(text("SELECT entry_id, gap_id FROM asked")).all()
        assert [tuple(row) for row in asked_before] == [(1, None)]
        command.downgrade(config_for(sync), "-1")
        assert faq_of(sync) == stood

    async with engine_of(database_url) as engine, engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            await connection.exec_driver_sql("PRAGMA foreign_keys=OFF")  # as storage.schema does
            await connection.exec_driver_sql("BEGIN IMMEDIATE")
        await connection.run_sync(climb)
        await connection.commit()


def add_people(sync: Connection) -> None:
    """An officer, and an address that points to him."""
    sync.exec_driver_sql("INSERT INTO bureaus (id, code, name, region) VALUES (1, 'b', '局', 'national')")
    sync.exec_driver_sql("INSERT INTO officers (id, bureau_id, code, name, roles) VALUES (1, 1, 'li', '李明', '[]')")
    sync.exec_driver_sql(
        "INSERT INTO addresses (channel, chat_hash, chat_id, language, officer_id, created_at, not_before) "
        "VALUES ('web', 'h', 'x', 'zh', 1, '2025-11-03', '2025-11-03')"
    )
