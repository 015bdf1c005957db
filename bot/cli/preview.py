"""`preview` and `intent`: what becomes of a message, and what it is taken for."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Column, Table

from bot.cli.options import AsJson, look_or_fail, say_if_sample
from bot.cli.terminal import (
    fail,
    make_console,
    print_json,
)

BECOMES = {
    "answer": "直接答复",
    "choices": "请提问人选择",
    "words": "用语回应，不查问答条目，不立办件",
    "asked_back": "再问一句",
    "case": "没有答案，转工作人员",
    "supplement": "补充到办件",
}


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
    from bot.cli.preview_json import Put, preview_of
    from bot.cli.preview_json import as_json as whole
    from bot.installation import INSTALLATION_ERRORS, with_entries_of

    if (text is None) == (file is None):
        fail("请给出一条消息，或用 --file 给出一个文件，二者选一。", 2)
    lines = None if file is None else JsonLines(file, Put)
    installation = look_or_fail()
    try:
        installation = installation if entries is None else with_entries_of(installation, entries)
    except INSTALLATION_ERRORS as error:
        fail(str(error))
    in_force = installation.in_force()
    if lines is not None:
        for put in lines:
            print_json(whole(installation, preview_of(installation, in_force, put)))
        lines.done()
        return
    found = whole(installation, preview_of(installation, in_force, Put(text=str(text))))
    if as_json:
        print_json(found)
        return
    table = Table("", Column(overflow="fold"), show_header=False)
    table.add_row("结果", BECOMES[found["becomes"]])
    table.add_row("类别", f"{installation.rules.kind(found['kind']).name}（{found['kind']}）")
    table.add_row("把握", f"{found['confidence']:.2f}")
    if found["answer"]:
        table.add_row("答复", f"{found['question']}\n{found['answer']}")
    table.add_row("条目", "\n".join(f"{one['question']}　{one['score']:.2f}" for one in found["candidates"]))
    table.add_row("若立办件", "、".join(found["departments"]))
    table.add_row("理由", "；".join(found["reasons"]))
    make_console().print(table)
    say_if_sample(installation)


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
    from bot.cli.preview_json import Put, as_intent, preview_of

    if (text is None) == (file is None):
        fail("请给出一条消息，或用 --file 给出一个文件，二者选一。", 2)
    if file is not None:
        lines = JsonLines(file, Put)
        installation = look_or_fail()
        in_force = installation.in_force()
        for put in lines:
            print_json(as_intent(installation, preview_of(installation, in_force, Put(text=put.text))))
        lines.done()
        return
    installation = look_or_fail()
    found = as_intent(installation, preview_of(installation, installation.in_force(), Put(text=str(text))))
    if as_json:
        print_json(found)
        return
    table = Table("", Column(overflow="fold"), show_header=False)
    table.add_row("类别", f"{installation.rules.kind(found['kind']).name}（{found['kind']}）")
    table.add_row("把握", f"{found['confidence']:.2f}")
    table.add_row("承办部门", "、".join(found["departments"]) or "不立办件")
    table.add_row("理由", "；".join(found["reasons"]))
    make_console().print(table)
    say_if_sample(installation)
