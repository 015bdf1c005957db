"""Forms of the console: what a page sends is read, what no page sends is refused, what is wrong stands beside its field
with what was typed.
"""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from faq.files.formats import write_yaml
from storage.tables import entries, revisions
from tests.browser.keepers import in_console
from tests.browser.served import ServedHouse
from tests.browser.test_console import TEXT, begin
from tests.browser.test_console_files import ROW
from tests.browser.test_console_gaps import ask_in_vain

pytestmark = [pytest.mark.asyncio(loop_scope="package")]

EDITOR, OTHER, ADMINISTRATOR = "qc_editor", "qc_other", "qc_admin"
PAGES = ("/entries/new", "/approvals", "/try", "/gaps", "/files", "/sessions")


@dataclass
class Form:
    """A form of a page: where it goes, what it sends, and its buttons, each with what it changes."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def ways(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Address and fields for each button."""
        for action, pressed in self.buttons:
            yield action or self.action, {**self.fields, **pressed}


class Forms(HTMLParser):
    """Reads the forms of a page as a browser does."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._select = ""  # one of whose options none was read yet
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(Form(given["action"]))
        elif tag == "option" and self._select:
            self.found[-1].fields[self._select] = given["value"]
            self._select = ""
        elif tag == "button" and given.get("type") != "button" and self.found:
            pressed = {given["name"]: given.get("value", "")} if given.get("name") else {}
            self.found[-1].buttons.append((given.get("formaction", ""), pressed))
        elif tag in ("input", "textarea", "select") and given.get("name") and self.found:
            self.found[-1].fields[given["name"]] = given.get("value", "")
            self._select = given["name"] if tag == "select" else ""


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ServedHouse]:
    """A house of its own: every button in it is pressed."""
    house = ServedHouse(tmp_path_factory.mktemp("forms"), posts_per_minute_per_address=10_000)
    await house.start()
    yield house
    await house.stop()


async def test_every_button_of_every_page_sends_what_its_form_takes(house: ServedHouse) -> None:
    async with in_console(house, ADMINISTRATOR) as keeper, in_console(house, OTHER) as other:
        await ask_in_vain(house, "无人机飞行执照要交税吗")
        waiting = await begin(other, question="等待审批的条目怎么办")
        await other.post(f"/console/entries/{waiting}/submit", {"head": 1})
        drafted = await begin(other, question="写了草稿的条目怎么办")
        await keeper.post("/console/entries/3/retire", {"reason": "政策调整"})
        await keeper.post("/console/entries/2/overrides", {"wording": "无人机的税怎么算才对"})
        pages = [*PAGES, *(f"/entries/{number}" for number in (1, 2, 3, waiting, drafted)), "/entries/1/edit"]
        forms = [form for path in pages for form in Forms((await keeper.get(f"/console{path}"))[1]).found]
        _, tried = await keeper.post("/console/try", {"text": "企业所得税怎么办理"})
        _, looked_at = await keeper.bring("/console/files/examine", "a.yaml", write_yaml([ROW], ""))
        forms += [*Forms(tried).found, *Forms(looked_at).found]
        ways = [way for form in forms for way in form.ways() if "/sessions/" not in way[0]]
        pressed = {re.sub(r"\d+", "0", path) for path, _ in ways}
        for path, fields in ways:
            status, said = await keeper.post(path, fields)
            assert status in (200, 303, 409, 422), (path, fields, status, said)
    acts = "submit discard approve refuse retire restore verify phrasings overrides owner edit"
    assert pressed >= {f"/console/entries/0/{act}" for act in acts.split()}
    assert pressed >= {f"/console/{name}" for name in ("entries/new", "entries/begin", "gaps/phrase", "gaps/dismiss")}
    assert pressed >= {f"/console/{name}" for name in ("try", "try/phrase", "try/override")}
    assert pressed >= {"/console/files/examine", "/console/files/import"}
    assert "/console/overrides/0/clear" in pressed


ENTRY = {**TEXT, "question": "外来的字段怎么办理"}
NO_PAGE_SENDS: list[tuple[str, dict[str, Any]]] = [
    ("/entries/new", {**ENTRY, "owner": "1"}),
    ("/entries/new", {**ENTRY, "do": "publish"}),
    ("/entries/new", {**ENTRY, "gap": "1;2"}),
    ("/entries/1/edit", {**ENTRY, "head": "1"}),
    ("/entries/1/edit", {**ENTRY, "base": "1"}),
    ("/entries/1/edit", {**ENTRY, "head": "1", "base": "1", "state": "published"}),
    ("/entries/1/submit", {"head": "1", "officer": "2"}),
    ("/entries/1/approve", {}),
    ("/entries/1/approve", {"head": "0" * 12 + "9" * 30}),
    ("/entries/1/refuse", {"reason": "没有看到是哪一稿"}),
    ("/entries/1/retire", {"reason": "政策调整", "head": "1"}),
    ("/entries/1/restore", {"reason": "还要用"}),
    ("/entries/1/owner", {}),
    ("/entries/1/phrasings", {"wordings": "外来的字段怎么加", "sure": "1"}),
    ("/entries/1/overrides", {"wording": "外来的字段怎么定", "entry": "2"}),
    ("/overrides/1/clear", {}),
    ("/entries/begin", {"text": "开个头吧", "near": "-1"}),
    ("/try/phrase", {"text": "外来的字段怎么试", "entry": "1", "done": "1"}),
    ("/try/override", {"text": "外来的字段怎么试", "entry": "一"}),
    ("/gaps/phrase", {"gap": "1", "wordings": "外来的字段", "entry": "1", "all": "1"}),
    ("/gaps/dismiss", {"gap": "1,x", "reason": "不属于税务"}),
    ("/files/import", {"name": "a.yaml", "content": "W10=", "expected": "0 0 0", "owner": "1"}),
    ("/preview", {**ENTRY, "owner": "1"}),
    ("/sessions/end", {"all": "1"}),
]


@pytest.mark.parametrize(("path", "fields"), NO_PAGE_SENDS, ids=range(len(NO_PAGE_SENDS)))
async def test_a_form_with_a_missing_or_a_foreign_field_is_refused_and_nothing_is_done(
    served: ServedHouse, path: str, fields: dict[str, Any]
) -> None:
    async with in_console(served, ADMINISTRATOR) as keeper:
        before = await _written(served)
        status, said = await keeper.post(f"/console{path}", fields)
        assert (status, "没有看懂这次请求" in said) == (400, True)
        assert await _written(served) == before
        assert (await keeper.get("/console/sessions"))[0] == 200


async def _written(house: ServedHouse) -> tuple[int, int]:
    async with house.deps.database.reader() as reader:
        numbers = [await reader.value(select(func.count()).select_from(table)) for table in (entries, revisions)]
    return numbers[0], numbers[1]


def beside(page: str, name: str) -> str:
    """What stands in the list of findings beside a field."""
    found = re.search(rf'id="findings-{name}">(.*?)</ul>', page)
    assert found is not None, name
    return re.sub(r"<[^>]+>", "", found[1])


LONG = "长" * 501
TOO_SHORT = "问法「好」有 1 个字，应为 2 至 200 个字。"
AGAIN = {**TEXT, "head": "1", "base": "1"}
WRONG: list[tuple[str, dict[str, Any], str, str, str]] = [
    ("/entries/1/retire", {"reason": LONG}, "reason", "理由最多 500 个字，请写短一些。", LONG),
    ("/entries/1/phrasings", {"wordings": "好\n发票"}, "wordings", TOO_SHORT, "好\n发票"),
    ("/entries/1/overrides", {"wording": "好"}, "wording", TOO_SHORT, 'value="好"'),
    ("/entries/new", {**TEXT, "valid_from": "明年"}, "valid_from", "「明年」不是日期，应形如 2026-01-31。", "明年"),
    ("/entries/new", {**TEXT, "answer": "太短"}, "answer", "答复有 2 个字，应为 10 至 3000 个字。", "太短</textarea>"),
    ("/entries/1/edit", {**AGAIN, "valid_until": "13月"}, "valid_until", "「13月」不是日期", 'value="13月"'),
    ("/try", {"text": LONG}, "text", "最多 500 个字，请写短一些。", LONG[:500]),
    ("/files/examine", {}, "file", "没有选文件。请先选一个 .xlsx、.csv 或 .yaml 文件。", "看一遍"),
]


@pytest.mark.parametrize(("path", "fields", "name", "sentence", "kept"), WRONG, ids=range(len(WRONG)))
async def test_what_is_wrong_stands_beside_its_field_with_what_was_typed(
    served: ServedHouse, path: str, fields: dict[str, Any], name: str, sentence: str, kept: str
) -> None:
    async with in_console(served, EDITOR) as keeper:
        status, page = await keeper.post(f"/console{path}", fields)
        assert status == 422
        assert sentence in beside(page, name)
        assert kept in page
        assert re.search(rf'name="{name}"[^>]*aria-describedby="findings-{name}" aria-invalid="true"', page)


async def test_what_is_wrong_with_a_gap_stands_in_its_own_card(house: ServedHouse) -> None:
    async with in_console(house, EDITOR) as keeper:
        ids = await ask_in_vain(house, "月球车要不要上牌照")
        status, page = await keeper.post("/console/gaps/phrase", {"gap": ids, "wordings": "月球车", "code": "nowhere"})
        assert status == 422
        assert beside(page, f"code-{ids}") == "没有这个代号的条目。代号写在条目列表里，在问题的下面。"
        assert 'value="nowhere"' in page
        status, page = await keeper.post("/console/gaps/dismiss", {"gap": ids, "reason": LONG})
        assert (status, beside(page, f"reason-{ids}")) == (422, "理由最多 500 个字，请写短一些。")
        assert beside(page, f"code-{ids}") == ""
        assert f"{LONG}</textarea>" in page


async def test_a_refusal_without_a_reason_is_said_beside_the_reason_of_that_form(served: ServedHouse) -> None:
    async with in_console(served, OTHER) as author, in_console(served, ADMINISTRATOR) as approver:
        entry_id = await begin(author, question="退回时没有写理由怎么办")
        await author.post(f"/console/entries/{entry_id}/submit", {"head": 1})
        status, page = await approver.post(f"/console/entries/{entry_id}/refuse", {"head": 1, "reason": " "})
        assert (status, beside(page, f"refusal-{entry_id}")) == (409, "请写明理由。")
        await author.post(f"/console/entries/{entry_id}/withdraw", {"head": 1})
