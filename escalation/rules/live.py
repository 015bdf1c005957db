"""The rules in force: an immutable rulebook, read anew when it was changed and swapped by one reference."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType

from sqlalchemy import select

from escalation.deadlines.workdays import Correction, WorkCalendar, make_calendar
from escalation.rules.rulebook import Rulebook
from storage.database import Database
from storage.installation import fact
from storage.tables import calendar_corrections, confirmed_years
from storage.unit import Reader

REVISION = "calendar_revision"
NO_CORRECTIONS: Mapping[date, Correction] = MappingProxyType({})


class LiveRules:
    """Holds the rulebook in force; `refresh` looks whether another one is due."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook = rulebook

    async def refresh(self, database: Database) -> bool:
        """Read and swap where an administrator has corrected the calendar, in this process or in another."""
        async with database.reader() as reader:
            if await revision_of(reader) == self.rulebook.calendar_revision:
                return False
            self.rulebook = await read_rulebook(reader, self.rulebook)
        return True


async def revision_of(reader: Reader) -> int:
    """Return what rises with every change of the calendar; 1 for a calendar that was never corrected."""
    return int(await fact(reader, REVISION) or 1)


async def read_rulebook(reader: Reader, rules: Rulebook) -> Rulebook:
    """Return the same rules with the calendars as they are corrected now."""
    calendars = {region: await corrected_calendar(reader, region) for region in rules.calendars}
    return replace(rules, calendars=MappingProxyType(calendars), calendar_revision=await revision_of(reader))


async def corrected_calendar(
    reader: Reader,
    region: str,
    corrections: Mapping[date, Correction] = NO_CORRECTIONS,
    confirmed: frozenset[int] = frozenset(),
) -> WorkCalendar:
    """Return the calendar of a region as it is corrected now, with these corrections and confirmed years besides."""
    rows = await reader.all(select(calendar_corrections).where(calendar_corrections.c.region == region))
    years = await reader.all(select(confirmed_years.c.year).where(confirmed_years.c.region == region))
    known = {row.on: Correction(row.counts, row.why) for row in rows}
    settled = frozenset(row.year for row in years)
    return make_calendar(region, {**known, **corrections}, confirmed_years=settled | confirmed)
