"""What the wordings are made of: speeches with buttons, the reader's language, dates as people read them."""

import io
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from escalation.cases.notices import Facts, facts_in
from escalation.deadlines.workdays import BEIJING
from escalation.rules.rulebook import Rulebook
from storage.unit import Reader

LOCALES = Path(__file__).parent.parent / "locales"
CHINESE, ENGLISH = "zh", "en"
LANGUAGES = (CHINESE, ENGLISH)
F = TypeVar("F", bound=Facts)


@dataclass(frozen=True, slots=True)
class Button:
    """Something to press: either `data` that comes back, or a `url` to open."""

    text: str
    data: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Speech:
    """What is said: plain text, and rows of buttons under it."""

    text: str
    buttons: tuple[tuple[Button, ...], ...] = ()


def marked_in(_context: str, sentence: str) -> str:
    """Mark a message id in a context, as `MessageId` does without one: a Chinese sentence may have several
    translations.
    """
    return sentence


class Words:
    """One language: sentences by their Chinese original, and dates. `for_script` are the sentences that the page's
    script says, by message id; there are none in Chinese, where the id is the sentence.
    """

    def __init__(
        self, language: str, translations: NullTranslations, for_script: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self.language = language
        self.translations = translations
        self.for_script = for_script
        self._locale = Locale.parse("zh_CN" if language == CHINESE else "en_GB")

    def __call__(self, sentence: str, /, **facts: object) -> str:
        """The sentence in this language, with its {facts} put in."""
        said = str(self.translations.gettext(sentence))
        return said.format(**facts) if facts else said

    def in_context(self, context: str, sentence: str) -> str:
        """The sentence as it is said in this context."""
        return str(self.translations.pgettext(context, sentence))

    def day(self, on: date) -> str:
        """「10月12日（周一）」, "Mon, 12 Oct 2026"."""
        pattern = "M月d日（EEE）" if self.language == CHINESE else "EEE, d MMM y"
        return format_date(on, pattern, locale=self._locale)

    def dated(self, on: date) -> str:
        """「2026年10月12日（周一）」, "Mon, 12 Oct 2026"."""
        pattern = "y年M月d日（EEE）" if self.language == CHINESE else "EEE, d MMM y"
        return format_date(on, pattern, locale=self._locale)

    def full_day(self, on: date) -> str:
        """「2026年10月12日」, "12 October 2026"."""
        return format_date(on, "y年M月d日" if self.language == CHINESE else "d MMMM y", locale=self._locale)

    def moment(self, at: datetime) -> str:
        """「10月12日（周一）15:20」 in 北京时间, in which all local time is shown."""
        pattern = "M月d日（EEE）HH:mm" if self.language == CHINESE else "EEE, d MMM y, HH:mm"
        return format_datetime(at, pattern, tzinfo=BEIJING, locale=self._locale)


@lru_cache
def words_of(language: str) -> Words:
    """The words of a language; Chinese for any that is not known."""
    if language != ENGLISH:
        return Words(CHINESE, NullTranslations())
    catalog = read_po(io.BytesIO((LOCALES / "en" / "shuiqiao.po").read_bytes()), locale="en")
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return Words(ENGLISH, Translations(compiled), _for_script(catalog))


def _for_script(catalog: Catalog) -> Mapping[str, str]:
    """The catalogue itself says where each sentence stands."""
    return {
        str(message.id): str(message.string)
        for message in catalog
        if any(Path(name).suffix == ".js" for name, _line in message.locations)
    }


def own_name(language: str) -> str:
    """What a language calls itself: 「中文」, "English"."""
    return str(Locale.parse(language).get_display_name())


@dataclass(frozen=True, slots=True)
class Telling:
    """One notice about to be said: its facts, the reader's words, a look at the truth, and the address (id) to which it
    goes, where it goes to one.
    """

    payload: Mapping[str, Any]
    words: Words
    reader: Reader
    rules: Rulebook
    address_id: int | None = None

    def facts(self, kind: type[F]) -> F:
        """The facts, of a notice that has a type of its own."""
        return facts_in(kind, self.payload)


Wording = Callable[[Telling], Awaitable[Speech | None]]
