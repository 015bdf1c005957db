"""Routers and middlewares in their order. An error that a handler raises reaches the intake, which counts it."""

from aiogram import Dispatcher

from bot.deps import Deps
from bot.handlers import anything, groups, officer, taxpayer
from bot.middlewares import Acknowledge, WhoSpeaks


def make_dispatcher(deps: Deps) -> Dispatcher:
    """A dispatcher without aiogram's own conversation state: ours is written by the unit (see Conversation)."""
    dispatcher = Dispatcher(disable_fsm=True)
    dispatcher.update.outer_middleware(WhoSpeaks(deps))
    dispatcher.callback_query.outer_middleware(Acknowledge())
    dispatcher.include_routers(
        groups.make_router(),
        taxpayer.make_router(),
        officer.make_router(),
        groups.make_bystander_router(),
        anything.make_router(),
    )
    return dispatcher
