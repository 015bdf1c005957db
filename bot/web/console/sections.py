"""What a section of the console is. The frame knows the list of them, and nothing of what they are about."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiohttp import web

from escalation.rules.permissions import Role
from storage.people import Officer
from storage.unit import Reader

if TYPE_CHECKING:
    from bot.web.console.access import Caller

Right = Callable[["Caller"], bool]  # what a page needs: whether this caller may see it


@dataclass(frozen=True, slots=True)
class Tile:
    """A number on the first page, and where it leads; an `urgent` one stands out."""

    address: str
    number: int
    name: str
    hint: str
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Overview:
    """What a section shows on the first page: its tiles, and a template with advice below them."""

    needs: Right
    tiles: Callable[[Reader], Awaitable[Sequence[Tile]]]
    advice: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits in a section, shown in the navigation; `told` is a message id with a {count}."""

    count: Callable[[Reader], Awaitable[int]]
    told: str


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the console: its place in the navigation, its pages, and what the frame says for it.

    It is shown to those who may do what it `needs` (None: to everybody in the console). `lets_in` tells who has
    something to do there: only they come into the console. `done` are sentences about what was done, by the word that a
    redirection carries; `roles` are the names of the roles that it knows, in the context "role" of the catalogue. All
    sentences are message ids.
    """

    path: str
    title: str
    needs: Right | None
    routes: Sequence[web.RouteDef]
    lets_in: Callable[[Reader, Officer], Awaitable[bool]] | None = None
    done: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[Role, str] = field(default_factory=dict)
    waiting: Waiting | None = None
    overview: Overview | None = None


SECTIONS = web.AppKey("sections", Sequence[Section])


async def is_let_in(sections: Sequence[Section], reader: Reader, officer: Officer) -> bool:
    """Whether the officer has something to do in any of these sections."""
    for one in sections:
        if one.lets_in is not None and await one.lets_in(reader, officer):
            return True
    return False
