"""What is known of who speaks before an update is handled: found for many at once, because one by one costs most."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.deps import Deps
from escalation.cases.queries import Case, open_case_of_each
from storage.inbox import Claimed, conversations_of
from storage.people import Party, address_hash, find_parties
from storage.unit import Unit


@dataclass(frozen=True, slots=True)
class Sender:
    """Who is known at the chat, if anybody; where the talk stands; and the newest case that still waits."""

    party: Party | None
    state: str | None
    data: Mapping[str, Any]
    case_in_hand: Case | None

    @property
    def taxpayer(self) -> bool:
        """Whether a taxpayer speaks, whom nothing concerns that another taxpayer does."""
        return self.party is not None and self.party.taxpayer_id is not None and self.party.officer is None


async def find_senders(unit: Unit, deps: Deps, claimed: Sequence[Claimed]) -> Sequence[Sender]:
    """What is known about each of these updates, in their order."""
    hashes = [_address_hash(unit, deps, one) for one in claimed]
    parties = await find_parties(unit, {chat_hash for chat_hash in hashes if chat_hash is not None})
    talks = await conversations_of(unit, [one.lane_key for one in claimed])
    taxpayers = {party.taxpayer_id for party in parties.values() if party.taxpayer_id is not None}
    cases = await open_case_of_each(unit, taxpayers) if taxpayers else {}
    return [
        _sender(None if chat_hash is None else parties.get(chat_hash), talks.get(one.lane_key), cases)
        for chat_hash, one in zip(hashes, claimed, strict=True)
    ]


def _sender(
    party: Party | None, talk: tuple[str | None, Mapping[str, Any]] | None, cases: Mapping[int, Case]
) -> Sender:
    state, data = talk or (None, {})
    case = None if party is None or party.taxpayer_id is None else cases.get(party.taxpayer_id)
    return Sender(party, state, data, case)


def _address_hash(unit: Unit, deps: Deps, claimed: Claimed) -> str | None:
    bot, chat_id = deps.bots.get(claimed.channel), chat_of(claimed.bodies[0])
    return None if bot is None or chat_id is None else address_hash(unit, claimed.channel, bot.id, chat_id)


def chat_of(body: Mapping[str, Any]) -> int | None:
    """The chat that a raw update came from, however odd the rest of it is."""
    for event in body.values():
        if isinstance(event, Mapping):
            message = event.get("message", event)
            chat = message.get("chat") if isinstance(message, Mapping) else None
            if isinstance(chat, Mapping) and isinstance(chat.get("id"), int):
                return int(chat["id"])
    return None
