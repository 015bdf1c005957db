"""Tells kinds of message apart, by rules and by likeness to labelled examples together, and says why."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from importlib import resources

from intents.kinds import Kind
from intents.lexicon import Lexicon
from intents.likeness import Likeness, learn
from intents.normalise import normalise
from intents.reading import Reading
from intents.tokens import Tokenizer

__all__ = ["Classifier", "Verdict", "make_classifier", "read_examples"]

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_LATIN_WORD = re.compile(r"[a-z]+")
# Beyond this rarity, in natural logarithm a character, no sentence was found in real questions, only random characters.
_IMPLAUSIBLE = -10.5
# What one point of a rule is worth beside the likeness, which lies between 0 and 1.
_RULE = 0.05
# Below this, nothing but a rule may make what asks anything else than a question: a concern must not be dropped.
# What speaks of the bureau's business and does not ask is seldom a question, so half of it will do.
_ALIKE = 0.3
_UNSURE = 0.3
# From here on a rule leaves no doubt.
_PLAIN = 4.0
_SEALED = (Kind.REPORT, Kind.DISCIPLINE)
# A kind remains possible where a cue speaks for it, or where it is alike both in itself and beside the winner.
_POSSIBLE, _POSSIBLE_SHARE = 0.15, 0.4
# Recognised by their form alone.
_FORMAL = (Kind.GREETING, Kind.THANKS, Kind.UNINTELLIGIBLE)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The kind of one text, how sure (0..1), why (short Chinese), and for a letter the kind of what it says.

    `possible` are the kinds that cannot be ruled out, the likeliest first; the kind itself is always among them.
    `explicit` says that a sign in the text speaks for the kind, and not likeness alone.
    """

    kind: Kind
    confidence: float
    reasons: tuple[str, ...]
    possible: tuple[Kind, ...]
    explicit: bool = False
    content: Kind | None = None


class Classifier:
    """Decides on kinds; holds rules and what was learned, and nothing about any text."""

    def __init__(self, lexicon: Lexicon, tokenizer: Tokenizer, likeness: Likeness) -> None:
        self._lexicon = lexicon
        self._tokenizer = tokenizer
        self._likeness = likeness

    def classify(self, text: str, tokens: tuple[str, ...]) -> Verdict:
        """Return the verdict on `text`, which is normalised and cut into `tokens`.

        1. Greetings and thanks around the matter are set aside; where nothing else is left they are the matter.
        2. What is no language is told by its form.
        3. Every cue that holds adds its weight to its kind, and likeness to the examples its own.
        4. Where both say little it is a question: somebody will read it.
        """
        body, polite = _without_politeness(text, self._lexicon)
        if not body and polite is not None:
            return Verdict(polite, 0.97, ("只有寒暄" if polite is Kind.GREETING else "只有致谢",), (polite,))
        reading = Reading(body or text, tokens, self._tokenizer.terms, self._lexicon)
        nonsense = _shapeless(reading)
        if nonsense is not None:
            return Verdict(Kind.UNINTELLIGIBLE, 0.95, (nonsense,), (Kind.UNINTELLIGIBLE,))
        said = reading.weigh()
        if not said:
            verdict = self._without_cue(reading)
            if verdict is not None:
                return verdict
        return self._decide(reading, said)

    def _without_cue(self, reading: Reading) -> Verdict | None:
        han = _HAN.findall(reading.body)
        if not han and not _LATIN_WORD.search(reading.body):
            # What cannot be read may be anything.
            return Verdict(Kind.QUESTION, _UNSURE, ("其他文字，请人工辨认",), _first(Kind.QUESTION, tuple(Kind)))
        if reading.has_term() or reading.holds("ask"):
            return None
        if reading.lexicon.politeness["broken"].match(reading.body):
            return Verdict(Kind.UNINTELLIGIBLE, 0.7, ("不成句",), (Kind.UNINTELLIGIBLE,))
        if len(han) > 3 and self._tokenizer.plausibility(reading.tokens) < _IMPLAUSIBLE:
            return Verdict(Kind.UNINTELLIGIBLE, 0.7, ("不成词的汉字",), (Kind.UNINTELLIGIBLE,))
        return None

    def _decide(self, reading: Reading, said: dict[Kind, list[tuple[float, str]]]) -> Verdict:
        features = reading.features()
        rules = {kind: sum(weight for weight, _ in cues) for kind, cues in said.items()}
        alike = self._likeness.scores(features)
        totals = {kind: score + _RULE * rules.get(kind, 0.0) for kind, score in alike.items()}
        ranked = sorted(totals, key=lambda kind: -totals[kind])
        winner, content = ranked[0], None
        if winner is Kind.LETTER or rules.get(Kind.LETTER, 0.0) >= _PLAIN:
            # Whatever it says, who is addressed makes the letter.
            winner, content = Kind.LETTER, next(kind for kind in ranked if kind is not Kind.LETTER)
            if content in _SEALED and rules.get(content, 0.0) >= _PLAIN:
                # A letter is read by many; an informer's must not be (第十八条).
                winner, content = content, None
            elif rules.get(content, 0.0) < _PLAIN:
                content = None  # nothing says plainly what the letter is about
        possible = _possible(ranked, totals, rules, alike, reading)
        if winner not in rules:
            winner = _cautious(reading, winner, alike[winner])
            if winner is Kind.QUESTION and _is_elsewhere(reading):
                return Verdict(Kind.OUTOFSCOPE, 0.5, ("所问与税费无关",), _first(Kind.OUTOFSCOPE, possible))
        reasons = tuple(dict.fromkeys(reason for _, reason in said.get(winner, ())))[:4]
        if not reasons:
            telling = self._likeness.telling(features, winner)
            reasons = (f"用语相近：{'、'.join(telling)}",) if telling else ("没有明显线索",)
        confidence = self._confidence(reading, winner, totals, rules)
        return Verdict(winner, confidence, reasons, _first(winner, possible), winner in rules, content)

    def _confidence(self, reading: Reading, winner: Kind, totals: dict[Kind, float], rules: dict[Kind, float]) -> float:
        others = max(score for kind, score in totals.items() if kind is not winner)
        if winner is Kind.LETTER and rules.get(winner, 0.0) >= _PLAIN:
            return 0.95
        confidence = 1 / (1 + math.exp(-7 * (totals[winner] - others) - 0.2))
        if winner is Kind.QUESTION:
            if totals[winner] < others:
                return _UNSURE
            if not reading.has_term() and winner not in rules:
                confidence = min(confidence, 0.45)
            elif reading.has_term():
                confidence = max(confidence, 0.7)
        return round(min(confidence, 0.99), 3)


