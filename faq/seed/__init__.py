"""The sample FAQ that a new bureau starts with: reads the YAML files of this folder and checks every line of them.

Each `*.yaml` file is a list of entries; `categories.yaml` names the categories that entries may use. Whatever is wrong
in any file is collected first and told at once, in Chinese, with file, entry, field and what would be right.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

CATEGORIES_FILE = "categories.yaml"

PLACEHOLDER = re.compile(
    r"t[o0]do|tbd|lorem|x{3,}|×{2,}|待补|待定|待填|占位|某某|_{2,}|\?{2,}|？{2,}|\ufffd", re.IGNORECASE
)
SIGNS = re.compile(r"[\W_]+")
ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
Checked = TypeVar("Checked", bound=BaseModel)


class SeedError(ValueError):
    """What is wrong in the sample files; `str()` is the whole message for a person, one finding a line."""

    def __init__(self, findings: Iterable[str]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join([f"样例问答有 {len(self.findings)} 处需要更正：", *self.findings]))


def _not_placeholder(text: str) -> str:
    found = PLACEHOLDER.search(text)
    if found:
        raise PydanticCustomError("placeholder", "含有占位文字「{found}」", {"found": found.group()})
    return text


def _local_date(value: object) -> date | None:
    if value is None or type(value) is date:
        return value
    if isinstance(value, str) and ISO_DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise PydanticCustomError("date", "不是真实的日期")


Written = AfterValidator(_not_placeholder)
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=64)]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=32)]
Question = Annotated[str, StringConstraints(strip_whitespace=True, min_length=4, max_length=80), Written]
Answer = Annotated[str, StringConstraints(strip_whitespace=True, min_length=10, max_length=1200), Written]
Basis = Annotated[str, StringConstraints(strip_whitespace=True, min_length=4, max_length=300), Written]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=40), Written]
LocalDate = Annotated[date | None, BeforeValidator(_local_date)]


class SeedCategory(BaseModel):
    """A category of entries: the code that entries use, and the name that people read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: Code
    name: Name


class SeedEntry(BaseModel):
    """One sample entry; no officer has verified it. `valid_until` is the last local day on which it may answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Slug
    question: Question
    phrasings: Annotated[tuple[Question, ...], Field(min_length=2, max_length=4)]
    answer: Answer
    legal_basis: Basis
    category: Code
    department: Name
    valid_until: LocalDate = None
    sample: Literal[True] = True


RIGHT = {
    "id": "小写字母、数字和连字符组成的代号，最多64个字符，如 vat-rates",
    "question": "4至80字的问题",
    "phrasings": "2至4条其他问法的列表，每条4至80字",
    "answer": "10至1200字的答复",
    "legal_basis": "4至300字的文件名称和条号，或者文号",
    "category": f"{CATEGORIES_FILE} 中的分类代号",
    "department": "2至40字的处室名称",
    "valid_until": "YYYY-MM-DD 形式的真实日期，或者不写",
    "sample": "true，或者不写",
    "code": "小写字母、数字和下划线组成的代号，最多32个字符",
    "name": "2至40字的分类名称",
}
WRONG = {
    "missing": "缺少",
    "extra_forbidden": "没有这个字段",
    "string_type": "不是文字",
    "string_too_short": "太短",
    "string_too_long": "太长",
    "string_pattern_mismatch": "写法不对",
    "too_short": "条数太少",
    "too_long": "条数太多",
    "tuple_type": "不是列表",
}


class _Loader(yaml.CSafeLoader):
    """Plain YAML, except that a date stays text, for the model to read, and that a key written twice is an error."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(
                        problem=f"的字段「{key.value}」写了两次", problem_mark=key.start_mark
                    )
                seen.add(key.value)
        super().flatten_mapping(node)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True, slots=True)
class _Placed:
    """An entry together with the words that say where it stands."""

    where: str
    entry: SeedEntry


def load_entries(folder: Path | None = None, departments: Collection[str] | None = None) -> tuple[SeedEntry, ...]:
    """All sample entries, in the order of file names and of lines.

    `folder` is the folder to read, by default the one that comes with the product; `departments` are the names that an
    entry may give, any name if None. Raises SeedError with every finding.
    """
    folder = folder or Path(__file__).parent
    findings: list[str] = []
    codes = {category.code for category in _categories(folder, findings)}
    paths = [path for path in sorted(folder.glob("*.yaml")) if path.name != CATEGORIES_FILE]
    if not paths:
        findings.append(f"{folder.name}：没有条目文件；应有至少一个 *.yaml 文件")
    placed = [one for path in paths for one in _entries(path, findings)]
    findings += _repeated(placed)
    findings += _unknown(placed, codes, departments)
    if findings:
        raise SeedError(findings)
    return tuple(one.entry for one in placed)


def load_categories(folder: Path | None = None) -> tuple[SeedCategory, ...]:
    """The categories, in the order in which a menu shows them. Raises SeedError with every finding."""
    findings: list[str] = []
    categories = _categories(folder or Path(__file__).parent, findings)
    if findings:
        raise SeedError(findings)
    return categories


