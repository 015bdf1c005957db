"""What an entry says and how it is asked for, and whether that can stand; pure."""

import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from faq.seed import PLACEHOLDER, load_categories
from faq.views import plain_view
from intents import PersonalKind, find

QUESTION = (4, 80)  # characters, least and most
ANSWER = (10, 3000)
BASIS = (4, 300)
WORDING = (2, 200)
MOST_PHRASINGS = 50
LONGEST_VIEW = 400
UNWRITTEN, LAID_OUT = ("Cc", "Cs", "Co"), "\n\t"  # what no file and no page can hold, but for these
# What never belongs into an entry; the telephone numbers and addresses of an office do.
PRIVATE = {
    PersonalKind.IDENTITY: "身份证号",
    PersonalKind.MOBILE: "手机号",
    PersonalKind.BANK_CARD: "银行卡号",
    PersonalKind.TAXPAYER: "纳税人识别号",
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


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong in a field of `Content`, in Chinese, and what to do."""

    field: str
    sentence: str


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
    yield from _text("question", "问题", content.question, QUESTION)
    yield from _text("answer", "答复", content.answer, ANSWER)
    yield from _text("legal_basis", "依据", content.legal_basis, BASIS)
    for text in content.phrasings:
        yield from _text("phrasings", f"问法「{text[:20]}」", text, WORDING)
    if len(content.phrasings) > MOST_PHRASINGS:
        yield Finding("phrasings", f"问法有 {len(content.phrasings)} 条，最多 {MOST_PHRASINGS} 条，请删去用处小的")
    if content.category not in categories():
        yield Finding("category", f"没有「{content.category}」这个分类，应为 {'、'.join(categories())} 之一")
    if content.department_code not in departments:
        right = "、".join(sorted(departments))
        yield Finding("department_code", f"没有「{content.department_code}」这个部门，应为 {right} 之一")
    if content.valid_from and content.valid_until and content.valid_until < content.valid_from:
        yield Finding("valid_until", "有效期止早于有效期起，请改正其中一个")


def _text(field: str, name: str, text: str, length: tuple[int, int]) -> Iterator[Finding]:
    least, most = length
    if not text:
        yield Finding(field, f"{name}是空的，请填写")
    elif not least <= len(text) <= most:
        yield Finding(field, f"{name}有 {len(text)} 个字，应为 {least} 至 {most} 个字")
    if any(unicodedata.category(sign) in UNWRITTEN and sign not in LAID_OUT for sign in text):
        yield Finding(field, f"{name}里有看不见的控制字符，请重新输入这一段")
    if found := PLACEHOLDER.search(text):
        yield Finding(field, f"{name}里还有占位文字「{found.group()}」，请写完")
    if field in ("question", "phrasings") and text and not 0 < len(plain_view(text)) <= LONGEST_VIEW:
        yield Finding(field, f"{name}里没有可以比对的字，或者太长，请写成一句话")
    for finding in find(text):
        if finding.kind in PRIVATE:
            yield Finding(field, f"{name}里有{PRIVATE[finding.kind]}，请去掉")


def check_wording(wording: str) -> tuple[Finding, ...]:
    """What is wrong with one way of asking."""
    return tuple(_text("phrasings", "问法", wording.strip(), WORDING))
