"""Looks at what the product would say, without saying it: the FAQ and the understanding, from the database in use or,
where there is none yet, from the sample. Nothing is written, migrated or made.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.settings import Settings
from escalation.founding import routing_rules
from escalation.routing import Rule, route
from escalation.rulebook import Rulebook, make_rulebook
from escalation.seed import SeedError as BureauSeedError
from escalation.seed import load_bureau, load_kinds
from escalation.workdays import local_date
from faq.catalog import Entry, from_seed, published
from faq.live import make_edition
from faq.matching import Answer, Choices, Nothing
from faq.seed import SeedError as FaqSeedError
from faq.seed import load_entries
from intents import Interpreter, make_tokenizer
from storage.database import DatabaseError
from storage.looking import look_into
from storage.people import bureau_ids, departments_of, home_bureau
from storage.unit import Reader

# What looking raises that an operator can put right.
LOOKING_ERRORS = (DatabaseError, BureauSeedError, FaqSeedError)


@dataclass(frozen=True, slots=True)
class Looking:
    """What is looked at: the entries, the rules of routing, the departments' names by code, and whether it is only
    the sample, because nothing has been founded yet.
    """

    now: datetime
    rules: Rulebook
    entries: Sequence[Entry]
    routing: Sequence[Rule]
    departments: Mapping[str, str]
    sample: bool


def look(settings: Settings, now: datetime) -> Looking:
    """The house as it stands at `now` (UTC); raises LOOKING_ERRORS, whose messages say what to do."""
    rules = make_rulebook(load_kinds())

    async def read(reader: Reader) -> Looking | None:
        if not await bureau_ids(reader):
            return None
        home = await home_bureau(reader)
        return Looking(
            now=now,
            rules=rules,
            entries=await published(reader),
            routing=(await routing_rules(reader))[home],
            departments={one.code: one.name for one in await departments_of(reader, home)},
            sample=False,
        )

    return asyncio.run(look_into(settings.database_url, now, read)) or look_at_sample(rules, now)


def look_at_sample(rules: Rulebook, now: datetime) -> Looking:
    """The sample as it comes with the product; raises one of the SeedErrors where somebody broke its files."""
    bureau = load_bureau()
    names = {department.code: department.name for department in bureau.departments_of(bureau.region.code)}
    codes = {name: code for code, name in names.items()}
    return Looking(
        now=now,
        rules=rules,
        entries=from_seed(load_entries(departments=codes), codes),
        routing=bureau.rules,
        departments=names,
        sample=True,
    )


def ask_faq(looking: Looking, question: str) -> dict[str, Any]:
    """The decision about a question: decision, confidence, the entry said (if any) and the candidates."""
    edition = make_edition(looking.entries, make_tokenizer(), revision=1, on=local_date(looking.now))
    decision = edition.decide(question)
    entry: Entry | None = None
    match decision:
        case Answer(candidate=best, candidates=candidates):
            entry, name = edition.entries[best.entry_id], "answer"
        case Choices(candidates=candidates):
            name = "choices"
        case Nothing(nearest=nearest):
            name, candidates = "nothing", () if nearest is None else (nearest,)
    return {
        "decision": name,
        "confidence": round(decision.confidence, 4),
        "entry": entry and entry.code,
        "question": entry and entry.question,
        "answer": entry and entry.answer,
        "legal_basis": entry and entry.legal_basis,
        "candidates": [
            {
                "entry": one.entry_id,
                "question": edition.entries[one.entry_id].question,
                "score": round(float(one.score), 4),
            }
            for one in candidates
        ],
    }


def understand(looking: Looking, interpreter: Interpreter, text: str) -> dict[str, Any]:
    """Kind, confidence, departments (names, best first; none for a kind that opens no case) and reasons."""
    understanding = interpreter.understand(text)
    kind = looking.rules.kind(understanding.kind)
    departments: list[str] = []
    reasons = list(understanding.reasons)
    if kind.opens_case:
        chosen = route(
            understanding.normalised, understanding.tokens, understanding.kind, looking.routing, looking.rules.kinds
        )
        departments = [looking.departments[one.department] for one in chosen.departments]
        reasons += chosen.reasons
    return {
        "text": text,
        "kind": understanding.kind.value,
        "confidence": round(understanding.confidence, 4),
        "departments": departments,
        "reasons": reasons,
    }
