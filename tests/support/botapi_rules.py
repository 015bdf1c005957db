"""What Telegram accepts in a message and what it says when it does not; no server, no state."""

import html
import re
from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]

TEXT_UNITS = 4096  # UTF-16 code units, as Telegram counts
DATA_BYTES = 64
KEYBOARD_BUTTONS = 100
TAGS = {"b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "s": "strikethrough"}
TAGS |= {"code": "code", "pre": "pre", "a": "text_link", "blockquote": "blockquote", "tg-spoiler": "spoiler"}
PIECE = re.compile(
    r"""<(?P<end>/?)(?P<tag>[a-z][a-z0-9-]*)(?P<rest>[^<>]*)>
    | (?P<reference>&(?:lt|gt|amp|quot|\#\d+|\#x[0-9a-f]+);)
    | (?P<words>[^<&]+|&)
    | (?P<stray><)""",
    re.IGNORECASE | re.VERBOSE,
)


class ApiError(Exception):
    """What Telegram answers instead of a result."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters

    def body(self) -> Json:
        answer: Json = {"ok": False, "error_code": self.code, "description": self.description}
        return answer | ({"parameters": self.parameters} if self.parameters else {})


def units(text: str) -> int:
    """Length in UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def readable(parameters: Json) -> tuple[str, list[Json]]:
    """The text that a reader sees and its entities; `ApiError` where Telegram would refuse it."""
    text, entities = str(parameters.get("text", "")).strip(), list(parameters.get("entities", []))
    match str(parameters.get("parse_mode", "")).lower():
        case "":
            pass
        case "html":
            text, entities = _from_html(text)
        case other:
            raise ApiError(400, f"Bad Request: unsupported parse_mode {other}")
    if not text:
        raise ApiError(400, "Bad Request: message text is empty")
    if units(text) > TEXT_UNITS:
        raise ApiError(400, "Bad Request: message is too long")
    return text, entities


def _from_html(marked: str) -> tuple[str, list[Json]]:
    text, entities, opened = "", list[Json](), list[tuple[str, Json]]()
    for piece in PIECE.finditer(marked):
        tag = (piece["tag"] or "").lower()
        if piece["stray"] or (tag and tag not in TAGS):
            raise ApiError(400, f'Bad Request: can\'t parse entities: Unsupported start tag "{tag}"')
        if not tag:
            text += html.unescape(piece[0]) if piece["reference"] else piece[0]
        elif not piece["end"]:
            link = re.search(r"""href=["']?([^"'>]*)""", piece["rest"])
            opened.append((tag, {"type": TAGS[tag], "offset": units(text)} | ({"url": link[1]} if link else {})))
        elif not opened or opened[-1][0] != tag:
            raise ApiError(400, f'Bad Request: can\'t parse entities: Unexpected end tag "{tag}"')
        else:
            entity = opened.pop()[1]
            entities.append(entity | {"length": units(text) - entity["offset"]})
    if opened:
        raise ApiError(400, f"Bad Request: can't parse entities: Can't find end tag \"{opened[-1][0]}\"")
    return text, entities


def keyboard(parameters: Json) -> Json:
    """The `reply_markup` of a message, with its buttons checked; empty where there is none."""
    markup: Json = parameters.get("reply_markup") or {}
    buttons = [button for row in markup.get("inline_keyboard", []) for button in row]
    if len(buttons) > KEYBOARD_BUTTONS:
        raise ApiError(400, "Bad Request: reply markup is too long")
    for button in buttons:
        _check_button(button)
    return markup


def _check_button(button: Json) -> None:
    if not button.get("text"):
        raise ApiError(400, 'Bad Request: field "text" must be of type String')
    if "callback_data" in button:
        if not 1 <= len(button["callback_data"].encode()) <= DATA_BYTES:
            raise ApiError(400, "Bad Request: BUTTON_DATA_INVALID")
    elif url := button.get("url"):
        if "." not in (urlsplit(url).hostname or "") and not url.startswith("tg://"):  # "localhost" is refused, too
            raise ApiError(400, f"Bad Request: inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
    elif len(button) == 1:
        raise ApiError(400, "Bad Request: text buttons are unallowed in the inline keyboard")
