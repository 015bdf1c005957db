"""What several commands take and need: parsers of what was typed, the settings, a look at the installation."""

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.terminal import (
    fail,
    make_console,
)

if TYPE_CHECKING:
    from bot.installation import Installation
    from bot.settings import Settings


def whole_number(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise typer.BadParameter("应为整数") from error


def not_negative(text: str) -> int:
    number = whole_number(text)
    if number < 0:
        raise typer.BadParameter("应不小于 0")
    return number


def local_date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"应为真实的日期，形如 2025-06-03，而不是 {text}") from error


AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON。")]


def look_or_fail() -> "Installation":
    from bot.installation import INSTALLATION_ERRORS, read_installation

    now = datetime.now(UTC)  # noqa: TID251  the clock of bot/runtime/clock.py would bring the database along
    try:
        return read_installation(settings_or_fail(), now)
    except INSTALLATION_ERRORS as error:
        fail(str(error))


def say_if_sample(installation: "Installation") -> None:
    if installation.sample:
        make_console().print("（还没有数据库，看的是随附的样例。）")


def settings_or_fail() -> "Settings":
    from bot.settings import SettingsError, read_settings

    try:
        return read_settings()
    except SettingsError as error:
        fail(str(error))
