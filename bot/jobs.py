"""The periodic jobs; the only file that knows APScheduler.

The scheduler only wakes: with a memory store, one instance, no grace time and an explicit zone. Who runs is decided by
a named lease in the database, so that of several processes one does the work.
"""

from datetime import timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from bot.deps import Deps
from escalation.corrections import read_rulebook, revision_of
from escalation.duties import patrol
from escalation.workdays import BEIJING, local_date
from storage import inbox, outbox
from storage.house import take_lease

log = structlog.get_logger("jobs")

JOBS = "jobs"
LEASE = timedelta(seconds=60)
PATROL_SECONDS = 20
FAQ_SECONDS = 1
RULES_SECONDS = 1
PURGE_HOURS = 6


def make_scheduler(deps: Deps) -> AsyncIOScheduler:
    """The jobs of a process, not yet started."""
    scheduler = AsyncIOScheduler(
        timezone=BEIJING, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    )
    scheduler.add_job(watch_duties, IntervalTrigger(seconds=PATROL_SECONDS, timezone=BEIJING), [deps], id="patrol")
    scheduler.add_job(watch_faq, IntervalTrigger(seconds=FAQ_SECONDS, timezone=BEIJING), [deps], id="faq")
    scheduler.add_job(watch_rules, IntervalTrigger(seconds=RULES_SECONDS, timezone=BEIJING), [deps], id="rules")
    scheduler.add_job(purge, IntervalTrigger(hours=PURGE_HOURS, timezone=BEIJING), [deps], id="purge")
    return scheduler


async def watch_duties(deps: Deps) -> None:
    """Climb what is due, in whichever process holds the lease."""
    async with deps.database.unit() as unit:
        ours = await take_lease(unit, JOBS, deps.holder, LEASE)
    if not ours:
        return
    for climbed in await patrol(deps.database, deps.rules, deps.clock()):
        log.info("climbed", duty=climbed.duty_id, rung=climbed.rung, reminded=climbed.reminded)


async def watch_faq(deps: Deps) -> None:
    """Swap the edition when the catalogue or the day has changed."""
    if await deps.faq.refresh(deps.database, local_date(deps.clock())):
        log.info("faq_edition", revision=deps.faq.edition.revision, entries=len(deps.faq.edition.entries))


async def watch_rules(deps: Deps) -> None:
    """Take over the calendar when an administrator has corrected it, in this process or in another."""
    async with deps.database.reader() as reader:
        if await revision_of(reader) != deps.rules.calendar_revision:
            deps.rules = await read_rulebook(reader, deps.rules)
            log.info("calendar", revision=deps.rules.calendar_revision)


async def purge(deps: Deps) -> None:
    """Forget settled updates and delivered notices after the set time."""
    before = deps.clock() - timedelta(days=deps.settings.keep_days)
    async with deps.database.unit() as unit:
        if not await take_lease(unit, JOBS, deps.holder, LEASE):
            return
        log.info("purged", updates=await inbox.purge(unit, before), notices=await outbox.purge(unit, before))
