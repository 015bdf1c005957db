"""Finds a case again with its number and 查询码, from any browser or chat, while guessing leads nowhere."""

import secrets

from sqlalchemy import select

from escalation.cases.queries import Case, find_case
from escalation.deadlines.workdays import BEIJING
from storage.dialects import insert_for
from storage.installation import next_number
from storage.tables import case_access, cases, counters
from storage.unit import Reader, Unit

# Letters and digits that nobody confuses when reading them aloud or copying them by hand.
CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH = 8
# Wrong codes for one case in a day, and failures of one visitor in an hour, after which even the right code fails.
FAILURES_PER_CASE_AND_DAY = 20
FAILURES_PER_VISITOR_AND_HOUR = 5


def new_code() -> str:
    """A 查询码 such as K7QM-3XTP: 8 of 31 characters, about 8.5 × 10¹¹ possibilities."""
    letters = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
    return f"{letters[:4]}-{letters[4:]}"


def plain_code(text: str) -> str:
    """A code as typed, without case, spaces and dashes."""
    return "".join(letter for letter in text.upper() if letter.isalnum())


def hash_of(reader: Reader, code: str) -> str:
    """By which a code is known; the code itself is kept nowhere but in the receipt."""
    return reader.hasher("code", plain_code(code))


async def look_up(unit: Unit, taxpayer_id: int, number: str, code: str) -> Case | None:
    """Open a case with number and 查询码; None for every failure alike, and after too many of them.

    The failures of a visitor are counted by the hour, those about a case by the day of 北京时间.
    """
    local = unit.now.astimezone(BEIJING)
    of_visitor = f"lookup:visitor:{taxpayer_id}:{local:%Y-%m-%dT%H}"
    found = await unit.one(select(cases.c.id, cases.c.code_hash).where(cases.c.number == number))
    if found is None:
        await next_number(unit, of_visitor)
        return None
    of_case = f"lookup:case:{found.id}:{local:%Y-%m-%d}"
    if not secrets.compare_digest(found.code_hash, hash_of(unit, code)):
        await next_number(unit, of_visitor)
        await next_number(unit, of_case)
        return None
    if (
        await _counted(unit, of_visitor) >= FAILURES_PER_VISITOR_AND_HOUR
        or await _counted(unit, of_case) >= FAILURES_PER_CASE_AND_DAY
    ):
        return None
    access = insert_for(unit, case_access).values(case_id=found.id, taxpayer_id=taxpayer_id, since_at=unit.now)
    await unit.run(access.on_conflict_do_nothing())
    return await find_case(unit, found.id)


async def _counted(reader: Reader, name: str) -> int:
    return int(await reader.value(select(counters.c.value).where(counters.c.name == name)) or 0)
