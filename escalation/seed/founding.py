"""Founds the sample bureau in an empty database, and reads back by which rules its departments are chosen."""

from collections.abc import Mapping
from types import MappingProxyType

from sqlalchemy import select

from escalation.routing.routing import Rule
from escalation.seed.bureau import SampleBureau
from storage.people import Department, bureau_ids, departments_of
from storage.tables import bureaus, departments, officer_departments, officers
from storage.unit import Reader, Unit

REGION = "xinjiang"


async def found_sample(unit: Unit, sample: SampleBureau) -> bool:
    """Put the sample's tree, departments and officers into an empty database; one that was founded is left alone."""
    if await unit.value(select(bureaus.c.id).limit(1)) is not None:
        return False
    rules = {rule.department_code: rule for rule in sample.rules}
    ids: dict[str, int] = {}
    for bureau in sample.bureaus:
        values = {
            "code": bureau.code,
            "name": bureau.name,
            "region": REGION,
            "parent_id": None if bureau.parent is None else ids[bureau.parent],
        }
        ids[bureau.code] = await unit.inserted(bureaus.insert().values(values).returning(bureaus.c.id))
    rows = [
        {
            "bureau_id": ids[department.bureau],
            "code": department.code,
            "name": department.name,
            "internal": department.internal,
            "sealed": department.sealed,
            "names": list(rules[department.code].names) if department.code in rules else [],
            "words": dict(rules[department.code].words) if department.code in rules else {},
        }
        for department in sample.departments
    ]
    await unit.run(departments.insert(), rows)
    await _employ(unit, sample, ids)
    return True


async def _employ(unit: Unit, sample: SampleBureau, ids: Mapping[str, int]) -> None:
    home = next(bureau.code for bureau in sample.bureaus if bureau.parent is None)
    rows = await unit.all(select(departments.c.id, departments.c.bureau_id, departments.c.code))
    numbers = {(row.bureau_id, row.code): row.id for row in rows}
    for officer in sample.officers:
        values = {"bureau_id": ids[home], "code": officer.code, "name": officer.name, "roles": list(officer.roles)}
        officer_id = await unit.inserted(officers.insert().values(values).returning(officers.c.id))
        links = [
            {"officer_id": officer_id, "department_id": numbers[ids[bureau], code], "head": code in officer.head_of}
            for bureau in officer.bureaus
            for code in officer.departments
            if (ids[bureau], code) in numbers
        ]
        await unit.run(officer_departments.insert(), links)


async def routing_rules(reader: Reader) -> Mapping[int, tuple[Rule, ...]]:
    """By bureau: the words that lead to each of its departments."""
    return MappingProxyType(
        {
            bureau_id: tuple(
                _rule(department) for department in await departments_of(reader, bureau_id) if not department.internal
            )
            for bureau_id in await bureau_ids(reader)
        }
    )


def _rule(department: Department) -> Rule:
    return Rule(department_code=department.code, words=department.words, names=department.names)
