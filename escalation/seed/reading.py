"""Reads a seed file and says, all at once and in Chinese, everything that is wrong with it and where."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

Place: TypeAlias = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong: in which file, at which place, in which field, and what would be right."""

    file: str
    place: str
    field: str
    advice: str

    def __str__(self) -> str:
        where = "，".join(part for part in (f"{self.file} {self.place}".strip(), self.field) if part)
        return f"{where}：{self.advice}"


class SeedError(ValueError):
    """A seed file cannot be used; `findings` holds everything that must be put right."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        """Keep every finding; the message lists one a line."""
        self.findings = tuple(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))


class Document:
    """One parsed seed file: its data, and the line on which each value stands."""

    def __init__(self, path: Path) -> None:
        """Read and parse `path`; raises `SeedError` when it is missing, not YAML, or not a mapping."""
        self.file = path.name
        self.findings: list[Finding] = []
        self._lines: dict[Place, int] = {}
        self.data = self._parse(path)

    def _parse(self, path: Path) -> dict[str, Any]:
        try:
            loader = yaml.CSafeLoader(path.read_text(encoding="utf-8"))
            node = loader.get_single_node()
            data = None if node is None else loader.construct_document(node)
        except OSError as error:
            raise self._unreadable("", f"读不到文件（{error.strerror}），请检查路径和权限") from error
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            mark = getattr(error, "problem_mark", None)
            place = f"第{mark.line + 1}行" if mark else ""
            raise self._unreadable(place, "不是有效的 YAML（UTF-8），请检查缩进、冒号和引号") from error
        if node is None or not isinstance(data, dict):
            raise self._unreadable("", "整个文件应是“名称: 内容”的列表")
        self._walk(node, ())
        return data

    def _unreadable(self, place: str, advice: str) -> SeedError:
        return SeedError([Finding(self.file, place, "", advice)])

    def _walk(self, node: yaml.Node, at: Place) -> None:
        self._lines[at] = node.start_mark.line + 1
        for key, child in _children(node):
            if (*at, key) in self._lines:
                # YAML would let the later one win without a word.
                place = f"第{child.start_mark.line + 1}行"
                self.findings.append(Finding(self.file, place, _dotted((*at, key)), "重复出现，请合并成一处"))
                continue
            self._walk(child, (*at, key))

    def report(self, at: Place, field: str, advice: str) -> None:
        """Note a finding about `field` of the value standing at `at`."""
        self.findings.append(Finding(self.file, self.place(at), field, advice))

    def place(self, at: Place, loc: Place = ()) -> str:
        """Where `at` stands, for people: the line, the list and the number in it, the value's own code.

        `loc` leads on from there to the very line that is wrong.
        """
        path = (*at, *loc)
        line = next((self._lines[path[:n]] for n in range(len(path), 0, -1) if path[:n] in self._lines), 1)
        where = "".join(f" 第{part + 1}项" if isinstance(part, int) else f" {part}" for part in at)
        match self._value(at):
            case {"code": str(code)}:
                return f"第{line}行{where}（{code}）"
            case _:
                return f"第{line}行{where}"

    def _value(self, at: Place) -> object:
        value: object = self.data
        for part in at:
            match value, part:
                case (dict() as members, str(key)):
                    value = members.get(key)
                case (list() as items, int(position)):
                    value = items[position]
                case _:
                    return None
        return value

    def expect_keys(self, *keys: str) -> None:
        """Note every top-level key that is missing or unknown."""
        for key in keys:
            if key not in self.data:
                self.report((), key, "缺少这一部分，请补上")
        for key in self.data:
            if key not in keys:
                self.report((key,), str(key), f"没有这一部分，可用的有：{'、'.join(keys)}")

    def one(self, key: str, model: type[Model]) -> Model | None:
        """The mapping under `key` as `model`, or None with findings noted."""
        return self._checked((key,), self.data[key], model) if key in self.data else None

    def many(self, key: str, model: type[Model]) -> list[tuple[Place, Model]]:
        """The items of the list under `key` that are right, each with its place; findings noted for the rest."""
        items = self.data.get(key, [])
        if not isinstance(items, list):
            self.report((key,), key, "应是列表，每项以“- ”开头")
            return []
        checked = (((key, n), self._checked((key, n), item, model)) for n, item in enumerate(items))
        return [(at, item) for at, item in checked if item is not None]

    def codes(self, key: str) -> set[str]:
        """Every code written under `key`, also of items that are wrong otherwise: what refers to them is not wrong."""
        items = self.data.get(key, [])
        items = items if isinstance(items, list) else [items]
        return {item["code"] for item in items if isinstance(item, dict) and isinstance(item.get("code"), str)}

    def codes_in(self, key: str, field: str) -> set[str]:
        """Every code that the items under `key` list in `field`, also in items that are wrong otherwise."""
        items = self.data.get(key, [])
        lists = [item.get(field) for item in items if isinstance(item, dict)] if isinstance(items, list) else []
        return {code for codes in lists if isinstance(codes, list) for code in codes if isinstance(code, str)}

    def expect_unique(self, items: Sequence[tuple[Place, Any]], *fields: str) -> None:
        """Note every value of `fields` that an earlier item has already."""
        for field in fields:
            seen: set[object] = set()
            for at, item in items:
                value = getattr(item, field)
                if value in seen:
                    self.report(at, field, f"“{value}”已被前面的一项使用，请换一个")
                seen.add(value)

    def _checked(self, at: Place, raw: object, model: type[Model]) -> Model | None:
        if not isinstance(raw, dict):
            self.report(at, "", "应是“字段: 内容”的一组")
            return None
        try:
            return model.model_validate(raw)
        except ValidationError as error:
            details = error.errors(include_url=False)
            for detail in details:
                if detail["type"] == "too_short" and any(_within(other["loc"], detail["loc"]) for other in details):
                    # Its wrong members were left out of the count; they are told by themselves.
                    continue
                field = _dotted(detail["loc"])
                self.findings.append(Finding(self.file, self.place(at, detail["loc"]), field, advice(detail, model)))
            return None

    def done(self) -> None:
        """Raise `SeedError` with everything noted so far, if anything was."""
        if self.findings:
            raise SeedError(self.findings)


def _children(node: yaml.Node) -> Iterator[tuple[str | int, yaml.Node]]:
    match node:
        case yaml.MappingNode():
            yield from ((int(key.value) if key.value.isdecimal() else key.value, child) for key, child in node.value)
        case yaml.SequenceNode():
            yield from enumerate(node.value)


def _within(inner: Place, outer: Place) -> bool:
    return len(inner) > len(outer) and inner[: len(outer)] == outer


def _dotted(loc: Place) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc).lstrip(".")


_ADVICE: Mapping[str, str] = {
    "missing": "缺少，请补上",
    "string_type": "应是文字（纯数字要加引号）",
    "int_type": "应是整数",
    "int_parsing": "应是整数",
    "int_from_float": "应是整数",
    "float_type": "应是数字",
    "float_parsing": "应是数字",
    "bool_type": "应是 true 或者 false",
    "bool_parsing": "应是 true 或者 false",
    "tuple_type": "应是列表，例如 [甲, 乙]",
    "list_type": "应是列表，例如 [甲, 乙]",
    "dict_type": "应是“名称: 内容”的一组",
    "string_too_short": "不能为空",
    "too_short": "不能为空",
}


def advice(detail: ErrorDetails, model: type[BaseModel]) -> str:
    """What would be right, in Chinese, for one of pydantic's findings about `model`."""
    context = detail.get("ctx", {})
    match detail["type"]:
        case "extra_forbidden":
            fields = f"，可用的有：{'、'.join(model.model_fields)}" if len(detail["loc"]) == 1 else ""
            return f"没有这个字段{fields}"
        case "enum" | "literal_error":
            allowed = str(context["expected"]).replace("'", "").replace(" or ", ", ").replace(", ", "、")
            return f"应是其中之一：{allowed}"
        case "greater_than_equal":
            return f"应不小于 {context['ge']}"
        case "greater_than":
            return f"应大于 {context['gt']}"
        case "less_than_equal":
            return f"应不大于 {context['le']}"
        case "string_pattern_mismatch":
            return "应由小写英文字母、数字和下划线组成，以字母开头"
        case "value_error":
            return str(context["error"])
        case other:
            return _ADVICE.get(other, f"不合要求（{other}）")
