"""Lines to be looked at, from a file of JSON objects, one at a time, however long the file is."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

from bot.cli.terminal import MOST_LINES_NAMED, fail

Model = TypeVar("Model", bound=BaseModel)


class JsonLines(Generic[Model]):
    """The lines of a file, each read as a model that has a `text`. A line that is wrong is named and left out, and then
    the whole ends with exit code 1.
    """

    def __init__(self, file: Path, model: type[Model]) -> None:
        self._file = file
        self._model = model
        self._wrong = 0
        try:
            self._lines = file.open("rb")
        except OSError as error:
            fail(f"读不到文件 {file}（{error.strerror}）。请核对路径和权限。")

    def __iter__(self) -> Iterator[Model]:
        with self._lines as lines:
            try:
                for number, line in enumerate(lines, start=1):
                    if number == 1:
                        line = line.removeprefix(b"\xef\xbb\xbf")
                    if line.strip():
                        yield from self._read(number, line)
            except OSError as error:
                fail(f"读 {self._file} 时出错（{error.strerror}）。请核对它是不是一个文件。")

    def _read(self, number: int, line: bytes) -> Iterator[Model]:
        try:
            value = json.loads(line.decode("utf-8"))
        except UnicodeDecodeError:
            self._name(number, "不是 UTF-8 编码，请把文件另存为 UTF-8")
        except (ValueError, RecursionError):
            self._name(number, '不是 JSON，应形如 {"text": "…"}')
        else:
            try:
                yield self._model.model_validate(value)
            except ValidationError as error:
                self._name(number, _finding(error))

    def _name(self, number: int, finding: str) -> None:
        self._wrong += 1
        if self._wrong <= MOST_LINES_NAMED:
            print(f"{self._file} 第 {number} 行：{finding}。", file=sys.stderr)  # noqa: T201  the terminal reads it

    def done(self) -> None:
        """All has been read: say how many lines were wrong, if any."""
        if self._wrong:
            fail(f"{self._file} 有 {self._wrong} 行有误，没有判断；其余各行已输出。")


def _finding(error: ValidationError) -> str:
    field = str(error.errors()[0]["loc"][0]) if error.errors()[0]["loc"] else "text"
    if field == "text":
        return '应为 JSON 对象，含文字 text，形如 {"text": "…"}'
    return f"{field} 的值不对，用法见 python -m bot preview --help"
