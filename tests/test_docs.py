"""What the pages say is so: commands, files, links, and the facts that an office relies on."""

import re
import shlex
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli.main import app
from bot.doctor.findings import TITLES
from bot.duty_kinds import duty_kinds
from bot.wording import WORDINGS
from bot.wording.speech import ENGLISH as ENGLISH_WORDS
from bot.wording.speech import words_of
from escalation.deadlines.ladder import Addressee
from escalation.deadlines.terms import Unit
from escalation.duties.duties import REMINDER_OF
from escalation.rules.duty_kinds import DutyKind
from escalation.rules.kinds import SUBJECT, CaseKind, Milestone
from escalation.seed import load_bureau, load_kinds
from faq.assess import Assessment
from tests.support.house import HouseUnderTest

HERE = Path(__file__).parent.parent
ENGLISH, CHINESE = HERE / "README.md", HERE / "README.zh-CN.md"
ARCHITECTURE, HANDBOOK = HERE / "docs/architecture.md", HERE / "docs/handbook.zh-CN.md"
OPERATIONS, BENCHMARKS = HERE / "docs/operations.md", HERE / "docs/benchmarks.md"
CONTRIBUTING = HERE / "CONTRIBUTING.md"
DECISIONS = sorted((HERE / "docs/decisions").glob("*.md"))
PAGES = [ENGLISH, CHINESE, CONTRIBUTING, ARCHITECTURE, HANDBOOK, OPERATIONS, BENCHMARKS, *DECISIONS]
ROOMS = ("bot", "faq", "escalation", "intents", "storage", "language", "bench")

BLOCK = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)")
FILE = re.compile(
    rf"(?<![\w./])(?:(?:{'|'.join(ROOMS)}|tests|docs|requirements)/[\w./-]*[\w/]|pyproject\.toml|Makefile)"
)
IN_ENGLISH = {Unit.WORKING_DAYS: "working day", Unit.CALENDAR_DAYS: "day", Unit.MINUTES: "minute"}
IN_CHINESE = {Unit.WORKING_DAYS: "个工作日", Unit.CALENDAR_DAYS: "日", Unit.MINUTES: "分钟"}
CHAT_COMMAND = re.compile(r"`/([a-z]+)[ `]")


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def commands(page: Path) -> list[str]:
    """Every line of a page that is typed into a terminal."""
    typed = re.compile(r"^(?:[A-Z_]+=\S+ )*(?:make|\.venv/bin/python -m bot)\b")
    lines = [line.removeprefix("$ ") for block in BLOCK.findall(read(page)) for line in block.splitlines()]
    return [line for line in lines if typed.match(line)]


