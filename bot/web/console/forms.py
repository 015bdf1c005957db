"""What a posted form says: lines, numbers, dates, and the text of an entry as it was typed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date

from aiohttp import web

from bot.web.console.access import Form
from faq.keeping import Content, Finding, Flaw, tidy

LONGEST_REASON = 500  # characters
MOST_NUMBER = 2**31
CHOICES = {"category": "请选择分类。", "department_code": "请选择部门。"}  # nobody types a code here


@dataclass(frozen=True, slots=True)
class Written:
    """The fields of an entry's form, as they were typed; the phrasings one to a line, the dates as 2026-01-31."""

    question: str = ""
    answer: str = ""
    legal_basis: str = ""
    category: str = ""
    department_code: str = ""
    phrasings: str = ""
    valid_from: str = ""
    valid_until: str = ""


def written_in(form: Form) -> Written:
    return Written(**{field.name: text_in(form, field.name) for field in fields(Written)})


def written_of(content: Content) -> Written:
    """A content as the form shows it."""
    texts = {name: "" if value is None else str(value) for name, value in asdict(content).items()}
    return Written(**{**texts, "phrasings": "\n".join(content.phrasings)})


def read_content(written: Written) -> tuple[Content, tuple[Finding, ...]]:
    """The content that was meant, tidy, and what of it is no date."""
    findings: list[Finding] = []
    content = Content(
        question=written.question,
        answer=written.answer,
        legal_basis=written.legal_basis,
        category=written.category,
        department_code=written.department_code,
        phrasings=tuple(written.phrasings.splitlines()),
        valid_from=_date("valid_from", written.valid_from, findings),
        valid_until=_date("valid_until", written.valid_until, findings),
    )
    return tidy(content), tuple(findings)


def _date(field: str, text: str, findings: list[Finding]) -> date | None:
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        findings.append(Finding(field, Flaw.NO_DATE, (("found", text.strip()[:20]),)))
        return None


def by_field(findings: Sequence[Finding]) -> Mapping[str, Sequence[str]]:
    """The sentences to be shown beside each field."""
    found: dict[str, list[str]] = {}
    for finding in findings:
        found.setdefault(finding.field, []).append(CHOICES.get(finding.field, f"{finding.sentence}。"))
    return found


def text_in(form: Form, name: str) -> str:
    value = form.get(name, "")
    return value.replace("\r\n", "\n") if isinstance(value, str) else ""


def number_in(form: Form, name: str) -> int:
    """A number that the page itself had put into the form; raises 400 where it is none."""
    text = text_in(form, name)
    if not (text.isascii() and text.isdigit() and int(text[:12]) < MOST_NUMBER):
        raise web.HTTPBadRequest
    return int(text)


def number_at(request: web.Request, name: str) -> int:
    """A number in the address, of which the route has made sure."""
    return int(request.match_info[name])
