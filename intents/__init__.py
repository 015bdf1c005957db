"""Understands one text: its words, what kind of message it is, and the personal data in it. Pure."""

from intents.interpreter import Interpreter, Understanding, make_interpreter
from intents.kinds import About, Kind
from intents.normalise import normalise
from intents.personal_data import Finding, PersonalKind, find, mask
from intents.scripts import Script
from intents.tokens import Tokenizer, make_tokenizer
from intents.turns import Turn

__all__ = [
    "About",
    "Finding",
    "Interpreter",
    "Kind",
    "PersonalKind",
    "Script",
    "Tokenizer",
    "Turn",
    "Understanding",
    "find",
    "make_interpreter",
    "make_tokenizer",
    "mask",
    "normalise",
]
