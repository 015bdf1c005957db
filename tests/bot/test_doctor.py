"""The examination of an installation: every finding at once, with what to do, and nothing changed or given away."""

import asyncio
import json
import shutil
import socket
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.utils import format_datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from sqlalchemy import make_url

from bot.doctor import examine
from bot.doctor.calendar import check_calendar
from bot.doctor.findings import TITLES, Finding, State, overall
from bot.doctor.machine import check_address, check_fonts
from bot.doctor.telling import fold
from bot.jobs import JOBS
from bot.settings import read_settings
from bot.web import make_web_app
from escalation.deadlines.workdays import make_calendar
from storage.database import parse_url
from storage.disk import free_bytes
from storage.installation import take_lease
from storage.single_process import is_served, single_process
from testbed.postgres import drop_database, fresh_database
from testbed.processes import now
from tests.bot.command import ROOT, Done, contents, environment, python_m_bot, run_command
from tests.bot.test_cli import newest_revision
from tests.support.botapi import BotApi
from tests.support.botapi_rules import Json
from tests.support.house import HouseUnderTest, open_test_house, sqlite_url

TOKEN = "4242:" + "a" * 30
FRESH = {"PORT": "0"}
FOUNDED = FRESH | {"SHUIQIAO_DATABASE_URL": "sqlite:///test.db", "SHUIQIAO_KEY_FILE": "key"}


@dataclass(frozen=True, slots=True)
class Examined:
    """What came of `python -m bot doctor --json`."""

    code: int
    findings: Sequence[Finding]
    everything: str

    def states(self, name: str) -> list[State]:
        return [one.state for one in self.findings if one.name == name]

    def told(self, name: str, state: State) -> str:
        """Everything that was said of a check in that state."""
        return "\n".join(
            f"{one.found} → {one.advice}" for one in self.findings if (one.name, one.state) == (name, state)
        )

    @property
    def wrong(self) -> set[str]:
        return {one.name for one in self.findings if one.state is State.WRONG}


def doctor(folder: Path, variables: Mapping[str, str]) -> Examined:
    """Examine `folder` as a script does: whatever is found, the folder stays as it was."""
    before = _kept(folder)
    done = run_command(folder, "doctor", "--json", **variables)  # type: ignore[arg-type]  # these are all variables
    assert _kept(folder) == before
    return _read(done)


def _kept(folder: Path) -> dict[str, str]:
    """What may not change; the shared memory beside a served file is where its readers meet."""
    return {name: content for name, content in contents(folder).items() if not name.endswith("-shm")}


def _read(done: Done) -> Examined:
    assert done.said == ""
    said = json.loads(done.out)
    findings = [Finding(one["name"], State(one["state"]), one["found"], one["advice"]) for one in said["findings"]]
    assert {finding.name for finding in findings} <= set(TITLES)
    assert said["state"] == overall(findings).value
    assert done.code == (1 if said["state"] == "wrong" else 0)
    assert all(finding.found and (finding.advice or finding.state is State.WELL) for finding in findings)
    return Examined(done.code, findings, done.out)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where nothing exists yet."""
    folder = tmp_path / "here"
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A house that was founded, spoke once and has stopped; this year and the next are confirmed."""
    folder = tmp_path_factory.mktemp("model")

    async def found() -> None:
        async with open_test_house(sqlite_url(folder), folder) as under_test:
            await (await under_test.visitor()).say("你好")

    asyncio.run(found())
    with closing(sqlite3.connect(folder / "test.db")) as connection:
        statement = (
            "INSERT INTO confirmed_years (region, year, confirmed_by, confirmed_at) VALUES ('xinjiang', ?, '', ?)"
        )
        connection.executemany(statement, [(now().year + later, "2025-01-01 00:00:00") for later in (0, 1)])
        connection.commit()
    return folder


@pytest.fixture
def founded(model: Path, tmp_path: Path) -> Path:
    """A copy of it: test.db and key."""
    return Path(shutil.copytree(model, tmp_path / "founded"))


