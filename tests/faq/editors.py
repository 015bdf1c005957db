"""A small office whose officers keep the FAQ, and what they write."""

from dataclasses import dataclass, replace

from bot.duty_kinds import duty_kinds
from escalation.rules.rulebook import Rulebook, make_rulebook
from escalation.seed import load_kinds
from faq.entries.approval import approve
from faq.entries.content import Content
from faq.entries.drafting import draft_entry, submit
from faq.entries.queries import Kept, find_entry
from faq.entries.results import Saved
from storage.database import Database
from storage.people import Officer, find_officer
from storage.tables import bureaus, departments, officer_departments, officers
from storage.unit import Unit

ROLES = {
    "editor": ["officer", "faq_editor"],
    "colleague": ["officer", "faq_editor"],
    "approver": ["officer", "faq_approver"],
    "administrator": ["officer", "administrator"],
    "clerk": ["officer"],
    "leader": ["officer", "head", "leader", "office"],
}
DEPARTMENTS = {"goods_services": "货物和劳务税处", "income": "所得税处"}

RATE = Content(
    question="小规模纳税人的征收率是多少",
    answer="小规模纳税人适用百分之三的征收率，法律另有规定的除外。",
    legal_basis="增值税法第十一条",
    category="vat",
    department_code="goods_services",
    phrasings=("小规模交几个点", "小规模纳税人税率"),
)
LOST = Content(
    question="发票丢了怎么补救",
    answer="请向开票方索取记账联复印件，加盖发票专用章后作为凭证。",
    legal_basis="发票管理办法第三十六条",
    category="invoices",
    department_code="goods_services",
)


@dataclass(frozen=True, slots=True)
class Office:
    """Who works there; the clerk serves the department of the entries."""

    database: Database
    rules: Rulebook
    editor: Officer
    colleague: Officer
    approver: Officer
    administrator: Officer
    clerk: Officer
    leader: Officer

    async def drafted(self, content: Content = RATE, by: Officer | None = None) -> Saved:
        async with self.database.unit() as unit:
            return done(await draft_entry(unit, by or self.editor, content))

    async def submitted(self, content: Content = RATE, by: Officer | None = None) -> Saved:
        saved = await self.drafted(content, by)
        async with self.database.unit() as unit:
            return done(await submit(unit, self.rules, by or self.editor, saved.entry_id, head=saved.head))

    async def published(self, content: Content = RATE) -> Saved:
        saved = await self.submitted(content)
        async with self.database.unit() as unit:
            return done(await approve(unit, self.approver, saved.entry_id, head=saved.head))

    async def entry(self, entry_id: int) -> Kept:
        async with self.database.reader() as reader:
            entry = await find_entry(reader, entry_id)
        assert entry is not None
        return entry


def done(result: object) -> Saved:
    assert isinstance(result, Saved), result
    return result


def with_answer(answer: str, content: Content = RATE) -> Content:
    return replace(content, answer=answer)


async def open_office(database: Database) -> Office:
    people: dict[str, Officer] = {}
    async with database.unit() as unit:
        bureau_id, department_id = await _found(unit)
        for code, roles in ROLES.items():
            row = officers.insert().values(bureau_id=bureau_id, code=code, name=f"{code}·样例", roles=roles)
            officer_id = await unit.inserted(row.returning(officers.c.id))
            if code == "clerk":
                serves = {"officer_id": officer_id, "department_id": department_id, "head": False}
                await unit.run(officer_departments.insert().values(serves))
            found = await find_officer(unit, officer_id)
            assert found is not None
            people[code] = found
    return Office(database, make_rulebook(load_kinds(), duty_kinds()), **people)


async def _found(unit: Unit) -> tuple[int, int]:
    bureau = bureaus.insert().values(code="test", name="测试税务局", region="national")
    bureau_id = await unit.inserted(bureau.returning(bureaus.c.id))
    ids = {}
    for code, name in DEPARTMENTS.items():
        row = {"bureau_id": bureau_id, "code": code, "name": name, "internal": False, "sealed": False}
        statement = departments.insert().values(row | {"names": [], "words": {}})
        ids[code] = await unit.inserted(statement.returning(departments.c.id))
    return bureau_id, ids["goods_services"]
