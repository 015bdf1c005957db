"""The answers in force: an immutable edition, built beside the old one and swapped by one reference."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType

from faq.asked import most_asked
from faq.catalog import Entry, in_force, overridden, published, revision_of
from faq.matching.contrasts import differing
from faq.matching.decision import CONSIDERED, Answer, Decision, Rule, decide, weigh
from faq.matching.features import plain_view
from faq.matching.index import ALIKE, Candidate, Index, IndexEntry
from intents import Tokenizer
from storage.database import Database


@dataclass(frozen=True, slots=True)
class Edition:
    """The entries of one revision that answer on one day, and the index over them. What has expired or has not begun
    is not in it.

    `overrides` are wordings as they are compared, each with the code of the entry that answers them whatever the index
    finds.
    """

    revision: int
    on: date
    index: Index
    entries: Mapping[str, Entry]
    overrides: Mapping[str, str]

    def decide(self, text: str) -> Decision:
        """An exact override wins; where there is none for this wording, the index is asked."""
        entry = self.overriding(text)
        if entry is None:
            return decide(self.index, text)
        candidate = Candidate(entry.code, entry.question, 1.0, 1.0)
        return Answer(candidate, 1.0, (candidate,))

    def is_overridden(self, text: str) -> bool:
        """Tell whether an officer has laid down the answer to just this wording."""
        return self.overriding(text) is not None

    def is_phrasing(self, text: str) -> bool:
        """Tell whether the text is a phrasing of one entry alone, word for word."""
        return weigh(self.index, text).rule is Rule.EXACT

    def nearly(self, question: str, *, besides: str | None = None) -> Sequence[Entry]:
        """The entries that are asked for in nearly these words, the most alike first; what names another tax, year or
        sum is another question, however like it is.
        """
        views = self.index.read(question)
        return [
            self.entries[found.entry_id]
            for found in self.index.nearest(views, CONSIDERED)
            if found.score >= ALIKE
            and found.entry_id != besides
            and not differing(views.said, self.index.said(found.entry_id))
        ]

    def overriding(self, text: str) -> Entry | None:
        """The entry that an officer has laid down for just this wording."""
        code = self.overrides.get(plain_view(text)) if self.overrides else None
        return None if code is None else self.entries[code]


def make_edition(
    entries: Sequence[Entry],
    tokenizer: Tokenizer,
    *,
    revision: int,
    on: date,
    overrides: Mapping[str, str] = MappingProxyType({}),
) -> Edition:
    """Build the index over the entries that answer on a local date; an override for any other is silent with it."""
    valid = {entry.code: entry for entry in in_force(entries, on)}
    indexed = [IndexEntry(entry.code, entry.question, entry.phrasings) for entry in valid.values()]
    return Edition(
        revision=revision,
        on=on,
        index=Index.build(indexed, tokenizer),
        entries=MappingProxyType(valid),
        overrides=MappingProxyType({view: code for view, code in overrides.items() if code in valid}),
    )


TOPICS = 4
TOPICS_OF = timedelta(days=30)


class LiveFaq:
    """Holds the edition in force and what is asked most; `refresh` looks whether another edition is due."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._most_asked: Sequence[int] = ()
        self.edition = make_edition([], tokenizer, revision=0, on=date.min)

    def topics(self) -> Sequence[Entry]:
        """The entries that were asked for most of late; where too few were, the first of each category."""
        answering = {entry.id: entry for entry in self.edition.entries.values()}
        asked = [answering[number] for number in self._most_asked if number in answering]
        first = {entry.category: entry for entry in reversed(answering.values()) if entry not in asked}
        return [*asked, *reversed(first.values())][:TOPICS]

    async def count(self, database: Database, now: datetime) -> None:
        """Count anew what is asked most."""
        async with database.reader() as reader:
            self._most_asked = await most_asked(reader, now - TOPICS_OF, most=TOPICS)

    async def refresh(self, database: Database, today: date) -> bool:
        """Build and swap where the catalogue or the day has changed; the loop goes on meanwhile."""
        async with database.reader() as reader:
            revision = await revision_of(reader)
            if (revision, today) == (self.edition.revision, self.edition.on):
                return False
            entries, overrides = await published(reader), await overridden(reader)
        self.edition = await asyncio.to_thread(
            make_edition, entries, self._tokenizer, revision=revision, on=today, overrides=overrides
        )
        return True
