"""Looks at what the product would do with a text, without doing it: from the database in use or, where there is none
yet, from the sample. Nothing is written, migrated or made.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from bot.duty_kinds import duty_kinds
from bot.settings import Settings
from escalation.deadlines.workdays import local_date
from escalation.routing.learned import all_lessons
from escalation.routing.routing import Lesson, Rule
from escalation.rules.rulebook import Rulebook, make_rulebook
from escalation.seed import SeedError as BureauSeedError
from escalation.seed import load_bureau, load_kinds
from escalation.seed.founding import routing_rules
from faq import talk
from faq.answering import NO_LESSONS, InForce, Preview, preview
from faq.catalog import Entry, from_seed, overridden, published
from faq.files.formats import read_file
from faq.files.plan import entries_in
from faq.files.table import FileError
from faq.live import make_edition
from faq.matching.decision import Answer, Choices, Decision, Nothing
from faq.seed import SeedError as FaqSeedError
from faq.seed import load_entries
from intents import Kind, make_interpreter
from storage.database import DatabaseError
from storage.people import bureau_ids, departments_of, home_bureau
from storage.read_only import look_into
from storage.unit import Reader

# What looking raises that an operator can put right.
LOOKING_ERRORS = (DatabaseError, BureauSeedError, FaqSeedError, FileError)


@dataclass(frozen=True, slots=True)
class Looking:
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


def look(settings: Settings, now: datetime) -> Looking:
    """Return the house as it stands at `now` (UTC); raises LOOKING_ERRORS, whose messages say what to do."""
    rules = make_rulebook(load_kinds(), duty_kinds())

    async def read(reader: Reader) -> Looking | None:
        if not await bureau_ids(reader):
            return None
        home = await home_bureau(reader)
        return Looking(
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

    return asyncio.run(look_into(settings.database_url, now, read)) or look_at_sample(rules, now)


def look_at_sample(rules: Rulebook, now: datetime) -> Looking:
    """Return the sample as it comes with the product; raises one of the SeedErrors where somebody broke its files."""
    bureau = load_bureau()
    names = {department.code: department.name for department in bureau.departments_of(bureau.region.code)}
    codes = {name: code for code, name in names.items()}
    return Looking(
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


def with_entries_of(looking: Looking, path: Path) -> Looking:
    """Look into the entries of a file, as `faq export` writes it, instead; raises FileError, whose message says what is
    wrong with it.
    """
    return replace(looking, entries=entries_in(read_file(path), looking.departments), overrides={})


class Put(BaseModel):
    """One text to be looked at, and where the talk stands: the lines before it, and a case of its writer."""

    model_config = ConfigDict(frozen=True)

    text: str
    talk: tuple[str, ...] = ()
    case: Literal["open", "signed", "waiting", "answered"] | None = None
    case_kind: Kind | None = None


def preview_of(looking: Looking, in_force: InForce, put: Put) -> Preview:
    """Return what would become of a text, at the home bureau."""
    standing = talk.Standing(case_open=put.case in ("open", "signed", "waiting"), case_waits=put.case == "waiting")
    for line in put.talk:
        understanding = in_force.interpreter.understand(line)
        outcome = talk.becomes(understanding, standing, in_force.rules.kinds, in_force.edition)
        standing = talk.stands_after(outcome, standing)
    return preview(in_force, looking.bureau_id, put.text, standing, looking.lessons)


def as_json(looking: Looking, found: Preview) -> dict[str, Any]:
    """Return a preview as `preview --json` prints it."""
    return {
        "text": found.understanding.text,
        "becomes": found.becomes.value,
        "kind": found.kind.value,
        "confidence": round(found.confidence, 4),
        "entry": found.entry and found.entry.code,
        "question": found.entry and found.entry.question,
        "answer": found.entry and found.entry.answer,
        "candidates": [_candidate(entry, score) for entry, score in found.candidates],
        "departments": [looking.departments[code] for code in found.departments],
        "reasons": [*found.understanding.reasons, *found.why_there],
    }


def as_faq_answer(in_force: InForce, found: Preview) -> dict[str, Any]:
    """Return a preview as `faq ask --json` prints it; what the FAQ is not asked about is "nothing" to it."""
    name, candidates, confidence = _decided(found.decision)
    return {
        "decision": name,
        "becomes": found.becomes.value,
        "confidence": round(confidence, 4),
        "entry": found.entry and found.entry.code,
        "question": found.entry and found.entry.question,
        "answer": found.entry and found.entry.answer,
        "legal_basis": found.entry and found.entry.legal_basis,
        "candidates": [_candidate(in_force.edition.entries[code], score) for code, score in candidates],
    }


def _decided(decision: Decision | None) -> tuple[str, list[tuple[str, float]], float]:
    """What the FAQ decided: its name, the candidates, and how sure it was; nothing where it was not asked."""
    match decision:
        case Answer(candidates=candidates, confidence=confidence):
            return "answer", [(one.entry_id, one.score) for one in candidates], confidence
        case Choices(candidates=candidates, confidence=confidence):
            return "choices", [(one.entry_id, one.score) for one in candidates], confidence
        case Nothing(nearest=nearest, confidence=confidence):
            return "nothing", [] if nearest is None else [(nearest.entry_id, nearest.score)], confidence
        case _:
            return "nothing", [], 0.0


def _candidate(entry: Entry, score: float) -> dict[str, Any]:
    return {"entry": entry.code, "question": entry.question, "score": round(float(score), 4)}


def as_intent(looking: Looking, found: Preview) -> dict[str, Any]:
    """Return a preview as `intent --json` prints it: no department for a kind that opens no case."""
    opens = looking.rules.kind(found.kind).opens_case
    return {
        "text": found.understanding.text,
        "kind": found.kind.value,
        "confidence": round(found.understanding.confidence, 4),
        "departments": [looking.departments[code] for code in found.departments] if opens else [],
        "reasons": [*found.understanding.reasons, *(found.why_there if opens else ())],
    }
