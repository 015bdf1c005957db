"""Puts what is understood of one text into one value."""

from __future__ import annotations

from dataclasses import dataclass

from intents.classify import Classifier, make_classifier
from intents.kinds import Kind
from intents.lexicon import read_lexicon
from intents.normalise import normalise
from intents.personal_data import Finding, find
from intents.tokens import Tokenizer, make_tokenizer

__all__ = ["Interpreter", "Understanding", "make_interpreter"]

# Kinds are decided on so many characters of a long letter: the wish is at its head or its end.
_HEAD, _TAIL = 600, 300


@dataclass(frozen=True, slots=True)
class Understanding:
    """What is made of one text.

    `confidence` is between 0 and 1; `reasons` are short Chinese phrases; `findings` are positions in `text` itself.
    `possible` are the kinds that cannot be ruled out, the likeliest first, `kind` among them; `explicit` says that
    a sign in the text speaks for the kind, and not likeness alone. `content` is set for letters only: the kind of what
    the letter says.
    """

    text: str
    normalised: str
    tokens: tuple[str, ...]
    kind: Kind
    confidence: float
    reasons: tuple[str, ...]
    findings: tuple[Finding, ...]
    possible: tuple[Kind, ...]
    explicit: bool
    content: Kind | None = None


class Interpreter:
    """Understands texts; holds a dictionary, rules and what was learned, and nothing about any text."""

    def __init__(self, tokenizer: Tokenizer, classifier: Classifier) -> None:
        self.tokenizer = tokenizer
        self._classifier = classifier

    def understand(self, text: str) -> Understanding:
        """Return tokens, kind and personal data of `text`, whatever it is; never raises for a string."""
        normalised = normalise(text)
        tokens = self.tokenizer.words(normalised)
        weighed = normalised
        if len(normalised) > _HEAD + _TAIL:
            weighed = f"{normalised[:_HEAD]}。{normalised[-_TAIL:]}"
        verdict = self._classifier.classify(weighed, tokens)
        possible = verdict.possible
        if weighed is not normalised:
            # What stands in the middle was not weighed, and may accuse somebody.
            possible = (*possible, *(kind for kind in (Kind.REPORT, Kind.DISCIPLINE) if kind not in possible))
        return Understanding(
            text=text,
            normalised=normalised,
            tokens=tokens,
            kind=verdict.kind,
            confidence=verdict.confidence,
            reasons=verdict.reasons,
            findings=find(text),
            possible=possible,
            explicit=verdict.explicit,
            content=verdict.content,
        )


def make_interpreter() -> Interpreter:
    """Build an interpreter from the packaged dictionary, rules and examples.

    Takes between one and two seconds, so make one and keep it; the tokenizer within may be used by others.
    """
    tokenizer = make_tokenizer()
    return Interpreter(tokenizer, make_classifier(tokenizer, read_lexicon()))
