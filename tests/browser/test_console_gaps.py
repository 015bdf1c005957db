"""What was asked in vain, dealt with in the browser; a question tried out, and its wording taught in one press."""

import itertools
import re
from collections.abc import Sequence

import pytest
from playwright.async_api import Browser, expect
from sqlalchemy import func, select, update

from storage.tables import asked, gaps
from tests.browser.keepers import enter_console, in_console, sentences
from tests.browser.people import somebody
from tests.browser.served import ServedHouse
from tests.browser.test_console import TEXT, entry_called
from tests.storage.opened import found_address

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.browser]

EDITOR, OTHER, APPROVER = "qc_editor", "qc_other", "qc_approver"
REFUSED = "the server responded with a status of 4"


async def ask_in_vain(house: ServedHouse, *texts: str) -> str:
    """Questions that nothing answered; gives back their numbers as the forms carry them."""
    async with house.deps.database.unit() as unit:
        address_id = await found_address(unit)
        first = 5 * 10**8 + int(await unit.value(select(func.count()).select_from(asked)))
        numbers = [number for number, _ in zip(itertools.count(first), texts, strict=False)]
        fate = {"decision": "nothing", "outcome": "to_people", "confidence": 0.1, "address_id": address_id}
        for number, text in zip(numbers, texts, strict=True):
            await unit.run(asked.insert().values(fate | {"id": number, "text": text, "asked_at": unit.now}))
    return ",".join(map(str, numbers))


async def verdicts(house: ServedHouse, numbers: str) -> Sequence[str]:
    """What was made of the questions."""
    ids = [int(number) for number in numbers.split(",")]
    async with house.deps.database.reader() as reader:
        found = select(gaps.c.verdict).where(gaps.c.id.in_(select(asked.c.gap_id).where(asked.c.id.in_(ids))))
        return [row.verdict for row in await reader.all(found)]


async def test_a_question_is_tried_and_its_wording_taught_in_one_press(browser: Browser, served: ServedHouse) -> None:
    async with somebody(browser, served) as editor:
        await enter_console(editor, EDITOR)
        page = editor.page
        await page.get_by_role("link", name="试问").click()
        await page.get_by_label("像纳税人那样问一句").fill("卖二手摩托的小贩一个月开15万票咋交税")
        await page.get_by_role("button", name="试问").click()
        await expect(page.locator("#verdict")).not_to_contain_text("直接答复")
        await expect(page.get_by_role("region", name="怎么算出来的")).to_contain_text("领先第二名")
        first = page.locator("tbody tr").first
        question = await first.locator(".title").inner_text()
        await first.get_by_role("button", name="加为").click()
        await expect(page.get_by_role("status")).to_contain_text(f"已加为“{question}”的问法")
        await expect(page.locator("#verdict")).to_contain_text(f"直接答复：{question}")
        await expect(page.get_by_text("原因：与一个条目的问法一字不差")).to_be_visible()
        second = page.locator("tbody tr").nth(1)
        other = await second.locator(".title").inner_text()
        await second.get_by_role("button", name="总是用").click()
        await expect(page.locator("#verdict")).to_contain_text(f"直接答复：{other}")
        await expect(page.get_by_text("工作人员为这句话指定了条目")).to_be_visible()


async def test_what_is_tried_is_told_from_what_is_no_question_and_stands_in_no_address(served: ServedHouse) -> None:
    async with in_console(served, APPROVER) as approver:
        status, said = await approver.post("/console/try", {"text": "我要投诉办税服务厅"})
        assert (status, '<h2 id="verdict">不查问答条目：这句话被理解为“服务投诉”' in said) == (200, True)
        assert "加为问法" not in said
        status, said = await approver.post("/console/try", {"text": "<b>契税</b>" * 100})
        assert (status, "最多 500 个字" in said, "<b>契税" in said) == (422, True, False)
    async with in_console(served, EDITOR) as editor:
        status, said = await editor.post("/console/try/phrase", {"text": "契税问法", "code": "no-such-entry"})
        assert (status, "没有这个代号的条目" in said) == (409, True)


