"""`stuck`: what failed again and again, tried once more or closed."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from bot.cli.options import (
    AsJson,
    settings_or_fail,
    whole_number,
)
from bot.cli.terminal import (
    ChineseCommand,
    ChineseGroup,
    fail,
    make_console,
    print_json,
)

WAYS_STUCK = ("updates", "notices")
stuck = typer.Typer(cls=ChineseGroup, help="卡住的：搁置的来信、送不出去的通知。")


def _way(text: str) -> str:
    if text not in WAYS_STUCK:
        raise typer.BadParameter(f"应为 {' 或 '.join(WAYS_STUCK)}，而不是 {text}")
    return text


Ways = Annotated[
    str, typer.Argument(parser=_way, metavar="哪一种", help="updates：搁置的来信；notices：送不出去的通知。")
]


@stuck.command("list", cls=ChineseCommand)
def stuck_list(*, as_json: AsJson = False) -> None:
    """列出屡次失败、不再自动重试的：只有编号和时间，没有内容。"""
    from bot.cli.admin import ACTING_ERRORS, WAYS, find_stuck
    from escalation.deadlines.workdays import BEIJING

    now = datetime.now(UTC)  # noqa: TID251  the clock of bot/runtime/clock.py would bring the database along
    try:
        found = find_stuck(settings_or_fail(), now)
    except ACTING_ERRORS as error:
        fail(str(error))
    if as_json:
        for one in found:
            print_json({"way": one.way, "id": one.id, "channel": one.channel, "since": one.since.isoformat()})
        return
    console = make_console()
    if not found:
        console.print("没有卡住的。")
        return
    table = Table("哪一种", "编号", "渠道", "收到或写下（北京时间）", "试过")
    for one in found:
        since = f"{one.since.astimezone(BEIJING):%Y-%m-%d %H:%M}"
        table.add_row(f"{one.way} {WAYS[one.way]}", str(one.id), one.channel, since, f"{one.tries} 次")
    console.print(table)


@stuck.command("retry", cls=ChineseCommand)
def stuck_retry(
    way: Ways,
    numbers: Annotated[
        list[int] | None, typer.Argument(parser=whole_number, metavar="编号", help="不写则全部。")
    ] = None,
) -> None:
    """故障修好之后重办：来信重新处理，通知重新送出。"""
    _settle_stuck(way, numbers or [], again=True)


@stuck.command("close", cls=ChineseCommand)
def stuck_close(
    way: Ways, numbers: Annotated[list[int], typer.Argument(parser=whole_number, metavar="编号", help="一个或几个。")]
) -> None:
    """不再办理：例如已经用别的方式答复。"""
    _settle_stuck(way, numbers, again=False)


def _settle_stuck(way: str, numbers: Sequence[int], *, again: bool) -> None:
    from bot.cli.admin import ACTING_ERRORS, WAYS, Impossible, settle_stuck
    from storage.stuck import Way

    now = datetime.now(UTC)  # noqa: TID251  the clock of bot/runtime/clock.py would bring the database along
    try:
        count = settle_stuck(settings_or_fail(), now, Way(way), numbers, again=again)
    except ACTING_ERRORS as error:
        fail(str(error))
    if isinstance(count, Impossible):
        fail(count.why)
    what = WAYS[Way(way)]
    done = f"{count} 件{what}将重新办理。" if again else f"{count} 件{what}不再办理。"
    make_console().print(done if count else f"没有卡住的{what}。")
