"""Chooses the responsible department from the text: fixed doors first, then weighted words; every choice has reasons.

The strongest word decides. The others only break ties: each next one adds its weight times a further power of `DECAY`,
in all less than the step to the next weight, so a pile of generic words (申报, 发票) never outweighs one name of a tax.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from escalation.rules.kinds import SUBJECT, CaseKind, KindsTable
from intents import About, Kind

FALLBACK_DEPARTMENT = "service"
FALLBACK_REASON = "没有匹配到具体业务，先由纳税服务处承接"
NEAREST_WEIGHT = 3.0
LESSON_WEIGHT = 5.0  # more than the bare name of a tax, less than a business that the rules name
DOOR_SCORE = 100.0
CANDIDATES = 4
DECAY = 0.15
NEAR = 12
"""How many characters may lie between the two parts of a word such as 「发票+丢」."""

Span: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Rule:
    """Words that lead to one department, with their weights; `kinds` empty means every kind.

    A word is a phrase, or 「甲+乙」: both parts near each other, in either order. `names` are what the department
    itself is called, by which a complaint about it is known.
    """

    department_code: str
    words: Mapping[str, float]
    kinds: frozenset[Kind] = frozenset()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lesson:
    """A word whose cases one department has been answering; `cases` is how many it answered."""

    word: str
    department: str
    cases: int


@dataclass(frozen=True, slots=True)
class Ranked:
    """A department, its score (comparable within one route only) and why."""

    department: str
    score: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """Departments, best first, never empty; `reasons` say how the choice was made and are kept on the case.

    When the kind goes to several departments, they all come first, in the order of the table.
    """

    departments: tuple[Ranked, ...]
    reasons: tuple[str, ...]


@dataclass(slots=True)
class _Tally:
    """What spoke for one department so far."""

    first_at: int
    found: list[tuple[float, str]] = field(default_factory=list)

    def ranked(self, department: str) -> Ranked:
        best_first = sorted(self.found, key=lambda pair: -pair[0])
        score = sum(weight * DECAY**rank for rank, (weight, _) in enumerate(best_first))
        return Ranked(department, score, tuple(dict.fromkeys(reason for _, reason in best_first)))


def route(
    text_normalised: str,
    tokens: Sequence[str],
    kind: Kind,
    rules: Sequence[Rule],
    kinds_table: KindsTable,
    nearest_department: str | None = None,
    lessons: Sequence[Lesson] = (),
    about: About | None = None,
) -> Route:
    """The departments for one text, best first.

    `text_normalised` is simplified, half-width and lower case; `tokens` are its segments, in order (may be empty).
    `nearest_department` is the department code of the nearest FAQ entry, if there is one; `lessons` are what earlier
    answers taught about the words of this text. `about` is whom a complaint is about, where not about the bureau.
    """
    line = kinds_table[kind]
    if about is not None and about in line.about_others:
        return _doors(line, [line.about_others[about]], ["反映的是他人，不是税务机关，由主管业务的机构承办"])
    if line.sealed:
        # Neither order nor reasons may betray what a sealed text says.
        return _doors(line, [line.goes_to[0]])
    if not line.goes_to or line.goes_to == (SUBJECT,):
        return _by_subject(_scored(text_normalised, tokens, kind, rules, nearest_department, lessons))
    accused = _accused(text_normalised, rules) if line.recusal_to else frozenset()
    subjects: tuple[Ranked, ...] = ()
    if SUBJECT in line.goes_to:
        subjects = _scored(text_normalised, tokens, kind, rules, nearest_department, lessons)
    doors: list[str | Ranked] = []
    notes: list[str] = []
    for code in line.goes_to:
        if code == SUBJECT:
            doors += subjects[:1]
        elif line.recusal_to and code in accused:
            doors.append(line.recusal_to)
            notes.append("投诉的对象正是承办机构，按回避规定改由其他机构承办")
        else:
            doors.append(code)
    if SUBJECT in line.goes_to and not subjects:
        notes.append("没有匹配到具体业务，不另送业务机构")
    return _doors(line, doors, notes)


def _by_subject(ranking: tuple[Ranked, ...]) -> Route:
    if not ranking:
        return Route((Ranked(FALLBACK_DEPARTMENT, 0.0, (FALLBACK_REASON,)),), (FALLBACK_REASON,))
    return Route(ranking[:CANDIDATES], ranking[0].reasons)


def _doors(line: CaseKind, doors: Sequence[str | Ranked], notes: Sequence[str] = ()) -> Route:
    reason = f"{line.name}由固定机构承办"
    ranked: dict[str, Ranked] = {}
    for rank, door in enumerate(doors):
        code, own = (door, (reason,)) if isinstance(door, str) else (door.department, door.reasons)
        ranked.setdefault(code, Ranked(code, DOOR_SCORE - rank, own))
    return Route(tuple(ranked.values()), (reason, *notes))


def _accused(text: str, rules: Sequence[Rule]) -> frozenset[str]:
    """Departments that the text names other than by turning to them (「请纳税服务处处理」 accuses nobody)."""
    return frozenset(
        rule.department_code
        for rule in rules
        for name in rule.names
        if re.search(rf"(?<![请向找给交望让致由转]){re.escape(name)}", text)
    )


def _scored(
    text: str,
    tokens: Sequence[str],
    kind: Kind,
    rules: Sequence[Rule],
    nearest: str | None,
    lessons: Sequence[Lesson],
) -> tuple[Ranked, ...]:
    applying = [rule for rule in rules if not rule.kinds or kind in rule.kinds]
    found = _surviving(text, tokens, {word for rule in applying for word in rule.words})
    tallies: dict[str, _Tally] = {}
    for rule in applying:
        for word, weight in rule.words.items():
            if word in found:
                tally = tallies.setdefault(rule.department_code, _Tally(len(text)))
                tally.first_at = min(tally.first_at, found[word])
                tally.found.append((weight, _reason(word)))
    if nearest is not None:
        tally = tallies.setdefault(nearest, _Tally(len(text)))
        tally.found.append((NEAREST_WEIGHT, "最接近的问答条目由该机构负责"))
    for lesson in lessons:
        tally = tallies.setdefault(lesson.department, _Tally(len(text)))
        tally.found.append((LESSON_WEIGHT, f"提到“{lesson.word}”的办件以往多由该机构答复"))
    ranked = [(tally.first_at, tally.ranked(code)) for code, tally in tallies.items()]
    # Of two taxes named in one breath the first is what it is about.
    ranked.sort(key=lambda pair: (-pair[1].score, pair[0], pair[1].department))
    return tuple(department for _, department in ranked)


def _reason(word: str) -> str:
    first, plus, second = word.partition("+")
    return f"同时出现“{first}”和“{second}”" if plus else f"出现“{word}”"


def _surviving(text: str, tokens: Sequence[str], words: set[str]) -> dict[str, int]:
    """The words found in the text and where; those found only inside a longer found word are left out."""
    inner = _inner_boundaries(text, tokens)
    spans = {word: list(_occurrences(word, text, inner)) for word in words if "+" not in word}
    taken = [span for word_spans in spans.values() for span in word_spans]
    found: dict[str, int] = {}
    for word, word_spans in spans.items():
        for start, end in word_spans:
            if not any(s <= start and end <= e and e - s > end - start for s, e in taken):
                found[word] = start
                break
    for word in words:
        first, plus, second = word.partition("+")
        if plus and (at := _together(first, second, text)) is not None:
            found[word] = at
    return found


def _occurrences(word: str, text: str, inner: tuple[frozenset[int], frozenset[int]]) -> Iterator[Span]:
    boundaries, inside = inner
    start = text.find(word)
    while start >= 0:
        end = start + len(word)
        # 「这个税」 holds the letters of 个税: a short word must not begin in one token and end in another.
        straddles = any(cut in boundaries for cut in range(start + 1, end))
        apart = len(word) > 2 or not (straddles and (start in inside or end in inside))
        if apart and not (_runs_on(text, start) or _runs_on(text, end)):
            yield start, end
        start = text.find(word, start + 1)


def _runs_on(text: str, at: int) -> bool:
    """Whether a Latin word or a number goes on across this position: 「private」 holds no vat, 「50000」 no 5000."""
    return 0 < at < len(text) and all(c.isascii() and c.isalnum() for c in text[at - 1 : at + 1])


def _inner_boundaries(text: str, tokens: Sequence[str]) -> tuple[frozenset[int], frozenset[int]]:
    """Positions between two tokens, and positions inside one; tokens that are not in the text are passed over."""
    boundaries: set[int] = set()
    inside: set[int] = set()
    position = 0
    for token in tokens:
        start = text.find(token, position)
        if not token or start < 0:
            continue
        position = start + len(token)
        boundaries |= {start, position}
        inside.update(range(start + 1, position))
    return frozenset(boundaries), frozenset(inside - boundaries)


def _together(first: str, second: str, text: str) -> int | None:
    """Where the nearer of both parts begins, if both stand in the text without overlap, at most `NEAR` apart."""
    if first not in text or second not in text:
        return None
    gap = f".{{0,{NEAR}}}?"
    one, two = re.escape(first), re.escape(second)
    match = re.search(f"{one}{gap}{two}|{two}{gap}{one}", text, re.DOTALL)
    return match.start() if match else None
