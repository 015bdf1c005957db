"""What the house keeps: whose bureau it is, what it can answer, what has got stuck. Nothing of it needs the key."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select

from bot.doctor.findings import Finding, complaint, remark, unchecked, well, wrong
from bot.duty_kinds import duty_kinds
from bot.installation import sample_installation
from bot.settings import Settings
from escalation.deadlines.workdays import WorkCalendar, local_date
from escalation.rules.live import read_rulebook
from escalation.rules.rulebook import Rulebook, make_rulebook
from escalation.seed import load_kinds
from escalation.seed.reading import SeedError as BureauSeedError
from faq.catalog import in_force, published
from faq.seed import SeedError as FaqSeedError
from storage.people import home_bureau
from storage.stuck import Stuck, Way, stuck
from storage.tables import bureaus, officers
from storage.unit import Reader

SAMPLE = "样例"  # in the names of people who do not exist
MOST_NUMBERS = 5
MOST_LINES = 8
FIRST = "数据库和随附数据"
NEVER = datetime.min.replace(tzinfo=UTC)  # the sample is only read, nothing is asked of it on any day


@dataclass(frozen=True, slots=True)
class Records:
    """The house as its database has it; without a bureau (None) nobody can be served."""

    bureau: str | None
    officers: Sequence[str]
    entries: int
    unverified: int  # of the entries: as they came with the product
    stuck: Mapping[Way, Sequence[Stuck]]
    calendars: Mapping[str, WorkCalendar]  # of the regions in use


async def read_records(reader: Reader, rules: Rulebook) -> Records:
    """`rules` are those that the product comes with; their calendars are corrected as the database has it."""
    trees = await reader.all(select(bureaus.c.id, bureaus.c.name, bureaus.c.region))
    home = await home_bureau(reader) if trees else None
    staff = await reader.all(select(officers.c.name).where(officers.c.left_at.is_(None)).order_by(officers.c.id))
    entries = in_force(await published(reader), local_date(reader.now))
    corrected = await read_rulebook(reader, rules)
    return Records(
        bureau=next((row.name for row in trees if row.id == home), None),
        officers=[row.name for row in staff],
        entries=len(entries),
        unverified=sum(entry.sample and entry.verified_on is None for entry in entries),
        stuck={way: await stuck(reader, way) for way in Way},
        calendars={region: corrected.calendar(region) for region in sorted({row.region for row in trees})},
    )


def load_rules() -> tuple[Rulebook | None, Sequence[str]]:
    """The rules that the product comes with; or None, and what is wrong with its files, line by line."""
    try:
        rules = make_rulebook(load_kinds(), duty_kinds())
        sample_installation(rules, NEVER)
    except (BureauSeedError, FaqSeedError) as error:
        return None, str(error).splitlines()
    return rules, ()


def check_seed(broken: Sequence[str]) -> Iterator[Finding]:
    """Whether the files that every start reads are whole."""
    if not broken:
        yield well("seed", "类别、机构、问答和放假安排的文件都读得懂")
    for line in broken[:MOST_LINES]:
        yield complaint("seed", line)
    if len(broken) > MOST_LINES:
        yield wrong("seed", f"另有 {len(broken) - MOST_LINES} 处", "先改好上面的，再体检一次")


def check_bureau(settings: Settings, records: Records | None, *, is_new: bool) -> Iterator[Finding]:
    """Whether there is a bureau to serve, and whether its officers are real people; `is_new`: it is yet to come."""
    if records is None and not is_new:
        yield unchecked("bureau", FIRST)
    elif records is not None and records.bureau is not None:
        yield _staffed(records.bureau, records.officers)
    elif settings.sample:
        yield well("bureau", "还没有，启动时会装入样例局")
    else:
        yield wrong("bureau", "还没有任何局，不会启动", "去掉 SHUIQIAO_SAMPLE=false，以装入样例局")


def _staffed(bureau: str, names: Sequence[str]) -> Finding:
    made_up = sum(SAMPLE in name for name in names)
    if not names:
        advice = "把工作人员写进 escalation/seed/bureau.yaml，在空的数据库上启动"
        return wrong("bureau", f"{bureau}没有在职的工作人员，办件没有人收", advice)
    if made_up:
        advice = "正式受理前，把本局的机构和人员写进 escalation/seed/bureau.yaml，在空的数据库上启动"
        return remark("bureau", f"{bureau}，{len(names)} 位工作人员中 {made_up} 位是样例", advice)
    return well("bureau", f"{bureau}，{len(names)} 位工作人员")


def check_entries(settings: Settings, records: Records | None, *, is_new: bool) -> Iterator[Finding]:
    """Whether there is anything to answer with, and whether anybody has verified it."""
    if records is None and not is_new:
        yield unchecked("entries", FIRST)
    elif records is None and settings.sample:
        yield well("entries", "还没有，首次启动会装入样例问答")
    elif records is None or not records.entries:
        advice = "装入问答；SHUIQIAO_SAMPLE=true 时，空的问答库会装入样例"
        yield remark("entries", "没有在用的问答，每个问题都会转给工作人员", advice)
    elif records.unverified:
        found = f"{records.entries} 条在用，其中 {records.unverified} 条是样例，未经本局核实"
        yield remark("entries", found, "正式受理前逐条核实；在那之前，答复里都写明未经核实")
    else:
        yield well("entries", f"{records.entries} 条在用")


def check_updates(records: Records | None, *, is_new: bool) -> Iterator[Finding]:
    """Whether updates were set aside, whose senders are still without an answer."""
    yield _stuck(Way.IN, records, "搁置的来信", "set_aside 和 handler_failed", is_new=is_new)


def check_notices(records: Records | None, *, is_new: bool) -> Iterator[Finding]:
    """Whether notices were given up, whose addressees have not heard of it."""
    yield _stuck(Way.OUT, records, "送不出去的通知", "message_refused 和 rendering_failed", is_new=is_new)


def _stuck(way: Way, records: Records | None, what: str, events: str, *, is_new: bool) -> Finding:
    """What nobody will try again by itself, by its numbers, the newest first."""
    if records is None and not is_new:
        return unchecked(way, FIRST)
    numbers = [] if records is None else [one.id for one in records.stuck[way]]
    if not numbers:
        return well(way, f"没有{what}")
    newest = "、".join(map(str, numbers[:MOST_NUMBERS])) + ("…" if len(numbers) > MOST_NUMBERS else "")
    advice = (
        f"按编号查日志里的 {events}，连同日志交给开发者；修好后 python -m bot stuck retry {way} 重办，"
        f"不必再办的 python -m bot stuck close {way} 编号"
    )
    return remark(way, f"{what}有 {len(numbers)} 件，编号 {newest}", advice)
