"""A quick start changes nothing of what is read from a channel, or said through it."""

import gc
import json
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from aiogram import Bot, types
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.methods import GetMe, SendMessage

from bot.runtime import startup

ROOT = Path(__file__).parent.parent.parent
STAMP = 1_762_142_400
PERSON = {"id": 7, "is_bot": False, "first_name": "测试"}
MESSAGE = {
    "message_id": 1,
    "date": STAMP,
    "chat": {"id": 7, "type": "private"},
    "from": PERSON,
    "text": "/start 1",
    "entities": [{"type": "bot_command", "offset": 0, "length": 6}],
}
LEFT = {"status": "left", "user": PERSON}
EVENTS: dict[str, dict[str, Any]] = {
    "message": MESSAGE | {"reply_to_message": MESSAGE | {"message_id": 2}},
    "callback_query": {"id": "1", "from": PERSON, "chat_instance": "1", "data": "sign:1", "message": MESSAGE},
    "my_chat_member": {
        "chat": {"id": -7, "type": "group"},
        "from": PERSON,
        "date": STAMP,
        "old_chat_member": LEFT,
        "new_chat_member": LEFT,
    },
}
PROGRAM = """
from bot.runtime import startup
startup.begin()
import gc, json
from tests.bot.test_startup import built, wire
print(json.dumps([gc.isenabled(), built(), wire()]))
"""


def wire() -> list[str]:
    """Updates as they are understood, a message as it is sent, and an answer of Telegram as it is taken."""
    read = [types.Update.model_validate({"update_id": 1, kind: event}) for kind, event in EVENTS.items()]
    button = types.InlineKeyboardButton(text="签收", callback_data="sign:1")
    keyboard = types.InlineKeyboardMarkup(inline_keyboard=[[button]])
    sent = SendMessage(chat_id=7, text="您好", parse_mode=None, reply_markup=keyboard)
    answer = AiohttpSession().check_response(
        Bot("1:a"), GetMe(), 200, json.dumps({"ok": True, "result": PERSON | {"is_bot": True}})
    )
    told = AiohttpSession().check_response(Bot("1:a"), sent, 200, json.dumps({"ok": True, "result": MESSAGE}))
    dumped = [one.model_dump(exclude_none=True) for one in (*read, sent, answer, told)]
    return [repr(one) for one in dumped]


def built() -> int:
    """How many of aiogram's models are ready for use."""
    models = (getattr(types, name) for name in types.__all__)
    return sum(bool(getattr(model, "__pydantic_complete__", False)) for model in models)


def test_models_that_are_built_when_they_are_used_read_and_write_as_those_built_at_once() -> None:
    assert built() > 100, "aiogram builds all of its models when it is imported"
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603  the program above
    collecting, built_by_then, said = json.loads(done.stdout)
    assert not collecting
    assert built_by_then < 10
    assert said == wire()


def test_garbage_is_collected_again_once_the_house_is_open() -> None:
    gc.disable()
    try:
        startup.opened()
        assert gc.isenabled()
    finally:
        gc.enable()
        gc.unfreeze()


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="no other C library is asked to return memory")
def test_what_was_needed_for_a_while_is_returned_to_the_system() -> None:
    program = """
from pathlib import Path
from bot.runtime.startup import return_memory

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

blocks = [bytes(4000) for _ in range(20_000)]
last = blocks[-1]  # above all others: the heap cannot shrink from its end
full = resident()
del blocks
return_memory()
print(full - resident())
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603  the program above
    assert int(done.stdout) > 60_000_000
