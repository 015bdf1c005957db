"""Composition root: opens what is needed, in order, and closes it in reverse."""

import secrets
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import structlog
from aiogram import Dispatcher
from sqlalchemy import delete, func, select

from bot.channels import Channel
from bot.channels.telegram import POLLER, SENDER, TELEGRAM, Poller, make_telegram_bot, telegram_pace
from bot.channels.webchat import WEB, make_web_bot, open_desk
from bot.delivery import Delivery
from bot.deps import Deps
from bot.dispatcher import make_dispatcher
from bot.duty_kinds import duty_kinds as duty_kinds
from bot.intake import Intake
from bot.jobs import JOBS, make_scheduler, watch_faq, watch_rules
from bot.runtime import startup
from bot.runtime.clock import Clock, system_clock
from bot.runtime.clock_watch import ClockWatch
from bot.runtime.leases import Lease
from bot.runtime.metrics import Metrics
from bot.runtime.nursery import Nursery
from bot.settings import Settings
from bot.wording.reminders import RENDERERS
from bot.wording.speech import CHINESE
from escalation.rules.duty_kinds import DutyKind
from escalation.rules.limits import INVITATION
from escalation.rules.live import LiveRules
from escalation.rules.rulebook import make_rulebook
from escalation.seed import load_bureau, load_kinds
from escalation.seed.bureau import SampleBureau
from escalation.seed.founding import found_sample, routing_rules
from faq.catalog import load_sample
from faq.entries.queries import concerns
from faq.live import LiveFaq
from faq.seed import load_entries
from intents import Interpreter, make_interpreter
from storage.database import Database, DatabaseError, parse_url
from storage.inbox import release_all_lanes
from storage.leasing import end_waits
from storage.opening import Keys, open_database
from storage.outbox import release_all_addresses
from storage.people import Officer, bureau_ids, invite, officers_in
from storage.schema import ADVISORY_LOCK
from storage.signals import Signals, relay
from storage.single_process import single_process
from storage.tables import leases, officers

log = structlog.get_logger("app")

GRACE_SECONDS = 6.0  # with the web server's own, and the time to roll back, less than 10 seconds


@dataclass(frozen=True, slots=True)
class House:
    """The open house, with nothing running in it yet."""

    deps: Deps
    dispatcher: Dispatcher


@asynccontextmanager
async def open_house(
    settings: Settings,
    *,
    clock: Clock = system_clock,
    say: Callable[[str], None],
    interpreter: Interpreter | None = None,
    make_bots: Callable[[Database], Mapping[str, Channel]] | None = None,
    kinds_of_duty: Sequence[DutyKind] | None = None,
) -> AsyncIterator[House]:
    """Everything that handlers need, opened in order and closed in reverse.

    Raises DatabaseError, VaultError, SeedError or AlreadyRunningError, whose messages say what to do; ValueError where
    the house was put together wrongly.
    """
    declared = duty_kinds() if kinds_of_duty is None else kinds_of_duty
    _check_spoken(declared)
    sample, rules = load_bureau(), make_rulebook(load_kinds(), declared)
    with single_process(parse_url(settings.database_url)):
        database = await open_database(
            settings.database_url,
            Keys(settings.key.get_secret_value() if settings.key else None, settings.key_file),
            signals=Signals(),
            clock=clock,
            say=say,
        )
        nursery = Nursery()
        bots = open_bots(settings, database) if make_bots is None else make_bots(database)
        try:
            await _prepare(settings, database, sample)
            async with database.reader() as reader:
                routing = await routing_rules(reader)
            mind = interpreter or make_interpreter()
            deps = Deps(
                settings=settings,
                clock=clock,
                clock_watch=ClockWatch(clock, nursery),
                database=database,
                interpreter=mind,
                faq=LiveFaq(mind.tokenizer),
                live_rules=LiveRules(rules),
                routing=routing,
                bots=bots,
                nursery=nursery,
                metrics=Metrics(bots),
                holder=secrets.token_hex(6),
            )
            deps.clock_watch.when_set(lambda: _end_waits(deps))
            await _end_waits(deps)
            await watch_rules(deps)
            await watch_faq(deps)
            yield House(deps, make_dispatcher(deps))
        finally:
            await nursery.close(GRACE_SECONDS)
            for bot in bots.values():
                await bot.session.close()
            await database.close()


def open_bots(settings: Settings, database: Database) -> dict[str, Channel]:
    """The channels' bots: the web always, Telegram where a token is set."""
    bots: dict[str, Channel] = {WEB: make_web_bot(database)}
    telegram = make_telegram_bot(settings)
    if telegram is not None:
        bots[TELEGRAM] = telegram
    return bots


