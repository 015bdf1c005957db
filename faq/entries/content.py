"""What an entry says and how it is asked for, and whether that can stand; pure."""

import unicodedata
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import lru_cache

from faq.matching.features import plain_view
from faq.seed import PLACEHOLDER, load_categories
from intents import PersonalKind, find, mask

QUESTION = (4, 80)  # characters, least and most
ANSWER = (10, 3000)
BASIS = (4, 300)
WORDING = (2, 200)
MOST_PHRASINGS = 50
LONGEST_VIEW = 400
UNWRITTEN, LAID_OUT = ("Cc", "Cs", "Co"), "\n\t"  # what no file and no page can hold, but for these
# The fields by name, in the order in which people read them.
NAMES = {
    "question": "问题",
    "answer": "答复",
    "legal_basis": "依据",
    "category": "分类",
    "department_code": "部门",
    "valid_from": "有效期起",
    "valid_until": "有效期止",
    "phrasings": "问法",
}


@dataclass(frozen=True, slots=True)
class Content:
    """One text of an entry. `valid_from` and `valid_until` are the first and the last local day on which it answers."""

    question: str
    answer: str
    legal_basis: str
    category: str
    department_code: str
    phrasings: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_until: date | None = None


class Flaw(StrEnum):
    """What can be wrong in a field, in Chinese, and what to do; `{name}` is that of the field."""

    EMPTY = "{name}是空的，请填写"
    LENGTH = "{name}有 {count} 个字，应为 {least} 至 {most} 个字"
    CONTROL = "{name}里有看不见的控制字符，请重新输入这一段"
    PLACEHOLDER = "{name}里还有占位文字「{found}」，请写完"
    WORDLESS = "{name}里没有可以比对的字，或者太长，请写成一句话"
    IDENTITY = "{name}里有身份证号，请去掉"
    MOBILE = "{name}里有手机号，请去掉"
    BANK_CARD = "{name}里有银行卡号，请去掉"
    TAXPAYER = "{name}里有纳税人识别号，请去掉"
    TOO_MANY = "{name}有 {count} 条，最多 {most} 条，请删去用处小的"
    FULL = "这个条目的问法已满 {most} 条，请先删去用处小的"
    NO_CATEGORY = "没有「{found}」这个分类，应为 {right} 之一"
    NO_DEPARTMENT = "没有「{found}」这个部门，应为 {right} 之一"
    NO_DATE = "「{found}」不是日期，应形如 2026-01-31"
    ENDS_BEFORE = "有效期止早于有效期起，请改正其中一个"
    OVER = "有效期止 {until} 已过，发布了也不会答复，请改为以后的日期"


# What never belongs into an entry; the telephone numbers and addresses of an office do.
PRIVATE = {
    PersonalKind.IDENTITY: Flaw.IDENTITY,
    PersonalKind.MOBILE: Flaw.MOBILE,
    PersonalKind.BANK_CARD: Flaw.BANK_CARD,
    PersonalKind.TAXPAYER: Flaw.TAXPAYER,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong in a field of `Content`; `about` is the beginning of the text, where a field has several."""

    field: str
    flaw: Flaw
    facts: tuple[tuple[str, str | int], ...] = ()
    about: str = ""

    @property
    def sentence(self) -> str:
        """In Chinese, for a page, a file or a terminal."""
        name = NAMES[self.field] + (f"「{self.about}」" if self.about else "")
        return self.flaw.format(name=name, **dict(self.facts))


@lru_cache(maxsize=1)
def categories() -> dict[str, str]:
    """The names of the categories by code, in the order of menus."""
    return {category.code: category.name for category in load_categories()}


def tidy(content: Content) -> Content:
    """Without spaces at the ends, empty phrasings, and phrasings that repeat the question or each other; all but the
    answer on one line.
    """
    seen = {plain_view(content.question)}
    phrasings = []
    for text in map(_one_line, content.phrasings):
        view = plain_view(text)
        if view and view not in seen:
            seen.add(view)
            phrasings.append(text)
    return replace(
        content,
        question=_one_line(content.question),
        answer=content.answer.strip().replace("\r\n", "\n"),
        legal_basis=_one_line(content.legal_basis),
        phrasings=tuple(phrasings),
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())


def check(content: Content, departments: Collection[str]) -> tuple[Finding, ...]:
    """What is wrong with a tidy content; `departments` are the codes that there are."""
    return tuple(_findings(content, departments))


def _findings(content: Content, departments: Collection[str]) -> Iterator[Finding]:
    yield from _text("question", content.question, QUESTION)
    yield from _text("answer", content.answer, ANSWER)
    yield from _text("legal_basis", content.legal_basis, BASIS)
    for text in content.phrasings:
        yield from _text("phrasings", text, WORDING, about=_beginning(text))
    if (count := len(content.phrasings)) > MOST_PHRASINGS:
        yield Finding("phrasings", Flaw.TOO_MANY, (("count", count), ("most", MOST_PHRASINGS)))
    if content.category not in categories():
        yield Finding("category", Flaw.NO_CATEGORY, _choice(content.category, categories()))
    if content.department_code not in departments:
        yield Finding("department_code", Flaw.NO_DEPARTMENT, _choice(content.department_code, sorted(departments)))
    if content.valid_from and content.valid_until and content.valid_until < content.valid_from:
        yield Finding("valid_until", Flaw.ENDS_BEFORE)


def _choice(found: str, right: Iterable[str]) -> tuple[tuple[str, str], ...]:
    return (("found", found), ("right", "、".join(right)))


def _text(field: str, text: str, length: tuple[int, int], about: str = "") -> Iterator[Finding]:
    least, most = length

    def found(flaw: Flaw, **facts: str | int) -> Finding:
        return Finding(field, flaw, tuple(facts.items()), about)

    if not text:
        yield found(Flaw.EMPTY)
    elif not least <= len(text) <= most:
        yield found(Flaw.LENGTH, count=len(text), least=least, most=most)
    if any(unicodedata.category(sign) in UNWRITTEN and sign not in LAID_OUT for sign in text):
        yield found(Flaw.CONTROL)
    if placeholder := PLACEHOLDER.search(text):
        yield found(Flaw.PLACEHOLDER, found=placeholder.group())
    if field in ("question", "phrasings") and text and not 0 < len(plain_view(text)) <= LONGEST_VIEW:
        yield found(Flaw.WORDLESS)
    for finding in find(text):
        if finding.kind in PRIVATE:
            yield found(PRIVATE[finding.kind])


def check_wording(wording: str) -> tuple[Finding, ...]:
    """What is wrong with one way of asking."""
    text = wording.strip()
    return tuple(_text("phrasings", text, WORDING, about=_beginning(text)))


def _beginning(text: str) -> str:
    """By which a text is known among others; what is found to be private is not said again."""
    return mask(text)[:20]


def line_of(text: str) -> str:
    """What was typed into a single field: on one line, without what cannot be seen."""
    seen = "".join(sign for sign in text if sign.isspace() or unicodedata.category(sign) not in UNWRITTEN)
    return " ".join(seen.split())
