"""The course of one storm: people arrive, the weather breaks, everybody is told everything, the account is drawn."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from sqlalchemy import func, select

from storage.database import Database
from storage.tables import addresses, notices, updates
from storage.vault import new_key
from testbed.postgres import free_port
from testbed.processes import Installation, browser, comes
from tests.storm.account import ALARMING, Account, judge, logged, repeats_in
from tests.storm.keeper import Keeper
from tests.storm.office import Office, said_twice
from tests.storm.plan import Casting, Part, Plan
from tests.storm.trouble import WrongClock
from tests.storm.weather import Weather
from tests.storm.world import World, world_of
from tests.support.agreement import disagreements, look, owed
from tests.support.botapi import BotApi
from tests.support.botapi_limits import BUSY_JITTER_SECONDS, Limits
from tests.support.crowd import InBrowser, OnTelegram, Someone, Talk

RECONNECT_SECONDS = 0.3
INTERRUPTIONS = ("数据库停机", "数据库连接被断", "数据库被锁住", "磁盘写满")
MOST_NAMED = 3


class Storm:
    """One storm in `folder`; may be watched while it blows."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self.plan = plan
        self.account = Account(plan.database, plan.seed)
        self.talks: list[Talk] = []
        self.total = plan.updates  # that are going to be made
        self._folder = folder
        self._weather: Weather | None = None

    @property
    def doing(self) -> str:
        return "准备" if self._weather is None else self._weather.doing

    @property
    def sent(self) -> int:
        """Updates that people have made so far."""
        return sum(talk.sent for talk in self.talks)

    async def blow(self) -> Account:
        """From the first start to the account; whatever was started is ended, however it goes."""
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            async with asyncio.timeout(self.plan.give_up_after), AsyncExitStack() as stack:
                await self._blow(stack)
        except TimeoutError:
            self.account.findings.append(f"{self.plan.give_up_after:.0f} 秒内没有完：{self.doing}")
        except (AssertionError, ExceptionGroup) as error:
            self.account.findings += [f"中途失败：{one}" for one in failures_in(error)]
        self.account.seconds = clock() - began
        return self.account

    async def _blow(self, stack: AsyncExitStack) -> None:
        plan = self.plan
        world = await stack.enter_async_context(world_of(plan.database, self._folder))
        api = await stack.enter_async_context(BotApi(limits=Limits(BUSY_JITTER_SECONDS)))
        wrong = WrongClock(self._folder / "clock")
        installation = stack.enter_context(installation_at(self._folder, plan, world, api, wrong))
        keeper = Keeper(installation, free_port())
        keeper.start()
        casting = asyncio.to_thread(lambda: Casting(plan).parts())
        parts, _ = await asyncio.gather(casting, installation.runs[0].ready())
        desks = len(installation.runs[0].desks)
        office = Office(api, installation, plan.corrections, plan.patience)
        await office.open()
        self.total = sum(part.updates for part in parts)
        self.talks = await stack.enter_async_context(arrive(plan, api, keeper, parts))
        self._weather = Weather(plan, keeper, api, wrong, world)
        try:
            await self._let_blow(self._weather, keeper, office)
            await comes("nothing waits any more", lambda: nothing_waits(installation), within=plan.patience)
            await keeper.terminate()
        finally:
            self._draw(api, keeper, office)
        await self._compare(installation, api, office, desks)

    async def _let_blow(self, weather: Weather, keeper: Keeper, office: Office) -> None:
        """Until everybody has said and heard everything, and the last disaster has passed."""
        people = set[asyncio.Task[None]]()
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(keeper.watch())
            people |= {tasks.create_task(talk.live()) for talk in self.talks}
            people.add(tasks.create_task(office.live()))
            await weather.blow(lambda: any(not one.done() for one in people))
            weather.calm()
            await keeper.ready()
            await asyncio.wait(people)
            watching.cancel()

    def _draw(self, api: BotApi, keeper: Keeper, office: Office) -> None:
        """What can be said without the database."""
        account, weather = self.account, self._weather
        account.people, account.faults, account.kills = len(self.talks), api.met, len(keeper.kills)
        account.disasters = Counter() if weather is None else weather.met
        account.exits, account.over_limit = keeper.exits, api.over_limit
        if api.over_limit:
            account.findings.append(f"{api.over_limit} 次超过 Telegram 的发送限度")
        if api.unknown_calls:
            account.findings.append(f"调用了没有的方法：{ {call.method for call in api.unknown_calls} }")
        if keeper.exits.keys() - {1}:
            account.findings.append(f"自行退出，退出码 {dict(keeper.exits)}")
        if any(keeper.stopped):
            account.findings.append(f"停止时的退出码 {keeper.stopped}")
        self._judge_repeats(api, keeper, office)
        self._judge_logs(keeper.installation)

    def _judge_repeats(self, api: BotApi, keeper: Keeper, office: Office) -> None:
        chats = [
            repeats_in(talk.name, api.heard_in(talk.someone.person.chat["id"]), talk.repeats, keeper.kills)
            for talk in self.talks
            if isinstance(talk.someone, OnTelegram)
        ]
        for chat_id in office.chats:
            heard = api.heard_in(chat_id)
            chats.append(repeats_in(f"会话 {chat_id}", heard, said_twice(heard), keeper.kills))
        in_browsers = sum(talk.repeats for talk in self.talks if isinstance(talk.someone, InBrowser))
        judge(self.account, chats, in_browsers, sum(self.account.disasters[name] for name in INTERRUPTIONS))

    def _judge_logs(self, installation: Installation) -> None:
        events, strange = logged(installation)
        self.account.findings += [
            f"日志 {name}：{why} {events[name]} 次" for name, why in ALARMING.items() if events[name]
        ]
        if strange:
            self.account.findings.append(f"标准错误里有 {len(strange)} 行不是日志，例如 {strange[:MOST_NAMED]}")

    async def _compare(self, installation: Installation, api: BotApi, office: Office, desks: int) -> None:
        """What the database says."""
        in_browsers = sum(talk.sent for talk in self.talks if isinstance(talk.someone, InBrowser))
        sent = in_browsers + api.arrived + desks
        async with installation.database() as database:
            found = await look(database)
        account, expected = self.account, owed(self.talks, office.signed)
        told = Counter({kind: found.told[kind] for kind in expected})
        account.sent, account.kept, account.cases = sent, found.outcomes["kept"], len(found.letters)
        account.lost = sent - found.updates["handled"] + (expected - told).total()
        account.doubled = max(0, found.updates.total() - sent) + (told - expected).total()
        account.findings += disagreements(found, self.talks, sent, office.signed)
        if api.unconfirmed:
            account.findings.append(f"Telegram 手上还有 {len(api.unconfirmed)} 封来信")


