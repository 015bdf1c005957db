"""The command line: run the house, and ask its parts one thing at a time."""

import asyncio
import json
import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from aiogram.exceptions import TelegramAPIError
from rich.console import Console
from rich.table import Table

from bot.app import AlreadyRunningError
from bot.logs import set_up_logs
from bot.looking import Looking, ask_faq, look, understand
from bot.serve import PortTakenError, serve
from bot.settings import Settings, SettingsError, read_settings
from escalation.seed import SeedError
from escalation.workdays import make_calendar
from faq.seed import SeedError as FaqSeedError
from storage.database import DatabaseError
from storage.vault import VaultError, new_key

# What an operator can put right: said in a sentence, without a trace.
OPERATORS_ERRORS = (
    SettingsError,
    DatabaseError,
    VaultError,
    AlreadyRunningError,
    PortTakenError,
    SeedError,
    FaqSeedError,
)

app = typer.Typer(add_completion=False, help="税桥：纳税人与税务局之间的桥。", pretty_exceptions_enable=False)
faq = typer.Typer(help="问答库。")
calendar = typer.Typer(help="工作日历。")
app.add_typer(faq, name="faq")
app.add_typer(calendar, name="calendar")

AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON。")]


def main() -> None:
    """Run a command; what went wrong is said in one clear sentence, with an exit code that is not 0."""
    try:
        app()
    except OPERATORS_ERRORS as error:
        _fail(str(error))
    except TelegramAPIError as error:
        _fail(f"Telegram 不接受：{error.message}。请核对 SHUIQIAO_TELEGRAM_TOKEN 和 SHUIQIAO_TELEGRAM_API。")


def _fail(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr)  # noqa: T201  the terminal is who reads it
    raise SystemExit(1)


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False))  # noqa: T201  rich would wrap it


@app.callback(invoke_without_command=True)
def default(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        run()


@app.command()
def run() -> None:
    """启动税桥。"""
    settings = read_settings()
    set_up_logs(settings)
    asyncio.run(serve(settings, Console(highlight=False)))


@app.command()
def key() -> None:
    """生成一把新的加密密钥。"""
    print(new_key())  # noqa: T201  to be piped into a file


@faq.command("ask")
def faq_ask(question: str, *, as_json: AsJson = False) -> None:
    """问一个问题，看问答库会怎么答。"""
    found = ask_faq(_look(), question)
    if as_json:
        _print_json(found)
        return
    console = Console(highlight=False)
    console.print(
        {"answer": "直接答复", "choices": "请提问人选择", "nothing": "没有答案，转工作人员"}[found["decision"]]
    )
    if found["answer"]:
        console.print(f"\n{found['question']}\n{found['answer']}\n依据：{found['legal_basis']}")
    table = Table("问题", "得分", title=f"候选（把握 {found['confidence']:.2f}）")
    for candidate in found["candidates"]:
        table.add_row(candidate["question"], f"{candidate['score']:.3f}")
    console.print(table)


@app.command()
def intent(
    text: Annotated[str | None, typer.Argument(help="一条消息。")] = None,
    *,
    file: Annotated[Path | None, typer.Option("--file", help="每行一个 JSON 对象，含 text。")] = None,
    as_json: AsJson = False,
) -> None:
    """判断一条消息是哪一类、该由谁办。"""
    if (text is None) == (file is None):
        _fail("请给出一条消息，或用 --file 给出一个文件，二者选一。")
    looking = _look()
    if file is not None:
        for line in _lines(file):
            _print_json(understand(looking, line))
    elif as_json:
        _print_json(understand(looking, str(text)))
    else:
        found = understand(looking, str(text))
        table = Table(show_header=False)
        table.add_row("类别", f"{looking.rules.kind(found['kind']).name}（{found['kind']}）")
        table.add_row("把握", f"{found['confidence']:.2f}")
        table.add_row("承办部门", "、".join(found["departments"]) or "不立办件")
        table.add_row("理由", "；".join(found["reasons"]))
        Console(highlight=False).print(table)


def _lines(file: Path) -> list[str]:
    """The texts of a file of JSON lines; every line that is wrong is named, and then nothing is done."""
    try:
        rows = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        _fail(f"读不出 {file}：应为 UTF-8 编码的文件（{type(error).__name__}）。")
    texts, findings = [], []
    for number, row in enumerate(rows, start=1):
        if not row.strip():
            continue
        try:
            value = json.loads(row)
        except ValueError:
            value = None
        if isinstance(value, dict) and isinstance(value.get("text"), str):
            texts.append(value["text"])
        else:
            findings.append(f"第 {number} 行：应为 JSON 对象，含文字 text")
    if findings:
        _fail(f"{file} 有误：\n" + "\n".join(f"  · {finding}" for finding in findings))
    return texts


@calendar.command("due")
def calendar_due(
    received: str,
    *,
    days: Annotated[int, typer.Option(help="工作日数。")] = 7,
    region: Annotated[str, typer.Option(help="xinjiang 或 national。")] = "xinjiang",
    as_json: AsJson = False,
) -> None:
    """从收到之日起数工作日，看哪天到期。"""
    try:
        account = make_calendar(region).account(date.fromisoformat(received), days)
    except ValueError as error:
        _fail(f"算不出来：{error}")
    if as_json:
        _print_json(account.to_json())
        return
    table = Table("日期", "计入", "原因", title=f"{received} 收到，{days} 个工作日")
    for day in account.days:
        table.add_row(
            day.on.isoformat(), "是" if day.counts else "否", day.why + ("（暂定）" if day.provisional else "")
        )
    console = Console(highlight=False)
    console.print(table)
    console.print(f"最迟 {account.due_on.isoformat()} 24:00（北京时间）" + ("，暂定" if account.provisional else ""))


def _look() -> Looking:
    return look(_settings())


def _settings() -> Settings:
    return read_settings()


if __name__ == "__main__":
    main()
