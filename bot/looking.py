"""Looks at what the product would say, without saying it: the FAQ and the understanding, from the database in use or,
where there is none yet, from the sample. Nothing is written.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.app import system_clock
from bot.settings import Settings
from escalation.founding import routing_rules
from escalation.routing import Rule, route
from escalation.rulebook import Rulebook, make_rulebook
from escalation.seed import load_bureau, load_kinds
from escalation.workdays import local_date
from faq.catalog import Entry, from_seed, published
from faq.live import Edition, make_edition
from faq.matching import Answer, Choices, Nothing
from faq.seed import load_entries
from intents import Interpreter, make_interpreter, make_tokenizer
from storage.database import parse_url
from storage.opening import Keys, open_database
from storage.people import departments_of, home_bureau
from storage.signals import Signals


@dataclass(frozen=True, slots=True)
class Looking:
    """What is looked at: the entries, the rules of routing, the departments' names by code."""

    interpreter: Interpreter
    rules: Rulebook
    entries: Sequence[Entry]
    routing: Sequence[Rule]
    departments: dict[str, str]

    def edition(self) -> Edition:
        return make_edition(self.entries, make_tokenizer(), revision=1, on=local_date(system_clock()))


def look(settings: Settings) -> Looking:
    """The house as it stands; raises the errors of opening it."""
    url = parse_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and not (url.database and Path(url.database).exists()):
        return _look_at_sample()
    return asyncio.run(_look_at_database(settings))


def _look_at_sample() -> Looking:
    bureau = load_bureau()
    names = {department.code: department.name for department in bureau.departments_of(bureau.region.code)}
    codes = {name: code for code, name in names.items()}
    return Looking(
        interpreter=make_interpreter(),
        rules=make_rulebook(load_kinds()),
        entries=from_seed(load_entries(departments=codes), codes),
        routing=bureau.rules,
        departments=names,
    )


async def _look_at_database(settings: Settings) -> Looking:
    keys = Keys(settings.key.get_secret_value() if settings.key else None, settings.key_file)
    database = await open_database(
        settings.database_url, keys, signals=Signals(), clock=system_clock, say=lambda _sentence: None
    )
    try:
        async with database.reader() as reader:
            home = await home_bureau(reader)
            return Looking(
                interpreter=make_interpreter(),
                rules=make_rulebook(load_kinds()),
                entries=await published(reader),
                routing=(await routing_rules(reader))[home],
                departments={one.code: one.name for one in await departments_of(reader, home)},
            )
    finally:
        await database.close()


def ask_faq(looking: Looking, question: str) -> dict[str, Any]:
    """The decision about a question: decision, confidence, the entry said (if any) and the candidates."""
    edition = looking.edition()
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


def understand(looking: Looking, text: str) -> dict[str, Any]:
    """Kind, confidence, departments (names, best first; none for a kind that opens no case) and reasons."""
    understanding = looking.interpreter.understand(text)
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
