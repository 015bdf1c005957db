"""Keeps the product running, as an operator's supervisor does: what ends by itself is started again."""

import asyncio
from collections import Counter

from aiohttp import ClientError, ClientSession

from testbed.processes import Installation, Run, comes

LOOK_SECONDS, READY_WITHIN = 0.2, 300.0
STOPS_WITHIN = 20.0  # seconds; it promises ten, and this machine may be busy


class Keeper:
    """One process at a time, always at the same address."""

    def __init__(self, installation: Installation, port: int) -> None:
        self.installation = installation
        self.url = f"http://127.0.0.1:{port}"
        self.by_webhook = False
        self.kills: list[float] = []  # on the event loop's clock
        self.exits: Counter[int] = Counter()  # of those that ended by themselves, by exit code
        self.stopped: list[int] = []  # exit codes of those that were told to stop
        self._meant = False
        installation.change(port=port)

    @property
    def run(self) -> Run:
        return self.installation.runs[-1]

    def start(self) -> None:
        self.installation.start()

    def kill(self) -> None:
        """SIGKILL, at this instant."""
        self.kills.append(asyncio.get_running_loop().time())
        self.run.kill()

    def kill_and_start(self) -> None:
        self.kill()
        self.start()

    async def terminate(self) -> None:
        """SIGTERM; the process ends what it has in hand."""
        self._meant = True
        try:
            self.stopped.append(await self.run.terminate(within=STOPS_WITHIN))
        finally:
            self._meant = False

    def change_door(self) -> None:
        """The next process takes Telegram's updates the other way."""
        self.by_webhook = not self.by_webhook
        self.installation.change(telegram_webhook=self.by_webhook, public_url=self.url)

    async def ready(self) -> None:
        await comes("the product is ready", self._is_ready, within=READY_WITHIN)

    async def _is_ready(self) -> bool:
        try:
            async with ClientSession() as session, session.get(f"{self.url}/readyz") as answer:
                return answer.status == 200
        except (ClientError, ConnectionError):
            return False

    async def watch(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            code = self.run.code
            if code is not None and not self._meant:
                self.exits[code] += 1
                self.start()
