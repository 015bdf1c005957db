"""The work calendars: for which years the notices are known, and for which days are only computed."""

from collections.abc import Iterator
from datetime import date

from bot.doctor.findings import Finding, remark, well, wrong
from escalation.deadlines.workdays import WorkCalendar

NAME = "calendar"
NOTICES_FROM_MONTH = 11  # when the notices of the next year usually come


def check_calendar(calendar: WorkCalendar, today: date, *, in_use: bool) -> Iterator[Finding]:
    """Whether this year and the next are settled; `in_use` says whether promises are already made by it."""
    found = f"{calendar.name} {today.year} 年"
    if awaited := calendar.awaited_notices(today.year):
        said = f"{found}是推算的，还缺{'和'.join(awaited)}"
        if in_use:
            yield wrong(NAME, said, _advice(calendar, today.year))
        else:
            yield remark(NAME, said, f"首次启动后，{_advice(calendar, today.year)}")
    else:
        yield well(NAME, f"{found}的放假安排已经确定")
    if (awaited := calendar.awaited_notices(today.year + 1)) and today.month >= NOTICES_FROM_MONTH:
        said = f"{calendar.name} {today.year + 1} 年是推算的，还缺{'和'.join(awaited)}"
        yield remark(NAME, said, f"通知公布后升级，或者{_advice(calendar, today.year + 1)}")


def _advice(calendar: WorkCalendar, year: int) -> str:
    region = "" if calendar.region == "xinjiang" else f" --region {calendar.region}"
    return f"对照通知用 calendar correct 更正，再用 python -m bot calendar confirm {year}{region} 确认"
