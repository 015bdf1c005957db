"""Understands one text: its words, what kind of message it is, and the personal data in it. Pure."""

from intents.interpreter import Interpreter, Understanding, make_interpreter
from intents.kinds import Kind
from intents.normalise import normalise
from intents.personal_data import Finding, PersonalKind, find, mask
from intents.tokens import Tokenizer, make_tokenizer

__all__ = [
    "Finding",
    "Interpreter",
    "Kind",
    "PersonalKind",
    "Tokenizer",
    "Understanding",
    "find",
    "make_interpreter",
    "make_tokenizer",
    "mask",
    "normalise",
]
