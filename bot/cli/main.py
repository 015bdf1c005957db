"""The command line: run the house, and ask its parts one thing at a time.

A command imports what it needs when it is called: the conversation alone takes seconds to import, and whoever asks for
a due date should not wait for it.
"""

import asyncio
import os
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.calendar import calendar
from bot.cli.faq import faq
from bot.cli.options import (
    AsJson,
    settings_or_fail,
)
from bot.cli.preview import intent, preview
from bot.cli.stuck import stuck
from bot.cli.terminal import (
    ChineseCommand,
    ChineseGroup,
    fail,
    make_console,
    print_json,
    refusal,
)

if TYPE_CHECKING:
    from bot.runtime.clock import Clock
    from bot.settings import Settings


app = typer.Typer(
    cls=ChineseGroup,
    help="税桥：纳税人与税务局之间的桥。不写命令就是 run。",
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(faq, name="faq")
app.add_typer(calendar, name="calendar")
app.add_typer(stuck, name="stuck")


def main() -> None:
    """Run a command; what went wrong is said in one clear sentence, with an exit code that is not 0."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # both are what Python opened
    try:
        code = app(prog_name="python -m bot", standalone_mode=False)
        sys.stdout.flush()
    except typer.TyperException as error:
        fail(refusal(error), error.exit_code)
    except typer.Abort:  # at a question, by Ctrl-C, Ctrl-D or for want of an answer
        fail("已取消，什么都没有改。")
    except BrokenPipeError:
        # Whoever read our output has enough. Nothing more is written, not even by the interpreter on its way out.
        sys.stdout = None
        code = 1
    sys.exit(code or 0)


@app.callback(invoke_without_command=True)
def default(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        run()


@app.command(cls=ChineseCommand)
def run() -> None:
    """启动税桥：网页，以及设了令牌的 Telegram。"""
    keep_house(settings_or_fail())


def keep_house(settings: "Settings", clock: "Clock | None" = None) -> None:
    """Serve until told to stop, by the system's clock where no other is given; what prevents it is said."""
    from bot.runtime import startup

    startup.begin()

    from bot.channels import Refused
    from bot.runtime.clock import system_clock
    from bot.runtime.logs import set_up_logs
    from bot.runtime.port import PortTakenError
    from bot.serve import serve
    from escalation.seed.reading import SeedError as BureauSeedError
    from faq.seed import SeedError as FaqSeedError
    from storage.database import DatabaseError, parse_url
    from storage.failures import TROUBLE, unusable
    from storage.group_commit import CommitLostError
    from storage.single_process import AlreadyRunningError
    from storage.vault import VaultError

    set_up_logs(settings)
    try:
        asyncio.run(serve(settings, make_console(), clock or system_clock))
    except (DatabaseError, VaultError, AlreadyRunningError, PortTakenError, BureauSeedError, FaqSeedError) as error:
        fail(str(error))
    except (*TROUBLE, CommitLostError) as error:
        fail(unusable(parse_url(settings.database_url), error))
    except Refused as error:
        fail(f"Telegram 不接受：{error.why}。请核对 SHUIQIAO_TELEGRAM_TOKEN 和 SHUIQIAO_TELEGRAM_API。")


@app.command(cls=ChineseCommand)
def key() -> None:
    """生成一把新的加密密钥，写到标准输出。"""
    from storage.vault import new_key

    print(new_key())  # noqa: T201  to be piped into a file


for command in (preview, intent):
    app.command(cls=ChineseCommand)(command)


@app.command("invite", cls=ChineseCommand)
def invite(
    officer: Annotated[str, typer.Argument(metavar="工作人员", help="代码，例如 wang。")],
    *,
    department: Annotated[str | None, typer.Option(metavar="部门", help="代码：邀请的是该部门的群。")] = None,
    console: Annotated[bool, typer.Option("--console", help="给出管理后台的链接，不发 Telegram 邀请。")] = False,
) -> None:
    """发一个一次性的邀请：进入管理后台的链接，或绑定工作人员本人、部门的群的 Telegram 邀请。"""
    from bot.cli.admin import ACTING_ERRORS, Impossible, invite_to_console, make_invitation

    if console and department is not None:
        fail("--console 和 --department 只能写一个。", 2)
    now = datetime.now(UTC)  # noqa: TID251  the clock of bot/runtime/clock.py would bring the database along
    try:
        if console:
            made = invite_to_console(settings_or_fail(), now, officer)
        else:
            made = make_invitation(settings_or_fail(), now, officer, department)
    except ACTING_ERRORS as error:
        fail(str(error))
    if isinstance(made, Impossible):
        fail(made.why)
    if console:
        make_console().print(f"管理后台，12 小时内有效，只能用一次：\n{made}", soft_wrap=True)
        return
    where = "与税桥私聊，发送" if department is None else "把税桥加入部门的群，在群里发送"
    command = "/start" if department is None else "/bind"
    make_console().print(f"12 小时内有效，只能用一次。{where}：\n{command} {made}", soft_wrap=True)


@app.command(cls=ChineseCommand)
def doctor(*, as_json: AsJson = False) -> None:
    """体检：看这套税桥哪里好、哪里要注意、哪里有问题、该怎么办；什么都不会改动。"""
    from bot.doctor import examine
    from bot.doctor.findings import State, overall
    from bot.doctor.telling import tell, to_json

    def clock() -> datetime:
        return datetime.now(UTC)  # noqa: TID251  the clock of app.py would bring the whole conversation along

    findings = asyncio.run(examine(os.environ, clock))
    if as_json:
        print_json(to_json(findings))
    else:
        tell(findings, make_console())
    raise typer.Exit(1 if overall(findings) is State.WRONG else 0)


if __name__ == "__main__":
    main()