def spoken_of(page: Path) -> list[str]:
    """The commands named within sentences."""
    return re.findall(r"`((?:[A-Z_]+=\S+ )*(?:make|(?:\.venv/bin/)?python -m bot)\b[^`]*)`", read(page))


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (HERE / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_of_a_page_exists(page: Path) -> None:
    for line in [*commands(page), *spoken_of(page)]:
        words = [word for word in shlex.split(line, comments=True) if not re.fullmatch(r"[A-Z_]+=.*", word)]
        if words[0] == "make":
            assert set(words[1:]) <= targets(), line
        else:
            found = CliRunner().invoke(app, [*words[3:], "--help"])
            assert found.exit_code == 0, f"{line}: {found.output}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_relative_links_lead_somewhere(page: Path) -> None:
    links = [link for link in LINK.findall(read(page)) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize(
    "page", [CONTRIBUTING, ARCHITECTURE, HANDBOOK, BENCHMARKS, *DECISIONS], ids=lambda page: page.name
)
def test_every_file_that_is_named_exists(page: Path) -> None:
    assert [name for name in FILE.findall(read(page)) if not (HERE / name).exists()] == []


def test_the_map_names_every_file_and_folder_of_the_rooms() -> None:
    the_map = BLOCK.findall(read(ARCHITECTURE))[0]
    named = {line.split()[0].rstrip("/") for line in the_map.splitlines() if line}
    there = {
        f"{room}/{one.name}"
        for room in ROOMS
        for one in (HERE / room).iterdir()
        if one.name not in ("__init__.py", "__pycache__")
    }
    assert there - named == set()


def test_git_is_lent_a_hook_that_checks_before_every_commit() -> None:
    hook = HERE / ".githooks" / "pre-commit"
    assert hook.stat().st_mode & 0o111 == 0o111
    assert "make check" in read(hook)
    assert "core.hooksPath .githooks" in read(HERE / "Makefile")


def test_both_readmes_have_the_same_headings_commands_and_links() -> None:
    def shape(page: Path) -> tuple[list[str], list[str], list[str]]:
        text = read(page)
        outside = BLOCK.sub("", text)
        links = [link for link in LINK.findall(text) if not link.startswith("README")]
        return re.findall(r"^#+(?= )", outside, re.MULTILINE), commands(page), links

    assert shape(ENGLISH) == shape(CHINESE)


def rows(page: Path, title: str) -> list[list[str]]:
    """The rows of the table whose first heading is `title`."""
    table = re.search(rf"^\| {title} \|.*\n\|[-| ]+\n((?:\|.*\n)+)", read(page), re.MULTILINE)
    assert table is not None, title
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in table[1].splitlines()]


WALK = {
    "个体户月销售额10万元以内要交增值税吗": "依据：",
    "发票丢了怎么办": "您想问的是下面哪一个",
    "公积金怎么提取": "可能不归税务部门办理",
    "我们公司在喀什": "接着",
    "那天他小声跟我说，名片上那家办得快": "是想：",
    "我要投诉办税服务厅，工作人员态度恶劣，排队两个小时没人管": "查询码：",
    "还有，是三号窗口": "是补充这件，还是另一件事",
    "完税证明怎么开": "依据：",
}


async def test_the_walk_of_the_readmes_leads_where_they_say(house: HouseUnderTest) -> None:
    assert [row[0] for row in rows(ENGLISH, "Type")] == [row[0] for row in rows(CHINESE, "输入")] == list(WALK)
    visitor = await house.visitor()
    for sentence, heard in WALK.items():
        told = await visitor.say(sentence)
        assert heard in told.text
        if "不用了" in told.buttons and "都不是" not in told.buttons:
            await visitor.press("不用了", on=told)
    assert "已补充到办件" in (await visitor.press("补充到该办件")).text


def test_every_notice_and_every_kind_of_duty_is_described() -> None:
    described = set(re.findall(r"`([a-z_]+(?:\.[a-z_]+)+)`", read(ARCHITECTURE)))
    assert set(WORDINGS) - described == set()
    assert {kind.code for kind in duty_kinds()} - described == set()
    told = {*WORDINGS, *(REMINDER_OF + kind.code for kind in duty_kinds())}
    assert {name for row in rows(ARCHITECTURE, "to") for name in re.findall("`(.*?)`", row[1])} == told


def span_of(kind: DutyKind, units: Mapping[Unit, str], otherwise: str) -> str:
    if kind.span is None or kind.unit is None:
        return otherwise
    return f"{kind.span} {units[kind.unit]}{'s' if kind.span > 1 and units is IN_ENGLISH else ''}"


def test_the_kinds_of_duty_are_told_as_they_are_declared() -> None:
    english, declared = words_of(ENGLISH_WORDS), []
    for kind in duty_kinds():
        span = span_of(kind, IN_ENGLISH, "its subject says")
        declared.append([f"`{kind.code}`", english(kind.holder), span, kind.sealed, kind.settled])
    assert [[row[0], *row[3:]] for row in rows(ARCHITECTURE, "kind")] == declared
    assert rows(HANDBOOK, "待办种类") == [
        [kind.title, kind.holder, span_of(kind, IN_CHINESE, "随所办的事")] for kind in duty_kinds()
    ]


def test_the_operations_page_names_the_kinds_of_duty_among_the_labels() -> None:
    assert f"对待办是 {'、'.join(kind.code for kind in duty_kinds())}；" in read(OPERATIONS)


def test_every_command_of_the_chat_that_the_pages_name_is_heard() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (HERE / "bot/handlers").rglob("*.py"))
    heard = {
        "start",
        *(name for found in re.findall(r"Command\(([^)]*)\)", sources) for name in re.findall(r'"(\w+)"', found)),
    }
    named = {name for page in (ENGLISH, CHINESE, HANDBOOK) for name in CHAT_COMMAND.findall(read(page))}
    assert named - heard == set()
    assert heard - set(CHAT_COMMAND.findall(read(HANDBOOK))) == set()


