"""What everybody who is measured knows: the sample's answers, and the questions that are put."""

from dataclasses import dataclass
from functools import cache

from bench.contestants import now
from escalation.deadlines.workdays import local_date
from escalation.seed import load_bureau
from faq.catalog import from_seed
from faq.live import Edition, make_edition
from faq.matching.decision import Answer
from faq.seed import load_entries
from intents import Interpreter, Kind, make_interpreter

ENTRIES = 60


@dataclass(frozen=True, slots=True)
class Knowledge:
    """One interpreter and one edition serve all, so that nobody is measured while they are made."""

    interpreter: Interpreter
    edition: Edition
    questions: tuple[str, ...]


@cache
def knowledge() -> Knowledge:
    interpreter, bureau = make_interpreter(), load_bureau()
    names = {department.name: department.code for department in bureau.departments_of(bureau.region.code)}
    entries = from_seed(load_entries(departments=names), names)
    edition = make_edition(entries, interpreter.tokenizer, revision=1, on=local_date(now()))
    return Knowledge(interpreter, edition, _answered_at_once(edition, interpreter))


def _answered_at_once(edition: Edition, interpreter: Interpreter) -> tuple[str, ...]:
    """Questions of sample entries that are answered with that entry."""
    found = []
    for entry in edition.entries.values():
        match edition.decide(entry.question):
            case Answer(candidate=best) if best.entry_id == entry.code:
                if interpreter.understand(entry.question).kind is Kind.QUESTION:
                    found.append(entry.question)
    return tuple(found[:ENTRIES])
