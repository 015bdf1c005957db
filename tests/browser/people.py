"""People in front of a browser: they write, press what they see, and read what they are told."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from playwright.async_api import Browser, ConsoleMessage, Locator, Page, expect

from testbed.chromium import person_at
from tests.browser.served import ServedHouse

NEWER = """([words, mark]) => {
  const said = [...document.querySelectorAll("#log .theirs")].filter(({ dataset }) => Number(dataset.id) > mark);
  const found = said.find((node) => node.querySelector(".text").textContent.includes(words));
  return found ? [Number(found.dataset.id), found.querySelector(".text").textContent] : null;
}"""
PHONE = (360, 740)  # pixels
DESKTOP = (1280, 800)


@dataclass
class Person:
    """One tab. `expected_errors` are parts of what the browser may complain about in its console."""

    page: Page
    house: ServedHouse
    expected_errors: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)
    _mark: int = 0

    def __post_init__(self) -> None:
        self.page.on("console", self._note)

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.text} {message.location.get('url', '')}")

    def check_console(self) -> None:
        left = [one for one in self.complaints if not any(part in one for part in self.expected_errors)]
        assert not left, left

    async def visit(self, path: str = "/chat") -> None:
        await self.page.goto(self.house.url + path)

    async def enter_desk(self, code: str) -> None:
        await self.page.goto(await self.house.desk_link(code))
        await self.page.get_by_role("button", name="确认进入").click()
        await expect(self.page.locator("#log")).to_have_attribute("aria-busy", "false")

    async def say(self, text: str) -> None:
        await self.page.locator("#text").fill(text)
        await self.page.get_by_role("button", name="发送").click()

    async def hear(self, words: str) -> str:
        """The whole message, said after the last one that was heard, in which the words stand."""
        found = await self.page.wait_for_function(NEWER, arg=[words, self._mark])
        self._mark, text = await found.json_value()
        return str(text)

    def said(self, words: str) -> Locator:
        """The newest message of the house in which the words stand."""
        return self.page.locator("#log .theirs", has=self.page.locator(".text", has_text=words)).last

    async def press(self, label: str, *, under: str = "") -> None:
        """Press a button of the newest message that has it (and in which the words stand)."""
        buttons = self.page.locator("#log .theirs", has=self.page.locator(".text", has_text=under)).get_by_role(
            "button", name=label, exact=True
        )
        await buttons.last.click()

    async def shortcut(self, label: str) -> None:
        await self.page.locator(".shortcuts").get_by_role("button", name=label, exact=True).click()

    async def own_words(self) -> list[str]:
        return await self.page.locator("#log .mine .text").all_text_contents()

    async def another_tab(self) -> "Person":
        """The same browser, with the same cookies."""
        return Person(await self.page.context.new_page(), self.house)

    async def sideways(self) -> int:
        """By how many pixels the page can be scrolled to the side."""
        return int(
            await self.page.evaluate(
                "Math.max(...[document.documentElement, document.querySelector('#scroller')].filter(Boolean)"
                ".map((part) => part.scrollWidth - part.clientWidth))"
            )
        )


@asynccontextmanager
async def somebody(browser: Browser, house: ServedHouse, *, phone: bool = False) -> AsyncIterator[Person]:
    """Somebody at a machine of their own; what their browser complains about ends the block as `AssertionError`."""
    width, height = PHONE if phone else DESKTOP
    async with person_at(browser, width=width, height=height, touch=phone) as page:
        person = Person(page, house)
        yield person
        person.check_console()


def number_in(receipt: str) -> str:
    found = re.search(r"办件编号：(\d{4}-\d{6})", receipt)
    assert found is not None, receipt
    return found[1]


def code_in(receipt: str) -> str:
    found = re.search(r"查询码：([0-9A-Z]{4}-[0-9A-Z]{4})", receipt)
    assert found is not None, receipt
    return found[1]
