"""People who write to the house in both channels, and what must come back to each of them.

Everybody has lines of their own: questions that the sample answers, complaints, courtesies. People write without
waiting; only where the house asks to which case a line belongs, they say so before they go on. Some block the bot for a
while, or lose their chat; some block it for good.
"""

import asyncio
import random
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from escalation.deadlines.workdays import local_date
from escalation.seed import load_bureau
from faq.catalog import from_seed
from faq.live import make_edition
from faq.matching.decision import Answer
from faq.seed import load_entries
from intents import Kind
from testbed.processes import WITHIN, Browser, Shown, browser, comes_true, now
from tests.support.botapi import BotApi
from tests.support.botapi_people import Heard, Person
from tests.support.house import interpreter

QUESTIONS_PER_PERSON, COMPLAINTS_PER_PERSON, COURTESIES_PER_PERSON = 4, 3, 3
LINES_PER_PERSON = QUESTIONS_PER_PERSON + COMPLAINTS_PER_PERSON + COURTESIES_PER_PERSON
LOOK_AGAIN_SECONDS = 0.1

WELCOME, GREETING, THANKS, RECEIPT, WHICH, SIGNED = "welcome", "greeting", "thanks", "receipt", "which", "signed"
MARKS = {
    "您好，这里是": WELCOME,
    "您好！": GREETING,
    "不客气": THANKS,
    "是补充这件，还是另一件事": WHICH,
    "签收，正在办理": SIGNED,
}  # in the words of a reply
COURTESIES = [("你好", GREETING), ("谢谢", THANKS), ("您好", GREETING)]


@dataclass(frozen=True, slots=True)
class Line:
    """What a person writes, and what it is to lead to: words for a courtesy, an answer, a receipt."""

    text: str
    reply: str


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


@dataclass(frozen=True, slots=True)
class BlocksForAWhile:
    """Somebody blocks the bot, and thinks better of it."""

    seconds: float
    updates: ClassVar[int] = 2

    async def happens_to(self, someone: Someone) -> None:
        if isinstance(someone, OnTelegram):
            someone.person.blocks()
            await asyncio.sleep(self.seconds)
            someone.person.unblocks()


@dataclass(frozen=True, slots=True)
class VanishesForAWhile:
    """A chat is gone, and comes back with its next line."""

    seconds: float
    updates: ClassVar[int] = 0

    async def happens_to(self, someone: Someone) -> None:
        if isinstance(someone, OnTelegram):
            someone.person.vanishes()
            await asyncio.sleep(self.seconds)


Incident = BlocksForAWhile | VanishesForAWhile


@dataclass(slots=True)
class Talk:
    """One person's lines, in order, and what must come back, in order."""

    name: str
    lines: list[Line]
    someone: Someone
    pause: Callable[[], float] = lambda: 0.0  # seconds before the next line
    incidents: Mapping[int, Incident] = field(default_factory=dict)  # before which line
    leaves: bool = False  # at the end, with the bot blocked
    patience: float = WITHIN
    expected: list[str] = field(default_factory=list)
    written: int = 0
    presses: int = 0
    repeats: int = 0
    told_meanwhile: list[Reply] = field(default_factory=list)  # what nobody asked for: a case was signed
    _found: list[Reply] = field(default_factory=list)
    _taken: int = 0  # of what was heard

    @property
    def sent(self) -> int:
        """How many updates this person has made, the first visit included."""
        happened = sum(one.updates for number, one in self.incidents.items() if number < self.written)
        return 1 + self.written + self.presses + happened + self.leaves

    async def live(self) -> None:
        """Write without waiting, as people do; but say where a line belongs as soon as that is asked."""
        has_case = False
        self.expected = [WELCOME]
        if isinstance(self.someone, OnTelegram):
            await self.someone.write("/start")
        for number, line in enumerate(self.lines):
            await asyncio.sleep(self.pause())
            if number in self.incidents:
                await self.incidents[number].happens_to(self.someone)
            await self.someone.write(line.text)
            self.written += 1
            if has_case and line.reply == RECEIPT:
                self.expected.append(WHICH)
                await self._answered()
                await self.someone.press(self.replies()[-1].message, "新问题")
                self.presses += 1
            self.expected.append(line.reply)
            has_case = has_case or line.reply == RECEIPT
        if self.leaves and isinstance(self.someone, OnTelegram):
            self.someone.person.blocks()
        else:
            await self._answered()

    async def _answered(self) -> None:
        await comes_true(
            f"{self.name} heard {self.expected}, not {[reply.kind for reply in self._found]}",
            lambda: len(self.replies()) == len(self.expected),
            within=self.patience,
            every=LOOK_AGAIN_SECONDS,
        )

    def replies(self) -> list[Reply]:
        """What was said, each once. A repeat follows at once; what else is out of order fails."""
        heard = self.someone.heard()
        while self._taken < len(heard):
            self._take(heard[self._taken])
            self._taken += 1
        return self._found

    def _take(self, message: Shown | Heard) -> None:
        reply, found = Reply(kind_of(message.text), message.text, message), self._found
        if reply.kind == SIGNED:
            self.repeats += any(reply.text == before.text for before in self.told_meanwhile)
            self.told_meanwhile.append(reply)
        elif len(found) < len(self.expected) and self.expected[len(found)] == reply.kind:
            found.append(reply)
        else:
            wrong = f"{self.name} heard {reply.kind} after {[one.kind for one in found]}, expected {self.expected}"
            assert found, wrong
            assert (reply.kind, reply.text) == (found[-1].kind, found[-1].text), wrong
            self.repeats += 1


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


def questions(most: int = 40) -> list[Line]:
    """Questions that the sample answers at once; looking for all of them takes seconds."""
    bureau, mind = load_bureau(), interpreter()
    names = {department.name: department.code for department in bureau.departments_of(bureau.region.code)}
    edition = make_edition(
        from_seed(load_entries(departments=names), names), mind.tokenizer, revision=1, on=local_date(now())
    )
    found = list[Line]()
    for entry in edition.entries.values():
        if len(found) == most:
            break
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


def correction(serial: int) -> Line:
    """What goes to the office."""
    text = f"网站纠错：办税指南栏目第{serial}页的链接打不开"
    assert interpreter().understand(text).kind is Kind.SITE_ERROR
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