async def test_a_gap_becomes_ways_of_asking_by_one_press_and_a_new_entry_by_another(
    browser: Browser, served: ServedHouse
) -> None:
    fund = await ask_in_vain(served, "牧区草场流转咋个缴税法", "牧区草场流转咋个缴税法呢")
    camel = await ask_in_vain(served, "骆驼奶作坊开张要备案啥", "我的手机号13800138000，骆驼奶作坊开张要备案啥")
    async with somebody(browser, served) as editor:
        await enter_console(editor, EDITOR)
        page = editor.page
        await page.get_by_role("link", name="缺口").click()
        await expect(page.locator("main")).not_to_contain_text("13800138000")
        grassland = page.get_by_role("article", name="牧区草场流转咋个缴税法")
        await expect(grassland).to_contain_text("2 次")
        await grassland.get_by_role("button", name="加为“").first.click()
        await expect(page.get_by_role("status")).to_contain_text("已加为问法，马上生效")
        await expect(grassland).to_have_count(0)
        await page.get_by_role("article", name="骆驼奶作坊").get_by_role("button", name="写成新条目").click()
        await expect(page.get_by_label("问题")).to_have_value(re.compile("骆驼奶作坊开张要备案啥"))
        await page.get_by_label("问题").fill("骆驼奶作坊开张要办哪些备案")
        await page.locator("[name=answer]").fill("请在办理营业执照后三十日内办理税务信息确认。")
        await page.get_by_label("依据").fill("《税务登记管理办法》第八条")
        await page.locator("[name=category]").select_option("registration")
        await page.locator("[name=department_code]").select_option("service")
        await page.get_by_role("button", name="保存草稿").click()
        await expect(page.get_by_role("status")).to_contain_text("已存成草稿")
    assert (await verdicts(served, fund), await verdicts(served, camel)) == (["phrased"], ["drafted"])


async def test_which_entry_was_said_and_did_not_help_stands_beside_its_button(served: ServedHouse) -> None:
    said = await entry_called(served, "cit-rate")
    numbers = await ask_in_vain(served, "馕饼作坊的利润上几个点", "驼绒作坊收不收什么费")
    about = update(asked).where(asked.c.id == int(numbers.partition(",")[0]))
    async with served.deps.database.unit() as unit:
        await unit.run(about.values(decision="answer", outcome="unsolved", entry_id=said))
    async with in_console(served, EDITOR) as editor:
        cards = (await editor.get("/console/gaps"))[1].split("<article")
    blamed = [sentences(card) for card in cards if "用它答过，没解决" in card]
    assert len(blamed) == 1
    assert "馕饼作坊的利润上几个点" in blamed[0]
    assert "企业所得税税率是多少 用它答过，没解决" in blamed[0]


async def test_of_two_who_take_up_one_gap_the_second_is_told_what_the_first_did(served: ServedHouse) -> None:
    numbers = await ask_in_vain(served, "巴扎摊位的押金退不退税")
    wordings = {"gap": numbers, "wordings": "巴扎摊位的押金退不退税"}
    async with in_console(served, EDITOR) as first, in_console(served, OTHER) as second:
        status, said = await first.post("/console/gaps/dismiss", {"gap": numbers, "reason": " "})
        assert (status, "请写明理由" in said) == (422, True)
        assert f'href="#gap-{numbers}">到那一组' in said
        assert (await first.post("/console/gaps/dismiss", {"gap": numbers, "reason": "不属于税务"}))[0] == 303
        known = await entry_called(served, "cit-rate")
        status, said = await second.post("/console/gaps/phrase", {**wordings, "entry": known})
        told = sentences(said)
        assert (status, "编辑·样例已于" in told, "放下了，理由是：不属于税务。您的操作没有办理" in told) == (
            409,
            True,
            True,
        )
        mine = {**TEXT, "question": "巴扎摊位的押金退税吗", "answer": "我写了一个上午的答复，不能丢。", "gap": numbers}
        status, said = await second.post("/console/entries/new", {**mine, "do": "save"})
        assert (status, "编辑·样例已于" in said, mine["answer"] in said) == (409, True, True)
        assert 'name="gap"' not in said
    assert await verdicts(served, numbers) == ["dismissed"]


