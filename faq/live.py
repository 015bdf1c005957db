"""The answers in force: an immutable edition, built beside the old one and swapped by one reference."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from faq.catalog import Entry, published, revision_of
from faq.index import Index, IndexEntry
from faq.matching import Decision, decide
from intents import Tokenizer
from storage.database import Database


@dataclass(frozen=True, slots=True)
class Edition:
    """The entries of one revision that answer on one day, and the index over them. Expired entries are not in it."""

    revision: int
    on: date
    index: Index
    entries: Mapping[str, Entry]

    def decide(self, text: str) -> Decision:
        return decide(self.index, text)


def make_edition(entries: Sequence[Entry], tokenizer: Tokenizer, *, revision: int, on: date) -> Edition:
    """Build the index over the entries that are valid on a local date."""
    valid = [entry for entry in entries if entry.valid_until is None or entry.valid_until >= on]
    indexed = [IndexEntry(entry.code, entry.question, entry.phrasings) for entry in valid]
    return Edition(
        revision=revision,
        on=on,
        index=Index.build(indexed, tokenizer),
        entries=MappingProxyType({entry.code: entry for entry in valid}),
    )


class LiveFaq:
    """Holds the edition in force; `refresh` looks whether another one is due."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self.edition = make_edition([], tokenizer, revision=0, on=date.min)

    async def refresh(self, database: Database, today: date) -> bool:
        """Build and swap where the catalogue or the day has changed; the loop goes on meanwhile."""
        async with database.reader() as reader:
            revision = await revision_of(reader)
            if (revision, today) == (self.edition.revision, self.edition.on):
                return False
            entries = await published(reader)
        self.edition = await asyncio.to_thread(make_edition, entries, self._tokenizer, revision=revision, on=today)
        return True
