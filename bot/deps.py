"""What handlers and pages may use."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiogram import Bot

from bot.clock import Clock, ClockWatch
from bot.metrics import Metrics
from bot.nursery import Nursery
from bot.settings import Settings
from escalation.routing import Rule
from escalation.rulebook import Rulebook
from faq.answering import InForce
from faq.live import LiveFaq
from intents import Interpreter
from storage.database import Database


@dataclass(slots=True)
class Deps:
    """The opened house. `bots` are by channel; `holder` names this process in leases."""

    settings: Settings
    clock: Clock
    clock_watch: ClockWatch
    database: Database
    interpreter: Interpreter
    faq: LiveFaq
    rules: Rulebook
    routing: Mapping[int, tuple[Rule, ...]]
    bots: Mapping[str, Bot]
    nursery: Nursery
    metrics: Metrics
    holder: str

    @property
    def in_force(self) -> InForce:
        """By what a text is answered at this moment."""
        return InForce(self.interpreter, self.faq.edition, self.rules, self.routing)