async def test_what_cannot_be_added_is_said_beside_what_was_typed(served: ServedHouse) -> None:
    numbers = await ask_in_vain(served, "葡萄干晾房要不要交房子的税")
    async with in_console(served, EDITOR) as editor:
        known = await entry_called(served, "cit-rate")
        for sent, sentence in (
            ({"wordings": "晾房交税", "code": "no-such-entry"}, "没有这个代号的条目"),
            ({"wordings": " ", "entry": known}, "请在“要加的问法”里留下至少一行"),
            ({"wordings": "长" * 201, "entry": known}, "应为 2 至 200 个字"),
            ({"wordings": "我的手机号13800138000", "code": "cit-rate"}, "里有手机号，请去掉"),
        ):
            status, said = await editor.post("/console/gaps/phrase", {"gap": numbers, **sent})
            assert (status, sentence in said) == (422, True), sentences(said)
        for nonsense in ("1,x", "1" * 30, "-1"):
            assert (await editor.post("/console/gaps/phrase", {"gap": nonsense, "wordings": "甲乙"}))[0] == 400
    assert await verdicts(served, numbers) == []


async def test_whoever_approves_sees_how_many_questions_a_draft_would_answer(served: ServedHouse) -> None:
    await ask_in_vain(served, "馕坑店的定额怎么核", "馕坑店的定额怎么核", "馕坑店定额怎么核定")
    async with in_console(served, EDITOR) as editor, in_console(served, APPROVER) as approver:
        text = {**TEXT, "question": "馕坑店的定额怎么核定", "phrasings": "馕坑店的定额怎么核"}
        assert (await editor.post("/console/entries/new", {**text, "do": "submit"}))[0] == 303
        said = sentences((await approver.get("/console/approvals?gains=1"))[1])
        assert "批准后有 3 次能由它直接答复" in said


async def test_a_draft_that_was_written_for_a_gap_is_worth_what_was_asked_there(served: ServedHouse) -> None:
    numbers = await ask_in_vain(
        served, "坎儿井里的水交不交水的税", "坎儿井里的水交不交水的税", "坎儿井的水交不交水的税"
    )
    async with in_console(served, EDITOR) as editor, in_console(served, APPROVER) as approver:
        text = {**TEXT, "question": "坎儿井里的水交不交水的税", "phrasings": "坎儿井的水要交税吗", "gap": numbers}
        assert (await editor.post("/console/entries/new", {**text, "do": "submit"}))[0] == 303
        page = (await approver.get("/console/approvals?gains=1"))[1]
        (card,) = [one for one in page.split("<article") if text["question"] in one]
        assert "批准后有 3 次能由它直接答复" in sentences(card)


async def test_more_gaps_than_a_page_holds_are_leafed_through_and_what_was_refused_stays_in_sight(
    served: ServedHouse,
) -> None:
    letters = "abcdefghijklmnopqrstuv"
    numbers = [await ask_in_vain(served, letter * 3 + letters[place - 1] * 4) for place, letter in enumerate(letters)]
    async with in_console(served, EDITOR) as editor:
        first, beyond = (await editor.get("/console/gaps"))[1], (await editor.get("/console/gaps?page=99"))[1]
        assert ("第 1 / 2 页" in sentences(first), "第 2 / 2 页" in sentences(beyond)) == (True, True)
        (hidden, *_) = (one for one in numbers if f'value="{one}"' not in first)
        assert f'value="{hidden}"' in beyond
        _, said = await editor.post("/console/gaps/dismiss", {"gap": hidden, "reason": "长" * 501})
        assert ("第 2 / 2 页" in sentences(said), "长" * 501 in said) == (True, True)
        for one in numbers:
            assert (await editor.post("/console/gaps/dismiss", {"gap": one, "reason": "乱写"}))[0] == 303
