"""One question in a real browser, from the press of the button to the answer on the screen."""

import tempfile
from itertools import cycle, islice
from pathlib import Path
from statistics import median

import numpy as np
from playwright.async_api import Page

from bench.figures import Figure, Scale, Step
from bench.knowledge import knowledge
from testbed.chromium import chromium, chromium_path, person_at
from testbed.processes import Installation

AIM_MS = 50.0
WHAT = "question → answer in a browser"
MANY = 10_000  # posts a minute
ASK = """async (text) => {
  const log = document.querySelector("#log");
  const answers = () => [...log.querySelectorAll(".theirs .text")].filter((one) => one.textContent.includes("依据："));
  const before = answers().length;
  const field = document.querySelector("#text");
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  return await new Promise((resolve) => {
    const began = performance.now();
    const watch = new MutationObserver(() => {
      if (answers().length > before) {
        watch.disconnect();
        requestAnimationFrame(() => resolve(performance.now() - began));
      }
    });
    watch.observe(log, { childList: true, subtree: true });
    field.form.requestSubmit();
  });
}"""
FETCH = """async () => {
  const began = performance.now();
  await (await fetch("/healthz")).text();
  return performance.now() - began;
}"""


async def measure(scale: Scale, step: Step) -> list[Figure]:
    """Beside it the least that a page could need: an address that answers at once, fetched by the same page."""
    step("browser")
    if chromium_path() is None:
        return [Figure(WHAT, "not measured: no Chromium")]
    with tempfile.TemporaryDirectory(prefix="shuiqiao-bench-") as name:
        folder = Path(name)
        limits = {"posts_per_minute": MANY, "posts_per_minute_per_address": MANY}
        with Installation(folder, f"sqlite:///{folder}/house.db", **limits) as installation:
            run = await installation.start().ready()
            async with chromium() as browser, person_at(browser) as page:
                waits, fetches = await _visit(page, run.url, scale.questions)
            await run.terminate()
    return [
        Figure(
            WHAT,
            f"median {median(waits):.0f} ms, p95 {np.percentile(waits, 95):.0f} ms",
            f"a fetch: {median(fetches):.1f} ms",
            f"{median(waits) / median(fetches):.1f}",
            f"≤ {AIM_MS:g} ms",
            median(waits) <= AIM_MS,
        )
    ]


async def _visit(page: Page, url: str, questions: int) -> tuple[list[float], list[float]]:
    await page.goto(f"{url}/chat")
    await page.locator("#log .theirs .text").first.wait_for()
    texts = list(islice(cycle(knowledge().questions), questions + 1))  # the first one does not count
    waits = [float(await page.evaluate(ASK, text)) for text in texts]
    fetches = [float(await page.evaluate(FETCH)) for _ in texts]
    return waits[1:], fetches[1:]
