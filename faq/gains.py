"""What the FAQ would gain by a draft: how many of the questions that were asked in vain it would answer outright; pure.

For each draft an index is built over what answers now and the draft, as if it had been approved today.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from faq.catalog import Entry
from faq.entries.queries import Kept, Revision
from faq.live import Edition
from faq.matching.decision import Answer, considered, decide
from faq.matching.index import Index, IndexEntry


def gains(edition: Edition, drafts: Sequence[Entry], questions: Sequence[str]) -> Mapping[str, int]:
    """How many of the questions each draft would answer outright that its entry does not answer now; by code. What an
    override answers is no draft's.
    """
    counted = Counter(text for text in questions if edition.overriding(text) is None)
    near = _near(edition, drafts, counted)
    return {draft.code: _gain(edition, draft, near[draft.code]) for draft in drafts}


def _near(edition: Edition, drafts: Sequence[Entry], questions: Counter[str]) -> Mapping[str, Counter[str]]:
    """The questions that come near each draft at all: only these need to be decided with it and without it."""
    near: dict[str, Counter[str]] = {draft.code: Counter() for draft in drafts}
    index = _with(edition, drafts)
    for text, times in questions.items():
        for candidate in considered(index, text):
            if candidate.entry_id in near:
                near[candidate.entry_id][text] = times
    return near


def _with(edition: Edition, drafts: Sequence[Entry]) -> Index:
    """The index as it would be if the drafts were published."""
    entries = {**edition.entries, **{draft.code: draft for draft in drafts}}
    indexed = [IndexEntry(entry.code, entry.question, entry.phrasings) for entry in entries.values()]
    return Index.build(indexed, edition.index.tokenizer)


def _gain(edition: Edition, draft: Entry, questions: Mapping[str, int]) -> int:
    if not questions:
        return 0
    index = _with(edition, [draft])
    return sum(
        times
        for text, times in questions.items()
        if _answers(index, text, draft.code) and not _answers(edition.index, text, draft.code)
    )


def _answers(index: Index, text: str, code: str) -> bool:
    decision = decide(index, text)
    return isinstance(decision, Answer) and decision.candidate.entry_id == code


def as_if_published(entry: Kept, text: Revision) -> Entry:
    """A text as it would stand in the catalogue."""
    content = text.content
    return Entry(
        id=entry.id,
        code=entry.code,
        revision=text.number,
        question=content.question,
        answer=content.answer,
        legal_basis=content.legal_basis,
        category=content.category,
        department_code=content.department_code,
        valid_from=content.valid_from,
        valid_until=content.valid_until,
        verified_on=text.verified_on,
        sample=text.sample,
        phrasings=content.phrasings,
    )