def installation_at(folder: Path, plan: Plan, world: World, api: BotApi, clock: WrongClock) -> Installation:
    api.token = f"4242:{'t' * 30}"
    installation = Installation(
        folder,
        world.url,
        key=new_key(),
        telegram_token=api.token,
        telegram_api=api.url,
        lease_seconds=plan.lease_seconds,
        handler_seconds=plan.handler_seconds,
        posts_per_minute=100_000,
        posts_per_minute_per_address=1_000_000,
        log_format="json",
    )
    installation.tells = False  # too much to read; it stays in the folder
    installation.module = ("tests.storm.launcher", str(clock.file))
    return installation


@asynccontextmanager
async def arrive(plan: Plan, api: BotApi, keeper: Keeper, parts: Sequence[Part]) -> AsyncIterator[list[Talk]]:
    """Everybody is there; nobody has said anything yet."""
    async with AsyncExitStack() as stack:
        yield [await _arrives(stack, plan, api, keeper, number, part) for number, part in enumerate(parts, 1)]


async def _arrives(stack: AsyncExitStack, plan: Plan, api: BotApi, keeper: Keeper, number: int, part: Part) -> Talk:
    someone: Someone
    if part.on_telegram:
        someone = OnTelegram(api.person(number, f"纳税人{number}"))
    else:
        someone = InBrowser(await stack.enter_async_context(browser(lambda: keeper.url, again=RECONNECT_SECONDS)))
    return Talk(
        f"{type(someone).__name__} {number}",
        part.lines,
        someone,
        pause=_pauses(plan, number, part),
        incidents=part.incidents,
        leaves=part.leaves,
        patience=plan.patience,
    )


def _pauses(plan: Plan, number: int, part: Part) -> Callable[[], float]:
    if part.floods:
        return lambda: 0.0
    chance = plan.chance(f"pauses of {number}")
    length = plan.telegram_pause if part.on_telegram else plan.web_pause
    return lambda: chance.uniform(*length)


async def nothing_waits(installation: Installation) -> bool:
    """Everything is handled, and everything is said to everybody who can be reached."""
    async with installation.database() as database:
        return await _nothing_waits(database)


async def _nothing_waits(database: Database) -> bool:
    unsaid = (
        select(func.count())
        .select_from(notices)
        .join(addresses, addresses.c.id == notices.c.address_id)
        .where(notices.c.settled_at.is_(None), addresses.c.blocked_at.is_(None))
    )
    unhandled = select(func.count()).select_from(updates).where(updates.c.settled_at.is_(None))
    async with database.reader() as reader:
        return int(await reader.value(unsaid)) == int(await reader.value(unhandled)) == 0


def failures_in(error: BaseException) -> Iterator[str]:
    if isinstance(error, BaseExceptionGroup):
        for part in error.exceptions:
            yield from failures_in(part)
    else:
        yield f"{type(error).__name__} {error}"
