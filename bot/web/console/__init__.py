"""The console, on the bureau's own site: in Chinese, and without script except for comfort.

A page is a function `Caller → response`, a form `Caller, its model → response`; `shown` and `posted` (access.py) say
who may. A form's model (forms.py) says what it sends, and what of that can be wrong. A new section is a `Section`
(sections.py) in the list below; the frame around its pages knows no more of it.
"""

from aiohttp import web

from bot.web.console import home, layout, login
from bot.web.console.faq import sections as faq
from bot.web.console.sections import SECTIONS

ALL = (home.SECTION, *faq.SECTIONS, login.SECTION)
ROUTES = [route for section in ALL for route in section.routes]


def set_up(app: web.Application) -> None:
    app[SECTIONS] = ALL
    layout.set_up(app)


__all__ = ["ROUTES", "set_up"]
