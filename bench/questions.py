"""What the matchers are asked: the sample's labelled questions, a folder of somebody's own, or made ones, for speed."""

from functools import cache
from itertools import chain
from pathlib import Path
from random import Random

from faq.collection import Collection, read_collection
from faq.matching.features import plain_view
from intents import make_tokenizer
from testbed.labelled import questions, sample, write_collection

SAMPLE = "sample"
QUERIES = 1000
SENTENCES = 3  # a made entry has one to so many


def labelled(name: str) -> Collection:
    """The sample by its name; anything else is a folder. Raises CollectionError for one that `faq assess` refuses."""
    return Collection(sample(), questions()) if name == SAMPLE else read_collection(Path(name))


def make(folder: Path, count: int) -> Path:
    """Write so many different entries, and questions for some of them, into a new folder; always the same ones.

    Each phrasing of the sample is cut in two between words. A sentence is the beginning of one and the end of another,
    an entry one to three sentences. A question is an entry with one of its halves left out.
    """
    chance = Random(count)  # noqa: S311  nothing is kept secret by it
    beginnings, ends = _halves()
    texts: dict[str, list[str]] = {}
    while len(texts) < count:
        sentences = range(chance.randint(1, SENTENCES))
        halves = list(chain.from_iterable((chance.choice(beginnings), chance.choice(ends)) for _ in sentences))
        texts[_written(halves)] = halves
    entries = [(f"{number:06}", text) for number, text in enumerate(texts)]
    asked = []
    for entry_id, text in chance.sample(entries, min(count, QUERIES)):
        halves = list(texts[text])
        halves[chance.randrange(len(halves))] = ""
        asked.append((_written(halves), entry_id))
    return write_collection(folder, entries, (), asked)


@cache
def _halves() -> tuple[list[str], list[str]]:
    tokenizer = make_tokenizer()
    phrasings = chain.from_iterable((entry.question, *entry.phrasings) for entry in sample())
    cut = [tokenizer.words(plain_view(text)) for text in phrasings]
    return ["".join(words[: len(words) // 2]) for words in cut], ["".join(words[len(words) // 2 :]) for words in cut]


def _written(halves: list[str]) -> str:
    return "，".join(beginning + end for beginning, end in zip(halves[::2], halves[1::2], strict=True))
