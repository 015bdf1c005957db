"""Tells kinds of message apart, by rules and by likeness to labelled examples together, and says why."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import resources

from intents.kinds import About, Kind
from intents.lexicon import Lexicon
from intents.likeness import Likeness, learn
from intents.normalise import normalise
from intents.reading import Reading
from intents.scripts import Script, script_of
from intents.tokens import Tokenizer
from intents.turns import Turn

__all__ = ["Classifier", "Verdict", "make_classifier", "read_examples"]

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_THANKING = re.compile("谢|感激|辛苦|麻烦|劳|thank|thx|3q|re[hx]met|rahmat|ра[хқ]мет|热合买提|ره[حخ]مەت|رە[ھخ]مەت")
_LATIN_WORD = re.compile(r"[a-z]+")
# Beyond this rarity, in natural logarithm a character, no sentence was found in real questions, only random characters.
_IMPLAUSIBLE = -10.5
# What one point of a rule is worth beside the likeness, which lies between 0 and 1.
_RULE = 0.05
# What asks may be of one of these by likeness alone: nothing follows from them.
_HARMLESS = (Kind.OUTOFSCOPE, Kind.STATUS, Kind.HUMAN)
# Below this, nothing but a rule may make what asks anything else than a question: a concern must not be dropped.
# What speaks of the bureau's business and does not ask is seldom a question, so half of it will do.
_ALIKE = 0.3
_UNSURE = 0.3
# From here on a rule leaves no doubt.
_PLAIN = 4.0
_SEALED = (Kind.REPORT, Kind.DISCIPLINE)
# A kind remains possible where a cue speaks for it, or where it is alike both in itself and beside the winner.
_POSSIBLE, _POSSIBLE_SHARE = 0.15, 0.4
# From this likeness on what is told may be of a sealed kind; none of 75 labelled lines of such kinds without a sign was
# below it, and one in five of 417 other lines is above it.
_PERHAPS_SEALED = 0.2
_WORDS_OF_ANOTHER_SCRIPT = 12  # characters: less is a greeting, or a piece of something
# A text of so many characters that neither asks nor says by a sign what it is about is a piece of something.
_BRIEF = 12
_NO_MATTER = (Kind.QUESTION, Kind.OUTOFSCOPE)
_ABOUT_SOMEBODY = (Kind.COMPLAINT, Kind.REPORT, Kind.QUESTION, Kind.OUTOFSCOPE, Kind.PRAISE)
_OTHERS = {About.COMPANY: "no_invoice", About.EMPLOYER: "employer_owes", About.WAGES: "wages_owed"}
# Recognised by their form alone.
_FORMAL = (Kind.GREETING, Kind.THANKS, Kind.UNINTELLIGIBLE)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The kind of one text, how sure (0..1), why (short Chinese), and for a letter the kind of what it says.

    `possible` are the kinds that cannot be ruled out, the likeliest first; the kind itself is always among them.
    `signs` are the kinds for which a sign in the text speaks, and not likeness alone. `turn` is what a text does in
    the talk that is no matter yet; `about` is whom a complaint is about, where it is not about the bureau;
    `script` is in what letters it is written where the rules cannot read it;
    `on_business` says that a word of the tax dictionary is there,
    `ends_asking` that the last clause asks; `core` is the text without what only leads to the matter.
    """

    kind: Kind
    confidence: float
    reasons: tuple[str, ...]
    possible: tuple[Kind, ...]
    signs: frozenset[Kind] = frozenset()
    content: Kind | None = None
    turn: Turn | None = None
    about: About | None = None
    script: Script | None = None
    on_business: bool = False
    ends_asking: bool = False
    core: str = ""


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
            turn = None if polite is Kind.GREETING or _THANKING.search(text) else Turn.FAREWELL
            return Verdict(polite, 0.97, ("只有寒暄" if polite is Kind.GREETING else "只有致谢",), (polite,), turn=turn)
        reading = Reading(body or text, tokens, self._tokenizer.terms, self._lexicon)
        script = script_of(body or text)
        if script is not None:
            # What cannot be read may be anything; a few words for the worst are known.
            turn = Turn.FRAGMENT if len(body) < _WORDS_OF_ANOTHER_SCRIPT else None
            turn = Turn.DANGER if reading.holds("danger") else turn
            possible = _first(Kind.QUESTION, tuple(Kind))
            return Verdict(Kind.QUESTION, _UNSURE, ("其他文字，请人工辨认",), possible, turn=turn, script=script)
        nonsense = _shapeless(reading)
        if nonsense is not None:
            return Verdict(Kind.UNINTELLIGIBLE, 0.95, (nonsense,), (Kind.UNINTELLIGIBLE,))
        said = reading.weigh()
        verdict = None if said else self._without_cue(reading)
        if verdict is None:
            verdict = _about_others(reading, self._decide(reading, said))
        return replace(
            verdict,
            turn=_turn(reading, verdict),
            on_business=reading.names_business(),
            ends_asking=reading.ends_asking(),
            core=reading.core(),
        )

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
        if winner is Kind.COMPLAINT and Kind.QUESTION in possible and reading.ends_asking_of_business():
            winner = Kind.QUESTION  # bad temper around a question leaves it a question
        if winner not in rules:
            winner = _cautious(reading, winner, alike[winner])
            if winner not in _SEALED and Kind.QUESTION in possible and reading.names_business():
                winner = Kind.QUESTION  # a refund that has not come is no complaint yet
            if winner is Kind.QUESTION and _is_elsewhere(reading):
                signs = frozenset(_perhaps_sealed(reading))
                return Verdict(Kind.OUTOFSCOPE, 0.5, ("所问与税费无关",), _first(Kind.OUTOFSCOPE, possible), signs)
        reasons = tuple(dict.fromkeys(reason for _, reason in said.get(winner, ())))[:4]
        if not reasons:
            telling = self._likeness.telling(features, winner)
            reasons = (f"用语相近：{'、'.join(telling)}",) if telling else ("没有明显线索",)
        confidence = self._confidence(reading, winner, totals, rules)
        signs = frozenset((*rules, *_perhaps_sealed(reading)))
        return Verdict(winner, confidence, reasons, _first(winner, possible), signs, content)

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
            if kind in (*_FORMAL, Kind.OPINION, Kind.UNREAD):
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
    told = not reading.ends_asking()
    open_kinds = [kind for kind in ranked if kind not in _SEALED and totals[kind] >= least]
    alike_kinds = [kind for kind in _SEALED if told and alike[kind] >= _PERHAPS_SEALED]
    not_ruled_out = {*open_kinds, *alike_kinds, *_perhaps_sealed(reading), *rules}
    return tuple([kind for kind in ranked if kind in not_ruled_out])


