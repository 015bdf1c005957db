"""An officer on Telegram and the group of the office, where every new case is signed for."""

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

from sqlalchemy import select

from storage.people import invite
from storage.tables import departments, officers
from testbed.processes import Installation, comes_true
from tests.support.botapi import BotApi
from tests.support.botapi_people import Heard, Person

OFFICER, DEPARTMENT = "王样例", "办公室"
OFFICER_ID, GROUP_ID, SUPERGROUP_ID = 900_001, -500, -1_000_500
SIGN = "签收"
LOOK_SECONDS = 0.1


class Office:
    """Half of the cases are signed for in a group, the rest after it has become a supergroup."""

    def __init__(self, api: BotApi, installation: Installation, cases: int, patience: float) -> None:
        self._installation = installation
        self._cases = cases
        self._patience = patience
        self._officer = api.person(OFFICER_ID, OFFICER)
        self._group: Person = self._officer.in_group(GROUP_ID)
        self.signed: list[str] = []  # numbers

    @property
    def chats(self) -> tuple[int, ...]:
        return (OFFICER_ID, GROUP_ID, SUPERGROUP_ID)

    async def open(self) -> None:
        """The officer's own chat and the group are bound by invitations."""
        self._officer.says(f"/start {self._installation.runs[-1].invitations[OFFICER]}")
        await self._officer.hears("已与您绑定", within=self._patience)
        self._group.says(f"/bind {await self._invitation()}")
        await self._group.hears(f"已绑定{DEPARTMENT}", within=self._patience)

    async def live(self) -> None:
        while len(self.signed) < self._cases:
            await self._comes_true("a case came to the group", lambda: bool(self._new_cards()))
            for number, card in self._new_cards().items():
                self._group.presses(card, SIGN)
                await self._comes_true(f"{number} is signed for", partial(self._says_signed, number))
                self.signed.append(number)
            if len(self.signed) >= self._cases // 2 and self._group.chat["id"] == GROUP_ID and not self._new_cards():
                self._group = self._group.upgrades(SUPERGROUP_ID)

    async def _comes_true(self, what: str, ready: Callable[[], bool]) -> None:
        await comes_true(what, ready, within=self._patience, every=LOOK_SECONDS)

    def _new_cards(self) -> dict[str, Heard]:
        """Those in the group as it is now that nobody has signed for, by number."""
        cards = {_number_on(heard): heard for heard in self._group.heard if SIGN in heard.buttons}
        return {number: card for number, card in cards.items() if number and number not in self.signed}

    def _says_signed(self, number: str) -> bool:
        return any(f"您已签收办件 {number}" in heard.text for heard in self._group.heard)

    async def _invitation(self) -> str:
        async with self._installation.database() as database, database.unit() as unit:
            named = select(departments.c.id).where(departments.c.name == DEPARTMENT)
            department_id = await unit.value(named.order_by(departments.c.id).limit(1))
            officer_id = await unit.value(select(officers.c.id).where(officers.c.name == OFFICER))
            return await invite(unit, officer_id, "bind", timedelta(hours=1), department_id=department_id)


def _number_on(card: Heard) -> str:
    found = re.search(r"办件 (\d{4}-\d{6}) ·", card.text)
    return found[1] if found else ""


def said_twice(heard: Sequence[Heard]) -> int:
    """How often something was said again that is said once of each case: its card, and that it was signed for."""
    once = [message.text for message in heard if _number_on(message) or "您已签收" in message.text]
    return len(once) - len(set(once))
