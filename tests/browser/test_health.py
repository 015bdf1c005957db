"""Whether machines can tell that the house lives, and that it can still take in what people bring."""

import shutil
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from testbed.postgres import drop_database, fresh_database
from tests.browser.served import ServedHouse

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def _ask(url: str, path: str) -> tuple[int, dict[str, Any]]:
    async with aiohttp.ClientSession() as session, session.get(url + path) as answer:
        return answer.status, await answer.json()


async def test_a_house_that_works_is_green(served: ServedHouse) -> None:
    assert await _ask(served.url, "/healthz") == (200, {"status": "ok"})
    assert await _ask(served.url, "/readyz") == (200, {"status": "ready", "findings": []})


async def test_readiness_turns_red_before_the_disk_is_full(served: ServedHouse) -> None:
    free = shutil.disk_usage(Path.cwd()).free
    async with served.under_other_rules(least_free_bytes=free * 1000) as url:
        assert await _ask(url, "/readyz") == (503, {"status": "unready", "findings": ["disk"]})
        assert await _ask(url, "/healthz") == (200, {"status": "ok"})


async def test_readiness_turns_red_when_the_file_of_the_database_is_gone(tmp_path: Path) -> None:
    house = ServedHouse(tmp_path, works=False)
    await house.start()
    try:
        (tmp_path / "test.db").unlink()
        status, body = await _ask(house.url, "/readyz")
        assert status == 503
        assert "database_file" in body["findings"]
    finally:
        await house.stop()


async def test_readiness_turns_red_when_the_database_does_not_answer(tmp_path: Path, postgres: str) -> None:
    url = await fresh_database(postgres)
    house = ServedHouse(tmp_path, database_url=url, works=False)
    await house.start()
    try:
        assert (await _ask(house.url, "/readyz"))[0] == 200
        await drop_database(url)
        assert await _ask(house.url, "/readyz") == (503, {"status": "unready", "findings": ["database"]})
        with capture_logs() as logged:
            async with aiohttp.ClientSession() as session, session.get(house.url + "/chat") as answer:
                assert answer.status >= 500
                assert "请稍后再试" in await answer.text()
        assert [line["event"] for line in logged] == ["request_failed"]
    finally:
        await house.stop()
