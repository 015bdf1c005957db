"""`faq`: how the FAQ would answer and how well; entries to and from files."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.table import Column, Table

from bot.cli.options import (
    AsJson,
    look_or_fail,
    not_negative,
    say_if_sample,
    settings_or_fail,
)
from bot.cli.preview import BECOMES
from bot.cli.terminal import (
    MOST_LINES_NAMED,
    ChineseCommand,
    ChineseGroup,
    fail,
    make_console,
    print_json,
)

faq = typer.Typer(cls=ChineseGroup, help="问答库：看它会怎么答，答得准不准。")


@faq.command("ask", cls=ChineseCommand)
def faq_ask(question: Annotated[str, typer.Argument(metavar="问题")], *, as_json: AsJson = False) -> None:
    """问一个问题，看问答库会怎么答；什么都不会写下。"""
    from bot.cli.preview_json import Put, as_faq_answer, preview_of

    installation = look_or_fail()
    in_force = installation.in_force()
    found = as_faq_answer(in_force, preview_of(installation, in_force, Put(text=question)))
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
    say_if_sample(installation)


@faq.command("assess", cls=ChineseCommand)
def faq_assess(
    folder: Annotated[
        Path, typer.Argument(metavar="文件夹", help="含 faq.jsonl、queries.jsonl 和可有可无的 extra.jsonl。")
    ],
    *,
    phrasings: Annotated[
        int | None,
        typer.Option(
            parser=not_negative,
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
        export_entries(settings_or_fail(), now, file, "gb18030" if gb18030 else "utf-8", overwrite=overwrite)
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
        import_entries(settings_or_fail(), now, file, by, dry_run=dry_run, and_submit=submit)
    except (FileError, DatabaseError, VaultError) as error:
        fail(str(error))


def _name_findings(findings: Sequence[str]) -> NoReturn:
    for finding in findings[:MOST_LINES_NAMED]:
        print(finding, file=sys.stderr)  # noqa: T201  the terminal reads it
    fail(f"共 {len(findings)} 处有误，没有评测。请更正后再试。")
