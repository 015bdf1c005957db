"""Keeps the entries: what is published, in which revision, and how the sample comes into an empty catalogue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from faq.seed import SeedEntry
from storage.house import fact, put_fact
from storage.tables import entries, phrasings
from storage.unit import Reader, Unit

REVISION = "faq_revision"
FAQ = "faq"
PUBLISHED = "published"


@dataclass(frozen=True, slots=True)
class Entry:
    """A published answer. `verified_on` is set by an officer's act only; until then `sample` is said to the reader."""

    id: int
    code: str
    revision: int
    question: str
    answer: str
    legal_basis: str
    category: str
    department_code: str
    valid_until: date | None
    verified_on: date | None
    sample: bool
    phrasings: tuple[str, ...]


async def revision_of(reader: Reader) -> int:
    """Rises in the same commit as every change of what is published; 0 for an empty catalogue."""
    return int(await fact(reader, REVISION) or 0)


async def published(reader: Reader) -> Sequence[Entry]:
    """Every published entry with its phrasings, in a fixed order."""
    ways: dict[int, list[str]] = {}
    for row in await reader.all(select(phrasings).order_by(phrasings.c.id)):
        ways.setdefault(row.entry_id, []).append(row.text)
    rows = await reader.all(select(entries).where(entries.c.state == PUBLISHED).order_by(entries.c.id))
    return [
        Entry(
            id=row.id,
            code=row.code,
            revision=row.revision,
            question=row.question,
            answer=row.answer,
            legal_basis=row.legal_basis,
            category=row.category,
            department_code=row.department_code,
            valid_until=row.valid_until,
            verified_on=row.verified_on,
            sample=row.sample,
            phrasings=tuple(ways.get(row.id, ())),
        )
        for row in rows
    ]


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
            valid_until=entry.valid_until,
            verified_on=None,
            sample=True,
            phrasings=tuple(entry.phrasings),
        )
        for number, entry in enumerate(seed, start=1)
    ]


async def load_sample(unit: Unit, seed: Sequence[SeedEntry], departments: Mapping[str, str]) -> bool:
    """Put the sample into an empty catalogue; a catalogue that was ever filled is left alone."""
    if await revision_of(unit):
        return False
    sample = from_seed(seed, departments)
    rows = [
        {
            "code": entry.code,
            "revision": entry.revision,
            "state": PUBLISHED,
            "question": entry.question,
            "answer": entry.answer,
            "legal_basis": entry.legal_basis,
            "category": entry.category,
            "department_code": entry.department_code,
            "valid_until": entry.valid_until,
            "sample": True,
            "changed_at": unit.now,
        }
        for entry in sample
    ]
    await unit.run(entries.insert(), rows)
    ids = {row.code: row.id for row in await unit.all(select(entries.c.id, entries.c.code))}
    ways = [{"entry_id": ids[entry.code], "text": text} for entry in sample for text in entry.phrasings]
    await unit.run(phrasings.insert(), ways)
    await put_fact(unit, REVISION, "1")
    unit.wake.add(FAQ)
    return True
