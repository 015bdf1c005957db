"""What goes wrong between a bot and Telegram: faults that a test orders, and a storm that draws them by chance."""

import random
from collections import Counter
from dataclasses import dataclass

from tests.support.botapi_rules import ApiError

REASONS = {500: "Internal Server Error", 502: "Bad Gateway", 504: "Gateway Timeout"}
OTHER_POLLER = "terminated by other getUpdates request; make sure that only one bot instance is running"
SHORT_WAIT, LONGEST_DELAY = 1, 1.5  # seconds: what a storm tells the bot to wait, and by how much it delays an answer


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one call: it ends in an error or its connection is cut; else it only takes longer."""

    name: str
    error: ApiError | None = None
    page: str = ""  # what a machine before Telegram says, which speaks no JSON
    cut: bool = False
    chat_id: int | None = None
    after_effect: bool = False
    seconds: float = 0.0

    @property
    def loses_the_answer(self) -> bool:
        """Whether the bot is never told what its call came to."""
        return self.cut or self.error is not None


BAD_GATEWAY = Fault("502", ApiError(502, REASONS[502]), page="<html><h1>502 Bad Gateway</h1></html>")


@dataclass(frozen=True, slots=True)
class Rates:
    """The probability of each fault, for every call anew."""

    told_to_wait: float = 0.0
    broken: float = 0.0
    cut_before: float = 0.0
    cut_after: float = 0.0
    slow: float = 0.0
    second_poller: float = 0.0  # of `getUpdates` only
    delivery_cut: float = 0.0  # of what is delivered to a webhook: the bot gets it, and its answer is not waited for


class Faults:
    """Orders of faults by method, and the storm; `met` counts by name what was met."""

    def __init__(self) -> None:
        self.met: Counter[str] = Counter()
        self._ordered: dict[str, list[Fault]] = {}
        self._chance = random.Random(0)  # noqa: S311 — a test repeats what it did
        self._rates = Rates()

    def fail_next(
        self,
        method: str,
        *,
        status: int = 500,
        description: str | None = None,
        retry_after: int | None = None,
        migrate_to_chat_id: int | None = None,
        chat_id: int | None = None,
        after_effect: bool = False,
        times: int = 1,
    ) -> None:
        """The next calls of `method` (to `chat_id`, if given) end in this error; `retry_after` is seconds."""
        parameters = {"retry_after": retry_after, "migrate_to_chat_id": migrate_to_chat_id}
        if migrate_to_chat_id is not None:
            status, description = 400, "Bad Request: group chat was upgraded to a supergroup chat"
        if retry_after is not None:
            status, description = 429, f"Too Many Requests: retry after {retry_after}"
        words = description or REASONS.get(status, "Bad Request")
        error = ApiError(status, words, **{key: value for key, value in parameters.items() if value is not None})
        self._order(method, Fault(str(status), error, chat_id=chat_id, after_effect=after_effect), times)

    def cut_next(self, method: str, *, after_effect: bool, chat_id: int | None = None, times: int = 1) -> None:
        """The connection of the next calls of `method` is cut, before or after the call had its effect."""
        self._order(method, Fault("cut", cut=True, chat_id=chat_id, after_effect=after_effect), times)

    def slow_next(self, method: str, seconds: float, *, after_effect: bool, chat_id: int | None = None) -> None:
        """The next call of `method` is answered this much later; the delay comes before or after the effect."""
        self._order(method, Fault("slow", chat_id=chat_id, after_effect=after_effect, seconds=seconds), 1)

    def storm(self, chance: random.Random, rates: Rates) -> None:
        """From now on every call meets a fault or none, by chance."""
        self._chance, self._rates = chance, rates

    def calm(self) -> None:
        """The storm is over; what was ordered still comes."""
        self._rates = Rates()

    def next_fault(self, method: str, chat_id: str) -> Fault | None:
        """What goes wrong with this call: what was ordered, else what chance will have."""
        waiting = self._ordered.get(method, [])
        ordered = next((one for one in waiting if one.chat_id is None or str(one.chat_id) == chat_id), None)
        if ordered is not None:
            waiting.remove(ordered)
        fault = ordered or self._drawn(method)
        if fault is not None:
            self.met[fault.name] += 1
        return fault

    def cuts_delivery(self) -> float | None:
        """After how many seconds the connection of a delivery is cut; None where it is not."""
        if self._chance.random() >= self._rates.delivery_cut:
            return None
        self.met["delivery cut"] += 1
        return self._chance.uniform(0.0, 0.03)

    def _order(self, method: str, fault: Fault, times: int) -> None:
        self._ordered.setdefault(method, []).extend([fault] * times)

    def _drawn(self, method: str) -> Fault | None:
        rates, chance = self._rates, self._chance
        broken = chance.choice((Fault("500", ApiError(500, REASONS[500])), BAD_GATEWAY))
        wait = ApiError(429, f"Too Many Requests: retry after {SHORT_WAIT}", retry_after=SHORT_WAIT)
        faults = {
            Fault("429", wait): rates.told_to_wait,
            broken: rates.broken,
            Fault("cut before the effect", cut=True): rates.cut_before,
            Fault("cut after the effect", cut=True, after_effect=True): rates.cut_after,
            Fault("slow", after_effect=chance.random() < 0.5, seconds=chance.uniform(0.1, LONGEST_DELAY)): rates.slow,
            Fault("409", ApiError(409, f"Conflict: {OTHER_POLLER}")): (
                rates.second_poller if method == "getUpdates" else 0.0
            ),
        }
        none = 1.0 - sum(faults.values())
        return chance.choices([None, *faults], [none, *faults.values()])[0]
