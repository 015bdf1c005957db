"""What officers say and press, in a private chat, at the desk, or in their department's group."""

from aiogram import Router

from bot.handlers.filters import FromOfficer
from bot.handlers.officer import cases, desk, entries, extensions, replies, trial


def make_router() -> Router:
    router = Router(name="officer")
    router.message.filter(FromOfficer())
    router.callback_query.filter(FromOfficer())
    router.edited_message.filter(FromOfficer())
    for part in (desk, entries, trial, replies, extensions, cases):
        part.register(router)
    return router
