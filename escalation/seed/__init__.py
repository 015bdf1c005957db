"""The data of a first start: the sample bureau and the table of kinds, checked before anything uses them."""

from collections.abc import Collection
from pathlib import Path
from types import MappingProxyType

from escalation.rules.kinds import SUBJECT, CaseKind, KindsTable
from escalation.seed.bureau import SampleBureau, build_bureau
from escalation.seed.reading import Document
from intents import Kind

_HERE = Path(__file__).parent


def load_bureau(path: Path | None = None) -> SampleBureau:
    """The bureau described by `path` (YAML), by default the sample; raises `SeedError` with all findings at once."""
    return build_bureau(Document(path or _HERE / "bureau.yaml"))


def load_kinds(path: Path | None = None, departments: Collection[str] | None = None) -> KindsTable:
    """The table of kinds of `path` (YAML), by default the sample; one line for every kind.

    `departments` are the codes that a kind may go to, by default those of the sample bureau.
    Raises `SeedError` with all findings at once.
    """
    known = {d.code for d in load_bureau().departments} if departments is None else set(departments)
    document = Document(path or _HERE / "kinds.yaml")
    document.expect_keys("kinds")
    kinds = document.many("kinds", CaseKind)
    document.expect_unique(kinds, "code", "name")
    for at, kind in kinds:
        for field, codes in (("goes_to", kind.goes_to), ("recusal_to", (kind.recusal_to,))):
            for code in codes:
                if code not in (None, SUBJECT, *known):
                    document.report(at, field, f"没有代码为“{code}”的机构，请改为已有机构的代码，或者 {SUBJECT}")
    written = document.codes("kinds")
    for code in Kind:
        if "kinds" in document.data and code not in written:
            document.report(("kinds",), "code", f"缺少“{code}”这一种类，请补上")
    document.done()
    return MappingProxyType({kind.code: kind for _, kind in kinds})
