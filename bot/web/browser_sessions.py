"""Through which door a browser comes in: under which path, and with which cookie."""

from dataclasses import dataclass
from datetime import timedelta

from aiohttp import web

VISIT = timedelta(days=365)
SHIFT = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Door:
    """The path of a page and of its cookie; who comes in; `officer_id` where it is a desk."""

    base: str
    cookie: str
    audience: str
    length: timedelta
    officer_id: int | None = None


def token_of(request: web.Request, door: Door) -> str:
    return request.cookies.get(door.cookie, "")
