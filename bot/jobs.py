"""The periodic jobs; the only file that knows APScheduler.

The scheduler only wakes: with a memory store, one instance, no grace time and an explicit zone. Who runs what only one
process is to do is decided by a named lease in the database. The work itself belongs to the nursery, which lets it end
before the house is closed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, time, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from bot.deps import Deps
from bot.runtime.leases import Lease
from escalation.deadlines.workdays import BEIJING, local_date
from escalation.duties.patrol import patrol
from faq.answering import open_untapped, open_withheld
from faq.asked import WITHHELD_FOR, Asked, untapped, withheld_before
from faq.hearing import InForce
from faq.watches.entries import watch_entries
from storage import inbox, outbox
from storage.database import is_trouble_of_the_database
from storage.unit import Unit

log = structlog.get_logger("jobs")

JOBS = "jobs"  # the name of the lease
PATROL_SECONDS = 20
FAQ_SECONDS = 1
RULES_SECONDS = 1
TOPICS_HOURS = 1
WITHHELD_SECONDS = 60
WITHHELD_AT_ONCE = 100
UNTAPPED_FOR = timedelta(days=10)  # what is older was offered before choices were seen to
PURGE_HOURS = 6
ENTRIES_HOURS = 1

Job = Callable[[Deps], Awaitable[None]]


def make_scheduler(deps: Deps, lease: Lease) -> AsyncIOScheduler:
    """The jobs of a process, not yet started; those for the whole installation run where the lease is held."""
    scheduler = AsyncIOScheduler(
        timezone=BEIJING, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    )
    for job, decides, trigger in (
        (watch_duties, lease, IntervalTrigger(seconds=PATROL_SECONDS, timezone=BEIJING)),
        (watch_faq, None, IntervalTrigger(seconds=FAQ_SECONDS, timezone=BEIJING)),
        (count_topics, None, IntervalTrigger(hours=TOPICS_HOURS, timezone=BEIJING)),
        (watch_rules, None, IntervalTrigger(seconds=RULES_SECONDS, timezone=BEIJING)),
        (watch_over_entries, lease, IntervalTrigger(hours=ENTRIES_HOURS, timezone=BEIJING)),
        (open_what_was_withheld, lease, IntervalTrigger(seconds=WITHHELD_SECONDS, timezone=BEIJING)),
        (open_what_was_not_chosen, lease, IntervalTrigger(seconds=WITHHELD_SECONDS, timezone=BEIJING)),
        (purge, lease, IntervalTrigger(hours=PURGE_HOURS, timezone=BEIJING)),
    ):
        scheduler.add_job(_wake, trigger, [deps, job, decides], id=job.__name__)

    async def begin_anew() -> None:
        """The scheduler goes by the wall clock: set back, it would sleep until the old time has come again."""
        for waiting in scheduler.get_jobs():
            waiting.modify(next_run_time=datetime.now(BEIJING))  # noqa: TID251  the scheduler's own clock

    deps.clock_watch.when_set(begin_anew)
    return scheduler


async def _wake(deps: Deps, job: Job, lease: Lease | None) -> None:
    """Wait for the job, so that it never runs beside itself; the scheduler may stop waiting, the job goes on."""
    if (lease is None or lease.held) and not deps.nursery.stopping.is_set():
        await asyncio.shield(deps.nursery.send(job.__name__, lambda: _do(deps, job)))


async def _do(deps: Deps, job: Job) -> None:
    try:
        await job(deps)
    except Exception as error:  # whatever it is, the job is woken again, and the log must know
        if is_trouble_of_the_database(error):
            log.warning("database_trouble", job=job.__name__, error=type(error).__name__)
        else:
            log.exception("job_failed", job=job.__name__)


async def watch_duties(deps: Deps) -> None:
    """Climb what is due."""
    for climbed in await patrol(deps.database, deps.rules, deps.clock()):
        log.info("climbed", duty=climbed.duty_id, rung=climbed.rung, reminded=climbed.reminded)
    deps.metrics.patrolled(deps.clock())


async def watch_faq(deps: Deps) -> None:
    """Swap the edition when the catalogue or the day has changed."""
    if await deps.faq.refresh(deps.database, local_date(deps.clock())):
        log.debug("faq_edition", revision=deps.faq.edition.revision, entries=len(deps.faq.edition.entries))


async def count_topics(deps: Deps) -> None:
    """See what is asked most."""
    await deps.faq.count(deps.database, deps.clock())


async def watch_rules(deps: Deps) -> None:
    """Take over the calendar when an administrator has corrected it, in this process or in another."""
    if await deps.live_rules.refresh(deps.database):
        log.info("calendar", revision=deps.rules.calendar_revision)


async def watch_over_entries(deps: Deps) -> None:
    """Entries that are about to expire, or often do not help, become somebody's duty."""
    async with deps.database.unit() as unit:
        if opened := await watch_entries(unit, deps.rules):
            log.info("entry_duties", opened=opened)


async def open_what_was_withheld(deps: Deps) -> None:
    """Lines about which their writers said nothing become cases."""
    async with deps.database.reader() as reader:
        waiting = await withheld_before(reader, deps.clock() - WITHHELD_FOR, most=WITHHELD_AT_ONCE)
    await _open_each(deps, waiting, open_withheld)


async def open_what_was_not_chosen(deps: Deps) -> None:
    """Choices of the days before that nobody tapped become cases."""
    midnight = datetime.combine(local_date(deps.clock()), time(), BEIJING)
    async with deps.database.reader() as reader:
        waiting = await untapped(reader, midnight - UNTAPPED_FOR, midnight, most=WITHHELD_AT_ONCE)
    await _open_each(deps, waiting, open_untapped)


async def _open_each(
    deps: Deps,
    waiting: Sequence[tuple[int, Asked]],
    open_one: Callable[[Unit, InForce, int, Asked], Awaitable[bool]],
) -> None:
    """Open a case of each of these questions by address (id), in a unit of its own, so that none is lost."""
    for address_id, question in waiting:
        try:
            async with deps.database.unit() as unit:
                await open_one(unit, deps.in_force, address_id, question)
        except Exception as error:  # one that cannot be opened must not keep the others
            if is_trouble_of_the_database(error):
                raise
            log.exception("question_not_opened", asked=question.id)


async def purge(deps: Deps) -> None:
    """Forget settled updates and delivered notices after the set time."""
    before = deps.clock() - timedelta(days=deps.settings.keep_days)
    async with deps.database.unit() as unit:
        log.info("purged", updates=await inbox.purge(unit, before), notices=await outbox.purge(unit, before))
