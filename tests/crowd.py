"""Twenty people who write to the house in both channels, what must come back to each, and what the database must hold.

Ten lines each: questions that the sample answers, complaints, courtesies, in an order of their own. People write
without waiting; only where the house asks to which case a line belongs, they say so before they go on.
"""

import random
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy import func, select

from escalation.seed import load_bureau
from escalation.workdays import local_date
from faq.catalog import from_seed
from faq.live import make_edition
from faq.matching import Answer
from faq.seed import load_entries
from intents import Kind
from storage.tables import case_messages, cases, duties, lanes, notices, updates
from tests.botapi import BotApi
from tests.botapi_people import Heard, Person
from tests.house import interpreter
from tests.processes import Browser, Installation, Shown, browser, comes_true, now

QUESTIONS_PER_PERSON, COMPLAINTS_PER_PERSON, COURTESIES_PER_PERSON = 4, 3, 3
LINES_PER_PERSON = QUESTIONS_PER_PERSON + COMPLAINTS_PER_PERSON + COURTESIES_PER_PERSON

WELCOME, GREETING, THANKS, RECEIPT, WHICH = "welcome", "greeting", "thanks", "receipt", "which"
MARKS = {
    "您好，这里是": WELCOME,
    "您好！": GREETING,
    "不客气": THANKS,
    "刚才这条消息": WHICH,
}  # in the words of a reply
COURTESIES = [("你好", GREETING), ("谢谢", THANKS), ("您好", GREETING)]


@dataclass(frozen=True, slots=True)
class Line:
    """What a person writes, and what it is to lead to: words for a courtesy, an answer, a receipt."""

    text: str
    reply: str

    @property
    def is_courtesy(self) -> bool:
        return self.reply in (GREETING, THANKS)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a person was told: which reply it is, and the message it came as."""

    kind: str
    text: str
    message: Shown | Heard


class Someone(Protocol):
    """A person at either end."""

    async def write(self, text: str) -> None: ...

    async def press(self, message: Shown | Heard, label: str) -> None: ...

    def heard(self) -> Sequence[Shown | Heard]: ...


@dataclass(frozen=True, slots=True)
class InBrowser:
    page: Browser

    async def write(self, text: str) -> None:
        await self.page.says(text)

    async def press(self, message: Shown | Heard, label: str) -> None:
        assert isinstance(message, Shown)
        await self.page.presses(message, label)

    def heard(self) -> Sequence[Shown | Heard]:
        return self.page.heard


@dataclass(frozen=True, slots=True)
class OnTelegram:
    person: Person

    async def write(self, text: str) -> None:
        self.person.says(text)

    async def press(self, message: Shown | Heard, label: str) -> None:
        assert isinstance(message, Heard)
        self.person.presses(message, label)

    def heard(self) -> Sequence[Shown | Heard]:
        return self.person.heard


@dataclass(slots=True)
class Talk:
    """One person's lines, in order, and what must come back, in order."""

    name: str
    lines: list[Line]
    someone: Someone
    expected: list[str] = field(default_factory=list)
    written: int = 0
    presses: int = 0
    repeats: int = 0

    async def live(self) -> None:
        """Write without waiting, as people do; but say where a line belongs as soon as that is asked."""
        has_case = False
        self.expected = [WELCOME]
        if isinstance(self.someone, OnTelegram):
            await self.someone.write("/start")
        for line in self.lines:
            await self.someone.write(line.text)
            self.written += 1
            if has_case and not line.is_courtesy:
                self.expected.append(WHICH)
                await self._answered()
                await self.someone.press(self.replies()[-1].message, "新问题")
                self.presses += 1
            self.expected.append(line.reply)
            has_case = has_case or line.reply == RECEIPT
        await self._answered()

    async def _answered(self) -> None:
        await comes_true(f"{self.name} heard {self.expected}", lambda: len(self.replies()) == len(self.expected))

    def replies(self) -> list[Reply]:
        """What was said, each once. A repeat follows at once; what else is out of order fails."""
        found: list[Reply] = []
        self.repeats = 0
        for message in self.someone.heard():
            kind = kind_of(message.text)
            if len(found) < len(self.expected) and self.expected[len(found)] == kind:
                found.append(Reply(kind, message.text, message))
            else:
                wrong = f"{self.name} heard {kind} after {[one.kind for one in found]}, expected {self.expected}"
                assert found, wrong
                assert (kind, message.text) == (found[-1].kind, found[-1].text), wrong
                self.repeats += 1
        return found


def kind_of(text: str) -> str:
    """Which reply it is; for an answer, the question that it answers."""
    if answered := re.match(r"【(.+?)】\n", text):
        return answered[1]
    if number_in(text):
        return RECEIPT
    return next((kind for mark, kind in MARKS.items() if mark in text), text)


def number_in(receipt: str) -> str:
    found = re.search(r"^办件编号：(\S+)$", receipt, re.MULTILINE)
    return found[1] if found else ""


