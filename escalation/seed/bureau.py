"""The sample bureau: the tree of bureaus, their departments, the officers, and the words that lead to a department."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from escalation.routing.routing import Rule
from escalation.rules.kinds import Code, Words
from escalation.seed.reading import Document, Place

Role: TypeAlias = Literal[
    "officer",
    "head",
    "leader",
    "office",
    "administrator",
    "secrecy",
    "security",
    "spokesperson",
    "liaison",
    "faq_editor",
    "faq_approver",
]

# Somebody who names the department wants the department, whatever else the text is about.
NAME_WEIGHT = 9.0


def _folded(value: object) -> object:
    return unicodedata.normalize("NFKC", value).casefold().strip() if isinstance(value, str) else value


def _full_name(name: str) -> str:
    if not (name.startswith("国家税务总局") and name.endswith("税务局")):
        raise ValueError("应以“国家税务总局”开头、以“税务局”结尾")
    return name


FoldedWord = Annotated[Words, BeforeValidator(_folded)]
FullName = Annotated[str, AfterValidator(_full_name)]


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BureauLine(_Line):
    """A bureau: `name` in full, `short` as it is spoken, `place` as the picker shows it."""

    code: Code
    name: FullName
    short: Words
    place: Words


class CorpsLine(_Line):
    """The picker's line for the cities of the 兵团, and the code of the bureau that serves them."""

    code: Code
    label: Words
    cities: tuple[Words, ...] = Field(min_length=1)
    served_by: Code


class DepartmentLine(_Line):
    """A department of the region, what it answers for, and the weighted words that lead to it."""

    code: Code
    name: Words
    name_in_prefecture: Words | None = None
    also_called: tuple[FoldedWord, ...] = ()
    duties: Words
    words: Mapping[Annotated[float, Field(gt=0, le=10)], tuple[FoldedWord, ...]] = Field(default_factory=dict)
    internal: bool = False
    sealed: bool = False
    region_only: bool = False


