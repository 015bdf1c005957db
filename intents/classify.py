"""Tells kinds of message apart by weighing cues, and says why."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from intents.kinds import Kind
from intents.lexicon import Cue, Lexicon
from intents.tokens import Tokenizer

__all__ = ["Verdict", "classify"]

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_LATIN_WORD = re.compile(r"[a-z]+")
# Beyond this rarity, in natural logarithm a character, no sentence was found in real questions, only random characters.
_IMPLAUSIBLE = -10.5
# A text that no cue speaks for is still somebody's concern: it is handled as a question, with this confidence.
_UNSURE = 0.3
_SEALED = (Kind.REPORT, Kind.DISCIPLINE)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The kind of one text, how sure (0..1), why (short Chinese), and for a letter the kind of what it says."""

    kind: Kind
    confidence: float
    reasons: tuple[str, ...]
    content: Kind | None = None


@dataclass(slots=True)
class _Reading:
    """One text while it is read; every concept is looked for at most once."""

    body: str
    tokens: tuple[str, ...]
    terms: frozenset[str]
    lexicon: Lexicon
    seen: dict[str, re.Match[str] | None] = field(default_factory=dict)

    def find(self, concept: str) -> re.Match[str] | None:
        if concept not in self.seen:
            self.seen[concept] = self.lexicon.concepts[concept].search(self.body)
        return self.seen[concept]

    def holds(self, name: str) -> bool:
        situation = self.lexicon.situations.get(name)
        if situation is None:
            return self.find(name) is not None
        return all(self.find(part) for part in situation.all) and not any(self.find(part) for part in situation.none)

    def reason(self, cue: Cue) -> str | None:
        """Return why `cue` holds, or None where it does not."""
        if not all(self.holds(name) for name in cue.all):
            return None
        match = cue.match.search(self.body) if cue.match is not None else self._first(cue.all)
        if cue.match is not None and match is None:
            return None
        if any(self.holds(name) for name in cue.none):
            return None
        said = match[0][:12] if match else ""
        if not said:
            return cue.because or "整体判断"
        return f"{cue.because}（“{said}”）" if cue.because else f"出现“{said}”"

    def _first(self, names: tuple[str, ...]) -> re.Match[str] | None:
        return next((self.find(name) for name in names if name in self.lexicon.concepts), None)

    def has_term(self) -> bool:
        return self.find("tax") is not None or any(token in self.terms for token in self.tokens)


def classify(text: str, tokens: tuple[str, ...], lexicon: Lexicon, tokenizer: Tokenizer) -> Verdict:
    """Return the verdict on `text`, which is normalised and cut into `tokens`.

    1. Greetings and thanks around the matter are set aside; where nothing else is left they are the matter.
    2. Every cue that holds adds its weight to its kind.
    3. Where none holds: signs that are no language, else a question, the surer the more tax vocabulary it has.
    """
    body, polite = _without_politeness(text, lexicon.politeness)
    if not body and polite is not None:
        return Verdict(polite, 0.97, ("只有寒暄" if polite is Kind.GREETING else "只有致谢",))
    reading = _Reading(body or text, tokens, tokenizer.terms, lexicon)
    nonsense = _shapeless(reading)
    if nonsense is not None:
        return Verdict(Kind.UNINTELLIGIBLE, 0.95, (nonsense,))
    scores, reasons = _weigh(reading)
    if not scores:
        return _unsaid(reading, tokenizer)
    return _decide(scores, reasons)


def _without_politeness(text: str, patterns: Mapping[str, re.Pattern[str]]) -> tuple[str, Kind | None]:
    body, polite = text, None
    for _ in range(4):
        before = body
        for name in ("greeting", "thanks"):
            body, count = patterns[name].subn("", body, count=1)
            if count:
                # 谢谢 outlives 你好: who says both has been answered.
                polite = Kind.THANKS if Kind.THANKS in (polite, Kind(name)) else Kind.GREETING
        body = patterns["filler"].sub("", body)
        if body == before:
            break
    return body, polite