@asynccontextmanager
async def run_house(house: House) -> AsyncIterator[None]:
    """Workers, senders, poller and jobs, until the block is left."""
    deps = house.deps
    if not deps.database.is_sqlite:
        deps.nursery.keep("signals", lambda: relay(deps.database.url, deps.database.signals), interruptible=True)
    deps.nursery.keep("clock", deps.clock_watch.run)
    Intake(deps, house.dispatcher).start()
    Delivery(deps, WEB).start()
    if TELEGRAM in deps.bots:
        Delivery(deps, TELEGRAM, lease=_lease(deps, SENDER), pace=telegram_pace()).start()
        if not deps.settings.telegram_webhook:
            poller = Poller(deps.bots[TELEGRAM], deps.database, deps.nursery, _lease(deps, POLLER), deps.metrics)
            deps.nursery.keep("poller", poller.run)
    deps.nursery.keep("lag", deps.metrics.watch_lag, interruptible=True)
    scheduler = make_scheduler(deps, _lease(deps, JOBS))
    scheduler.start()
    startup.opened()
    try:
        yield
    finally:
        scheduler.shutdown(wait=False)
        await deps.nursery.close(GRACE_SECONDS)


def _lease(deps: Deps, name: str) -> Lease:
    """A named lease, kept from now on."""
    length = timedelta(seconds=deps.settings.lease_seconds)
    lease = Lease(deps.database, deps.nursery, name, deps.holder, length)
    deps.nursery.keep(f"lease:{name}", lease.keep)
    return lease


async def desk_tokens(deps: Deps) -> list[tuple[str, str]]:
    """For each officer a fresh one-time token that opens the desk: name, token."""
    return await _tokens(deps, "desk", await _staff(deps))


async def bind_tokens(deps: Deps) -> list[tuple[str, str]]:
    """For each officer a fresh one-time token that makes a chat the officer's own: name, token."""
    return await _tokens(deps, "bind", await _staff(deps))


async def console_tokens(deps: Deps) -> list[tuple[str, str]]:
    """For each officer with something to do there a fresh one-time token that opens the console: name, token."""
    async with deps.database.reader() as reader:
        staff = [one for one in await _staff(deps) if await concerns(reader, one)]
    return await _tokens(deps, "console", staff)


async def _staff(deps: Deps) -> list[Officer]:
    """Everybody who has not left, of every bureau."""
    async with deps.database.reader() as reader:
        found = [await officers_in(reader, bureau_id) for bureau_id in await bureau_ids(reader)]
    return sorted((one for staff in found for one in staff), key=lambda one: one.id)


async def _tokens(deps: Deps, purpose: str, staff: Sequence[Officer]) -> list[tuple[str, str]]:
    async with deps.database.unit() as unit:
        return [(one.name, await invite(unit, one.id, purpose, INVITATION)) for one in staff]


def _check_spoken(declared: Sequence[DutyKind]) -> None:
    """A kind of duty that nobody has words for would be found out by the first officer who is not reminded."""
    silent = [kind.code for kind in declared if kind.reminder is None and kind.code not in RENDERERS]
    if silent:
        names = "、".join(silent)
        raise ValueError(f"待办 {names} 没有提醒的话。请在声明里写 reminder，或者在 bot/wording/reminders/ 里登记。")


async def _check_founded(database: Database) -> None:
    """Without a bureau nobody could be served: say so now, and not to the first taxpayer."""
    async with database.reader() as reader:
        if not await bureau_ids(reader):
            raise DatabaseError("数据库里还没有任何局，无法受理来信。请去掉 SHUIQIAO_SAMPLE=false，以装入样例局。")


async def _end_waits(deps: Deps) -> None:
    """The clock may have been set back since somebody was to stand back for a moment. Twice a lease, because the clock
    of another process, whose lease is to last, may be a little ahead of ours.
    """
    async with deps.database.unit() as unit:
        await end_waits(unit, 2 * timedelta(seconds=deps.settings.lease_seconds))


async def _prepare(settings: Settings, database: Database, sample: SampleBureau) -> None:
    """The sample into an empty database; on SQLite, leases that a killed predecessor left are taken back.

    Of two processes that start together the second waits for the first.
    """
    names = {department.name: department.code for department in sample.departments_of(sample.region.code)}
    seed = load_entries(departments=names)
    async with database.unit() as unit:
        if not database.is_sqlite:
            await unit.run(select(func.pg_advisory_xact_lock(ADVISORY_LOCK)))
        if settings.sample:
            await found_sample(unit, sample)
            await load_sample(unit, seed, names)
        for officer in await unit.all(select(officers.c.id).where(officers.c.left_at.is_(None))):
            await open_desk(unit, officer.id, CHINESE)
    await _check_founded(database)
    if database.is_sqlite:
        async with database.unit() as unit:
            await release_all_lanes(unit)
            await release_all_addresses(unit)
            await unit.run(delete(leases))
