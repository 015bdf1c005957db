"""Looks at what the product would do with a text, without doing it: from the database in use or, where there is none
yet, from the sample. Nothing is written, migrated or made.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from bot.duty_kinds import duty_kinds
from bot.settings import Settings
from escalation.deadlines.workdays import local_date
from escalation.routing.learned import all_lessons
from escalation.routing.routing import Lesson, Rule
from escalation.rules.rulebook import Rulebook, make_rulebook
from escalation.seed import load_bureau, load_kinds
from escalation.seed.founding import routing_rules
from escalation.seed.reading import SeedError as BureauSeedError
from faq.catalog import Entry, from_seed, overridden, published
from faq.files.formats import read_file
from faq.files.plan import entries_in
from faq.files.table import FileError
from faq.hearing import NO_LESSONS, InForce
from faq.live import make_edition
from faq.seed import SeedError as FaqSeedError
from faq.seed import load_entries
from intents import make_interpreter
from storage.database import DatabaseError
from storage.people import bureau_ids, departments_of, home_bureau
from storage.read_only import look_into
from storage.unit import Reader

# What looking raises that an operator can put right.
INSTALLATION_ERRORS = (DatabaseError, BureauSeedError, FaqSeedError, FileError)


@dataclass(frozen=True, slots=True)
class Installation:
    """What is looked at: the entries and overrides, the rules, what the home bureau routes by and has learned, the
    departments' names by code, and whether it is only the sample, because nothing has been founded yet.
    """

    now: datetime
    rules: Rulebook
    entries: Sequence[Entry]
    overrides: Mapping[str, str]
    bureau_id: int
    routing: Sequence[Rule]
    lessons: Mapping[str, Lesson]
    departments: Mapping[str, str]
    sample: bool

    def in_force(self) -> InForce:
        """Build what a text is answered by; takes about two seconds."""
        interpreter = make_interpreter()
        edition = make_edition(
            self.entries, interpreter.tokenizer, revision=1, on=local_date(self.now), overrides=self.overrides
        )
        return InForce(interpreter, edition, self.rules, {self.bureau_id: self.routing})


def read_installation(settings: Settings, now: datetime) -> Installation:
    """Return the house as it stands at `now` (UTC); raises INSTALLATION_ERRORS, whose messages say what to do."""
    rules = make_rulebook(load_kinds(), duty_kinds())

    async def read(reader: Reader) -> Installation | None:
        if not await bureau_ids(reader):
            return None
        home = await home_bureau(reader)
        return Installation(
            now=now,
            rules=rules,
            entries=await published(reader),
            overrides=await overridden(reader),
            bureau_id=home,
            routing=(await routing_rules(reader))[home],
            lessons=await all_lessons(reader, home),
            departments={one.code: one.name for one in await departments_of(reader, home)},
            sample=False,
        )

    return asyncio.run(look_into(settings.database_url, now, read)) or sample_installation(rules, now)


def sample_installation(rules: Rulebook, now: datetime) -> Installation:
    """Return the sample as it comes with the product; raises one of the SeedErrors where somebody broke its files."""
    bureau = load_bureau()
    names = {department.code: department.name for department in bureau.departments_of(bureau.region.code)}
    codes = {name: code for code, name in names.items()}
    return Installation(
        now=now,
        rules=rules,
        entries=from_seed(load_entries(departments=codes), codes),
        overrides=MappingProxyType({}),
        bureau_id=1,
        routing=bureau.rules,
        lessons=NO_LESSONS,
        departments=names,
        sample=True,
    )


def with_entries_of(installation: Installation, path: Path) -> Installation:
    """Look into the entries of a file, as `faq export` writes it, instead; raises FileError, whose message says what is
    wrong with it.
    """
    return replace(installation, entries=entries_in(read_file(path), installation.departments), overrides={})
