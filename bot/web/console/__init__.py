"""The console of those who keep the FAQ, on the bureau's own site: in Chinese, and without script except for comfort.

A page is a function `Caller → response`, a form `Caller, Form → response`; `shown` and `posted` (access.py) say who
may. A new section is a module with ROUTES and a line in SECTIONS (page.py).
"""

from bot.web.console import approvals, deeds, doors, editing, entries, files, gaps, home, trying
from bot.web.console.page import set_up

ROUTES = [
    *home.ROUTES,
    *entries.ROUTES,
    *editing.ROUTES,
    *deeds.ROUTES,
    *approvals.ROUTES,
    *trying.ROUTES,
    *gaps.ROUTES,
    *files.ROUTES,
    *doors.ROUTES,
]

__all__ = ["ROUTES", "set_up"]