UNITS = {"working_days": "个工作日", "calendar_days": "日"}
ADDRESSEES = {
    Addressee.HOLDER: "承办人",
    Addressee.HEAD: "部门负责人",
    Addressee.OFFICE: "办公室",
    Addressee.LEADER: "局领导",
    Addressee.ADMINISTRATOR: "管理员",
}


def span(of: CaseKind | Milestone, number: int | None) -> str:
    if number is None:
        return "按有关规定"
    return f"{number // 60} 小时" if of.unit == "minutes" else f"{number} {UNITS[str(of.unit)]}"


def names() -> Mapping[str, str]:
    bureau = load_bureau()
    return {one.code: one.name for one in bureau.departments_of(bureau.region.code)} | {SUBJECT: "按内容"}


def row_of(kind: CaseKind) -> list[str]:
    """What the handbook must say of a kind."""
    if not kind.opens_case:
        return [kind.name, "不立办件", "", "", "", ""]
    goes_to = "、".join(names()[code] for code in kind.goes_to)
    if kind.recusal_to is not None:
        goes_to += f"（须回避时{names()[kind.recusal_to]}）"
    limit = span(kind, kind.span)
    if kind.starts == "confirmation":
        limit += "，自确认之日起"
    if kind.is_own_promise:
        limit += "（本局承诺）"
    longest = "不能延期" if kind.extension_limit is None else span(kind, kind.extension_limit)
    return [kind.name, goes_to, f"{kind.sign_working_days} 个工作日", limit, longest, kind.readers]


def milestones() -> Iterator[str]:
    for kind in load_kinds().values():
        for one in kind.milestones:
            yield f"{kind.name}：{one.name}，{span(one, one.span)}{'（本局承诺）' if one.is_own_promise else ''}"


def test_the_handbook_tells_kinds_and_limits_as_the_table_has_them() -> None:
    assert rows(HANDBOOK, "类别") == [row_of(kind) for kind in load_kinds().values()]
    assert [line for line in milestones() if f"- {line}\n" not in read(HANDBOOK)] == []


def test_the_handbook_tells_the_ladders_as_they_are() -> None:
    expected = [
        [kind.title, rung.name, "、".join(ADDRESSEES[one] for one in rung.addressees)]
        for kind in duty_kinds()
        for rung in kind.ladder.rungs
    ]
    assert rows(HANDBOOK, "待办") == expected


def test_the_reasons_for_the_dependencies_cover_exactly_those_we_have() -> None:
    project = tomllib.loads(read(HERE / "pyproject.toml"))["project"]
    wanted = {re.split(r"[\[<>=]", one)[0] for one in project["dependencies"]}
    page = next(page for page in DECISIONS if page.name.endswith("dependencies.md"))
    assert {name for row in rows(page, "package") for name in row[0].split(", ")} == wanted


def test_every_figure_of_an_assessment_is_explained_in_its_order() -> None:
    assert [row[0].strip("`") for row in rows(OPERATIONS, "键")] == [figure.name for figure in fields(Assessment)]


def test_the_operations_page_tells_of_exactly_the_checks_that_an_examination_makes() -> None:
    assert [(row[1].strip("`"), row[0]) for row in rows(OPERATIONS, "项目")] == list(TITLES.items())


def test_what_the_log_is_said_to_tell_of_each_fault_is_what_it_tells() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (HERE / "bot").rglob("*.py"))
    named = {name for row in rows(OPERATIONS, "故障") for name in re.findall(r"`([a-z_]+)`", row[4])}
    assert {name for name in named if not name.startswith("shuiqiao_") and f'"{name}"' not in sources} == set()
    assert {"told_to_wait", "delivery_failed", "database_trouble", "clock_set", "set_aside"} <= named


def test_every_decision_is_listed() -> None:
    index = read(HERE / "docs/decisions/README.md")
    assert [page.name for page in DECISIONS if page.name != "README.md" and f"({page.name})" not in index] == []
