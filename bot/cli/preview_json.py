"""A preview as the commands print it, and one text to be looked at, with where the talk stands."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from bot.installation import Installation
from faq import talk
from faq.catalog import Entry
from faq.hearing import InForce, Preview, hear, kept_for_the_next, preview
from faq.matching.decision import Answer, Choices, Decision, Nothing
from intents import Kind


class Put(BaseModel):
    """One text to be looked at, and where the talk stands: the lines before it, and a case of its writer."""

    model_config = ConfigDict(frozen=True)

    text: str
    talk: tuple[str, ...] = ()
    case: Literal["open", "signed", "waiting", "answered"] | None = None
    case_kind: Kind | None = None


def preview_of(installation: Installation, in_force: InForce, put: Put) -> Preview:
    """Return what would become of a text, at the home bureau."""
    standing = talk.Standing(case_open=put.case in ("open", "signed", "waiting"), case_waits=put.case == "waiting")
    before, offered = None, False
    for line in put.talk:
        heard = hear(in_force, line, standing, before, offered=offered)
        standing = talk.stands_after(heard.outcome, standing)
        before, offered = kept_for_the_next(heard), isinstance(heard.outcome, Choices)
    lessons = installation.lessons
    return preview(in_force, installation.bureau_id, put.text, standing, lessons, before=before, offered=offered)


def as_json(installation: Installation, found: Preview) -> dict[str, Any]:
    """Return a preview as `preview --json` prints it."""
    parts = [as_json(installation, part) for part in found.parts]
    return {
        "text": found.understanding.text,
        "becomes": found.becomes.value,
        "kind": found.kind.value,
        "confidence": round(found.confidence, 4),
        "entry": found.entry and found.entry.code,
        "question": found.entry and found.entry.question,
        "answer": found.entry and found.entry.answer,
        "candidates": [_candidate(entry, score) for entry, score in found.candidates],
        "departments": [installation.departments[code] for code in found.departments],
        "reasons": [*found.understanding.reasons, *found.why_there],
        **({"parts": parts} if parts else {}),
        **({"alarm": True} if found.alarms else {}),
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


def as_intent(installation: Installation, found: Preview) -> dict[str, Any]:
    """Return a preview as `intent --json` prints it: no department for a kind that opens no case."""
    opens = installation.rules.kind(found.kind).opens_case
    return {
        "text": found.understanding.text,
        "kind": found.kind.value,
        "confidence": round(found.understanding.confidence, 4),
        "departments": [installation.departments[code] for code in found.departments] if opens else [],
        "reasons": [*found.understanding.reasons, *(found.why_there if opens else ())],
    }
