"""The forms about entries: the text of one as it was typed, which one is meant, and for what reason."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, ValidationInfo, field_validator

from bot.web.console.forms import Findings, NumberIfAny, PostedForm, Text, Typed, read_form, told
from escalation.rules.limits import LONGEST_REASON
from faq.entries.content import Content, Finding, Flaw, line_of, tidy
from faq.entries.queries import Kept, find_by_code, find_entry
from storage.unit import Reader

TOO_LONG = f"理由最多 {LONGEST_REASON} 个字，请写短一些。"
NO_ENTRY = "没有这个代号的条目。代号写在条目列表里，在问题的下面。"
CHOICES = {"category": "请选择分类。", "department_code": "请选择部门。"}  # nobody types a code here


def _short_enough(text: str) -> str:
    if len(text) > LONGEST_REASON:
        raise told(TOO_LONG)
    return text


Reason = Annotated[Text, AfterValidator(_short_enough)]


class Written(PostedForm):
    """The fields of an entry's form, as they were typed; the phrasings one to a line, the dates as 2026-01-31."""

    question: Text = ""
    answer: Text = ""
    legal_basis: Text = ""
    category: Text = ""
    department_code: Text = ""
    phrasings: Text = ""
    valid_from: Text = ""
    valid_until: Text = ""

    @property
    def fields(self) -> Mapping[str, str]:
        return {name: getattr(self, name) for name in Written.model_fields}


class EntryForm(Written):
    """The same, with dates that are dates."""

    @field_validator("valid_from", "valid_until")
    @classmethod
    def _is_a_date(cls, text: str, field: ValidationInfo) -> str:
        try:
            return text.strip() and date.fromisoformat(text.strip()).isoformat()
        except ValueError as error:
            found = Finding(str(field.field_name), Flaw.NO_DATE, (("found", text.strip()[:20]),))
            raise told(_sentence(found)) from error

    @property
    def content(self) -> Content:
        """The content that was meant, tidy."""
        return tidy(
            Content(
                question=self.question,
                answer=self.answer,
                legal_basis=self.legal_basis,
                category=self.category,
                department_code=self.department_code,
                phrasings=tuple(self.phrasings.splitlines()),
                valid_from=_date(self.valid_from),
                valid_until=_date(self.valid_until),
            )
        )


def _date(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def written_of(content: Content) -> Written:
    """A content as the form shows it."""
    texts = {name: "" if value is None else str(value) for name, value in asdict(content).items()}
    return Written(**{**texts, "phrasings": "\n".join(content.phrasings)})


def read_content(written: Written) -> tuple[Content, Findings]:
    """The content that was meant, tidy, without what could not be read; and what is wrong with that."""
    form = read_form(EntryForm, "", written.fields)
    if isinstance(form, Typed):
        readable = {name: text for name, text in written.fields.items() if name not in form.findings}
        return EntryForm(**readable).content, form.findings
    return form.content, {}


def by_field(findings: Sequence[Finding]) -> Findings:
    """The sentences to be shown beside each field."""
    found: dict[str, list[str]] = {}
    for finding in findings:
        found.setdefault(finding.field, []).append(_sentence(finding))
    return found


def sentences(findings: Sequence[Finding]) -> Sequence[str]:
    """The same for a form with one field."""
    return [_sentence(finding) for finding in findings]


def _sentence(finding: Finding) -> str:
    return CHOICES.get(finding.field, f"{finding.sentence}。")


class NamingForm(PostedForm):
    """A form that names an entry: by number where a button was pressed, else by the code that was typed."""

    entry: NumberIfAny = None
    code: Text = ""


async def named_entry(reader: Reader, form: NamingForm) -> Kept | None:
    if form.entry is not None:
        return await find_entry(reader, form.entry)
    return await find_by_code(reader, line_of(form.code))
