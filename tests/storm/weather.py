"""One disaster after the other, in an order that chance decides."""

import asyncio
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from tests.storm.keeper import Keeper
from tests.storm.plan import Plan
from tests.storm.trouble import SmallDisk, WrongClock, cut_again_and_again, lock_file, stop_server
from tests.storm.world import OnPostgres, OnSqlite, World
from tests.support.botapi import BotApi
from tests.support.botapi_faults import Rates

MINUTES, HOURS = 60.0, 3600.0
FURTHEST = 6 * HOURS  # that the clock is ever wrong
NOTHING_GETS_THROUGH = Rates(cut_before=1.0, delivery_cut=1.0)
EARLY = 4.0  # seconds, within which a process is still starting


@dataclass(frozen=True, slots=True)
class Disaster:
    """What the operator would call it, and how it is done."""

    name: str
    strike: Callable[[], Awaitable[None]]


class Weather:
    """What happens to one house; `doing` says what is going on."""

    def __init__(self, plan: Plan, keeper: Keeper, api: BotApi, clock: WrongClock, world: World) -> None:
        self._plan = plan
        self._keeper = keeper
        self._api = api
        self._clock = clock
        self._world = world
        self._chance = plan.chance("weather")
        self._faults = plan.chance("faults")
        self.met: Counter[str] = Counter()
        self.doing = ""

    async def blow(self, goes_on: Callable[[], bool]) -> None:
        """Every disaster once, in any order; then again, as long as it goes on."""
        self._api.storm(self._faults, self._plan.rates)
        deck = list(self._disasters())
        while True:
            self._chance.shuffle(deck)
            for disaster in deck:
                if self.over(goes_on):
                    return
                await self._pass(disaster)
            if self._plan.each_disaster_once:
                return

    def over(self, goes_on: Callable[[], bool]) -> bool:
        return not (goes_on() or self._plan.each_disaster_once)

    def calm(self) -> None:
        self._api.calm()
        self.doing = "风停了"

    async def _pass(self, disaster: Disaster) -> None:
        """Mostly the house has recovered from the last one before the next one comes."""
        self.doing = "平静"
        if self._chance.random() < self._plan.recovers:
            await self._keeper.ready()
        await asyncio.sleep(self._chance.uniform(*self._plan.calm))
        self.doing = disaster.name
        self.met[disaster.name] += 1
        await disaster.strike()

    def _disasters(self) -> Iterator[Disaster]:
        if not self._plan.each_disaster_once:  # else the following two are enough
            yield Disaster("强行杀死", self._kill)
        yield Disaster("启动中再杀死", self._kill_in_start)
        yield Disaster("杀死并换门", self._kill_and_change_door)
        yield Disaster("停止并换门", self._change_door)
        yield Disaster("时钟被拨动", self._set_clock)
        yield Disaster("Telegram 断网", self._cut_off_telegram)
        match self._world:
            case OnSqlite(file=file, disk=disk):
                yield Disaster("数据库被锁住", lambda: lock_file(file, self._a_while()))
                if disk is not None:
                    yield Disaster("磁盘写满", lambda: self._fill(disk))
            case OnPostgres(server=server, url=url):
                hows = (signal.SIGINT, signal.SIGQUIT)
                yield Disaster("数据库停机", lambda: stop_server(server, self._a_while(), self._chance.choice(hows)))
                yield Disaster("数据库连接被断", lambda: cut_again_and_again(url, self._a_while()))

    def _a_while(self) -> float:
        return self._chance.uniform(*self._plan.trouble)

    async def _kill(self) -> None:
        self._keeper.kill_and_start()

    async def _kill_in_start(self) -> None:
        self._keeper.kill_and_start()
        await asyncio.sleep(self._chance.uniform(0.1, EARLY))
        self._keeper.kill_and_start()

    async def _kill_and_change_door(self) -> None:
        self._keeper.kill()
        self._keeper.change_door()
        self._keeper.start()

    async def _change_door(self) -> None:
        await self._keeper.ready()  # one that is starting ends at once when it is told to
        await self._keeper.terminate()
        self._keeper.change_door()
        self._keeper.start()

    async def _set_clock(self) -> None:
        jump = self._chance.choice((-1, 1)) * self._chance.choice((MINUTES, HOURS)) * self._chance.uniform(1.0, 5.0)
        there = self._clock.offset + jump
        self._clock.set(there if abs(there) <= FURTHEST else 0.0)

    async def _cut_off_telegram(self) -> None:
        self._api.storm(self._faults, NOTHING_GETS_THROUGH)
        await asyncio.sleep(self._a_while())
        self._api.storm(self._faults, self._plan.rates)

    async def _fill(self, disk: SmallDisk) -> None:
        disk.fill()
        try:
            await asyncio.sleep(self._a_while())
        finally:
            disk.free()
