"""People who ask what the sample answers: each puts the next question when the answer to the last one was sent."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bench.telegram import AtOnce

TakeIn = Callable[[Mapping[str, Any]], Awaitable[None]]

FIRST_CHAT = 1_000_000


@dataclass(slots=True)
class Asked:
    """What came of a number of questions: how long each waited for its answer, and all of them together, in seconds."""

    seconds: float = 0.0
    waits: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.waits) / self.seconds

    def within(self, percent: float) -> float:
        """In how many milliseconds so many of a hundred were answered."""
        return float(np.percentile(self.waits, percent)) * 1000


class Crowd:
    """Numbers its updates on, whoever they are put to."""

    def __init__(self, questions: Sequence[str]) -> None:
        self._questions = itertools.cycle(questions)
        self._update_ids = itertools.count(1)

    async def ask(
        self, take_in: TakeIn, telegram: AtOnce, answers: int, *, people: int, each: int | None = None
    ) -> Asked:
        """So many people at once, until there are so many answers. Whoever has had `each` goes, and somebody new comes;
        without it everybody stays.
        """
        asked, tickets, newcomers = Asked(), iter(range(answers)), itertools.count(FIRST_CHAT)

        async def person() -> None:
            chat_id, had = next(newcomers), 0
            for _ticket in tickets:
                if each is not None and had == each:
                    chat_id, had = next(newcomers), 0
                heard = telegram.next_message(chat_id)
                began = time.perf_counter()
                await take_in(self.update(chat_id))
                await heard
                asked.waits.append(time.perf_counter() - began)
                had += 1

        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for _ in range(people):
                group.create_task(person())
        asked.seconds = time.perf_counter() - began
        return asked

    def update(self, chat_id: int) -> dict[str, Any]:
        """The next question, as Telegram would deliver it."""
        update_id = next(self._update_ids)
        return {
            "update_id": update_id,
            "message": {
                "message_id": update_id,
                "date": int(time.time()),  # noqa: TID251  the people's own clock
                "chat": {"id": chat_id, "type": "private", "first_name": "测试"},
                "from": {"id": chat_id, "is_bot": False, "first_name": "测试", "language_code": "zh"},
                "text": next(self._questions),
            },
        }