def _sql(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / "test.db")) as connection:
        connection.execute(statement)
        connection.commit()


# --- well


def test_where_nothing_exists_yet_nothing_is_wrong_and_nothing_is_made(folder: Path) -> None:
    found = doctor(folder, FRESH)
    assert [name for name in TITLES if not found.states(name)] == []
    assert [one.name for one in found.findings] == sorted((one.name for one in found.findings), key=list(TITLES).index)
    assert found.wrong == set()
    assert "首次启动会建好" in found.told("database", State.WELL)
    assert "首次启动会生成 var/key" in found.told("key", State.WELL)
    assert "只服务网页" in found.told("token", State.REMARK)
    assert list(folder.iterdir()) == []


def test_a_house_that_was_founded_and_stopped_is_well(founded: Path) -> None:
    found = doctor(founded, FOUNDED)
    assert found.wrong == set()
    assert "可用" in found.told("database", State.WELL)
    assert found.states("database") == [State.WELL]
    assert "与数据相符" in found.told("key", State.WELL)
    assert "2 位工作人员中 2 位是样例" in found.told("bureau", State.REMARK)
    assert "未经本局核实" in found.told("entries", State.REMARK)
    assert found.states("calendar")[0] is State.WELL
    assert "DATABASE_URL" in found.told("settings", State.WELL)
    assert sorted(path.name for path in founded.iterdir() if path.suffix != ".lock") == ["key", "test.db"]


async def test_a_running_house_is_seen_by_its_lock_and_behind_its_port(founded: Path) -> None:
    async with _served(sqlite_url(founded), founded) as (_, port):
        variables = FOUNDED | {"PORT": port}
        found = await asyncio.to_thread(doctor, founded, variables)
        assert found.wrong == set()
        assert "正在运行" in found.told("database", State.REMARK)
        assert "由正在运行的税桥使用" in found.told("port", State.REMARK)
        (founded / "test.db").rename(founded / "moved.db")
        found = await asyncio.to_thread(doctor, founded, variables)
        assert "database_file" in found.told("port", State.WRONG)


async def test_a_running_house_on_postgresql_is_seen_and_its_clock_compared(tmp_path: Path, postgres: str) -> None:
    address = await fresh_database(postgres)
    variables = {"SHUIQIAO_DATABASE_URL": _plain(address), "SHUIQIAO_KEY_FILE": str(tmp_path / "key"), "PORT": "0"}
    async with _served(address, tmp_path) as (house, _):
        assert (await asyncio.to_thread(doctor, tmp_path, variables)).states("database") == [State.WELL]
        async with house.database.unit() as unit:
            assert await take_lease(unit, JOBS, "a process", timedelta(minutes=10))
        found = await asyncio.to_thread(doctor, tmp_path, variables)
        assert found.wrong <= {"calendar"}
        assert "PostgreSQL 1" in found.told("database", State.WELL)
        assert "UTF8" in found.told("database", State.WELL)
        assert "正在运行" in found.told("database", State.REMARK)
        assert "一致" in found.told("clock", State.WELL)
        for seconds, state, which in ((-3, State.REMARK, "慢"), (31, State.WRONG, "快")):
            off = await examine(environment(variables), _clock_ahead(seconds))
            (clock,) = [one for one in off if one.name == "clock"]
            assert (clock.state, which in clock.found, "NTP" in clock.advice) == (state, True, True)
    await drop_database(address)