class OfficerLine(_Line):
    """An officer: the bureaus and departments served, those led, and the roles held."""

    code: Code
    name: Words
    bureaus: Literal["all"] | tuple[Code, ...]
    departments: tuple[Code, ...] = Field(min_length=1)
    head_of: tuple[Code, ...] = ()
    roles: tuple[Role, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Bureau:
    """One bureau of the tree; `parent` is None for the region alone."""

    code: str
    name: str
    short: str
    place: str
    parent: str | None


@dataclass(frozen=True, slots=True)
class Department:
    """One department of one bureau; `code` is the same in every bureau."""

    bureau: str
    code: str
    name: str
    duties: str
    internal: bool
    sealed: bool


@dataclass(frozen=True, slots=True)
class Officer:
    """A sample officer, obviously made up."""

    code: str
    name: str
    bureaus: tuple[str, ...]
    departments: tuple[str, ...]
    head_of: tuple[str, ...]
    roles: tuple[Role, ...]


@dataclass(frozen=True, slots=True)
class SampleBureau:
    """Everything a first start needs to know about who is responsible for what."""

    bureaus: tuple[Bureau, ...]
    corps: CorpsLine
    departments: tuple[Department, ...]
    officers: tuple[Officer, ...]
    rules: tuple[Rule, ...]

    @property
    def region(self) -> Bureau:
        """The root of the tree."""
        return self.bureaus[0]

    @property
    def prefectures(self) -> tuple[Bureau, ...]:
        """The bureaus below the region, in the order of the file."""
        return self.bureaus[1:]

    def departments_of(self, bureau: str) -> tuple[Department, ...]:
        """The departments of the bureau with that code, in the order of the file; empty for an unknown code."""
        return tuple(department for department in self.departments if department.bureau == bureau)

    def officers_of(self, bureau: str, department: str) -> tuple[Officer, ...]:
        """Who receives the cases of that department in that bureau."""
        return tuple(o for o in self.officers if bureau in o.bureaus and department in o.departments)


def build_bureau(document: Document) -> SampleBureau:
    """Check the whole document and build the sample from it; raises `SeedError` with all findings at once."""
    document.expect_keys("region", "prefectures", "corps", "departments", "officers")
    region = document.one("region", BureauLine)
    prefectures = document.many("prefectures", BureauLine)
    corps = document.one("corps", CorpsLine)
    departments = document.many("departments", DepartmentLine)
    officers = document.many("officers", OfficerLine)
    document.expect_unique(prefectures if region is None else [(("region",), region), *prefectures], "code", "name")
    document.expect_unique(departments, "code", "name")
    document.expect_unique(officers, "code", "name")
    bureau_codes = document.codes("region") | document.codes("prefectures")
    if corps is not None and corps.served_by not in bureau_codes:
        document.report(("corps",), "served_by", f"没有代码为“{corps.served_by}”的局，请改为上面已列出的局")
    for at, department in departments:
        _check_words(document, at, department)
    _check_officers(document, officers, bureau_codes)
    document.done()
    if region is None or corps is None:
        raise AssertionError("a missing part is a finding, and findings were raised")
    lines = [line for _, line in departments]
    bureaus = (_bureau(region, None), *(_bureau(line, region.code) for _, line in prefectures))
    return SampleBureau(
        bureaus=bureaus,
        corps=corps,
        departments=tuple(_departments(bureaus, lines)),
        officers=tuple(_officer(line, bureaus) for _, line in officers),
        rules=tuple(_rule(line) for line in lines if not line.internal),
    )


def _check_words(document: Document, at: Place, department: DepartmentLine) -> None:
    if department.internal and department.words:
        document.report(at, "words", "仅局内使用的机构不按文字分派，请删去 words 或者 internal")
    seen: set[str] = set()
    for weight, words in department.words.items():
        for word in words:
            field = f"words.{weight:g}"
            if word in seen:
                document.report(at, field, f"“{word}”重复出现，请只留一处")
            seen.add(word)
            parts = word.split("+")
            if len(parts) > 2 or not all(parts):
                document.report(at, field, f"“{word}”写法不对，应是一个词，或者“甲+乙”")


def _check_officers(document: Document, officers: Sequence[tuple[Place, OfficerLine]], bureaus: set[str]) -> None:
    departments = document.codes("departments")
    for at, officer in officers:
        if officer.bureaus != "all":
            _check_known(document, at, "bureaus", officer.bureaus, bureaus)
        _check_known(document, at, "departments", officer.departments, departments)
        _check_known(document, at, "head_of", officer.head_of, departments)
        for code in sorted(set(officer.head_of) - set(officer.departments)):
            document.report(at, "head_of", f"“{code}”不在该人员的 departments 里，请一并列入")
    served = document.codes_in("officers", "departments")
    for code in sorted(departments - served):
        document.report(("officers",), "departments", f"“{code}”没有任何工作人员，请指定一人，办件才有人承接")


def _check_known(document: Document, at: Place, field: str, codes: Iterable[str], known: set[str]) -> None:
    for code in codes:
        if code not in known:
            document.report(at, field, f"没有代码为“{code}”的机构，请改为已列出的代码")


def _bureau(line: BureauLine, parent: str | None) -> Bureau:
    return Bureau(line.code, line.name, line.short, line.place, parent)


def _departments(bureaus: Sequence[Bureau], lines: Sequence[DepartmentLine]) -> Iterable[Department]:
    for bureau in bureaus:
        for line in lines:
            if bureau.parent is None:
                name = line.name
            elif line.region_only:
                continue
            else:
                name = line.name_in_prefecture or name_in_prefecture(line.name)
            yield Department(bureau.code, line.code, name, line.duties, line.internal, line.sealed)


def name_in_prefecture(name: str) -> str:
    """The name of a region's department one level down: 处 becomes 科, everything else (办公室, 稽查局) stays."""
    return name.removesuffix("处") + "科" if name.endswith("处") else name


def _officer(line: OfficerLine, bureaus: Sequence[Bureau]) -> Officer:
    codes = tuple(bureau.code for bureau in bureaus) if line.bureaus == "all" else line.bureaus
    return Officer(line.code, line.name, codes, line.departments, line.head_of, line.roles)


def _rule(line: DepartmentLine) -> Rule:
    # “办公室” alone is also a room that somebody lets or buys; it counts only under the longer names it is called by.
    own = (line.name, name_in_prefecture(line.name)) if line.name != "办公室" else ()
    names = tuple(dict.fromkeys((*own, *line.also_called)))
    words = {word: weight for weight, group in line.words.items() for word in group}
    return Rule(line.code, MappingProxyType({**dict.fromkeys(names, NAME_WEIGHT), **words}), names=names)
