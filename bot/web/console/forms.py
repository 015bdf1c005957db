"""Posted forms as models: read in one place; what is wrong is shown beside its field, and what was typed stays.

A field in which people write raises `told` for them. Anything else that does not fit, a field that is missing or
foreign, a number that is none, was sent by no page of ours and is refused with 400.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, TypeVar

from aiohttp import web
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import PydanticCustomError

MOST_NUMBER = 2**31
LONGEST_NUMBER = 10  # digits
CSRF = "csrf"  # every form carries it; the frame has looked at it
TOLD = "told"

Findings = Mapping[str, Sequence[str]]  # sentences by field


class PostedForm(BaseModel):
    """The fields of one form. Models are built when a form first comes, which keeps the start quick."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class NoFields(PostedForm):
    """A form that is a button alone."""


F = TypeVar("F", bound=PostedForm)


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed into a form that was not carried out, and what is wrong with it. A page may have several forms:
    each is known by the last part of its address.
    """

    form: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    findings: Findings = field(default_factory=dict)

    def of(self, form: str) -> "Typed":
        """The same for this form, and nothing for any other."""
        return self if self.form == form else NOTHING_TYPED

    def where(self, name: str, value: str) -> "Typed":
        """The same for the form in which this field has this value, and nothing for any other."""
        return self if self.fields.get(name) == value else NOTHING_TYPED

    def about(self, name: str, sentences: Sequence[str]) -> "Typed":
        """The same, with what was found wrong with this field."""
        return replace(self, findings={name: sentences})

    @property
    def told(self) -> str:
        """All that is wrong, in one line."""
        return "".join(sentence for found in self.findings.values() for sentence in found)


NOTHING_TYPED = Typed()


def told(sentence: str) -> PydanticCustomError:
    """Raised by a validator: what is wrong with what somebody typed, and what to do."""
    return PydanticCustomError(TOLD, "{sentence}", {"sentence": sentence})


def _text(value: object) -> object:
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


def _number(value: object) -> object:
    if not isinstance(value, str):
        return value
    if not (value.isascii() and value.isdigit() and len(value) <= LONGEST_NUMBER and int(value) < MOST_NUMBER):
        raise ValueError("no number that a page of ours puts into a form")
    return int(value)


def _number_if_any(value: object) -> object:
    return _number(value) if value else None


Text = Annotated[str, BeforeValidator(_text)]
Number = Annotated[int, BeforeValidator(_number)]
NumberIfAny = Annotated[int | None, BeforeValidator(_number_if_any)]


def read_form(model: type[F], address: str, posted: Mapping[str, object]) -> F | Typed:
    """The form, or what was typed into it and what people are told about that. Raises 400 for what no page sends."""
    sent = {name: value for name, value in posted.items() if name != CSRF}
    try:
        return model.model_validate(sent)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)
    if any(one["type"] != TOLD for one in wrong):
        raise web.HTTPBadRequest
    findings: dict[str, list[str]] = {}
    for one in wrong:
        findings.setdefault(str(one["loc"][0]), []).append(one["msg"])
    return Typed(_name_of(address), _texts(sent.items()), findings)


def typed_in(address: str, form: PostedForm) -> Typed:
    """What was typed into a form that could be read, for a page that shows it once more."""
    return Typed(_name_of(address), _texts(form))


def _texts(fields: Iterable[tuple[str, object]]) -> Mapping[str, str]:
    return {name: value.replace("\r\n", "\n") for name, value in fields if isinstance(value, str)}


def _name_of(address: str) -> str:
    return address.rsplit("/", 1)[-1]


def number_at(request: web.Request, name: str) -> int:
    """A number in the address, of which the route has made sure."""
    return int(request.match_info[name])
