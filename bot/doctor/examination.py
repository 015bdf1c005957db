"""The whole examination: looks at everything once, judges what was seen, and goes on after whatever is found."""

import traceback
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from bot.doctor.calendar import check_calendar
from bot.doctor.clock import check_clock
from bot.doctor.data import Clock, Data, check_database, look_at_data, within_reach
from bot.doctor.findings import TITLES, Finding, complaint, unchecked, well, wrong
from bot.doctor.key import check_key
from bot.doctor.machine import check_address, check_disk, check_fonts, look_at_port
from bot.doctor.records import (
    Records,
    check_bureau,
    check_entries,
    check_notices,
    check_seed,
    check_updates,
    load_rules,
    read_records,
)
from bot.doctor.telegram import Telegram, check_token, check_webhook
from bot.settings import Problem, Settings, examine_settings, variable_of
from escalation.deadlines.workdays import local_date, make_calendar
from escalation.rules.rulebook import Rulebook
from escalation.seed.founding import REGION
from storage.database import DatabaseError
from storage.read_only import look_into

HERE = Path(__file__).parents[2]

Seen = TypeVar("Seen")


@dataclass
class Notebook:
    """What has been found so far. What fails by our own fault is a finding, too, and ends nothing."""

    wrong_variables: frozenset[str]
    findings: list[Finding] = field(default_factory=list)

    async def look(self, name: str, looking: Callable[[], Awaitable[Seen]], *needs: str) -> Seen | None:
        """What a look shows; None where a setting that it needs is wrong, or it failed."""
        if self._wrong(needs):
            return None
        try:
            return await looking()
        except Exception as error:  # noqa: BLE001  told to the operator, who is not to meet a trace
            self.findings.append(_our_fault(name, error))
            return None

    def judge(self, name: str, judging: Callable[[], Iterable[Finding]], *needs: str) -> None:
        """Write down what a check says; where a setting that it needs is wrong, that it could not be made."""
        if wrong_variables := self._wrong(needs):
            self.findings.append(unchecked(name, "、".join(wrong_variables)))
            return
        try:
            self.findings += judging()
        except Exception as error:  # noqa: BLE001  the same
            self.findings.append(_our_fault(name, error))

    def _wrong(self, needs: Iterable[str]) -> Sequence[str]:
        return [variable for variable in map(variable_of, needs) if variable in self.wrong_variables]


async def examine_all(
    environment: Mapping[str, str], clock: Clock, zone: Finding, least_free_bytes: int
) -> Sequence[Finding]:
    """Everything about the installation of this environment, in the order of the checks; `zone` is known already."""
    settings, problems = examine_settings(environment)
    notebook = Notebook(frozenset(problem.variable for problem in problems), [zone])
    notebook.judge("settings", partial(_check_settings, environment, problems))
    rules, broken = load_rules()
    notebook.judge("seed", partial(check_seed, broken))

    data = await notebook.look("database", partial(look_at_data, settings.database_url, clock), "database_url")
    notebook.judge("database", partial(check_database, data), "database_url")
    notebook.judge("key", partial(check_key, settings, data), "key", "key_file")
    notebook.judge("disk", partial(check_disk, data, least_free_bytes), "database_url")
    records = await notebook.look("bureau", partial(_records, settings, data, rules, clock), "database_url")
    _judge_records(notebook, settings, data, records, clock)

    telegram_needs = ("telegram_token", "telegram_api")
    telegram = await notebook.look("token", partial(_telegram, settings, clock), *telegram_needs)
    notebook.judge("token", partial(check_token, settings, telegram), *telegram_needs)
    notebook.judge(
        "webhook",
        partial(check_webhook, settings, telegram, data, clock()),
        *telegram_needs,
        "telegram_webhook",
        "public_url",
    )
    notebook.judge("clock", partial(check_clock, data, telegram))

    port = await notebook.look("port", partial(look_at_port, settings), "host", "port")
    notebook.judge("port", lambda: port or (), "host", "port")
    notebook.judge("address", partial(check_address, settings), "public_url", "host")
    notebook.judge("fonts", check_fonts)
    order = list(TITLES)
    return sorted(notebook.findings, key=lambda finding: order.index(finding.name))


def _check_settings(environment: Mapping[str, str], problems: Sequence[Problem]) -> Iterable[Finding]:
    for problem in problems:
        yield wrong("settings", f"{problem.variable} 写得不对", problem.right)
    if not problems:
        given = [variable for name in Settings.model_fields if environment.get(variable := variable_of(name))]
        yield well("settings", f"都写对了：{'、'.join(given)}" if given else "什么都没有设，都是默认值")


async def _telegram(settings: Settings, clock: Clock) -> Telegram | None:
    if settings.telegram_token is None:
        return None
    from bot.doctor.botapi import look_at_telegram  # seconds to import, and of no use without a token

    return await look_at_telegram(settings, clock)


async def _records(settings: Settings, data: Data | None, rules: Rulebook | None, clock: Clock) -> Records | None:
    if data is None or rules is None or not data.is_ours:
        return None
    looking = look_into(settings.database_url, clock(), lambda reader: read_records(reader, rules))
    return await within_reach(data.url, looking)


def _judge_records(
    notebook: Notebook, settings: Settings, data: Data | None, records: Records | None, clock: Clock
) -> None:
    is_new = data is not None and data.is_new
    notebook.judge("bureau", partial(check_bureau, settings, records, is_new=is_new), "database_url", "sample")
    notebook.judge("entries", partial(check_entries, settings, records, is_new=is_new), "database_url", "sample")
    notebook.judge("updates", partial(check_updates, records, is_new=is_new), "database_url")
    notebook.judge("notices", partial(check_notices, records, is_new=is_new), "database_url")
    calendars = [make_calendar(REGION)] if records is None else list(records.calendars.values())
    for calendar in calendars:
        in_use = records is not None
        notebook.judge("calendar", partial(check_calendar, calendar, local_date(clock()), in_use=in_use))


def _our_fault(name: str, error: Exception) -> Finding:
    """Where we went wrong and how, but not the words, which may quote what was being handled."""
    if isinstance(error, DatabaseError):
        return complaint(name, str(error))
    frames = traceback.extract_tb(error.__traceback__)
    ours = next((frame for frame in reversed(frames) if Path(frame.filename).is_relative_to(HERE)), frames[-1])
    place = f"{Path(ours.filename).name}:{ours.lineno}"
    found = f"这项检查自己出了错：{type(error).__name__}（{place}）"
    return wrong(name, found, "把这一行告诉开发者；其余各项不受影响")
