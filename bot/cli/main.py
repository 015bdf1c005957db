"""The command line: run the house, and ask its parts one thing at a time.

A command imports what it needs when it is called: the conversation alone takes seconds to import, and whoever asks for
a due date should not wait for it.
"""

import asyncio
import os
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.table import Column, Table

from bot.cli.terminal import (
    MOST_LINES_NAMED,
    ChineseCommand,
    ChineseGroup,
    fail,
    make_console,
    print_json,
    refusal,
)

if TYPE_CHECKING:
    from bot.installation import Looking
    from bot.runtime.clock import Clock
    from bot.settings import Settings


WAYS_STUCK = ("updates", "notices")
BECOMES = {
    "answer": "直接答复",
    "choices": "请提问人选择",
    "words": "用语回应，不查问答条目，不立办件",
    "asked_back": "再问一句",
    "case": "没有答案，转工作人员",
    "supplement": "补充到办件",
}

app = typer.Typer(
    cls=ChineseGroup,
    help="税桥：纳税人与税务局之间的桥。不写命令就是 run。",
    add_completion=False,
    pretty_exceptions_enable=False,
)
faq = typer.Typer(cls=ChineseGroup, help="问答库：看它会怎么答，答得准不准。")
calendar = typer.Typer(cls=ChineseGroup, help="工作日历：算到期日。")
stuck = typer.Typer(cls=ChineseGroup, help="卡住的：搁置的来信、送不出去的通知。")
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
    except BrokenPipeError:
        # Whoever read our output has enough. Nothing more is written, not even by the interpreter on its way out.
        sys.stdout = None
        code = 1
    sys.exit(code or 0)


def _whole_number(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise typer.BadParameter("应为整数") from error


def _count(text: str) -> int:
    number = _whole_number(text)
    if number < 0:
        raise typer.BadParameter("应不小于 0")
    return number


def _local_date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"应为真实的日期，形如 2025-06-03，而不是 {text}") from error


def _way(text: str) -> str:
    if text not in WAYS_STUCK:
        raise typer.BadParameter(f"应为 {' 或 '.join(WAYS_STUCK)}，而不是 {text}")
    return text


AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON。")]


