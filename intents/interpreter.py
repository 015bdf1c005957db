"""Puts what is understood of one text into one value."""

from __future__ import annotations

from dataclasses import dataclass, replace

from intents.classify import Classifier, make_classifier
from intents.kinds import About, Kind
from intents.lexicon import read_lexicon
from intents.normalise import normalise
from intents.personal_data import Finding, find
from intents.scripts import Script
from intents.tokens import Tokenizer, make_tokenizer
from intents.turns import Turn

__all__ = ["Interpreter", "Understanding", "make_interpreter"]

# Kinds are decided on so many characters of a long letter: the wish is at its head or its end.
_HEAD, _TAIL = 600, 300
_MOST_LINES = 12  # of a text that are weighed alone; of more, some together


@dataclass(frozen=True, slots=True)
class Understanding:
    """What is made of one text.

    `confidence` is between 0 and 1; `reasons` are short Chinese phrases; `findings` are positions in `text` itself.
    `possible` are the kinds that cannot be ruled out, the likeliest first, `kind` among them; `signs` are those
    for which a sign in the text speaks, and not likeness alone. `content` is set for letters only: the kind of what
    the letter says. `turn` is what a text does in the talk where it is no matter yet, or somebody's life is in danger;
    `about` is whom a complaint is about, where it is not about the bureau; `on_business` says that a word of the tax
    dictionary is there, `ends_asking` that the last clause asks. `core` is the normalised text without greetings,
    thanks and what only leads to the matter. `script` is in what letters it is written, where the rules cannot read it.
    `lines` are its lines, each understood alone, where it has several: what one says, the others do not take back.
    """

    text: str
    normalised: str
    tokens: tuple[str, ...]
    kind: Kind
    confidence: float
    reasons: tuple[str, ...]
    findings: tuple[Finding, ...]
    possible: tuple[Kind, ...]
    signs: frozenset[Kind]
    content: Kind | None = None
    turn: Turn | None = None
    about: About | None = None
    script: Script | None = None
    on_business: bool = False
    ends_asking: bool = False
    core: str = ""
    lines: tuple[Understanding, ...] = ()


class Interpreter:
    """Understands texts; holds a dictionary, rules and what was learned, and nothing about any text."""

    def __init__(self, tokenizer: Tokenizer, classifier: Classifier) -> None:
        self.tokenizer = tokenizer
        self._classifier = classifier

    def understand(self, text: str) -> Understanding:
        """Return tokens, kind and personal data of `text`, whatever it is; never raises for a string."""
        understood, lines = self._understand(text), _lines(text)
        return replace(understood, lines=tuple(map(self._understand, lines))) if len(lines) > 1 else understood

    def _understand(self, text: str) -> Understanding:
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
            signs=verdict.signs,
            content=verdict.content,
            turn=verdict.turn,
            about=verdict.about,
            script=verdict.script,
            on_business=verdict.on_business,
            ends_asking=verdict.ends_asking,
            core=verdict.core or normalised,
        )


def _lines(text: str) -> list[str]:
    """The lines of a text; of many, as many neighbours together as leaves a dozen."""
    lines = [line for line in text.splitlines() if line.strip()]
    together = -(-len(lines) // _MOST_LINES) or 1
    return ["\n".join(lines[first : first + together]) for first in range(0, len(lines), together)]


def make_interpreter() -> Interpreter:
    """Build an interpreter from the packaged dictionary, rules and examples.

    Takes between one and two seconds, so make one and keep it; the tokenizer within may be used by others.
    """
    tokenizer = make_tokenizer()
    return Interpreter(tokenizer, make_classifier(tokenizer, read_lexicon()))
