"""How the command line looks on a terminal: help and refusals in Chinese, tables that keep to the width, plain JSON."""

import io
import json
import re
import sys
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from typer.core import TyperCommand, TyperGroup

WIDEST_HELP = 80
MOST_LINES_NAMED = 20  # of a file that has many wrong ones; all are counted

LINE_ENDS = {code: f"\\u{code:04x}" for code in (0x85, 0x2028, 0x2029)}

# What the parser of the command line says, and how we say it. A test holds each line against the parser itself.
REFUSALS = (
    (r"No such command '(.*?)'\..*", "没有命令 {0}"),
    (r"No such option: (\S+).*", "没有选项 {0}"),
    (r"Missing command\.", "缺少命令"),
    (r"Missing (?:argument|option|parameter) '(.*)'\.", "缺少 {0}"),
    (r"Option '(.*)' requires an argument\.", "{0} 后面缺少值"),
    (r"Option '(.*)' does not take a value\.", "{0} 后面不能带值"),
    (r"Got unexpected extra argument\(s\) \((.*)\)", "多出了 {0}"),
    (r"Invalid value for '(.*?)': (.*)", "{0}：{1}"),
)


def make_console() -> Console:
    """Writes to people: as wide as the terminal, and no sign in a text is taken for an instruction."""
    return Console(highlight=False, markup=False, emoji=False)


def print_json(value: Any) -> None:
    """One line of UTF-8, whatever the terminal speaks and whoever reads it.

    Half a surrogate pair becomes its escape, as JSON writes it, and so do the signs that some readers end a line at.
    """
    line = json.dumps(value, ensure_ascii=False).translate(LINE_ENDS)
    sys.stdout.flush()
    sys.stdout.buffer.write(line.encode("utf-8", "backslashreplace") + b"\n")


def fail(sentence: str, code: int = 1) -> NoReturn:
    """Say what is wrong and what to do, and end with an exit code that is not 0."""
    print(sentence, file=sys.stderr)  # noqa: T201  the terminal is who reads it
    raise SystemExit(code)


def refusal(error: typer.TyperException) -> str:
    """In Chinese what the parser did not understand about a command line, and where to read how it is written."""
    said = error.format_message()
    for pattern, sentence in REFUSALS:
        if found := re.fullmatch(pattern, said, re.DOTALL):
            said = sentence.format(*(part.replace("' / '", " 或 ") for part in found.groups()))
            break
    context: typer.Context | None = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "python -m bot"
    return f"{said}。用法见：{path} --help"


class ChineseCommand(TyperCommand):
    """A command whose help is in Chinese."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        formatter.write(_help(self, ctx))


class ChineseGroup(TyperGroup):
    """A group of commands whose help is in Chinese."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        formatter.write(_help(self, ctx))


def _help(command: TyperCommand | TyperGroup, context: typer.Context) -> str:
    """Usage, purpose, and what may be given: arguments, options, commands."""
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option"]
    commands = command.commands if isinstance(command, TyperGroup) else {}
    names = [str(one.metavar) if one.required else f"[{one.metavar}]" for one in arguments]
    usage = " ".join([context.command_path, "[选项]", *names, *(["命令 …"] if commands else [])])
    sections = {
        "参数": [(str(one.metavar), _explained(one)) for one in arguments],
        "选项": [
            *((" ".join([*one.opts, one.metavar or ""]).strip(), _explained(one)) for one in options),
            ("--help", "显示本帮助。"),
        ],
        "命令": [(name, one.help or "") for name, one in commands.items()],
    }
    console = Console(file=io.StringIO(), width=WIDEST_HELP, highlight=False, markup=False, emoji=False)
    with console.capture() as captured:
        console.print(f"用法：{usage}\n\n{command.help or ''}")
        for title, rows in sections.items():
            if rows:
                console.print(f"\n{title}：")
                console.print(_columns(rows))
    return "\n".join(line.rstrip() for line in captured.get().splitlines()) + "\n"


def _explained(parameter: Any) -> str:
    help_text = str(parameter.help or "")
    shown = parameter.default is not None and not getattr(parameter, "is_flag", False)
    return f"{help_text.removesuffix('。')}，不写则为 {parameter.default}。" if shown else help_text


def _columns(rows: list[tuple[str, str]]) -> Table:
    table = Table.grid(padding=(0, 2), pad_edge=True)
    for row in rows:
        table.add_row(*row)
    return table
