"""What taxpayers say and press."""

from aiogram import Router

from bot.handlers.filters import FromTaxpayer, PlainWords
from bot.handlers.taxpayer import ask, cases, lookup, start
from bot.wording import shortcuts


def make_router() -> Router:
    router = Router(name="taxpayer")
    router.message.filter(FromTaxpayer())
    router.callback_query.filter(FromTaxpayer())
    router.message.register(ask.hear, PlainWords(shortcuts.LOOKUP, shortcuts.OWN_CASES))
    for part in (start, lookup, cases, ask):
        part.register(router)
    return router
