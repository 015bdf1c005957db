"""What forms about entries say: the text of one as it was typed, which one is meant, and for what reason."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date

from bot.web.console.access import Form
from bot.web.console.forms import number_in, text_in
from faq.keeping import Content, Finding, Flaw, Kept, find_by_code, find_entry, line_of, tidy
from storage.unit import Reader

LONGEST_REASON = 500  # characters
TOO_LONG = f"理由最多 {LONGEST_REASON} 个字，请写短一些。"
NO_ENTRY = "没有这个代号的条目。代号写在条目列表里，在问题的下面。"
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


async def named_entry(reader: Reader, form: Form) -> Kept | None:
    """The entry that a form names: by number where a button was pressed, else by the code that was typed."""
    if text_in(form, "entry"):
        return await find_entry(reader, number_in(form, "entry"))
    return await find_by_code(reader, line_of(text_in(form, "code")))
