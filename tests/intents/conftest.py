"""One interpreter for all tests of this room: it takes a second or two to build."""

from __future__ import annotations

import pytest

from intents import Interpreter, make_interpreter


@pytest.fixture(scope="session")
def interpreter() -> Interpreter:
    return make_interpreter()
