"""What handlers and pages may use."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.channels import Channel
from bot.runtime.clock import Clock
from bot.runtime.clock_watch import ClockWatch
from bot.runtime.metrics import Metrics
from bot.runtime.nursery import Nursery
from bot.settings import Settings
from escalation.routing.routing import Rule
from escalation.rules.live import LiveRules
from escalation.rules.rulebook import Rulebook
from faq.hearing import InForce
from faq.live import LiveFaq
from intents import Interpreter
from storage.database import Database


@dataclass(frozen=True, slots=True)
class Deps:
    """The opened house. `bots` are by channel; `holder` names this process in leases. What changes under way, the FAQ
    and the rules, is held by values of its own, which swap one reference.
    """

    settings: Settings
    clock: Clock
    clock_watch: ClockWatch
    database: Database
    interpreter: Interpreter
    faq: LiveFaq
    live_rules: LiveRules
    routing: Mapping[int, tuple[Rule, ...]]
    bots: Mapping[str, Channel]
    nursery: Nursery
    metrics: Metrics
    holder: str

    @property
    def rules(self) -> Rulebook:
        """The rulebook in force at this moment."""
        return self.live_rules.rulebook

    @property
    def in_force(self) -> InForce:
        """By what a text is answered at this moment."""
        return InForce(self.interpreter, self.faq.edition, self.rules, self.routing)
