"""What makes the start quick and the house small: no garbage collection until it is open, no model that nobody uses."""

import ctypes
import gc
import sys
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

REBUILD = "model_rebuild"


def begin() -> None:
    """Before anything else is imported. What imports make stays: looking for garbage in it takes a fifth of a start."""
    gc.disable()
    import_aiogram_unbuilt()


def opened() -> None:
    """Once all is open: it stays for good, and collecting it again and again made the slowest answers."""
    return_memory()
    gc.freeze()
    gc.enable()


def return_memory() -> None:
    """What the start needed for a while goes back to the system, where its C library can return it: some 15 MB."""
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)):
        trim(0)


def import_aiogram_unbuilt() -> None:
    """Import aiogram so that each of its models is built when it is first used; we use few.

    Its import ends by building all of them, one after the other and each with most of the others inside: more than a
    second and a hundred megabytes. The names that each is given for that are kept, and given to it when it is used.
    Where aiogram has been imported before, everything is built, and stays as it is.
    """
    if "aiogram" in sys.modules:
        return
    names: dict[str, Any] = {}
    rebuild = BaseModel.__dict__[REBUILD]

    def keep_names(_model: type[BaseModel], /, *, _types_namespace: Mapping[str, Any]) -> None:
        names.update(_types_namespace)

    setattr(BaseModel, REBUILD, classmethod(keep_names))
    try:
        from aiogram.methods.base import Response, TelegramMethod
        from aiogram.types import Message, TelegramObject, Update
    finally:
        setattr(BaseModel, REBUILD, rebuild)

    def build(model: type[BaseModel], /, **options: Any) -> bool | None:
        built: bool | None = rebuild.__func__(model, **({"_types_namespace": names} | options))
        return built

    for base in (TelegramObject, TelegramMethod, Response):
        setattr(base, REBUILD, classmethod(build))  # pydantic calls it at the first use of a model
    for model in (Message, Update):  # every update needs them, and the first one is not to wait for them
        model.model_rebuild()
