"""How long a storm blows, how hard, and who is out in it. The seed decides everything that chance decides."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.support.botapi_faults import Rates
from tests.support.crowd import (
    COURTESIES,
    RECEIPT,
    BlocksForAWhile,
    Incident,
    Line,
    VanishesForAWhile,
    complaint,
    correction,
    questions,
)

Range = tuple[float, float]  # from, to; seconds, or lines
SPECIAL = 8  # of so many people on Telegram, five do something out of the ordinary, and one may flood

ROUGH = Rates(
    told_to_wait=0.01, broken=0.02, cut_before=0.02, cut_after=0.02, slow=0.03, second_poller=0.01, delivery_cut=0.05
)


@dataclass(frozen=True, slots=True)
class Plan:
    """One storm on one kind of database."""

    database: str  # "sqlite" or "postgresql"
    seed: int
    updates: int  # at least so many are sent
    lines: Range = (20, 30)  # of one person
    flood: int = 60  # lines of somebody who does not wait
    flooding: float = 0.3  # how probable it is that one of sixteen people does so
    corrections: int = 12  # cases that come to the group of the office
    web_pause: Range = (1.0, 12.0)
    telegram_pause: Range = (0.0, 4.0)
    away: Range = (1.0, 8.0)  # somebody with the bot blocked, or without a chat
    calm: Range = (0.5, 8.0)  # before the next disaster
    trouble: Range = (1.0, 8.0)  # how long a disaster lasts
    rates: Rates = ROUGH
    lease_seconds: float = 8.0
    handler_seconds: float = 7.0
    patience: float = 600.0  # seconds until an answer counts as lost
    give_up_after: float = 3600.0
    recovers: float = 0.8  # how probable it is that the house is well again before the next disaster
    each_disaster_once: bool = False  # else they come again and again, as long as there are people

    def chance(self, what: str) -> random.Random:
        """Chance of its own for each use, so that one use does not change another."""
        return random.Random(f"{self.seed}:{self.database}:{what}")  # noqa: S311 — a storm can be repeated


def short(database: str, seed: int) -> Plan:
    """One that fits into the tests."""
    return Plan(
        database,
        seed,
        updates=300,
        lines=(8, 12),
        flood=12,
        flooding=1.0,
        corrections=2,
        web_pause=(0.2, 3.0),
        telegram_pause=(0.0, 1.0),
        away=(0.5, 2.0),
        calm=(0.2, 1.5),
        trouble=(0.5, 2.5),
        lease_seconds=5.0,
        handler_seconds=4.0,
        patience=300.0,
        give_up_after=900.0,
        recovers=0.5,
        each_disaster_once=True,
    )


@dataclass(frozen=True, slots=True)
class Part:
    """What one person does."""

    on_telegram: bool
    lines: list[Line]
    incidents: dict[int, Incident] = field(default_factory=dict)
    leaves: bool = False
    floods: bool = False

    @property
    def updates(self) -> int:
        """How many this person makes in all."""
        first_case = next((n for n, line in enumerate(self.lines) if line.reply == RECEIPT), len(self.lines))
        presses = sum(line.reply == RECEIPT for line in self.lines[first_case + 1 :])
        return 1 + len(self.lines) + presses + sum(one.updates for one in self.incidents.values()) + self.leaves


class Casting:
    """Hands out the parts; no two complaints are the same."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._chance = plan.chance("people")
        self._questions = questions()
        self._complaints = 0

    def parts(self) -> Sequence[Part]:
        """People at both ends in turn, until they make enough updates; some of those on Telegram are special."""
        parts = list[Part]()
        while len(parts) < 2 * self._plan.corrections:
            parts.append(self._part(len(parts)))
        self._spread_corrections(parts)
        while sum(part.updates for part in parts) < self._plan.updates:
            parts.append(self._part(len(parts)))
        self._chance.shuffle(parts)
        return parts

    def _part(self, number: int) -> Part:
        chance, away = self._chance, self._plan.away
        on_telegram = number % 2 == 1
        special = number // 2 % SPECIAL if on_telegram else None
        if special == 0 and chance.random() < self._plan.flooding:
            flood = [Line(*COURTESIES[n % len(COURTESIES)]) for n in range(self._plan.flood)]
            return Part(on_telegram, flood, floods=True)
        lines = self._lines()
        somewhere = chance.randrange(len(lines))
        match special:
            case 1 | 2:
                return Part(on_telegram, lines, {somewhere: BlocksForAWhile(chance.uniform(*away))})
            case 3 | 4:
                return Part(on_telegram, lines, {somewhere: VanishesForAWhile(chance.uniform(*away))})
            case 5:
                return Part(on_telegram, [*lines, Line(*COURTESIES[1])], leaves=True)
            case _:
                return Part(on_telegram, lines)

    def _lines(self) -> list[Line]:
        lines = list[Line]()
        for _ in range(self._chance.randint(int(self._plan.lines[0]), int(self._plan.lines[1]))):
            match self._chance.choices(("question", "complaint", "courtesy"), (4, 3, 3))[0]:
                case "question":
                    lines.append(self._chance.choice(self._questions))
                case "complaint":
                    self._complaints += 1
                    lines.append(complaint(self._complaints))
                case _:
                    lines.append(Line(*self._chance.choice(COURTESIES)))
        return lines

    def _spread_corrections(self, parts: Sequence[Part]) -> None:
        """Some lines become cases of the office. What follows is courtesies: another line would be shown to the group,
        which takes one message in three seconds.
        """
        ordinary = [part for part in parts if not part.floods and not part.leaves]
        for serial, part in enumerate(self._chance.sample(ordinary, self._plan.corrections), 1):
            last = self._chance.randrange(len(part.lines))
            part.lines[last:] = [correction(serial), *(Line(*COURTESIES[0]) for _ in part.lines[last + 1 :])]
