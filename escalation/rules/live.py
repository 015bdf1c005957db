"""The rules in force: an immutable rulebook, read anew when it was changed and swapped by one reference."""

from escalation.duties.redating import read_rulebook, revision_of
from escalation.rules.rulebook import Rulebook
from storage.database import Database


class LiveRules:
    """Holds the rulebook in force; `refresh` looks whether another one is due."""

    def __init__(self, rulebook: Rulebook) -> None:
        self.rulebook = rulebook

    async def refresh(self, database: Database) -> bool:
        """Read and swap where an administrator has corrected the calendar, in this process or in another."""
        async with database.reader() as reader:
            if await revision_of(reader) == self.rulebook.calendar_revision:
                return False
            self.rulebook = await read_rulebook(reader, self.rulebook)
        return True