def _shapeless(reading: _Reading) -> str | None:
    body = reading.body
    if not any(map(str.isalpha, body)):
        return None if reading.find("number") else "没有文字"
    if _HAN.search(body):
        spoken = [c for c in body if c.isalnum()]
        if len(set(spoken)) == 1 and len(spoken) > 2:
            return "同一个字重复"
        if reading.lexicon.politeness["noise"].fullmatch(body):
            return "只有语气词"
        return None
    words = _LATIN_WORD.findall(body)
    if words and not reading.find("english") and not reading.find("number"):
        return "不成词的字母"
    return None


def _weigh(reading: _Reading) -> tuple[dict[Kind, float], dict[Kind, list[tuple[float, str]]]]:
    scores: dict[Kind, float] = {}
    reasons: dict[Kind, list[tuple[float, str]]] = {}
    for cue in reading.lexicon.cues:
        reason = reading.reason(cue)
        if reason is not None:
            scores[cue.kind] = scores.get(cue.kind, 0.0) + cue.weight
            reasons.setdefault(cue.kind, []).append((cue.weight, reason))
    if scores and reading.has_term() and reading.find("ask"):
        scores[Kind.QUESTION] = scores.get(Kind.QUESTION, 0.0) + 1.0
        reasons.setdefault(Kind.QUESTION, []).append((1.0, "含税费用语"))
    return scores, reasons


def _decide(scores: dict[Kind, float], reasons: dict[Kind, list[tuple[float, str]]]) -> Verdict:
    def best(kinds: dict[Kind, float]) -> Kind:
        return max(kinds, key=lambda kind: kinds[kind])

    winner, content = best(scores), None
    if Kind.LETTER in scores:
        inside = {kind: score for kind, score in scores.items() if kind is not Kind.LETTER}
        content = best(inside) if inside else Kind.QUESTION
        # A letter is read by many; an informer's must not be (第十八条), so what it says comes first.
        sealed = content in _SEALED and inside[content] >= 4
        winner = content if sealed else Kind.LETTER
        scores = {winner: scores[winner]}
        content = None if sealed else content
    score = scores[winner]
    second = max((other for kind, other in scores.items() if kind is not winner), default=0.0)
    clear = min(1.0, 2 * (score - second) / score)
    confidence = (1 - math.exp(-score / 2.2)) * (0.6 + 0.4 * clear)
    why = sorted(reasons[winner], key=lambda weighed: -weighed[0])
    return Verdict(winner, round(confidence, 3), tuple(dict.fromkeys(reason for _, reason in why))[:4], content)


def _unsaid(reading: _Reading, tokenizer: Tokenizer) -> Verdict:
    if reading.has_term():
        return Verdict(Kind.QUESTION, 0.72, ("含税费用语",))
    han = _HAN.findall(reading.body)
    if not han and not _LATIN_WORD.search(reading.body):
        return Verdict(Kind.QUESTION, _UNSURE, ("其他文字，请人工辨认",))
    if reading.lexicon.politeness["broken"].match(reading.body):
        return Verdict(Kind.UNINTELLIGIBLE, 0.7, ("不成句",))
    if len(han) > 3 and tokenizer.plausibility(reading.tokens) < _IMPLAUSIBLE:
        return Verdict(Kind.UNINTELLIGIBLE, 0.7, ("不成词的汉字",))
    if reading.find("ask") and not reading.find("adjacent") and _has_subject(reading):
        return Verdict(Kind.OUTOFSCOPE, 0.5, ("所问与税费无关",))
    return Verdict(Kind.QUESTION, _UNSURE, ("没有明显线索，按咨询处理",))


def _has_subject(reading: _Reading) -> bool:
    """Tell whether the text names something to ask about, or only asks (这个怎么弄)."""
    empty = reading.lexicon.politeness["empty"]
    return any(len(token) > 1 and not empty.fullmatch(token) for token in reading.tokens)
