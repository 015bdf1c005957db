"""A question tried out: what a taxpayer who writes it would get, and why; and the wording taught in one press.

What was typed travels in the form and never in the address, which others may log: it may be a taxpayer's own words.
"""

from dataclasses import dataclass
from typing import Annotated

from aiohttp import web
from pydantic import AfterValidator, ConfigDict

from bot.web.console.access import Caller, posted, shown
from bot.web.console.faq.entry_form import NO_ENTRY, NamingForm, named_entry, sentences
from bot.web.console.faq.labels import why_not
from bot.web.console.faq.preview import Spoken, spoken
from bot.web.console.faq.rights import right, rights_of
from bot.web.console.forms import NOTHING_TYPED, PostedForm, Text, Typed, told, typed_in
from bot.web.console.layout import show
from bot.wording.officer.trial import doubt, outcome, part, reason
from bot.wording.speech import words_of
from bot.wording.taxpayer.cases import kind_name
from escalation.deadlines.workdays import local_date
from escalation.rules.limits import LONGEST_QUESTION
from escalation.rules.permissions import Action
from faq.entries.content import line_of
from faq.entries.phrasings import add_phrasings, override
from faq.entries.queries import find_entry
from faq.entries.results import Denied, Saved, Why, Wrong
from faq.explanation import Explanation, explain
from faq.hearing import preview
from faq.matching.decision import LIMITS, Answer, Doubt, Rule
from intents import Kind

TOO_LONG = f"最多 {LONGEST_QUESTION} 个字，请写短一些。"
KNOWN_ALREADY = "这个条目已经有这样的问法，没有再加。"
PHRASED = "已加为“{question}”的问法，马上生效。下面是现在的结果。"
OVERRIDDEN = "已指定：这句话今后总是用“{question}”答复。下面是现在的结果。"


@dataclass(frozen=True, slots=True)
class Tried:
    """An explanation in sentences, for an office and not for a programmer; its figures stay in the explanation."""

    explanation: Explanation
    outcome: str
    reason: str
    doubts: tuple[str, ...]
    parts: tuple[tuple[str, float, float, float], ...]  # name, weight, value, product
    understood: str | None  # what it is taken for, where it is no question for the FAQ
    answer: Spoken | None


def _short_enough(text: str) -> str:
    if len(line_of(text)) > LONGEST_QUESTION:
        raise told(TOO_LONG)
    return text


Question = Annotated[Text, AfterValidator(_short_enough)]


class TryForm(PostedForm):
    """A button that stands in the form of a gap too, which sends more than this."""

    model_config = ConfigDict(extra="ignore")

    text: Question = ""


class TeachForm(NamingForm):
    text: Question = ""


async def show_empty(caller: Caller) -> web.Response:
    return await _page(caller, "")


async def show_again(caller: Caller, typed: Typed) -> web.Response:
    text = line_of(typed.fields["text"])[:LONGEST_QUESTION]
    return await _page(caller, text, refusal=typed.told, typed=typed, status=422)


async def post_try(caller: Caller, form: TryForm) -> web.Response:
    return await _page(caller, line_of(form.text))


async def post_phrase(caller: Caller, form: TeachForm) -> web.Response:
    return await _teach(caller, form, always=False)


async def post_override(caller: Caller, form: TeachForm) -> web.Response:
    return await _teach(caller, form, always=True)


async def _teach(caller: Caller, form: TeachForm, *, always: bool) -> web.Response:
    """The wording becomes a phrasing of the chosen entry or, `always`, is answered by it whatever else is alike."""
    text, typed = line_of(form.text), typed_in(caller.request.path, form)
    async with caller.deps.database.unit() as unit:
        entry = await named_entry(unit, form)
        result: Saved | Denied | Wrong = Denied(Why.NOT_FOUND)
        if entry is not None and always:
            result = await override(unit, caller.officer, entry.id, text, caller.deps.interpreter)
        elif entry is not None:
            result = await add_phrasings(unit, caller.officer, entry.id, [text])
    if entry is None:
        return await _page(caller, text, refusal=NO_ENTRY, typed=typed.about("code", [NO_ENTRY]), status=409)
    match result:
        case Saved():
            done = OVERRIDDEN if always else PHRASED
            question = (entry.published or entry.latest).content.question
            return await _page(caller, text, done=done.format(question=question))
        case Denied(why=Why.UNCHANGED):
            return await _page(caller, text, refusal=KNOWN_ALREADY, status=409)
        case Wrong(findings=findings):
            typed = typed.about("text", sentences(findings))
            return await _page(caller, text, refusal=why_not(result), typed=typed, status=409)
        case _:
            return await _page(caller, text, refusal=why_not(result), status=409)


async def _page(
    caller: Caller, text: str, *, done: str = "", refusal: str = "", typed: Typed = NOTHING_TYPED, status: int = 200
) -> web.Response:
    tried = await _try(caller, text) if text and status != 422 else None
    return show(
        caller,
        "faq/trial.html",
        title="试问",
        may=rights_of(caller),
        status=status,
        text=text,
        tried=tried,
        taught=done,
        refusal=refusal,
        typed=typed,
        longest=LONGEST_QUESTION,
        limits={"outright": LIMITS[Doubt.CONFIDENCE], "asking": LIMITS[Doubt.NOT_WORTH_ASKING]},
        overridden=tried is not None and tried.explanation.rule is Rule.OVERRIDDEN,
        exact=tried is not None and tried.explanation.rule is Rule.EXACT,
    )


async def _try(caller: Caller, text: str) -> Tried:
    """What the answers of this moment say, also where somebody changed them a second ago."""
    deps, _ = caller.deps, words_of("zh")
    await deps.faq.refresh(deps.database, local_date(deps.clock()))
    explanation = explain(deps.faq.edition, text)
    kind = preview(deps.in_force, caller.officer.bureau_id, text).kind
    answer = None
    if isinstance(explanation.decision, Answer):
        async with deps.database.reader() as reader:
            entry = await find_entry(reader, explanation.said[0].id)
            if entry is not None and entry.published is not None:
                answer = await spoken(reader, deps.rules, entry.published)
    return Tried(
        explanation=explanation,
        outcome=outcome(_, explanation.rule),
        reason=reason(_, explanation.rule),
        doubts=tuple(doubt(_, one) for one in explanation.doubts),
        parts=tuple((part(_, one.name), one.weight, one.value, one.product) for one in explanation.parts),
        understood=None if kind is Kind.QUESTION else kind_name(_, deps.rules, kind.value),
        answer=answer,
    )


ROUTES = [
    shown("/console/try", right(Action.READ_ENTRY), show_empty),
    posted("/console/try", right(Action.READ_ENTRY), TryForm, post_try, again=show_again),
    posted("/console/try/phrase", right(Action.EDIT_ENTRY), TeachForm, post_phrase, again=show_again),
    posted("/console/try/override", right(Action.EDIT_ENTRY), TeachForm, post_override, again=show_again),
]
