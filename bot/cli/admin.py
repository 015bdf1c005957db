"""What an administrator does from the terminal, also while the house runs: correct the calendar, let officers in, deal
with what got stuck.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from sqlalchemy import select

from bot.duty_kinds import duty_kinds
from bot.settings import Settings
from escalation.cases.queries import find_case
from escalation.deadlines.workdays import Correction
from escalation.duties.duties import settle as settle_duty
from escalation.duties.redating import Change, Move, correct, preview
from escalation.rules.limits import INVITATION
from escalation.rules.live import read_rulebook
from escalation.rules.rulebook import make_rulebook
from escalation.seed import load_kinds
from escalation.seed.reading import SeedError
from escalation.watches.stuck import SET_ASIDE
from faq.entries.queries import concerns
from storage.database import Database, DatabaseError
from storage.opening import Keys, open_database
from storage.people import Officer, find_officer, invite
from storage.read_only import look_into
from storage.signals import Signals
from storage.stuck import CLOSED, Stuck, Way, close, stuck, try_again
from storage.tables import departments, officers
from storage.unit import Reader
from storage.vault import VaultError

TERMINAL = "终端"
WAYS = {Way.IN: "来信", Way.OUT: "通知"}
RETRIED = "retried"

# What an operator can put right: said in a sentence.
ACTING_ERRORS = (DatabaseError, VaultError, SeedError)

Done = TypeVar("Done")


@dataclass(frozen=True, slots=True)
class Impossible:
    """What was asked for cannot be done, and nothing was done: `why`, in Chinese, for who stands at the terminal."""

    why: str


def change_of(region: str, on: date | None, *, counts: bool, why: str, confirm: int | None) -> Change:
    """One corrected day, a confirmed year, or both."""
    corrections = {} if on is None else {on: Correction(counts, why)}
    return Change(region, corrections, frozenset() if confirm is None else frozenset({confirm}))


def preview_change(settings: Settings, now: datetime, change: Change) -> Sequence[tuple[str, Move]]:
    """What the change would move: the number of the case, and the move. Nothing is written."""

    async def look(database: Database) -> Sequence[tuple[str, Move]]:
        async with database.reader() as reader:
            rules = await read_rulebook(reader, make_rulebook(load_kinds(), duty_kinds()))
            return [(await _number(reader, move), move) for move in await preview(reader, rules, change)]

    return asyncio.run(with_database(settings, now, look))


def make_change(settings: Settings, now: datetime, change: Change) -> int:
    """Make the change; returns how many open duties it moved. A running house takes it over within a second."""

    async def act(database: Database) -> int:
        async with database.unit() as unit:
            rules = await read_rulebook(unit, make_rulebook(load_kinds(), duty_kinds()))
            return len(await correct(unit, rules, change, TERMINAL))

    return asyncio.run(with_database(settings, now, act))


def make_invitation(settings: Settings, now: datetime, officer: str, department: str | None) -> str | Impossible:
    """A one-time token that binds a chat to an officer or, with a department's code, a group to that department.

    Impossible where there is no such officer or department, or the department's cases are sealed.
    """

    async def act(database: Database) -> str | Impossible:
        async with database.unit() as unit:
            found = await officer_called(unit, officer)
            if isinstance(found, Impossible):
                return found
            department_id = None
            if department is not None:
                row = await unit.one(
                    select(departments).where(
                        departments.c.bureau_id == found.bureau_id, departments.c.code == department
                    )
                )
                if row is None or row.sealed or row.internal:
                    return Impossible(f"没有可以绑定群的部门 {department}；密封的和只在局内使用的机构不能绑定。")
                department_id = row.id
            return await invite(unit, found.id, "bind", INVITATION, department_id=department_id)

    return asyncio.run(with_database(settings, now, act))


def invite_to_console(settings: Settings, now: datetime, officer: str) -> str | Impossible:
    """A one-time link into the console; Impossible where there is nothing for the officer there, or no officer."""

    async def act(database: Database) -> str | Impossible:
        async with database.unit() as unit:
            found = await officer_called(unit, officer)
            if isinstance(found, Impossible):
                return found
            if not await concerns(unit, found):
                return Impossible(
                    f"{found.name}没有问答编辑、问答审批或管理员的角色，也没有自己或本部门的条目，进不了管理后台。"
                )
            return f"{settings.page_url}/console/enter/{await invite(unit, found.id, 'console', INVITATION)}"

    return asyncio.run(with_database(settings, now, act))


def find_stuck(settings: Settings, now: datetime) -> Sequence[Stuck]:
    """Everything that got stuck, either way."""

    async def look(database: Database) -> Sequence[Stuck]:
        async with database.reader() as reader:
            return [one for way in Way for one in await stuck(reader, way)]

    return asyncio.run(with_database(settings, now, look))


def settle_stuck(
    settings: Settings, now: datetime, way: Way, numbers: Collection[int], *, again: bool
) -> int | Impossible:
    """Have these (none: all) tried `again`, or close them; returns how many. Impossible where one is not stuck."""

    async def act(database: Database) -> int | Impossible:
        async with database.unit() as unit:
            found = {one.id: one for one in await stuck(unit, way)}
            if unknown := sorted(set(numbers) - found.keys()):
                names = "、".join(map(str, unknown))
                return Impossible(f"卡住的{WAYS[way]}里没有编号 {names}，什么都没有做。请看 python -m bot stuck list。")
            for number in numbers or found:
                await (try_again if again else close)(unit, found[number])
                if way is Way.IN:
                    await settle_duty(unit, SET_ASIDE, number, RETRIED if again else CLOSED)
            return len(numbers or found)

    return asyncio.run(with_database(settings, now, act))


async def officer_called(reader: Reader, code: str) -> Officer | Impossible:
    """The officer of a code; where there is none, a refusal that names those there are."""
    staff = await reader.all(select(officers.c.id, officers.c.code).where(officers.c.left_at.is_(None)))
    found = await find_officer(reader, {row.code: row.id for row in staff}.get(code, 0))
    if found is None:
        return Impossible(f"没有代码为 {code} 的工作人员；现有：{'、'.join(row.code for row in staff)}。")
    return found


async def _number(reader: Reader, move: Move) -> str:
    case = await find_case(reader, move.subject_id) if move.kind.startswith("case.") else None
    return "" if case is None else case.number


async def with_database(settings: Settings, now: datetime, act: Callable[[Database], Awaitable[Done]]) -> Done:
    """Act on the database in use; raises DatabaseError where there is none yet, or it is of another version."""

    async def exists(_reader: Reader) -> bool:
        return True

    if await look_into(settings.database_url, now, exists) is None:
        raise DatabaseError("还没有数据库。请先启动一次税桥（make run）。")
    keys = Keys(settings.key.get_secret_value() if settings.key else None, settings.key_file)
    database = await open_database(
        settings.database_url, keys, signals=Signals(), clock=lambda: now, say=lambda _sentence: None
    )
    try:
        return await act(database)
    finally:
        await database.close()
