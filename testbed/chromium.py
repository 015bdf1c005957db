"""The machine's own Chromium, driven by Playwright; nothing is downloaded."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, Page, async_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SWITCHES = (
    "--no-sandbox",  # tests may run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",  # a test's browser talks to its own server and to nobody else
    "--disable-component-update",
    "--disable-sync",
)
MISSING = "NO BROWSER: Chromium was not found, so nothing that a person sees was tested. Install it: make test"


def chromium_path() -> str | None:
    """The program of `$CHROMIUM`, or the first Chromium on the path; None where there is none."""
    named = os.environ.get("CHROMIUM")
    return shutil.which(named) if named else next(filter(None, map(shutil.which, NAMES)), None)


def require_chromium() -> str:
    """The program's path. Without one the test is skipped, loudly; under `CI=true` it fails."""
    if path := chromium_path():
        return path
    if os.environ.get("CI") == "true":
        pytest.fail(MISSING)
    pytest.skip(MISSING)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A running headless browser; it and Playwright end with the block."""
    path = require_chromium()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=[*SWITCHES], headless=True)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def person_at(
    browser: Browser, *, width: int = 1280, height: int = 800, touch: bool = False
) -> AsyncIterator[Page]:
    """A page of somebody at their own machine: own cookies, Chinese, 北京时间. Sizes in pixels; a phone has `touch`.

    Errors in the page's scripts, and what its security policy refused, end the block as `AssertionError`.
    """
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        has_touch=touch,
        is_mobile=touch,
    )
    page = await context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
    try:
        yield page
    finally:
        await context.close()
    assert not wrong, wrong
