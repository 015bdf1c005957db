"""Every sentence that people read: translated, whole, in one language, and short enough to be sent."""

import ast
import io
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from pathlib import Path
from string import Formatter

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from bot import wording
from bot.delivery import LONGEST_MESSAGE
from bot.duty_kinds import duty_kinds
from bot.wording import WORDINGS
from bot.wording.speech import CHINESE, LOCALES, Speech
from escalation.deadlines.terms import STOPPED, Terms, Unit, retell
from escalation.deadlines.workdays import make_calendar
from escalation.duties.duties import REMINDER_OF
from escalation.seed import load_kinds
from faq.entries.content import NAMES as FIELDS
from faq.entries.content import Flaw
from faq.entries.results import OUTDATED, PUT_RIGHT, SENTENCES
from tests.bot.everything import everything_is_told
from tests.bot.sentences import HAN, Id, found_in_sources
from tests.support.house import HouseUnderTest

FOREIGN = re.compile(r"[A-Za-z]{2,}")
CODE = re.compile(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}\b")
OF_2011 = re.compile("地税|互联网站管理办法|local tax")
# Names that stay as they are in a Chinese sentence.
NAMES = {"Telegram", "English"}
# What contains a whole letter or answer is sent in parts.
SENT_IN_PARTS = {"case.card", "case.answer", "case.view", "entry.show"}
YEARS = range(2020, 2036)
REGIONS = ("xinjiang", "national")
PLACEHOLDER = re.compile(r"%\((\w+)\)s")  # in a template


def sources() -> Iterator[Path]:
    return Path(wording.__file__).parent.rglob("*.py")


def spoken_by_code() -> set[Id]:
    """What wordings, handlers, pages and the page's script say, as Babel finds it."""
    return {message for _, message in found_in_sources()}


def reasons_of_days() -> set[str]:
    """Why a day counts or does not, in every year that people may meet."""
    found = {STOPPED}
    for region in REGIONS:
        calendar = make_calendar(region)
        for unit in Unit:
            terms = Terms(datetime(2025, 11, 3, tzinfo=UTC), 3 * 24 * 60, unit, region, 1)
            found |= {day.why for day in retell(terms, calendar)[:1]}
        for year in YEARS:
            first = date(year, 1, 1)
            days = ((date(year + 1, 1, 1)) - first).days
            found |= {calendar.day(first + timedelta(days=n)).why for n in range(days)}
    return found


def spoken_by_data() -> set[Id]:
    kinds = load_kinds().values()
    notes = {kind.receipt_note for kind in kinds if kind.receipt_note}
    kept = {*SENTENCES.values(), OUTDATED, PUT_RIGHT, *Flaw, *FIELDS.values()}
    said = {kind.name for kind in kinds} | notes | reasons_of_days() | kept
    return {(None, sentence) for sentence in said}


def catalogue() -> Catalog:
    return read_po(io.BytesIO((LOCALES / "en" / "shuiqiao.po").read_bytes()), locale="en", abort_invalid=True)


def placeholders(sentence: str) -> list[str]:
    named = [name for _, name, _, _ in Formatter().parse(sentence) if name is not None]
    return sorted([*named, *PLACEHOLDER.findall(sentence)])


def test_every_sentence_has_an_english_translation_that_is_sure() -> None:
    english = {(message.context, message.id): message for message in catalogue() if message.id}
    spoken = spoken_by_code() | spoken_by_data()
    assert spoken - set(english) == set()
    assert {sentence for sentence in spoken if not english[sentence].string or english[sentence].fuzzy} == set()


def test_the_catalogue_has_nothing_that_is_no_longer_said() -> None:
    english = catalogue()
    assert not english.obsolete
    known = {(message.context, message.id) for message in english if message.id}
    assert known - spoken_by_code() - spoken_by_data() == set()


def test_translations_keep_the_placeholders() -> None:
    differing = {
        message.id: message.string
        for message in catalogue()
        if message.id and placeholders(str(message.id)) != placeholders(str(message.string))
    }
    assert differing == {}


def test_no_chinese_is_left_in_a_translation() -> None:
    assert [message.string for message in catalogue() if message.id and HAN.search(str(message.string))] == []


def test_no_sentence_in_the_wordings_goes_around_the_catalogue() -> None:
    spoken = {sentence for _, sentence in spoken_by_code()}
    around = []
    for path in sources():
        if path.name == "speech.py":
            continue  # holds no sentences, only the patterns of dates
        tree = ast.parse(path.read_text(encoding="utf-8"))
        remarks = {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        around += [
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in remarks
            and HAN.search(node.value)
            and node.value not in spoken
        ]
    assert around == []


def test_nobody_is_told_of_the_regulation_of_2011() -> None:
    told = chain.from_iterable((str(message.id), str(message.string)) for message in catalogue())
    assert [sentence for sentence in told if OF_2011.search(sentence)] == []


def parts(speech: Speech) -> list[str]:
    return [speech.text, *(button.text for row in speech.buttons for button in row)]


def without(quoted: list[str], text: str) -> str:
    for quotation in quoted:
        text = text.replace(quotation, " ")
    return CODE.sub(" ", text)


async def test_everything_that_is_told_reads_well_in_both_languages(house: HouseUnderTest) -> None:
    listener = await everything_is_told(house)
    reminders = {REMINDER_OF + kind.code for kind in duty_kinds()}
    assert (set(WORDINGS) | reminders) - set(listener.heard) == set()
    quoted = await listener.quoted()
    findings = []
    for kind, told in listener.heard.items():
        for language, speech, _ in told:
            for text in parts(speech):
                rest = without(quoted, text)
                wrong = set(FOREIGN.findall(rest)) - NAMES if language == CHINESE else set(HAN.findall(rest))
                if wrong or not text.strip() or re.search(r"[{}]", rest) or OF_2011.search(text):
                    findings.append((kind, language, text))
            if kind not in SENT_IN_PARTS and len(speech.text.encode("utf-16-le")) // 2 > LONGEST_MESSAGE:
                findings.append((kind, language, f"{len(speech.text)} characters"))
    assert findings == []
