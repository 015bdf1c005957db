"""How people asked for an entry in words that it does not have yet: worth a phrasing each."""

from collections.abc import Sequence

from sqlalchemy import select

from faq.entries.content import check_wording
from faq.entries.queries import Kept
from faq.matching.features import plain_view
from intents import mask
from storage.tables import asked
from storage.unit import Reader

LOOKED_AT = 300  # of the newest questions; they are encrypted, and each is read
HELPED = ("chosen", "solved")


async def suggested_phrasings(reader: Reader, entry: Kept, most: int = 8) -> Sequence[str]:
    """Wordings whose askers chose this entry, or said that it solved their question, newest first.

    None that bears personal data, none that is there already, and none that could be no phrasing.
    """
    helped = select(asked.c.text).where(asked.c.entry_id == entry.id, asked.c.outcome.in_(HELPED))
    rows = await reader.all(helped.order_by(asked.c.id.desc()).limit(LOOKED_AT))
    known = {plain_view(text) for text in (entry.latest.content.question, *entry.latest.content.phrasings)}
    found: dict[str, str] = {}
    for row in rows:
        text = " ".join(row.text.split())
        view = plain_view(text)
        if view and view not in known and view not in found and mask(text) == text and not check_wording(text):
            found[view] = text
    return list(found.values())[:most]
