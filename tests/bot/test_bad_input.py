"""What an operator may get wrong: each is one clear sentence with what to do, and nothing is half written."""

import asyncio
import os
import shutil
import socket
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import make_url

from bot.app import open_house
from bot.settings import read_settings
from escalation.seed import load_bureau, load_kinds
from escalation.seed.reading import SeedError as BureauSeedError
from faq.seed import SeedError as FaqSeedError
from faq.seed import load_categories, load_entries
from testbed.labelled import write_collection
from testbed.postgres import drop_database, fresh_database
from tests.bot.command import ROOT, Done, contents, run_command
from tests.support.house import interpreter, open_test_house, sqlite_url

NOBODY = 65534
TOKEN = "4242:" + "a" * 30


def _open_to_all(path: Path) -> bool:
    return all(one.stat().st_mode & 0o005 == 0o005 for one in (path, *path.parents))


as_nobody = pytest.mark.skipif(
    os.geteuid() != 0 or not all(map(_open_to_all, (ROOT, Path(sys.prefix)))),
    reason="only root can become somebody with fewer rights, who must be able to read the program",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder to run in."""
    folder = tmp_path / "here"
    folder.mkdir()
    return folder


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody can reach, and only we can write."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
async def founded(folder: Path) -> Path:
    """A folder in which the house has run before: test.db and key."""
    async with open_test_house(sqlite_url(folder), folder):
        pass
    return folder


def run(folder: Path, *, user: int | None = None, largest_file: int | None = None, **variables: str) -> Done:
    """`python -m bot run` with a port that the system chooses."""
    variables.setdefault("PORT", "0")
    return run_command(folder, "run", user=user, largest_file=largest_file, **variables)


def run_founded(folder: Path, *, user: int | None = None, **variables: str) -> Done:
    """The same on the database and the key of `founded`."""
    variables = {"SHUIQIAO_DATABASE_URL": "sqlite:///test.db", "SHUIQIAO_KEY_FILE": "key", **variables}
    return run(folder, user=user, largest_file=None, **variables)


@contextmanager
def nothing_changes(folder: Path) -> Iterator[None]:
    before = contents(folder)
    yield
    assert contents(folder) == before


def refused(done: Done, *words: str) -> None:
    """Ended with an exit code that is not 0, and the words that say why and what to do, without a trace."""
    assert done.code == 1
    assert "Traceback" not in done.said + done.out
    for word in words:
        assert word in done.said
    assert "请" in done.said or "应" in done.said


# --- settings


def test_wrong_settings_are_named_all_at_once_before_anything_is_opened(folder: Path) -> None:
    with nothing_changes(folder):
        done = run(
            folder, PORT="http", SHUIQIAO_TOKEN="geheim", SHUIQIAO_TELEGRAM_TOKEN="geheim", SHUIQIAO_KEY="geheim"
        )
    refused(done, "SHUIQIAO_TOKEN：没有这个设置", "PORT：应为整数", "SHUIQIAO_TELEGRAM_TOKEN：", "SHUIQIAO_KEY：")
    assert len(done.said.splitlines()) == 5
    assert "geheim" not in done.said
    assert not (folder / "var").exists()


def test_a_command_that_only_looks_names_wrong_settings_too(folder: Path) -> None:
    refused(run_command(folder, "faq", "ask", "税率", SHUIQIAO_TOKEN="x"), "SHUIQIAO_TOKEN：没有这个设置")


# --- the port


def test_a_port_that_is_taken_is_said_in_one_sentence(folder: Path) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        refused(run(folder, PORT=port), f"127.0.0.1:{port} 已被占用", "PORT=")


def test_a_host_that_is_not_this_machine_is_said_in_one_sentence(folder: Path) -> None:
    refused(run(folder, SHUIQIAO_HOST="192.0.2.1"), "192.0.2.1")


# --- keys


def test_a_wrong_key_is_told_before_anything_is_written(founded: Path) -> None:
    with nothing_changes(founded):
        refused(run_founded(founded, SHUIQIAO_KEY=Fernet.generate_key().decode()), "密钥与数据不符")


def test_a_missing_key_file_is_told_and_no_new_key_is_made(founded: Path) -> None:
    (founded / "key").unlink()
    with nothing_changes(founded):
        refused(run_founded(founded), "找不到密钥", "密钥文件 key", "请放回原来的密钥")


@pytest.mark.parametrize(
    "content", [b"", b"\n \n", b"\xff\xfe\x00k\x00e\x00y", "密钥".encode(), b"short", b"\x00" * 44]
)
def test_a_key_file_that_holds_no_key_is_told_and_left_alone(founded: Path, content: bytes) -> None:
    (founded / "key").write_bytes(content)
    with nothing_changes(founded):
        refused(run_founded(founded), "密钥")


def test_a_key_file_that_is_a_folder_is_told(folder: Path) -> None:
    (folder / "key").mkdir()
    with nothing_changes(folder):
        refused(run(folder, SHUIQIAO_KEY_FILE="key"), "密钥文件 key")


@as_nobody
def test_a_key_file_that_may_not_be_read_is_told(open_folder: Path) -> None:
    os.chown(open_folder, NOBODY, NOBODY)
    (open_folder / "key").write_bytes(Fernet.generate_key())
    (open_folder / "key").chmod(0o600)
    with nothing_changes(open_folder):
        refused(run(open_folder, user=NOBODY, SHUIQIAO_KEY_FILE="key"), "密钥文件 key", "权限")


@as_nobody
def test_a_key_that_cannot_be_written_leaves_no_database_behind(open_folder: Path) -> None:
    os.chown(open_folder, NOBODY, NOBODY)
    (open_folder / "keys").mkdir(mode=0o755)
    with nothing_changes(open_folder):
        refused(run(open_folder, user=NOBODY, SHUIQIAO_KEY_FILE="keys/key"), "密钥文件 keys/key", "权限")


# --- SQLite


def test_a_database_that_is_a_folder_is_told(folder: Path) -> None:
    (folder / "data").mkdir()
    with nothing_changes(folder):
        refused(run(folder, SHUIQIAO_DATABASE_URL="sqlite:///data"), "这是一个文件夹")
        refused(run_command(folder, "intent", "你好", SHUIQIAO_DATABASE_URL="sqlite:///data"), "这是一个文件夹")


def test_a_database_in_a_folder_that_cannot_be_made_is_told(folder: Path) -> None:
    (folder / "file").touch()
    with nothing_changes(folder):
        refused(run(folder, SHUIQIAO_DATABASE_URL="sqlite:///file/shuiqiao.db"), "file")


def test_a_file_that_is_no_database_is_told_and_left_alone(folder: Path) -> None:
    (folder / "letter.txt").write_text("亲爱的税务局：\n" * 200, encoding="utf-8")
    with nothing_changes(folder):
        refused(run(folder, SHUIQIAO_DATABASE_URL="sqlite:///letter.txt"), "不是 SQLite 数据库")
        refused(run_command(folder, "intent", "你好", SHUIQIAO_DATABASE_URL="sqlite:///letter.txt"), "不是 SQLite")


@as_nobody
def test_a_folder_that_may_not_be_written_is_told(open_folder: Path) -> None:
    with nothing_changes(open_folder):
        refused(run(open_folder, user=NOBODY), "var", "权限")


@as_nobody
def test_a_database_that_may_not_be_written_may_be_looked_at(founded: Path, open_folder: Path) -> None:
    shutil.copy(founded / "test.db", open_folder)
    with nothing_changes(open_folder):
        done = run_command(open_folder, "intent", "你好", user=NOBODY, SHUIQIAO_DATABASE_URL="sqlite:///test.db")
        refused(run_founded(open_folder, user=NOBODY), "权限")
    assert (done.code, done.said) == (0, "")
    assert "样例" not in done.out


def test_a_schema_from_the_future_is_told_and_left_alone(founded: Path) -> None:
    with closing(sqlite3.connect(founded / "test.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    with nothing_changes(founded):
        refused(run_founded(founded), "数据库结构的版本是 9999")
        done = run_command(founded, "intent", "你好", SHUIQIAO_DATABASE_URL="sqlite:///test.db")
        refused(done, "数据库结构的版本是 9999")


async def test_a_second_process_on_sqlite_is_refused_while_the_first_one_works_on(folder: Path) -> None:
    async with open_test_house(sqlite_url(folder), folder) as first:
        refused(await asyncio.to_thread(run_founded, folder), "另一个税桥进程正在使用", "PostgreSQL")
        visitor = await first.visitor()
        assert (await visitor.say("你好")).text


# --- a full disk


@pytest.mark.parametrize("largest_file", [20_000, 200_000, 1_000_000], ids=["opening", "migrating", "founding"])
async def test_a_full_disk_is_told_and_the_next_start_goes_on_from_there(folder: Path, largest_file: int) -> None:
    refused(await asyncio.to_thread(run, folder, largest_file=largest_file), "磁盘")
    # What was kept is whole: the same house opens once there is room.
    var = folder / "var"
    settings = read_settings({}, database_url=f"sqlite:///{var}/shuiqiao.db", key_file=var / "key")
    async with open_house(settings, say=lambda _sentence: None, interpreter=interpreter()):
        pass
    with closing(sqlite3.connect(folder / "var" / "shuiqiao.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("SELECT count(*) FROM entries").fetchone()[0] > 60


def test_a_key_is_not_left_half_written_on_a_full_disk(folder: Path) -> None:
    refused(run(folder, largest_file=0), "密钥文件 var/key")
    assert contents(folder) == {}


# --- PostgreSQL


@pytest.mark.parametrize("command", [["run"], ["intent", "你好"]], ids=["run", "look"])
def test_a_database_that_cannot_be_reached_is_told_without_its_password(folder: Path, command: list[str]) -> None:
    with closing(socket.socket()) as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        address = f"postgresql://somebody:geheim@127.0.0.1:{port}/name"
        with nothing_changes(folder):
            done = run_command(folder, *command, PORT="0", SHUIQIAO_DATABASE_URL=address)
    refused(done, f"postgresql://somebody:***@127.0.0.1:{port}/name", "连不上服务器", "请检查数据库是否启动")
    assert "geheim" not in done.said


def test_a_host_that_nobody_knows_is_told(folder: Path) -> None:
    with nothing_changes(folder):
        refused(run(folder, SHUIQIAO_DATABASE_URL="postgresql://u@nowhere.invalid/name"), "找不到这台主机")


@pytest.mark.parametrize("command", [["run"], ["intent", "你好"]], ids=["run", "look"])
async def test_a_database_that_is_not_there_is_told(folder: Path, postgres: str, command: list[str]) -> None:
    address = _plain(make_url(postgres).set(database="nowhere").render_as_string(hide_password=False))
    with nothing_changes(folder):
        done = await asyncio.to_thread(run_command, folder, *command, PORT="0", SHUIQIAO_DATABASE_URL=address)
    refused(done, "服务器上没有这个数据库", "请先建库")


@pytest.mark.parametrize("command", [["run"], ["intent", "你好"]], ids=["run", "look"])
async def test_a_wrong_password_is_told_and_not_repeated(folder: Path, command: list[str]) -> None:
    async with await asyncio.start_server(_refuse_password, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        address = f"postgresql://somebody:geheim@127.0.0.1:{port}/name"
        with nothing_changes(folder):
            done = await asyncio.to_thread(run_command, folder, *command, PORT="0", SHUIQIAO_DATABASE_URL=address)
    refused(done, "用户名或密码不对", "请核对")
    assert "geheim" not in done.said


async def test_a_user_who_may_not_make_tables_is_told(folder: Path, postgres: str) -> None:
    address = await fresh_database(postgres)
    engine_url = make_url(address)
    await _execute(address, "CREATE ROLE reader LOGIN")
    try:
        reader = _plain(engine_url.set(username="reader").render_as_string(hide_password=False))
        done = await asyncio.to_thread(run, folder, SHUIQIAO_DATABASE_URL=reader)
        refused(done, "权限不够", "所有者")
    finally:
        await drop_database(address)
        await _execute(postgres, "DROP ROLE reader")


# --- seed files


def test_a_broken_entry_file_is_told_with_file_entry_and_field(tmp_path: Path) -> None:
    seed = _copy(tmp_path, "faq/seed")
    (seed / "vat.yaml").write_text("- id: Broken\n  question: 短\n", encoding="utf-8")
    with pytest.raises(FaqSeedError, match=r"vat\.yaml 第1条（Broken）") as raised:
        load_entries(seed)
    assert "应" in str(raised.value)


@pytest.mark.parametrize("content", [b"- : [", b"\xff\xfe", b"", b"a: {", b"42"])
def test_a_seed_file_that_is_no_list_is_told_by_name(tmp_path: Path, content: bytes) -> None:
    seed = _copy(tmp_path, "faq/seed")
    (seed / "categories.yaml").write_bytes(content)
    with pytest.raises(FaqSeedError, match=r"categories\.yaml"):
        load_categories(seed)
    with pytest.raises(FaqSeedError, match=r"categories\.yaml"):
        load_entries(seed)


@pytest.mark.parametrize("content", [b"- : [", b"\xff\xfe", b"", b"a: {", b"42", b"region: 5\n"])
def test_a_broken_bureau_file_is_told_by_name(tmp_path: Path, content: bytes) -> None:
    for name, load in (("bureau.yaml", load_bureau), ("kinds.yaml", load_kinds)):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(BureauSeedError, match=name.replace(".", r"\.")):
            load(tmp_path / name)


def test_a_seed_file_that_is_missing_is_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(BureauSeedError, match=r"bureau\.yaml"):
        load_bureau(tmp_path / "bureau.yaml")
    with pytest.raises(FaqSeedError, match=r"categories\.yaml"):
        load_entries(tmp_path)


# --- labelled questions


def test_wrong_lines_of_labelled_questions_are_named_all_at_once_and_nothing_is_measured(folder: Path) -> None:
    write_collection(folder / "questions", queries=[("车船税在哪里交", "bus"), ("契税", None)])
    with (folder / "questions" / "faq.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"id": "car", "question": "车船税"}\n{"id": "bike"}\n')
    (folder / "questions" / "extra.jsonl").write_bytes("车船税".encode("gbk"))
    with nothing_changes(folder):
        done = run_command(folder, "faq", "assess", "questions", "--json")
    refused(done)
    assert done.out == ""
    assert [line.partition("：")[0] for line in done.said.splitlines()] == [
        "questions/faq.jsonl 第 6 行",
        "questions/faq.jsonl 第 7 行",
        "questions/extra.jsonl 第 1 行",
        "questions/queries.jsonl 第 1 行",
        "共 4 处有误，没有评测。请更正后再试。",
    ]


def test_of_very_many_wrong_lines_the_first_are_named_and_all_are_counted(folder: Path) -> None:
    (write_collection(folder / "questions") / "queries.jsonl").write_text("broken\n" * 1000, encoding="utf-8")
    done = run_command(folder, "faq", "assess", "questions")
    refused(done, "共 1000 处有误")
    assert len(done.said.splitlines()) == 21


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("nowhere", ["nowhere 不是文件夹，或者不存在"]),
        (".", ["faq.jsonl：没有这个文件", "queries.jsonl：没有这个文件"]),
    ],
)
def test_a_folder_without_labelled_questions_is_told(folder: Path, where: str, words: list[str]) -> None:
    refused(run_command(folder, "faq", "assess", where), *words)


# --- Telegram


async def test_a_token_that_telegram_does_not_know_is_told_and_not_repeated(folder: Path) -> None:
    async with await asyncio.start_server(_unauthorized, "127.0.0.1", 0) as server:
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        done = await asyncio.to_thread(
            run_command, folder, PORT="0", SHUIQIAO_TELEGRAM_TOKEN=TOKEN, SHUIQIAO_TELEGRAM_API=address
        )
    refused(done, "Telegram 不接受", "SHUIQIAO_TELEGRAM_TOKEN")
    assert TOKEN not in done.said + done.out


async def _unauthorized(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """What a Bot API server answers to a token that was revoked."""
    await reader.readuntil(b"\r\n\r\n")
    body = b'{"ok":false,"error_code":401,"description":"Unauthorized"}'
    head = f"HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    writer.write(f"{head}Connection: close\r\n\r\n".encode() + body)
    await writer.drain()
    writer.close()


async def _refuse_password(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """What a PostgreSQL server answers to a wrong password; the one of the tests trusts everybody."""
    request = await reader.readexactly(int.from_bytes(await reader.readexactly(4)) - 4)
    if request == (80877103).to_bytes(4):  # may we talk TLS? No.
        writer.write(b"N")
        await reader.readexactly(int.from_bytes(await reader.readexactly(4)) - 4)
    fields = b"SFATAL\x00C28P01\x00Mpassword authentication failed\x00\x00"
    writer.write(b"E" + (len(fields) + 4).to_bytes(4) + fields)
    await writer.drain()
    writer.close()


async def _execute(address: str, statement: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(_plain(address))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _plain(address: str) -> str:
    return address.replace("+asyncpg", "")


def _copy(tmp_path: Path, folder: str) -> Path:
    return Path(shutil.copytree(ROOT / folder, tmp_path / "seed", ignore=shutil.ignore_patterns("*.py", "__pycache__")))
