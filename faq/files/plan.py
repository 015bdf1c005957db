"""Looks at what a file says before anything is written: what is new, what changes, and what is wrong, row by row; pure.

A row with a code that an entry has changes this entry; any other row is a new one. What would stay as it is, is left
alone.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from faq.catalog import Entry
from faq.entries.content import Content, categories, check, tidy
from faq.files.table import FIELDS, Cell, FileError, Raw, Reading, Remark, as_date, as_list, as_text
from faq.matching.contrasts import differing
from faq.matching.features import Tokens, plain_view
from faq.matching.index import ALIKE, Index, IndexEntry

RANKED = 4
LONGEST_CODE = 80
Kind = TypeVar("Kind")
COLUMNS = {"department_code": "department"}  # fields of Content that a file calls otherwise


@dataclass(frozen=True, slots=True)
class Known:
    """An entry as it stands: what an editor goes on from, and whether it waits for approval just now."""

    entry_id: int
    code: str
    head: int
    content: Content
    in_review: bool


@dataclass(frozen=True, slots=True)
class Proposed:
    """What a row makes: a new entry (`known` is None; without a code it will be given one), or another text."""

    number: int
    code: str | None
    content: Content
    known: Known | None

    @property
    def unchanged(self) -> bool:
        return self.known is not None and self.known.content == self.content


@dataclass(slots=True)
class Plan:
    """What an import would do. Nothing may be done while something is wrong."""

    new: list[Proposed] = field(default_factory=list)
    changed: list[Proposed] = field(default_factory=list)
    unchanged: int = 0
    remarks: list[Remark] = field(default_factory=list)

    @property
    def wrong(self) -> Sequence[Remark]:
        return [remark for remark in self.remarks if remark.wrong]


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a file is held against: the entries by code, and the departments' names by code."""

    known: Mapping[str, Known]
    departments: Mapping[str, str]


def examine(
    reading: Reading, baseline: Baseline, tokenizer: Tokens, tell: Callable[[int], None] = lambda _done: None
) -> Plan:
    """Look at every row; `tell` hears how many of them have been compared with all others."""
    plan = Plan(remarks=list(reading.remarks))
    proposed = [_read(raw, baseline, plan.remarks) for raw in reading.entries]
    for one in proposed:
        _sort(plan, one)
    plan.remarks += _repeated_codes(proposed)
    plan.remarks += _repeated(proposed, baseline)
    plan.remarks += _nearly_repeated(proposed, baseline, tokenizer, tell)
    plan.remarks.sort(key=lambda remark: remark.number)
    return plan


def entries_in(reading: Reading, departments: Mapping[str, str]) -> Sequence[Entry]:
    """Return what a file says as entries that answer, none of them verified; `departments` are names by code.

    Raises FileError for a file in which anything is wrong.
    """
    remarks = list(reading.remarks)
    proposed = [_read(raw, Baseline({}, departments), remarks) for raw in reading.entries]
    remarks += _repeated_codes(proposed)
    if wrong := [remark for remark in remarks if remark.wrong]:
        raise FileError(f"{wrong[0]}（共 {len(wrong)} 处有误）请更正后再试。")
    return [_entry(number, one) for number, one in enumerate(proposed, start=1)]


def _entry(number: int, one: Proposed) -> Entry:
    content = one.content
    return Entry(
        id=number,
        code=one.code or f"row-{one.number}",
        revision=1,
        question=content.question,
        answer=content.answer,
        legal_basis=content.legal_basis,
        category=content.category,
        department_code=content.department_code,
        valid_from=content.valid_from,
        valid_until=content.valid_until,
        verified_on=None,
        sample=False,
        phrasings=content.phrasings,
    )


def _sort(plan: Plan, one: Proposed) -> None:
    if one.known is None:
        plan.new.append(one)
    elif one.unchanged:
        plan.unchanged += 1
    elif one.known.in_review:
        plan.remarks.append(Remark(one.number, f"条目 {one.code} 正在等待审批，请先审批或撤回，再导入"))
    else:
        plan.changed.append(one)


class _Cells:
    """The cells of one row, each read as what it should be; what cannot be read is remarked on, once."""

    def __init__(self, raw: Raw, remarks: list[Remark]) -> None:
        self._raw, self._remarks = raw, remarks
        self.unread: set[str] = set()

    def text(self, name: str) -> str:
        return self._as(name, as_text, "").strip()

    def texts(self, name: str) -> tuple[str, ...]:
        return self._as(name, as_list, ())

    def day(self, name: str) -> date | None:
        return self._as(name, as_date, None)

    def one_of(self, name: str, names: Mapping[str, str]) -> str:
        """The code of what is named by its name or its code."""
        said = self.text(name)
        for code, called in names.items():
            if said in (code, called):
                return code
        if said and name not in self.unread:
            self.refuse(name, f"没有“{said[:20]}”，应为 {'、'.join(names.values())} 之一")
        return said

    def refuse(self, name: str, sentence: str) -> None:
        self.unread.add(name)
        self._remarks.append(Remark(self._raw.number, f"{FIELDS[name]}：{sentence}"))

    def _as(self, name: str, read: Callable[[Cell], Kind], nothing: Kind) -> Kind:
        try:
            return read(self._raw.values.get(name))
        except ValueError as error:
            self.refuse(name, str(error))
            return nothing


