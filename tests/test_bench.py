"""The bench runs and measures what it says. How quick anything is, is not for a test to judge."""

from pathlib import Path

import pytest

from bench import answers, page
from bench.__main__ import PARTS
from bench.contestants import echo, ours, settings_of
from bench.crowd import Asked, Crowd
from bench.figures import Figure
from bench.knowledge import knowledge
from bench.machine import machine
from bench.plain import plain
from bench.telegram import AtOnce
from tests.house import sqlite_url


async def test_people_wait_for_their_answers_and_a_question_left_unanswered_makes_the_run_fail(tmp_path: Path) -> None:
    telegram, known = AtOnce(), knowledge()
    crowd = Crowd(known.questions)
    house = ours(settings_of(sqlite_url(tmp_path), tmp_path), telegram, known.interpreter)
    take_in = await house.__aenter__()
    asked = await crowd.ask(take_in, telegram, 6, people=2, each=2)
    assert len(asked.waits) == telegram.sent == 6
    assert asked.within(50) <= asked.within(99) <= asked.seconds * 1000

    greeting = Crowd(["您好"]).update(1) | {"update_id": 1000}
    heard = telegram.next_message(1)
    await take_in(greeting)
    await heard
    with pytest.raises(RuntimeError, match="7 questions were stored, 6 answered"):
        await house.__aexit__(None, None, None)


async def test_the_baselines_answer_too(tmp_path: Path) -> None:
    known = knowledge()
    for contestant in (echo, lambda telegram: plain(sqlite_url(tmp_path), telegram, known.edition)):
        telegram = AtOnce()
        async with contestant(telegram) as take_in:
            asked = await Crowd(known.questions).ask(take_in, telegram, 8, people=4)
        assert len(asked.waits) == telegram.sent == 8


def test_figures_are_ratios_of_medians_held_against_what_was_aimed_at() -> None:
    def at(rate: float) -> list[Asked]:
        return [Asked(seconds=10 / (rate * factor), waits=[0.01] * 10) for factor in (0.5, 1.0, 9.0)]

    of_echo, of_plain, p99 = answers.figures("SQLite", at(100), at(1000), at(40))
    assert (of_echo.ratio, of_echo.met) == ("0.100", False)
    assert (of_plain.ratio, of_plain.met) == ("2.50", True)
    assert (p99.measured, p99.met) == ("p99 10 ms", True)


def test_the_table_is_written_between_its_marks_and_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "PAGE", tmp_path / "page.md")
    page.PAGE.write_text(f"above\n{page.BEGIN}\nold\n{page.END}\nbelow\n", encoding="utf-8")
    page.write([Figure("start", "2 s", "1 s", "2.0", "≤ 3 s", met=True)], [("Python", "3.11")], "on 2026-11-25")
    written = page.PAGE.read_text(encoding="utf-8")
    assert written.startswith(f"above\n{page.BEGIN}\n")
    assert written.endswith(f"\n{page.END}\nbelow\n")
    assert "| start | 2 s | 1 s | 2.0 | ≤ 3 s | yes |" in written
    assert "old" not in written


def test_the_page_has_marks_and_tells_of_every_part() -> None:
    text = page.PAGE.read_text(encoding="utf-8")
    assert text.count(page.BEGIN) == text.count(page.END) == 1
    assert [name for name in PARTS if name not in text.lower()] == []


def test_the_machine_is_described() -> None:
    assert all(value for _, value in machine())
