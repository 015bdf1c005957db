"""Reads a raw update: what cannot be read of its ornaments costs the ornament, and never the text."""

from collections.abc import Mapping
from typing import Any

from aiogram import Bot
from aiogram.types import Update
from pydantic import ValidationError

ESSENTIAL = frozenset(
    {"message_id", "date", "chat", "from", "text", "caption", "id", "data", "chat_instance", "message"}
)


def read_update(raw: Mapping[str, Any], bot: Bot) -> Update:
    """Return the update; without the fields of its event that are no text and no sender, where those cannot be read.

    A server may be newer than aiogram, or send less than it promises: a forwarded text whose origin has no name is
    still a text. Raises ValidationError where what matters cannot be read.
    """
    try:
        return Update.model_validate(raw, context={"bot": bot})
    except ValidationError as error:
        bare = _without_ornaments(raw, error)
        if bare is None:
            raise
        return Update.model_validate(bare, context={"bot": bot})


def _without_ornaments(raw: Mapping[str, Any], error: ValidationError) -> dict[str, Any] | None:
    """The update without what could not be read; None where that was essential."""
    bare = {name: dict(event) if isinstance(event, Mapping) else event for name, event in raw.items()}
    for finding in error.errors(include_url=False, include_input=False):
        match finding["loc"]:
            case (str(event), str(field), *_) if field not in ESSENTIAL and isinstance(bare.get(event), dict):
                bare[event].pop(field, None)
            case _:
                return None
    return bare