def _perhaps_sealed(reading: Reading) -> Iterator[Kind]:
    """Give the sealed kinds for which something in the text speaks, though less than a cue."""
    if reading.holds("accusing") and not reading.holds("how_report"):
        yield from _SEALED
    if reading.holds("hiding") and not reading.ends_asking():
        yield Kind.REPORT
    of_business = reading.ends_asking() and reading.names_business()  # 「送客户两箱酒怎么入账」
    to_somebody = reading.holds("taxman") or not of_business
    if reading.holds("favours") and to_somebody and not reading.holds("how_discipline"):
        yield Kind.DISCIPLINE


def _about_others(reading: Reading, verdict: Verdict) -> Verdict:
    """Return the verdict, or a complaint about a company that gives no invoice, or about an employer that owes its
    people something: neither is an offence to be investigated in secret, nor is it about the bureau.
    """
    if verdict.kind not in _ABOUT_SOMEBODY or any(map(reading.holds, ("seeks", "favours", "taxman"))):
        return verdict
    about = next((about for about, concept in _OTHERS.items() if reading.holds(concept)), None)
    if about is None or reading.holds("hard_offence"):
        return verdict
    reasons = (f"反映他人的事（“{reading.found(_OTHERS[about])[:12]}”），与税务机关的服务无关",)
    possible = _first(Kind.COMPLAINT, verdict.possible)
    return Verdict(Kind.COMPLAINT, 0.9, reasons, possible, frozenset({Kind.COMPLAINT}), about=about)


def _turn(reading: Reading, verdict: Verdict) -> Turn | None:
    """Return what a text does in the talk; None for a matter."""
    if reading.holds("danger") and not reading.holds("joking"):
        return Turn.DANGER
    if reading.holds("press") and not reading.ends_asking():
        return Turn.PRESS
    if verdict.kind is Kind.QUESTION and reading.names_business() and reading.holds("ask"):
        return None
    turn = reading.turn() or _turn_by_form(reading, verdict)
    # 「网站上的电话是错的」 tells of a thing as one tells of oneself.
    return None if turn is Turn.ABOUT_SELF and not verdict.signs.issubset(_NO_MATTER) else turn


def _turn_by_form(reading: Reading, verdict: Verdict) -> Turn | None:
    """Return what a text is that is too short to say what is wanted; None for all others."""
    if (
        verdict.kind not in _NO_MATTER
        or not verdict.signs.issubset(_NO_MATTER)
        or len(_HAN.findall(reading.body)) > _BRIEF
    ):
        return None
    if not reading.holds("ask"):
        return Turn.FRAGMENT
    return None if reading.has_term() or _has_subject(reading) else Turn.VAGUE


def _first(kind: Kind, others: tuple[Kind, ...]) -> tuple[Kind, ...]:
    return others if others and others[0] is kind else (kind, *[other for other in others if other is not kind])


def _cautious(reading: Reading, winner: Kind, alike: float) -> Kind:
    """Return `winner`, for which no cue speaks, or question where likeness alone is too little."""
    if winner is Kind.OUTOFSCOPE and not _has_subject(reading):
        return Kind.QUESTION
    if reading.holds("ask"):
        # Many plain questions have the words of complaints and tip-offs.
        return winner if winner in _HARMLESS and alike >= _ALIKE else Kind.QUESTION
    return winner if alike >= (_ALIKE / 2 if reading.has_term() else _ALIKE) else Kind.QUESTION


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
    # What somebody says they do not want is not what they want.
    return lexicon.politeness["negated"].sub("", body) or body, polite


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