@app.callback(invoke_without_command=True)
def default(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        run()


@app.command(cls=ChineseCommand)
def run() -> None:
    """启动税桥：网页，以及设了令牌的 Telegram。"""
    keep_house(_settings())


def keep_house(settings: "Settings", clock: "Clock | None" = None) -> None:
    """Serve until told to stop, by the system's clock where no other is given; what prevents it is said."""
    from bot.runtime import startup

    startup.begin()

    from bot.channels import Refused
    from bot.runtime.clock import system_clock
    from bot.runtime.logs import set_up_logs
    from bot.runtime.port import PortTakenError
    from bot.serve import serve
    from escalation.seed import SeedError as BureauSeedError
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


@app.command(cls=ChineseCommand)
def preview(
    text: Annotated[str | None, typer.Argument(metavar="消息", help="一条消息。")] = None,
    *,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            metavar="文件",
            help="每行一个 JSON 对象，含 text，可含 talk（此前的各行）、case（open、signed、waiting、answered）"
            "和 case_kind；每行输出一行 JSON。",
        ),
    ] = None,
    entries: Annotated[
        Path | None, typer.Option("--entries", metavar="条目文件", help="改查这个文件里的条目，格式同 faq export。")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """看一条消息发来会怎样：直接答复、请对方选择、用语回应、再问一句，还是立办件；什么都不会写下。"""
    from bot.cli.json_lines import JsonLines
    from bot.installation import LOOKING_ERRORS, Put, preview_of, with_entries_of
    from bot.installation import as_json as whole

    if (text is None) == (file is None):
        fail("请给出一条消息，或用 --file 给出一个文件，二者选一。", 2)
    lines = None if file is None else JsonLines(file, Put)
    looking = _look()
    try:
        looking = looking if entries is None else with_entries_of(looking, entries)
    except LOOKING_ERRORS as error:
        fail(str(error))
    in_force = looking.in_force()
    if lines is not None:
        for put in lines:
            print_json(whole(looking, preview_of(looking, in_force, put)))
        lines.done()
        return
    found = whole(looking, preview_of(looking, in_force, Put(text=str(text))))
    if as_json:
        print_json(found)
        return
    table = Table("", Column(overflow="fold"), show_header=False)
    table.add_row("结果", BECOMES[found["becomes"]])
    table.add_row("类别", f"{looking.rules.kind(found['kind']).name}（{found['kind']}）")
    table.add_row("把握", f"{found['confidence']:.2f}")
    if found["answer"]:
        table.add_row("答复", f"{found['question']}\n{found['answer']}")
    table.add_row("条目", "\n".join(f"{one['question']}　{one['score']:.2f}" for one in found["candidates"]))
    table.add_row("若立办件", "、".join(found["departments"]))
    table.add_row("理由", "；".join(found["reasons"]))
    make_console().print(table)
    _name_source(looking)


@faq.command("ask", cls=ChineseCommand)
def faq_ask(question: Annotated[str, typer.Argument(metavar="问题")], *, as_json: AsJson = False) -> None:
    """问一个问题，看问答库会怎么答；什么都不会写下。"""
    from bot.installation import Put, as_faq_answer, preview_of

    looking = _look()
    in_force = looking.in_force()
    found = as_faq_answer(in_force, preview_of(looking, in_force, Put(text=question)))
    if as_json:
        print_json(found)
        return
    console = make_console()
    console.print(BECOMES[found["becomes"]])
    if found["answer"]:
        console.print(f"\n{found['question']}\n{found['answer']}\n依据：{found['legal_basis']}")
    table = Table(
        Column("问题", overflow="fold"), "得分", title=f"候选（把握 {found['confidence']:.2f}）", title_justify="left"
    )
    for candidate in found["candidates"]:
        table.add_row(candidate["question"], f"{candidate['score']:.3f}")
    console.print()
    console.print(table if found["candidates"] else "没有相近的问题。")
    _name_source(looking)


@faq.command("assess", cls=ChineseCommand)
def faq_assess(
    folder: Annotated[
        Path, typer.Argument(metavar="文件夹", help="含 faq.jsonl、queries.jsonl 和可有可无的 extra.jsonl。")
    ],
    *,
    phrasings: Annotated[
        int | None,
        typer.Option(
            parser=_count,
            metavar="个数",
            help="每个条目最多用 extra.jsonl 里的前几个问法；0 表示都不用，不写则全用。",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """用标注过的问题测一测问答库的判断有多准、多快；不用数据库，什么都不会写下。

    各项指标的含义见 docs/operations.md。
    """
    from dataclasses import asdict

    from bot.cli.faq_assessment import assess_with_bar, table_of, twins_note
    from faq.collection import CollectionError, read_collection

    try:
        collection = read_collection(folder, phrasings)
    except CollectionError as error:
        _name_findings(error.findings)
    found = assess_with_bar(collection)
    if as_json:
        print_json(asdict(found))
        return
    console = make_console()
    console.print(table_of(found))
    if note := twins_note(collection):
        console.print(note)


@faq.command("export", cls=ChineseCommand)
def faq_export(
    file: Annotated[Path, typer.Argument(metavar="文件", help="以 .xlsx、.csv 或 .yaml 结尾。")],
    *,
    gb18030: Annotated[bool, typer.Option("--gb18030", help="CSV 用 GB18030 编码，不写则用带 BOM 的 UTF-8。")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="文件已经存在时覆盖它。")] = False,
) -> None:
    """把全部条目写进文件，可以用 Excel 或 WPS 打开修改，再导入。"""
    from bot.cli.faq_files import export_entries
    from faq.files.table import FileError
    from storage.database import DatabaseError

    now = datetime.now(UTC)  # noqa: TID251  the clock of bot/runtime/clock.py would bring the database along
    try:
        export_entries(_settings(), now, file, "gb18030" if gb18030 else "utf-8", overwrite=overwrite)
    except (FileError, DatabaseError) as error:
        fail(str(error))


@faq.command("import", cls=ChineseCommand)
def faq_import(
    file: Annotated[Path, typer.Argument(metavar="文件", help="以 .xlsx、.csv 或 .yaml 结尾。")],
    *,
    by: Annotated[str | None, typer.Option("--by", metavar="工作人员", help="以谁的名义，代码，例如 wang。")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查，不写入。")] = False,
    submit: Annotated[bool, typer.Option("--submit", help="存为草稿后一并提交审批。")] = False,
) -> None:
    """从文件导入条目，全部存为草稿；有一处有误就什么都不导入。"""
    from bot.cli.faq_files import import_entries
    from faq.files.table import FileError
    from storage.database import DatabaseError
    from storage.vault import VaultError

    now = datetime.now(UTC)  # noqa: TID251  the clock of bot/runtime/clock.py would bring the database along
    try:
        import_entries(_settings(), now, file, by, dry_run=dry_run, and_submit=submit)
    except (FileError, DatabaseError, VaultError) as error:
        fail(str(error))


def _name_findings(findings: Sequence[str]) -> NoReturn:
    for finding in findings[:MOST_LINES_NAMED]:
        print(finding, file=sys.stderr)  # noqa: T201  the terminal reads it
    fail(f"共 {len(findings)} 处有误，没有评测。请更正后再试。")


@app.command(cls=ChineseCommand)
def intent(
    text: Annotated[str | None, typer.Argument(metavar="消息", help="一条消息。")] = None,
    *,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="文件", help="每行一个 JSON 对象，含 text；每行输出一行 JSON。")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """判断一条消息是哪一类、该由谁办；什么都不会写下。"""
    from bot.cli.json_lines import JsonLines
    from bot.installation import Put, as_intent, preview_of

    if (text is None) == (file is None):
        fail("请给出一条消息，或用 --file 给出一个文件，二者选一。", 2)
    if file is not None:
        lines = JsonLines(file, Put)
        looking = _look()
        in_force = looking.in_force()
        for put in lines:
            print_json(as_intent(looking, preview_of(looking, in_force, Put(text=put.text))))
        lines.done()
        return
    looking = _look()
    found = as_intent(looking, preview_of(looking, looking.in_force(), Put(text=str(text))))
    if as_json:
        print_json(found)
        return
    table = Table("", Column(overflow="fold"), show_header=False)
    table.add_row("类别", f"{looking.rules.kind(found['kind']).name}（{found['kind']}）")
    table.add_row("把握", f"{found['confidence']:.2f}")
    table.add_row("承办部门", "、".join(found["departments"]) or "不立办件")
    table.add_row("理由", "；".join(found["reasons"]))
    make_console().print(table)
    _name_source(looking)


@calendar.command("due", cls=ChineseCommand)
def calendar_due(
    received: Annotated[date, typer.Argument(parser=_local_date, metavar="收到日期", help="形如 2025-06-03。")],
    *,
    days: Annotated[int, typer.Option(parser=_whole_number, metavar="天数", help="工作日数。")] = 7,
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
    on: Annotated[date, typer.Argument(parser=_local_date, metavar="日期", help="形如 2027-02-11。")],
    *,
    works: Annotated[bool, typer.Option("--works/--off", help="这一天上班，还是放假。")],
    why: Annotated[str, typer.Option(metavar="原因", help="例如 春节放假；会显示给来信人。")],
    region: Annotated[str, typer.Option(metavar="地区", help="xinjiang 或 national。")] = "xinjiang",
    yes: Annotated[bool, typer.Option("--yes", help="不再询问，直接改。")] = False,
) -> None:
    """更正一天是否上班：先列出哪些办件的期限会变，确认后一并改期并告知来信人。"""
    _correct(region, on, counts=works, why=why, confirm=None, yes=yes)


@calendar.command("confirm", cls=ChineseCommand)
def calendar_confirm(
    year: Annotated[int, typer.Argument(parser=_whole_number, metavar="年份", help="形如 2027。")],
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
        settings = _settings()
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
        console.print(f"已改，{make_change(settings, now, change)} 个期限已调整并告知来信人。")
    except (*ACTING_ERRORS, ValueError) as error:
        fail(str(error))


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
            made = invite_to_console(_settings(), now, officer)
        else:
            made = make_invitation(_settings(), now, officer, department)
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
        found = find_stuck(_settings(), now)
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
        list[int] | None, typer.Argument(parser=_whole_number, metavar="编号", help="不写则全部。")
    ] = None,
) -> None:
    """故障修好之后重办：来信重新处理，通知重新送出。"""
    _settle_stuck(way, numbers or [], again=True)


@stuck.command("close", cls=ChineseCommand)
def stuck_close(
    way: Ways, numbers: Annotated[list[int], typer.Argument(parser=_whole_number, metavar="编号", help="一个或几个。")]
) -> None:
    """不再办理：例如已经用别的方式答复。"""
    _settle_stuck(way, numbers, again=False)


def _settle_stuck(way: str, numbers: Sequence[int], *, again: bool) -> None:
    from bot.cli.admin import ACTING_ERRORS, WAYS, Impossible, settle_stuck
    from storage.stuck import Way

    now = datetime.now(UTC)  # noqa: TID251  the clock of bot/runtime/clock.py would bring the database along
    try:
        count = settle_stuck(_settings(), now, Way(way), numbers, again=again)
    except ACTING_ERRORS as error:
        fail(str(error))
    if isinstance(count, Impossible):
        fail(count.why)
    what = WAYS[Way(way)]
    done = f"{count} 件{what}将重新办理。" if again else f"{count} 件{what}不再办理。"
    make_console().print(done if count else f"没有卡住的{what}。")


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


def _look() -> "Looking":
    from bot.installation import LOOKING_ERRORS, look

    now = datetime.now(UTC)  # noqa: TID251  the clock of bot/runtime/clock.py would bring the database along
    try:
        return look(_settings(), now)
    except LOOKING_ERRORS as error:
        fail(str(error))


def _name_source(looking: "Looking") -> None:
    if looking.sample:
        make_console().print("（还没有数据库，看的是随附的样例。）")


def _settings() -> "Settings":
    from bot.settings import SettingsError, read_settings

    try:
        return read_settings()
    except SettingsError as error:
        fail(str(error))


if __name__ == "__main__":
    main()