def make_classifier(tokenizer: Tokenizer, lexicon: Lexicon) -> Classifier:
    """Learn from the packaged examples; takes about half a second."""
    learned = []
    for text, kind in read_examples():
        normalised = normalise(text)
        body, _ = _without_politeness(normalised, lexicon)
        reading = Reading(body or normalised, tokenizer.words(normalised), tokenizer.terms, lexicon)
        learned.append((reading.features(), kind))
    return Classifier(lexicon, tokenizer, learn(learned))


def read_examples(source: str | None = None) -> list[tuple[str, Kind]]:
    """Return the labelled examples of `source`, or the packaged ones: headings `# kind`, then one text a line.

    Raises `ValueError` naming the line for an unknown kind, one that is never learned, or a text before any heading.
    """
    if source is None:
        source = resources.files("intents").joinpath("data/examples.txt").read_text(encoding="utf-8")
    rows: list[tuple[str, Kind]] = []
    kind: Kind | None = None
    for number, line in enumerate(source.splitlines(), 1):
        if line.startswith("# "):
            kind = Kind(line[2:].split()[0])
            if kind in _FORMAL or kind is Kind.OPINION:
                raise ValueError(f"line {number}: {kind} is not learned from examples")
        elif line.strip() and not line.startswith("##"):
            if kind is None:
                raise ValueError(f"line {number}: no kind has been named yet")
            rows.append((line.strip(), kind))
    return rows


def _possible(
    ranked: list[Kind],
    totals: dict[Kind, float],
    rules: dict[Kind, float],
    alike: dict[Kind, float],
    reading: Reading,
) -> tuple[Kind, ...]:
    """Return the kinds that cannot be ruled out, in the order of `ranked`, the likeliest first.

    A sealed kind is ruled out by nothing that speaks for another one: 「局长您好，我想举报」 is a letter, and perhaps a
    tip-off. Likeness alone says little of what asks: many plain questions share words with tip-offs.
    """
    least = max(_POSSIBLE, _POSSIBLE_SHARE * totals[ranked[0]])
    told = not reading.holds("ask")
    hidden = [kind for kind in _SEALED if reading.holds("accusing") or (told and alike[kind] >= _POSSIBLE)]
    return tuple([kind for kind in ranked if totals[kind] >= least or kind in rules or kind in hidden])


def _first(kind: Kind, others: tuple[Kind, ...]) -> tuple[Kind, ...]:
    return others if others and others[0] is kind else (kind, *[other for other in others if other is not kind])


def _cautious(reading: Reading, winner: Kind, alike: float) -> Kind:
    """Return `winner`, for which no cue speaks, or question where likeness alone is too little."""
    if winner is Kind.OUTOFSCOPE and not _has_subject(reading):
        return Kind.QUESTION
    near = reading.has_term() and not reading.holds("ask")
    return winner if alike >= (_ALIKE / 2 if near else _ALIKE) else Kind.QUESTION


def _has_subject(reading: Reading) -> bool:
    """Tell whether the text names anything, or only says 那个情况, 怎么弄."""
    empty = reading.lexicon.politeness["empty"]
    return any(len(token) > 1 and not empty.fullmatch(token) for token in reading.tokens)


def _is_elsewhere(reading: Reading) -> bool:
    """Tell whether the text asks about something, and none of it comes near the bureau's business."""
    near = reading.holds("adjacent") or reading.has_term()
    return reading.holds("ask") and not near and _has_subject(reading)


def _without_politeness(text: str, lexicon: Lexicon) -> tuple[str, Kind | None]:
    body, polite = text, None
    for _ in range(4):
        before = body
        for kind in (Kind.GREETING, Kind.THANKS):
            body, count = lexicon.politeness[kind].subn("", body, count=1)
            if count:
                # 谢谢 outlives 你好: who says both has been answered.
                polite = Kind.THANKS if Kind.THANKS in (polite, kind) else Kind.GREETING
        body = lexicon.politeness["filler"].sub("", body)
        if body == before:
            break
    return body, polite


def _shapeless(reading: Reading) -> str | None:
    body = reading.body
    if not any(map(str.isalpha, body)):
        return None if reading.holds("number") else "没有文字"
    if _HAN.search(body):
        spoken = [c for c in body if c.isalnum()]
        if len(set(spoken)) == 1 and len(spoken) > 2:
            return "同一个字重复"
        return "只有语气词" if reading.lexicon.politeness["noise"].fullmatch(body) else None
    if _LATIN_WORD.search(body) and not reading.holds("english") and not reading.holds("number"):
        return "不成词的字母"
    return None