@asynccontextmanager
async def _served(address: str, folder: Path) -> AsyncIterator[tuple[HouseUnderTest, str]]:
    """An open house and the port of its pages."""
    async with open_test_house(address, folder) as house:
        runner = web.AppRunner(make_web_app(house.deps), access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            yield house, str(runner.addresses[0][1])
        finally:
            await runner.cleanup()


# --- settings


def test_every_wrong_setting_is_named_and_the_rest_is_looked_at_all_the_same(founded: Path) -> None:
    found = doctor(
        founded,
        FOUNDED | {"SHUIQIAO_TOKN": "geheim", "SHUIQIAO_WORKERS": "geheim", "SHUIQIAO_HOST": "ge heim"},
    )
    told = found.told("settings", State.WRONG)
    assert "SHUIQIAO_TOKN" in told
    assert "SHUIQIAO_WORKERS 写得不对 → 应为整数" in told
    assert found.wrong == {"settings"}
    assert "没有检查 → 先处理SHUIQIAO_HOST" in found.told("port", State.REMARK)
    assert found.states("key") == [State.WELL]
    assert "geheim" not in found.everything


def test_what_hangs_on_a_wrong_setting_is_not_looked_at_elsewhere(founded: Path) -> None:
    variables = FOUNDED | {"SHUIQIAO_DATABASE_URL": "mysql://u:geheim@host/name", "SHUIQIAO_KEY": "geheim"}
    found = doctor(founded, variables)
    assert found.wrong == {"settings"}
    for name in ("database", "key", "disk", "bureau", "entries", "updates", "notices"):
        assert "没有检查" in found.told(name, State.REMARK)
    assert found.states("fonts")
    assert "geheim" not in found.everything


# --- keys


@pytest.mark.parametrize("lost", [False, True], ids=["another key", "no key"])
def test_a_key_that_does_not_open_the_data_is_wrong_and_not_shown(founded: Path, *, lost: bool) -> None:
    (founded / "key").unlink()
    key = Fernet.generate_key().decode()
    if not lost:
        (founded / "key").write_text(key)
        (founded / "key").chmod(0o600)
    found = doctor(founded, FOUNDED)
    assert ("找不到密钥" if lost else "密钥与数据不符") in found.told("key", State.WRONG)
    assert "放回原来的密钥" in found.told("key", State.WRONG)
    assert found.wrong == {"key"}
    assert key not in found.everything


@pytest.mark.parametrize(("mode", "state"), [(0o644, State.WRONG), (0o640, State.REMARK), (0o600, State.WELL)])
def test_a_key_file_is_for_its_owner_only(founded: Path, mode: int, state: State) -> None:
    (founded / "key").chmod(mode)
    found = doctor(founded, FOUNDED)
    assert found.states("key")[-1] is state
    assert state is State.WELL or "chmod 600 key" in found.told("key", state)


# --- databases


def test_a_schema_from_the_future_is_wrong_and_hides_nothing_else(founded: Path) -> None:
    _sql(founded, "UPDATE alembic_version SET version_num = '9999'")
    found = doctor(founded, FOUNDED)
    assert found.wrong == {"database"}
    assert "结构的版本是 9999" in found.told("database", State.WRONG)
    assert "与数据相符" in found.told("key", State.WELL)
    assert "没有检查" in found.told("bureau", State.REMARK)


async def test_an_older_schema_is_a_remark_on_what_the_next_start_does(
    founded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = Path(shutil.copytree(ROOT / "storage" / "migrations", tmp_path / "migrations"))
    step = f'"""The next step."""\nrevision = "next"\ndown_revision = "{newest_revision(steps)}"\n'
    (steps / "versions" / "next.py").write_text(step, encoding="utf-8")
    monkeypatch.setattr("storage.schema.MIGRATIONS", steps)
    before = contents(founded)
    found = await _examine(founded)
    (database,) = [one for one in found if one.name == "database"]
    assert database.state is State.REMARK
    assert "本程序需要 next" in database.found
    assert "自动升级" in database.advice
    assert contents(founded) == before


def test_a_broken_file_and_one_that_is_no_database_are_wrong(founded: Path) -> None:
    with (founded / "test.db").open("r+b") as file:
        file.seek(4096 * 20)
        file.write(b"\xff" * 4096 * 40)
    found = doctor(founded, FOUNDED)
    assert "已损坏" in found.told("database", State.WRONG)
    assert "从备份中恢复" in found.told("database", State.WRONG)
    (founded / "test.db").write_text("亲爱的税务局：\n" * 200, encoding="utf-8")
    found = doctor(founded, FOUNDED)
    assert "不是 SQLite 数据库" in found.told("database", State.WRONG)
    assert "格式正确，是否与数据相符还不知道" in found.told("key", State.REMARK)


def test_a_database_that_cannot_be_made_where_it_is_to_be_is_wrong(folder: Path) -> None:
    (folder / "file").touch()
    found = doctor(folder, FRESH | {"SHUIQIAO_DATABASE_URL": "sqlite:///file/x.db", "SHUIQIAO_KEY_FILE": "file/key"})
    assert {"database", "key"} <= found.wrong
    assert "不可写" in found.told("database", State.WRONG)


def test_a_postgresql_that_is_away_is_told_without_its_password(folder: Path) -> None:
    with closing(socket.socket()) as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        found = doctor(folder, FRESH | {"SHUIQIAO_DATABASE_URL": f"postgresql://u:geheim@127.0.0.1:{port}/name"})
    assert found.wrong == {"database"}
    assert f"postgresql://u:***@127.0.0.1:{port}/name：连不上服务器" in found.told("database", State.WRONG)
    for name in ("key", "bureau", "entries", "updates", "notices"):
        assert "没有检查" in found.told(name, State.REMARK)
    assert "geheim" not in found.everything


async def test_an_empty_postgresql_of_another_encoding_or_without_rights_is_wrong(folder: Path, postgres: str) -> None:
    import asyncpg

    server = await asyncpg.connect(_plain(postgres))
    await server.execute("CREATE DATABASE shuiqiao_ascii TEMPLATE template0 ENCODING 'SQL_ASCII'")
    await server.execute("CREATE ROLE looker LOGIN")
    try:
        url = make_url(postgres).set(database="shuiqiao_ascii", username="looker")
        address = _plain(url.render_as_string(hide_password=False))
        found = await asyncio.to_thread(doctor, folder, FRESH | {"SHUIQIAO_DATABASE_URL": address})
        told = found.told("database", State.WRONG)
        assert "编码是 SQL_ASCII" in told
        assert "不能建表" in told
        assert "首次启动会建好" in found.told("database", State.WELL)
    finally:
        await server.execute("DROP DATABASE shuiqiao_ascii WITH (FORCE)")
        await server.execute("DROP ROLE looker")
        await server.close()


def test_what_got_stuck_is_counted_and_numbered(founded: Path) -> None:
    _sql(founded, "UPDATE updates SET outcome = 'set_aside' WHERE id > 2")
    _sql(founded, "UPDATE notices SET outcome = 'failed' WHERE id <= 2")
    found = doctor(founded, FOUNDED)
    assert found.wrong == set()
    assert "搁置的来信有 2 件，编号 4、3" in found.told("updates", State.REMARK)
    assert "python -m bot stuck retry updates" in found.told("updates", State.REMARK)
    assert "送不出去的通知有 2 件，编号 2、1" in found.told("notices", State.REMARK)


def test_a_house_without_a_bureau_that_will_not_be_given_one_is_wrong(folder: Path) -> None:
    found = doctor(folder, FRESH | {"SHUIQIAO_SAMPLE": "false"})
    assert found.wrong == {"bureau"}
    assert "SHUIQIAO_SAMPLE" in found.told("bureau", State.WRONG)


def test_looking_whether_a_file_is_served_makes_nothing_and_tells_the_truth(tmp_path: Path) -> None:
    file = tmp_path / "test.db"
    assert not is_served(file)
    assert list(tmp_path.iterdir()) == []
    with single_process(parse_url(sqlite_url(tmp_path))):
        assert is_served(file)
    assert not is_served(file)


# --- Telegram


class TelegramWithDoor(BotApi):
    """A Bot API server that says what a test wants about its webhook."""

    def __init__(self, **info: object) -> None:
        super().__init__(now)
        self.token = TOKEN
        self._info = {"url": "", "has_custom_certificate": False, "pending_update_count": 0} | info
        self._methods["getwebhookinfo"] = self._tell

    async def _tell(self, _: Json) -> Json:
        return self._info


async def _at_telegram(folder: Path, api: TelegramWithDoor, variables: Mapping[str, str] = FRESH) -> Examined:
    async with api:
        variables = {"SHUIQIAO_TELEGRAM_TOKEN": TOKEN, "SHUIQIAO_TELEGRAM_API": api.url, **variables}
        found = await asyncio.to_thread(doctor, folder, variables)
        assert {call.method for call in api.calls} <= {"getMe", "getWebhookInfo"}
    assert TOKEN.partition(":")[2] not in found.everything
    return found


async def test_a_token_that_telegram_knows_is_well_and_so_is_the_clock(folder: Path) -> None:
    before_the_change = {"last_error_date": int(now().timestamp()), "last_error_message": "Connection refused"}
    found = await _at_telegram(folder, TelegramWithDoor(**before_the_change))
    assert found.states("webhook") == [State.WELL]
    assert "@shuiqiao_test_bot" in found.told("token", State.WELL)
    assert "长轮询" in found.told("webhook", State.WELL)
    assert "与 Telegram 的时钟一致" in found.told("clock", State.WELL)


async def test_a_token_that_telegram_does_not_know_is_wrong(folder: Path) -> None:
    api = TelegramWithDoor()
    api.token = "4242:another-token-than-ours-is-known"
    found = await _at_telegram(folder, api)
    assert found.wrong == {"token"}
    assert "Telegram 不认这个令牌" in found.told("token", State.WRONG)
    assert "没有检查" in found.told("webhook", State.REMARK)


async def test_a_telegram_that_cannot_be_reached_is_wrong(folder: Path) -> None:
    with closing(socket.socket()) as silent:
        silent.bind(("127.0.0.1", 0))
        server = f"http://127.0.0.1:{silent.getsockname()[1]}"
        variables = {"SHUIQIAO_TELEGRAM_TOKEN": TOKEN, "SHUIQIAO_TELEGRAM_API": server}
        found = await asyncio.to_thread(doctor, folder, FRESH | variables)
    assert f"连不上 {server}" in found.told("token", State.WRONG)
    assert "SHUIQIAO_TELEGRAM_API" in found.told("token", State.WRONG)


async def test_a_webhook_that_was_left_over_is_wrong_and_its_secrets_are_not_shown(folder: Path) -> None:
    api = TelegramWithDoor(url="https://elsewhere.example/geheim/hook", pending_update_count=345)
    found = await _at_telegram(folder, api)
    assert found.wrong == {"webhook"}
    assert "却在推送到 https://elsewhere.example/…" in found.told("webhook", State.WRONG)
    assert "积压了 345 封" in found.told("webhook", State.REMARK)
    assert "geheim" not in found.everything


async def test_a_webhook_that_is_wanted_is_compared_with_the_one_that_is_set(founded: Path) -> None:
    wanted = FOUNDED | {"SHUIQIAO_TELEGRAM_WEBHOOK": "true", "SHUIQIAO_PUBLIC_URL": "https://tax.example"}
    none = await _at_telegram(founded, TelegramWithDoor(), wanted)
    assert "启动时会设好" in none.told("webhook", State.REMARK)
    with single_process(parse_url(sqlite_url(founded))):
        served = await _at_telegram(founded, TelegramWithDoor(), wanted)
    assert "却没有设推送" in served.told("webhook", State.WRONG)
    other = await _at_telegram(founded, TelegramWithDoor(url="https://old.example/telegram/4242"), wanted)
    assert "却在推送到 https://old.example/…" in other.told("webhook", State.WRONG)
    failing = TelegramWithDoor(
        url="https://tax.example/telegram/4242",
        pending_update_count=3,
        last_error_date=int(now().timestamp()) - 130,
        last_error_message="Wrong response from the webhook: 502 Bad Gateway",
    )
    found = await _at_telegram(founded, failing, wanted)
    assert "推送到 https://tax.example/telegram/4242" in found.told("webhook", State.WELL)
    assert "2 分钟前推送失败：Wrong response" in found.told("webhook", State.WRONG)


@asynccontextmanager
async def _telegram_with_a_clock(ahead: timedelta) -> AsyncIterator[str]:
    """A server that knows every bot and tells another time than we."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        result: dict[str, Any] = {"id": 4242, "is_bot": True, "first_name": "税桥", "username": "bot"}
        if b"getWebhookInfo" in request:
            result = {"url": "", "has_custom_certificate": False, "pending_update_count": 0}
        body = json.dumps({"ok": True, "result": result}).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        head += f"Date: {format_datetime(now() + ahead, usegmt=True)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + (b"" if request.startswith(b"HEAD") else body))
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_a_clock_that_is_far_behind_telegrams_is_wrong(folder: Path) -> None:
    async with _telegram_with_a_clock(timedelta(minutes=5)) as server:
        variables = {"SHUIQIAO_TELEGRAM_TOKEN": TOKEN, "SHUIQIAO_TELEGRAM_API": server}
        found = await asyncio.to_thread(doctor, folder, FRESH | variables)
    assert found.wrong == {"clock"}
    assert "本机比 Telegram 慢" in found.told("clock", State.WRONG)


# --- the machine


async def test_a_disk_that_fills_is_told_before_it_is_full(founded: Path) -> None:
    free = free_bytes(founded / "test.db")
    for limit, state in ((free * 2, State.WRONG), (free // 3, State.REMARK), (free // 1000, State.WELL)):
        found = await _examine(founded, least_free_bytes=limit)
        assert [one.state for one in found if one.name == "disk"] == [state]


async def test_a_port_that_another_program_holds_is_wrong(folder: Path) -> None:
    async with BotApi(now) as other:
        found = await asyncio.to_thread(doctor, folder, {"PORT": other.url.rpartition(":")[2]})
    assert found.wrong == {"port"}
    assert "已被占用" in found.told("port", State.WRONG)


@pytest.mark.parametrize(
    ("variables", "state"),
    [
        ({}, State.WELL),
        ({"SHUIQIAO_HOST": "0.0.0.0"}, State.REMARK),
        ({"SHUIQIAO_PUBLIC_URL": "http://tax.example"}, State.REMARK),
        ({"SHUIQIAO_PUBLIC_URL": "http://127.0.0.1:8080"}, State.WELL),
        ({"SHUIQIAO_PUBLIC_URL": "https://tax.example"}, State.WELL),
    ],
)
def test_an_address_that_strangers_can_read_along_is_remarked(variables: Mapping[str, str], state: State) -> None:
    assert [one.state for one in check_address(read_settings(variables))] == [state]


def test_a_chinese_font_is_found_also_without_fontconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "DejaVuSans.ttf").touch()
    (missing,) = check_fonts([tmp_path, tmp_path / "nowhere"])
    assert (missing.state, "fonts-wqy-microhei" in missing.advice) == (State.REMARK, True)
    (tmp_path / "NotoSansCJK-Regular.ttc").touch()
    (found,) = check_fonts([tmp_path])
    assert (found.state, "NotoSansCJK" in found.found) == (State.WELL, True)


@pytest.mark.skipif(find_spec("tzdata") is not None, reason="a package brings the zone data where the system has none")
def test_a_machine_without_zone_data_is_told_so_and_nothing_falls_over(folder: Path) -> None:
    found = _read(python_m_bot(folder, "doctor", "--json", PYTHONTZPATH=""))
    assert (found.code, [one.name for one in found.findings]) == (1, ["zone"])
    assert "tzdata" in found.told("zone", State.WRONG)


# --- calendars


def test_a_year_that_is_only_computed_is_told_with_the_notices_that_are_missing() -> None:
    calendar = make_calendar("xinjiang")
    autumn = [*check_calendar(calendar, date(2025, 10, 31), in_use=True)]
    assert [one.state for one in autumn] == [State.WELL]
    (this, following) = check_calendar(calendar, date(2025, 11, 1), in_use=True)
    assert (this.state, following.state) == (State.WELL, State.REMARK)
    assert "新疆维吾尔自治区 2026 年肉孜节、古尔邦节放假通知" in following.found
    assert "国务院" not in following.found
    (wrong,) = check_calendar(calendar, date(2027, 6, 1), in_use=True)
    assert wrong.state is State.WRONG
    assert "国务院办公厅 2027 年放假通知" in wrong.found
    assert "python -m bot calendar confirm 2027" in wrong.advice
    (future,) = check_calendar(calendar, date(2027, 6, 1), in_use=False)
    assert future.state is State.REMARK


def test_a_year_that_was_confirmed_awaits_no_notice() -> None:
    calendar = make_calendar("xinjiang", confirmed_years=frozenset({2027, 2028}))
    assert [one.state for one in check_calendar(calendar, date(2027, 12, 1), in_use=True)] == [State.WELL]


def test_the_calendar_of_the_database_is_the_one_that_counts(founded: Path) -> None:
    _sql(founded, "DELETE FROM confirmed_years")
    _sql(founded, "UPDATE bureaus SET region = 'national'")
    found = doctor(founded, FOUNDED)
    assert "全国" in found.findings[[one.name for one in found.findings].index("calendar")].found
    assert "新疆" not in "".join(one.found for one in found.findings if one.name == "calendar")


# --- what goes wrong in the examination itself


async def test_a_check_that_fails_by_our_own_fault_is_told_and_ends_nothing(founded: Path) -> None:
    _sql(founded, "UPDATE bureaus SET region = 'geheim'")
    found = await _at_telegram(founded, TelegramWithDoor(url="https://[geheim"), FOUNDED)  # no address at all
    for name, error in (("bureau", "KeyError"), ("webhook", "ValueError")):
        assert f"这项检查自己出了错：{error}（" in found.told(name, State.WRONG)
    assert "geheim" not in found.everything
    assert {one.name for one in found.findings} == set(TITLES)


async def test_broken_files_of_the_product_are_told_by_line(
    founded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed = tmp_path / "seed"
    shutil.copytree(ROOT / "escalation" / "seed", seed)
    (seed / "kinds.yaml").write_text("kinds: 5\n", encoding="utf-8")
    monkeypatch.setattr("escalation.seed._HERE", seed)
    found = await _examine(founded)
    assert any(one.found.startswith("kinds.yaml 第1行") for one in found if one.name == "seed")
    assert [one.found for one in found if one.name == "bureau"] == ["没有检查"]


# --- how it looks


@pytest.mark.parametrize("width", [50, 80])
def test_people_read_a_table_that_keeps_to_the_width_and_never_breaks_a_word(founded: Path, width: int) -> None:
    (founded / "key").chmod(0o644)
    done = run_command(founded, "doctor", COLUMNS=str(width), **FOUNDED)  # type: ignore[arg-type]  # these are all variables
    assert (done.code, done.said) == (1, "")
    assert max(map(cell_len, done.out.splitlines())) <= width
    for words in ("chmod 600 key", "escalation/seed/bureau.yaml", "有问题", "注意", "好"):
        assert words in done.out
    assert done.out.rstrip().endswith("项有问题。")


@given(st.text("税桥，。（）ab -/ ", max_size=60), st.integers(4, 30))
def test_a_line_is_folded_to_the_width_without_losing_a_sign(line: str, width: int) -> None:
    parts = list(fold(line, width))
    assert max(map(cell_len, parts)) <= width
    assert "".join(parts).replace(" ", "") == line.replace(" ", "")


async def _examine(folder: Path, *, clock: Callable[[], datetime] = now, **options: int) -> Sequence[Finding]:
    """The same in this process, where something can be changed under it."""
    address = {"SHUIQIAO_DATABASE_URL": sqlite_url(folder), "SHUIQIAO_KEY_FILE": str(folder / "key")}
    return await examine(environment(FOUNDED | address), clock, **options)


def _clock_ahead(seconds: int) -> Callable[[], datetime]:
    return lambda: now() + timedelta(seconds=seconds)


def _plain(address: str) -> str:
    return address.replace("+asyncpg", "")