def questions() -> list[Line]:
    """Questions that the sample answers at once."""
    bureau, mind = load_bureau(), interpreter()
    names = {department.name: department.code for department in bureau.departments_of(bureau.region.code)}
    edition = make_edition(
        from_seed(load_entries(departments=names), names), mind.tokenizer, revision=1, on=local_date(now())
    )
    found = []
    for entry in edition.entries.values():
        match edition.decide(entry.question):
            case Answer(candidate=best) if edition.entries[best.entry_id] is entry:
                if mind.understand(entry.question).kind is Kind.QUESTION:
                    found.append(Line(entry.question, entry.question))
    assert len(found) >= QUESTIONS_PER_PERSON
    return found


def complaint(serial: int) -> Line:
    text = f"我要投诉，你们第{serial}号窗口的工作人员态度恶劣，让我白跑一趟"
    assert interpreter().understand(text).kind is Kind.COMPLAINT
    return Line(text, RECEIPT)


def scripts(rng: random.Random, people: int) -> list[list[Line]]:
    """For each person ten lines in an order of their own; no complaint is written twice."""
    known = questions()
    written = []
    for number in range(people):
        lines = rng.sample(known, QUESTIONS_PER_PERSON)
        lines += [complaint(number * COMPLAINTS_PER_PERSON + n + 1) for n in range(COMPLAINTS_PER_PERSON)]
        lines += [Line(*COURTESIES[n % len(COURTESIES)]) for n in range(COURTESIES_PER_PERSON)]
        rng.shuffle(lines)
        written.append(lines)
    return written


@asynccontextmanager
async def arrive(
    api: BotApi, where: Sequence[Callable[[], str]], lines: Sequence[list[Line]]
) -> AsyncIterator[list[Talk]]:
    """The people, the first half of them in browsers, which take turns at the addresses of the house."""
    async with AsyncExitStack() as stack:
        talks = []
        for number, script in enumerate(lines):
            someone: Someone
            if number < len(lines) // 2:
                address = where[number % len(where)]
                someone = InBrowser(await stack.enter_async_context(browser(address)))
            else:
                someone = OnTelegram(api.person(number, f"纳税人{number}"))
            talks.append(Talk(f"{type(someone).__name__} {number}", script, someone))
        yield talks


async def the_database_agrees(installation: Installation, talks: list[Talk]) -> None:
    async with installation.database() as database, database.reader() as reader:
        stored = await reader.all(select(updates.c.outcome, func.count().label("n")).group_by(updates.c.outcome))
        told = await reader.all(
            select(notices.c.kind, notices.c.outcome, func.count().label("n")).group_by(
                notices.c.kind, notices.c.outcome
            )
        )
        letters = await reader.all(
            select(cases.c.number, cases.c.taxpayer_id, case_messages.c.what, case_messages.c.text).join_from(
                cases, case_messages
            )
        )
        owed = await reader.all(
            select(duties.c.kind, func.count().label("n")).where(duties.c.settled_at.is_(None)).group_by(duties.c.kind)
        )
        held = await reader.value(select(func.count()).select_from(lanes).where(lanes.c.holder.is_not(None)))

    # Everything was handled, once, and nothing was set aside; one /start of each person, and of each officer's desk.
    desks = len(installation.runs[-1].desks)
    presses = sum(talk.presses for talk in talks)
    expected = len(talks) * (LINES_PER_PERSON + 1) + presses + desks
    assert {row.outcome: row.n for row in stored} == {"handled": expected}
    assert held == 0

    # Every notice was said; as many as the people were owed, whoever of them heard one twice.
    assert {row.outcome for row in told} == {"sent"}
    said = Counter({row.kind: row.n for row in told})
    complaints = len(talks) * COMPLAINTS_PER_PERSON
    assert said["case.receipt"] == complaints
    assert said["faq.answer"] == len(talks) * QUESTIONS_PER_PERSON
    assert said["talk.greeting"] + said["talk.thanks"] == len(talks) * COURTESIES_PER_PERSON
    assert said["case.sort"] == presses

    # Every complaint has exactly one case, whose number its writer was told; numbers have no gaps.
    assert {row.what for row in letters} == {"letter"}
    numbers = {row.text: row.number for row in letters}
    assert len(letters) == len(numbers) == complaints
    assert sorted(int(number[5:]) for number in numbers.values()) == list(range(1, complaints + 1))
    for talk in talks:
        own = [line.text for line in talk.lines if line.reply == RECEIPT]
        assert [numbers[text] for text in own] == [
            number_in(reply.text) for reply in talk.replies() if reply.kind == RECEIPT
        ]
        assert len({row.taxpayer_id for row in letters if row.text in own}) == 1
    assert len({row.taxpayer_id for row in letters}) == len(talks)
    assert {row.kind: row.n for row in owed} == {"case.sign": complaints, "case.answer": complaints}
