"""Learns which department answers what, from where cases were finally answered.

Only words of the tax dictionary are kept, as counts: never a text, and nothing at all of a sealed case (第十八条).
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, select

from escalation.routing.routing import Lesson
from storage.dialects import insert_for
from storage.tables import routing_lessons
from storage.unit import Reader, Unit

# A word has been learned once this many cases with it were answered, this share of them by one department.
LEAST_CASES = 3
LEAST_SHARE = 0.75


async def learn(unit: Unit, bureau_id: int, department_code: str, words: Collection[str]) -> None:
    """Count one answered case for each of its words."""
    for word in sorted(set(words)):
        counted = insert_for(unit, routing_lessons).values(
            bureau_id=bureau_id, department_code=department_code, word=word, cases=1
        )
        await unit.run(
            counted.on_conflict_do_update(
                index_elements=["bureau_id", "word", "department_code"],
                set_={"cases": routing_lessons.c.cases + 1},
            )
        )


async def lessons_for(reader: Reader, bureau_id: int, words: Collection[str]) -> Sequence[Lesson]:
    """Return what has been learned about these words."""
    if not words:
        return ()
    of_bureau = select(routing_lessons).where(routing_lessons.c.bureau_id == bureau_id)
    return _learned(await reader.all(of_bureau.where(routing_lessons.c.word.in_(sorted(set(words))))))


async def all_lessons(reader: Reader, bureau_id: int) -> Mapping[str, Lesson]:
    """Return everything that has been learned in a bureau, by word."""
    of_bureau = select(routing_lessons).where(routing_lessons.c.bureau_id == bureau_id)
    return {lesson.word: lesson for lesson in _learned(await reader.all(of_bureau))}


def _learned(rows: Sequence[Row[Any]]) -> Sequence[Lesson]:
    counts: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for row in rows:
        counts[row.word][row.department_code] = row.cases
    learned = []
    for word, by_department in sorted(counts.items()):
        department, cases = max(by_department.items(), key=lambda pair: (pair[1], pair[0]))
        if cases >= LEAST_CASES and cases >= LEAST_SHARE * sum(by_department.values()):
            learned.append(Lesson(word, department, cases))
    return learned
