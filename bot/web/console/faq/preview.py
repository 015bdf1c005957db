"""The words of an entry as a taxpayer will read them, made by the very wording of the chat: they cannot differ."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup, escape

from bot.wording import compose
from bot.wording.speech import Telling, words_of
from bot.wording.taxpayer.answers import text_facts
from escalation.deadlines.workdays import local_date
from escalation.rules.rulebook import Rulebook
from faq.entries.content import Content
from faq.entries.queries import Revision
from storage.unit import Reader

ADDRESS = re.compile(r"https?://[\w\-.~:/?#\[\]@!$&'()*+,;=%]+", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Spoken:
    """A message of the chat: its text with links, and what stands on its buttons."""

    text: Markup
    buttons: tuple[str, ...]


async def spoken(reader: Reader, rules: Rulebook, text: Revision) -> Spoken:
    """How a text answers now."""
    return await _compose(reader, rules, text.content, text.verified_on)


async def spoken_if_approved(reader: Reader, rules: Rulebook, content: Content) -> Spoken:
    """How a content will answer if it is approved today, which also verifies it."""
    return await _compose(reader, rules, content, local_date(reader.now))


async def _compose(reader: Reader, rules: Rulebook, content: Content, verified_on: date | None) -> Spoken:
    facts = {**text_facts(content, reader.now, verified_on=verified_on), "asked_id": 0}
    speech = await compose("faq.answer", Telling(facts, words_of("zh"), reader, rules))
    assert speech is not None  # noqa: S101  an answer is always said
    return Spoken(linked(speech.text), tuple(button.text for row in speech.buttons for button in row))


def linked(text: str) -> Markup:
    """Text with its addresses made links, as the chat page shows it."""
    return Markup().join(_pieces(text))


def _pieces(text: str) -> Iterator[Markup]:
    end = 0
    for found in ADDRESS.finditer(text):
        address = found[0].rstrip(".,;:!?'")
        yield escape(text[end : found.start()])
        yield Markup('<a href="{0}" rel="noopener noreferrer" target="_blank">{0}</a>').format(address)
        end = found.start() + len(address)
    yield escape(text[end:])
