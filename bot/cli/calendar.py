"""`calendar`: due dates, and corrections of the work calendar."""

from datetime import UTC, date, datetime
from typing import Annotated

import typer
from rich.table import Table

from bot.cli.options import AsJson, local_date, settings_or_fail, whole_number
from bot.cli.terminal import (
    ChineseCommand,
    ChineseGroup,
    fail,
    make_console,
    print_json,
)

calendar = typer.Typer(cls=ChineseGroup, help="工作日历：算到期日。")


@calendar.command("due", cls=ChineseCommand)
def calendar_due(
    received: Annotated[date, typer.Argument(parser=local_date, metavar="收到日期", help="形如 2025-06-03。")],
    *,
    days: Annotated[int, typer.Option(parser=whole_number, metavar="天数", help="工作日数。")] = 7,
    region: Annotated[str, typer.Option(metavar="地区", help="xinjiang 或 national。")] = "xinjiang",
    as_json: AsJson = False,
) -> None:
    """从收到之日起数工作日，看哪天到期；收到当天不计。"""
    from escalation.deadlines.workdays import make_calendar

    try:
        account = make_calendar(region).account(received, days)
    except ValueError as error:
        fail(f"算不出来：{error}。")
    if as_json:
        print_json(account.to_json())
        return
    table = Table("日期", "计入", "原因", title=f"{received} 收到，{days} 个工作日", title_justify="left")
    for day in account.days:
        table.add_row(
            day.on.isoformat(), "是" if day.counts else "否", day.why + ("（暂定）" if day.provisional else "")
        )
    console = make_console()
    console.print(table)
    console.print(f"最迟 {account.due_on} 24:00（北京时间）" + ("，暂定" if account.provisional else ""))


@calendar.command("correct", cls=ChineseCommand)
def calendar_correct(
    on: Annotated[date, typer.Argument(parser=local_date, metavar="日期", help="形如 2027-02-11。")],
    *,
    works: Annotated[bool, typer.Option("--works/--off", help="这一天上班，还是放假。")],
    why: Annotated[str, typer.Option(metavar="原因", help="例如 春节放假；会显示给留言人。")],
    region: Annotated[str, typer.Option(metavar="地区", help="xinjiang 或 national。")] = "xinjiang",
    yes: Annotated[bool, typer.Option("--yes", help="不再询问，直接改。")] = False,
) -> None:
    """更正一天是否上班：先列出哪些办件的期限会变，确认后一并改期并告知留言人。"""
    _correct(region, on, counts=works, why=why, confirm=None, yes=yes)


@calendar.command("confirm", cls=ChineseCommand)
def calendar_confirm(
    year: Annotated[int, typer.Argument(parser=whole_number, metavar="年份", help="形如 2027。")],
    *,
    region: Annotated[str, typer.Option(metavar="地区", help="xinjiang 或 national。")] = "xinjiang",
    yes: Annotated[bool, typer.Option("--yes", help="不再询问，直接改。")] = False,
) -> None:
    """确认一年的放假安排已按正式通知核对：这一年的日期不再是暂定。"""
    _correct(region, None, counts=False, why="", confirm=year, yes=yes)


def _correct(region: str, on: date | None, *, counts: bool, why: str, confirm: int | None, yes: bool) -> None:
    from bot.cli.admin import ACTING_ERRORS, change_of, make_change, preview_change
    from escalation.deadlines.workdays import make_calendar

    now = datetime.now(UTC)  # noqa: TID251  the clock of bot/runtime/clock.py would bring the database along
    try:
        make_calendar(region)
        change = change_of(region, on, counts=counts, why=why, confirm=confirm)
        settings = settings_or_fail()
        moves = preview_change(settings, now, change)
        console = make_console()
        if moves:
            table = Table("办件", "现在", "改为", title="下列期限会变", title_justify="left")
            for number, move in moves:
                table.add_row(number, move.was_on.isoformat(), move.will_be_on.isoformat())
            console.print(table)
        else:
            console.print("没有办件的期限会变。")
        if not yes and not typer.confirm("确定要改吗？", default=False):
            console.print("没有改。")
            return
        console.print(f"已改，{make_change(settings, now, change)} 个期限已调整并告知留言人。")
    except (*ACTING_ERRORS, ValueError) as error:
        fail(str(error))