def _read(raw: Raw, baseline: Baseline, remarks: list[Remark]) -> Proposed:
    """The entry that a row proposes, and what is wrong with it."""
    cells = _Cells(raw, remarks)
    code = cells.text("code") or None
    content = tidy(
        Content(
            question=cells.text("question"),
            answer=cells.text("answer"),
            legal_basis=cells.text("legal_basis"),
            category=cells.one_of("category", categories()),
            department_code=cells.one_of("department", baseline.departments),
            phrasings=cells.texts("phrasings"),
            valid_from=cells.day("valid_from"),
            valid_until=cells.day("valid_until"),
        )
    )
    if code is not None and len(code) > LONGEST_CODE:
        cells.refuse("code", f"最多 {LONGEST_CODE} 个字符，请改短")
    for finding in check(content, baseline.departments):
        name = COLUMNS.get(finding.field, finding.field)
        if name not in cells.unread:
            empty = name in ("category", "department")  # what is there but unknown was remarked on
            remarks.append(Remark(raw.number, f"{FIELDS[name]}是空的，请填写" if empty else finding.sentence))
    return Proposed(raw.number, code, content, baseline.known.get(code or ""))


def _repeated_codes(proposed: Iterable[Proposed]) -> Iterator[Remark]:
    seen: dict[str, int] = {}
    for one in proposed:
        if one.code is not None and seen.setdefault(one.code, one.number) != one.number:
            yield Remark(one.number, f"代号 {one.code} 与第 {seen[one.code]} 行重复，请只留一行，或者换一个代号")


def _untouched(proposed: Iterable[Proposed], baseline: Baseline) -> Sequence[Known]:
    """The entries of which the file says nothing."""
    touched = {one.code for one in proposed}
    return [one for code, one in baseline.known.items() if code not in touched]


def _repeated(proposed: Sequence[Proposed], baseline: Baseline) -> Iterator[Remark]:
    """Questions that are asked twice are wrong, unless nothing of them changes; a phrasing that leads to two entries is
    worth a word.
    """
    questions: dict[str, str] = {}
    ways: dict[str, str] = {}
    for other in _untouched(proposed, baseline):
        questions.setdefault(plain_view(other.content.question), f"已有条目 {other.code}")
        for text in other.content.phrasings:
            ways.setdefault(plain_view(text), f"已有条目 {other.code}")
    for one in sorted(proposed, key=lambda one: not one.unchanged):
        view, where = plain_view(one.content.question), f"第 {one.number} 行"
        if view and view in questions:
            same = f"问题与{questions[view]}相同，请合并；要修改已有条目，请填上它的代号"
            yield Remark(one.number, same, wrong=not one.unchanged)
        questions.setdefault(view, where)
    for one in proposed:
        where = f"第 {one.number} 行"
        for text in one.content.phrasings:
            view = plain_view(text)
            other_place = questions.get(view) or ways.get(view)
            if other_place not in (None, where):
                again = f"问法「{text[:20]}」与{other_place}相同，恰好这样问时会请提问人选择"
                yield Remark(one.number, again, wrong=False)
            ways.setdefault(view, where)


def _nearly_repeated(
    proposed: Sequence[Proposed], baseline: Baseline, tokenizer: Tokens, tell: Callable[[int], None]
) -> Iterator[Remark]:
    """Questions that are nearly the same as another: perhaps one entry, perhaps two that differ in a year or a rate."""
    told = {f"{one.number}": (f"第 {one.number} 行", one.content.question) for one in proposed}
    told |= {f"={one.code}": (f"已有条目 {one.code}", one.content.question) for one in _untouched(proposed, baseline)}
    index = Index.build([IndexEntry(key, question) for key, (_, question) in told.items()], tokenizer)
    for done, one in enumerate(proposed, start=1):
        tell(done)
        if not one.unchanged:
            yield from _near(one, index, told)


def _near(one: Proposed, index: Index, told: Mapping[str, tuple[str, str]]) -> Iterator[Remark]:
    """What stands before the row, or in the catalogue, and is most like it without being the same; what names another
    tax, year or sum is another question, however like it is.
    """
    view, names = plain_view(one.content.question), index.said(str(one.number))
    for candidate in index.rank(one.content.question, RANKED):
        where, question = told[candidate.entry_id]
        before = not candidate.entry_id.isdigit() or int(candidate.entry_id) < one.number
        apart = differing(names, index.said(candidate.entry_id)) or plain_view(question) == view
        if candidate.score >= ALIKE and before and not apart:
            near = f"问题与{where}「{question[:30]}」很像（{candidate.score:.2f}），请核对是不是同一个问题"
            yield Remark(one.number, near, wrong=False)
            return