def _categories(folder: Path, findings: list[str]) -> tuple[SeedCategory, ...]:
    found: dict[str, SeedCategory] = {}
    for where, raw in _items(folder / CATEGORIES_FILE, "code", findings):
        category = _checked(SeedCategory, where, raw, findings)
        if category is None:
            continue
        if category.code in found:
            findings.append(f"{where} code：代号重复；应每个代号只用一次")
        found[category.code] = category
    return tuple(found.values())


def _entries(path: Path, findings: list[str]) -> Iterator[_Placed]:
    for where, raw in _items(path, "id", findings):
        entry = _checked(SeedEntry, where, raw, findings)
        if entry is not None:
            yield _Placed(where, entry)


def _items(path: Path, key: str, findings: list[str]) -> Iterator[tuple[str, object]]:
    """The items of a file and where each stands; a file that is no list of items gives one finding and nothing else."""
    content = _content(path, findings)
    if content is None:
        return
    if not isinstance(content, list) or not content:
        findings.append(f"{path.name}：内容不是列表；应每个条目以「- 」开头")
        return
    for number, raw in enumerate(content, start=1):
        name = raw.get(key) if isinstance(raw, dict) else None
        yield f"{path.name} 第{number}条" + (f"（{name}）" if isinstance(name, str) and name else ""), raw


def _content(path: Path, findings: list[str]) -> object:
    """What the file says, None if it cannot be read (and then there is a finding)."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        if yaml.reader.Reader.NON_PRINTABLE.search(text):
            raise ValueError("unprintable")  # told below; the parser in C would blame the next line
        content: object = yaml.load(text, Loader=_Loader)  # noqa: S506 it is a SafeLoader
    except UnicodeDecodeError as error:
        findings.append(f"{path.name}：第{error.start + 1}个字节起不是 UTF-8 文字；应另存为 UTF-8 编码")
    except OSError:
        findings.append(f"{path.name}：文件不存在或者无法读取；应放在样例文件夹中并允许读取")
    except yaml.MarkedYAMLError as error:
        line = f"第{error.problem_mark.line + 1}行" if error.problem_mark else ""
        problem = error.problem if error.problem and "写了两次" in error.problem else "不合 YAML 格式"
        findings.append(f"{path.name}：{line}{problem}；应检查这一行和上一行的缩进、冒号、引号，同一字段只写一次")
    except (yaml.YAMLError, ValueError, RecursionError):
        findings.append(f"{path.name}：含有 YAML 不允许的字符或者写法；应只用普通文字")
    else:
        return [] if content is None else content
    return None


def _checked(model: type[Checked], where: str, raw: object, findings: list[str]) -> Checked | None:
    if not isinstance(raw, dict):
        findings.append(f"{where}：不是「字段: 内容」的形式；应有 {'、'.join(model.model_fields)} 等字段")
        return None
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        details = error.errors(include_url=False)
        items = {detail["loc"][0] for detail in details if len(detail["loc"]) > 1}
        # pydantic leaves a wrong item out of its count, and so would call the list too short as well
        findings += [_told(model, where, one) for one in details if len(one["loc"]) > 1 or one["loc"][0] not in items]
        return None


def _told(model: type[BaseModel], where: str, detail: ErrorDetails) -> str:
    """One line for one finding: where, field, what is wrong, what would be right."""
    name, *inner = detail["loc"]
    field = f"{name}" + "".join(f" 第{one + 1}项" for one in inner if isinstance(one, int))
    if detail["type"] in ("placeholder", "date"):
        wrong = detail["msg"]
    elif detail["input"] is None:
        wrong = "是空的"
    else:
        wrong = WRONG.get(detail["type"], "内容不对")
    known = f"字段 {'、'.join(model.model_fields)} 之一"
    return f"{where} {field}：{wrong}；应为{RIGHT.get(str(name), known)}"


def _repeated(placed: list[_Placed]) -> Iterator[str]:
    """Findings about ids and questions that stand twice; spaces, signs, case and width make no difference."""
    ids: dict[str, str] = {}
    asked: dict[str, str] = {}
    for one in placed:
        if one.entry.id in ids:
            yield f"{one.where} id：与 {ids[one.entry.id]} 重复；应换一个代号"
        ids.setdefault(one.entry.id, one.where)
        for number, text in enumerate((one.entry.question, *one.entry.phrasings)):
            field = f"phrasings 第{number}项" if number else "question"
            bare = SIGNS.sub("", unicodedata.normalize("NFKC", text)).casefold()
            if bare in asked:
                yield f"{one.where} {field}：「{text}」与 {asked[bare]} 重复；应换一种问法，或者合并两个条目"
            asked.setdefault(bare, f"{one.where} {field}")


def _unknown(placed: list[_Placed], codes: Collection[str], departments: Collection[str] | None) -> Iterator[str]:
    """Findings about categories and departments that nobody knows."""
    for one in placed:
        if codes and one.entry.category not in codes:
            yield f"{one.where} category：没有「{one.entry.category}」这个分类；应为 {'、'.join(sorted(codes))} 之一"
        if departments is not None and one.entry.department not in departments:
            right = "、".join(sorted(departments))
            yield f"{one.where} department：没有「{one.entry.department}」这个处室；应为 {right} 之一"
