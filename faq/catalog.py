"""What is published: the entries as they answer on a day, the exact overrides, and how the sample comes in."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Integer, String, cast, select

from faq.lifecycle import EntryState, RevisionState
from faq.seed import SeedEntry
from storage.dialects import insert_for
from storage.installation import fact
from storage.tables import entries, facts, overrides, revisions
from storage.unit import Reader, Unit

REVISION = "faq_revision"
SAMPLE = "sample"  # the author of what came with the product

IN_PRINT = (
    select(revisions, entries.c.code)
    .join(entries, entries.c.id == revisions.c.entry_id)
    .where(entries.c.state == EntryState.PUBLISHED, revisions.c.state == RevisionState.PUBLISHED)
    .order_by(entries.c.id, revisions.c.number)
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A published answer. `verified_on` is set by an officer's act only; until then `sample` is said to the reader.

    `revision` is the number of the text that was approved. An entry may be published twice: as it answers now, and as
    it will from `valid_from` on.
    """

    id: int
    code: str
    revision: int
    question: str
    answer: str
    legal_basis: str
    category: str
    department_code: str
    valid_from: date | None
    valid_until: date | None
    verified_on: date | None
    sample: bool
    phrasings: tuple[str, ...]


async def revision_of(reader: Reader) -> int:
    """Rises in the same commit as every change of what is published; 0 for an empty catalogue."""
    return int(await fact(reader, REVISION) or 0)


async def published_anew(unit: Unit) -> None:
    """What is published has changed: every process builds another edition within two seconds."""
    raised = cast(cast(facts.c.value, Integer) + 1, String)  # by the database: two who publish at once are two
    statement = insert_for(unit, facts).values(name=REVISION, value="1")
    await unit.run(statement.on_conflict_do_update(index_elements=["name"], set_={"value": raised}))


async def published(reader: Reader) -> Sequence[Entry]:
    """Every published text of every entry that is not retired, whatever the day, in a fixed order."""
    return [
        Entry(
            id=row.entry_id,
            code=row.code,
            revision=row.number,
            question=row.question,
            answer=row.answer,
            legal_basis=row.legal_basis,
            category=row.category,
            department_code=row.department_code,
            valid_from=row.valid_from,
            valid_until=row.valid_until,
            verified_on=row.verified_on,
            sample=row.sample,
            phrasings=tuple(row.phrasings),
        )
        for row in await reader.all(IN_PRINT)
    ]


def in_force(texts: Iterable[Entry], on: date) -> Sequence[Entry]:
    """The entries that answer on a local date: of each the newest text that has begun, where it has not expired."""
    begun: dict[int, Entry] = {}
    for entry in texts:
        if (entry.valid_from is None or entry.valid_from <= on) and (
            entry.id not in begun or begun[entry.id].revision < entry.revision
        ):
            begun[entry.id] = entry
    return [entry for entry in begun.values() if entry.valid_until is None or entry.valid_until >= on]


async def overridden(reader: Reader) -> Mapping[str, str]:
    """The exact overrides: the code of an entry by the wording as it is compared."""
    rows = await reader.all(
        select(overrides.c.view, entries.c.code)
        .join(entries, entries.c.id == overrides.c.entry_id)
        .where(overrides.c.cleared_at.is_(None), entries.c.state == EntryState.PUBLISHED)
    )
    return {row.view: row.code for row in rows}


def from_seed(seed: Sequence[SeedEntry], departments: Mapping[str, str]) -> Sequence[Entry]:
    """The sample as it would stand in the catalogue; `departments` gives the code for each department's name."""
    return [
        Entry(
            id=number,
            code=entry.id,
            revision=1,
            question=entry.question,
            answer=entry.answer,
            legal_basis=entry.legal_basis,
            category=entry.category,
            department_code=departments[entry.department],
            valid_from=None,
            valid_until=entry.valid_until,
            verified_on=None,
            sample=True,
            phrasings=tuple(entry.phrasings),
        )
        for number, entry in enumerate(seed, start=1)
    ]


async def load_sample(unit: Unit, seed: Sequence[SeedEntry], departments: Mapping[str, str]) -> bool:
    """Put the sample into an empty catalogue; a catalogue that was ever filled is left alone."""
    if await revision_of(unit) or await unit.value(select(entries.c.id).limit(1)) is not None:
        return False
    sample = from_seed(seed, departments)
    rows = [{"code": entry.code, "state": EntryState.PUBLISHED, "head": 1, "changed_at": unit.now} for entry in sample]
    await unit.run(entries.insert(), rows)
    ids = {row.code: row.id for row in await unit.all(select(entries.c.id, entries.c.code))}
    texts = [
        {
            "entry_id": ids[entry.code],
            "number": 1,
            "state": RevisionState.PUBLISHED,
            "question": entry.question,
            "answer": entry.answer,
            "legal_basis": entry.legal_basis,
            "category": entry.category,
            "department_code": entry.department_code,
            "valid_until": entry.valid_until,
            "phrasings": list(entry.phrasings),
            "sample": True,
            "written_at": unit.now,
            "author": SAMPLE,
            "authors": [],
        }
        for entry in sample
    ]
    await unit.run(revisions.insert(), texts)
    await published_anew(unit)
    return True
