"""The FAQ is kept in a chat and at the desk: found, read, edited, approved by another, tried, taught."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from bot.delivery import LONGEST_MESSAGE
from bot.wording.buttons import Keep, Teach, Undo
from escalation.deadlines.workdays import local_date
from faq.entries.drafting import draft_entry, submit
from faq.entries.queries import Kept, find_by_code
from faq.entries.results import Saved
from storage.people import find_officer
from tests.flows.cast import (
    COMPLAINT,
    KNOWN,
    count_of,
    dismiss,
    employ,
    group_of,
    officer_number,
    on_telegram,
    time_passes,
)
from tests.support.house import Heard, HouseUnderTest, Visitor

CODE = "vat-small-month-threshold"
NEW_ANSWER = "不用交。月销售额不超过10万元的，免征增值税，本局重新核定。"
DENIED = "您没有这项权限。请联系管理员，或请有权限的同事办理。"
WORDING = "小摊贩卖菜要不要纳税"


async def people(house: HouseUnderTest) -> tuple[Visitor, Visitor]:
    editor = await employ(house, "editor", "古丽·样例", ["service"], roles=["officer", "faq_editor"])
    approver = await employ(house, "approver", "李·样例", ["service"], roles=["officer", "faq_approver"])
    return editor, approver


async def entry_of(house: HouseUnderTest, code: str = CODE) -> Kept:
    async with house.database.reader() as reader:
        entry = await find_by_code(reader, code)
    assert entry is not None
    return entry


async def published_is_live(house: HouseUnderTest) -> None:
    await house.deps.faq.refresh(house.database, local_date(house.clock()))


async def edited(editor: Visitor, answer: str = NEW_ANSWER) -> Heard:
    await editor.say(f"/faq {CODE}")
    await editor.press("修改答复")
    return await editor.say(answer)


async def test_an_answer_edited_in_chat_and_approved_by_another_is_what_taxpayers_hear(house: HouseUnderTest) -> None:
    (editor, approver), taxpayer = await people(house), await house.visitor()
    found = await editor.say("/faq 10万元 个体户")
    assert found.text.startswith("找到 ")
    shown = await editor.press(f"{KNOWN} · 已发布", on=found)
    assert f"条目 {CODE} · 已发布 · 第 1 稿（已发布）\n样例，还没有人核实过" in shown.text
    assert "纳税人看到的是：\n\n【" + KNOWN in shown.text
    assert "别的问法（" in shown.text
    assert "批准并发布" not in shown.buttons

    assert "新答复全文" in (await editor.press("修改答复")).text
    draft = await editor.say(NEW_ANSWER)
    assert draft.text.startswith("草稿已保存。")
    assert "第 2 稿（草稿）" in draft.text
    assert "与在用的答复相比，改了：答复" in draft.text
    assert f"【{KNOWN}】\n\n{NEW_ANSWER}\n\n依据：" in draft.text
    assert "最近核实：2025年11月3日" in draft.text
    assert NEW_ANSWER not in (await taxpayer.say(KNOWN)).text
    assert "已提交，等待另一位审批人审批" in (await editor.press("提交审批", on=draft)).text

    await time_passes(house, days=1)
    reminded = next(one for one in reversed(await approver.heard()) if "等待审批" in one.text)
    assert NEW_ANSWER in (await approver.press("查看条目", on=reminded)).text
    waiting = await approver.say("/faq")
    assert "等待您审批的：1 条" in waiting.text
    offered = await approver.press(f"{KNOWN} · 待审批", on=waiting)
    assert "提交人（初审）：古丽·样例" in offered.text
    assert NEW_ANSWER not in (await approver.press("看在用的答复", on=offered)).text
    published = await approver.press("批准并发布", on=offered)
    assert published.text.startswith("已批准")
    assert "最近核实：2025年11月4日（李·样例）" in published.text
    assert (await editor.heard())[-1].text == f"李·样例批准了您提交的“{KNOWN}”，已经发布。"
    assert "等待您审批的：0 条" in (await approver.say("/faq")).text

    await published_is_live(house)
    assert NEW_ANSWER in (await taxpayer.say(KNOWN)).text


async def test_nobody_approves_their_own_not_even_an_administrator_with_a_forged_button(house: HouseUnderTest) -> None:
    administrator = await employ(house, "both", "赵·样例", [], roles=["officer", "administrator"])
    phone = await on_telegram(house, "both", 801)
    submitted = await edited(administrator)
    submitted = await administrator.press("提交审批")
    assert "批准并发布" not in submitted.buttons
    assert "等待您审批的：0 条" in (await administrator.say("/faq")).text
    entry = await entry_of(house)
    await phone.press_data(Keep(entry_id=entry.id, head=entry.head, act="approve").pack())
    assert phone.heard()[-1].text == "这一稿有您写的内容，或者是您提交的，须由另一位审批人审批。"
    await phone.press_data(Keep(entry_id=entry.id, head=entry.head, act="refuse").pack())
    assert phone.heard()[-1].text == "这一稿有您写的内容，或者是您提交的，须由另一位审批人审批。"
    await phone.say("不行")
    assert "请先打开一个办件" in phone.heard()[-1].text
    assert (await entry_of(house)).in_hand is not None
    assert "已撤回，又是草稿了。" in (await administrator.press("撤回", on=submitted)).text


async def test_a_refusal_brings_its_reason_to_whoever_submitted(house: HouseUnderTest) -> None:
    editor, approver = await people(house)
    await edited(editor)
    await editor.press("提交审批")
    await approver.say("/faq")
    await approver.press(f"{KNOWN} · 待审批")
    assert "请写明退回" in (await approver.press("退回")).text
    assert (await approver.say("请写明依据的条款。")).text.startswith("已退回")
    told = (await editor.heard())[-1]
    assert told.text == f"李·样例退回了您提交的“{KNOWN}”。理由：请写明依据的条款。\n请修改后重新提交。"
    shown = await editor.press("查看条目", on=told)
    assert "退回理由：请写明依据的条款。（李·样例）" in shown.text
    assert NEW_ANSWER in shown.text
    assert "未经本局核实" not in shown.text
    assert (await editor.press("修改答复", on=shown)).text.startswith("请发来")
    assert "第 3 稿（草稿）" in (await editor.say(NEW_ANSWER + "见增值税法第二十三条。")).text


async def test_what_was_decided_is_told_once_to_whoever_submitted_unless_they_have_left(house: HouseUnderTest) -> None:
    editor, approver = await people(house)
    await edited(editor)
    await editor.press("提交审批")
    await approver.press("看待审批的一稿", on=await approver.say(f"/faq {CODE}"))
    await approver.press("批准并发布")
    await edited(editor, NEW_ANSWER + "又改了一次。")
    await editor.press("提交审批")
    await dismiss(house, "editor")
    await approver.press("看待审批的一稿", on=await approver.say(f"/faq {CODE}"))
    await approver.press("退回")
    assert (await approver.say("请写明依据。")).text.startswith("已退回")
    assert [count_of(await one.heard(), "您提交的") for one in (editor, approver)] == [1, 0]


async def test_the_second_of_two_editors_is_told_who_was_first_and_overwrites_nothing(house: HouseUnderTest) -> None:
    first, _ = await people(house)
    second = await employ(house, "second", "陈·样例", [], roles=["officer", "faq_editor"])
    await second.say(f"/faq {CODE}")
    await second.press("修改答复")
    await edited(first)
    late = await second.say("另一个答复，后来才写的。")
    assert late.text.startswith("古丽·样例刚刚先改了这个条目，您的操作没有办理。")
    assert "您写的文字还在上面" in late.text
    assert NEW_ANSWER in (await second.press("看现在的条目", on=late)).text
    in_hand = (await entry_of(house)).in_hand
    assert in_hand is not None
    assert (in_hand.number, in_hand.content.answer) == (2, NEW_ANSWER)


async def test_an_approver_decides_on_what_was_seen_and_on_nothing_that_came_after(house: HouseUnderTest) -> None:
    editor, approver = await people(house)
    await edited(editor)
    await editor.press("提交审批")
    await approver.say("/faq")
    seen = await approver.press(f"{KNOWN} · 待审批")
    await editor.press("撤回")
    await edited(editor, NEW_ANSWER + "后来又加了一句。")
    await editor.press("提交审批")
    for act in ("批准并发布", "退回"):
        told = await approver.press(act, on=seen)
        assert ("您的操作没有办理" in told.text, "您写的文字" in told.text) == (True, False)
    assert (await entry_of(house)).published != (await entry_of(house)).latest


async def test_phrasings_sent_line_by_line_answer_at_once(house: HouseUnderTest) -> None:
    editor, _ = await people(house)
    await editor.say(f"/faq {CODE}")
    await editor.press("增加问法")
    said = await editor.say(f"{WORDING}\n\n  卖水果一个月几千块用不用交税  \n")
    assert said.text.startswith("问法已增加，几秒内生效。")
    assert f"· {WORDING}\n· 卖水果一个月几千块用不用交税" in said.text
    await published_is_live(house)
    assert f"【{KNOWN}】" in (await (await house.visitor()).say(WORDING)).text
    await editor.press("增加问法")
    assert "内容没有变化" in (await editor.say(WORDING)).text


async def test_entries_are_found_by_words_by_code_or_by_meaning_with_how_often_they_helped(
    house: HouseUnderTest,
) -> None:
    editor, _ = await people(house)
    for name, verdict in (("a", "解决了"), ("b", "没解决"), ("c", "解决了")):
        taxpayer = await house.visitor(name)
        await taxpayer.say(KNOWN)
        await taxpayer.press(verdict)
    assert "解决了 2 次，没解决 1 次" in (await editor.say(f"/faq {CODE}")).text
    near = await editor.say("/faq 头一套房子契税多少")
    assert near.text == "没有条目写着这几个字。意思相近的有："
    assert any("首套" in label for label in near.buttons)
    assert (await editor.say("/faq qwxz")).text.startswith("没有找到条目。")
    assert "还有 " in (await editor.say("/faq 增值税")).text


async def test_a_question_that_is_tried_is_explained_and_the_wording_becomes_a_phrasing(house: HouseUnderTest) -> None:
    editor, _ = await people(house)
    tried = await editor.say("/faqtest 发票丢了")
    assert tried.text.startswith("试问：发票丢了\n结论：反问，请对方选一个\n· ")
    for part in ("· 把握不到 0.80", "· 只有题目，没有说要问什么", "规范为：发票丢失", "词（括号里的不计）：发票丢失"):
        assert part in tried.text
    assert "1. 增值税专用发票丢" in tried.text
    assert "领先第二名 +12.03 × " in tried.text
    label = next(label for label in tried.buttons if label.startswith("加为问法：增值税专用发票"))
    assert "· 发票丢了" in (await editor.press(label, on=tried)).text
    await published_is_live(house)
    exact = await editor.say("/faqtest 发票丢了")
    assert "结论：直接答复\n· 增值税专用发票丢" in exact.text
    assert "原因：与一个条目的问法一字不差" in exact.text
    assert not any(label.startswith("加为问法") for label in exact.buttons)
    assert "被理解为“服务投诉”，真的发来时不查问答条目" in (await editor.say(f"/faqtest {COMPLAINT}")).text


async def test_a_wording_is_laid_down_for_an_entry_and_the_word_can_be_taken_back(house: HouseUnderTest) -> None:
    editor, _ = await people(house)
    tried = await editor.say("/faqtest 契税多少")
    label = [label for label in tried.buttons if label.startswith("总是用它答：")][1]
    laid_down = await editor.press(label, on=tried)
    question = label.removeprefix("总是用它答：")
    assert laid_down.text == f"已指定：“契税多少”总是用“{question}”来答，几秒内生效。"
    await published_is_live(house)
    taxpayer = await house.visitor()
    assert f"【{question}】" in (await taxpayer.say("契税，多少？")).text
    assert "原因：工作人员为这句话指定了条目，不再判断" in (await editor.say("/faqtest 契税多少")).text
    assert "指定已取消" in (await editor.press("取消指定", on=laid_down)).text
    await published_is_live(house)
    assert f"【{question}】" not in (await taxpayer.say("契税多少")).text


async def test_a_button_teaches_the_wording_above_it_and_not_the_one_tried_last(house: HouseUnderTest) -> None:
    editor, _ = await people(house)
    phone = await on_telegram(house, "editor", 802)
    tried = await editor.say("/faqtest 发票丢了")
    await editor.say("/faqtest 残保金")
    label = next(label for label in tried.buttons if label.startswith("加为问法：增值税专用发票"))
    shown = await editor.press(label, on=tried)
    assert ("· 发票丢了" in shown.text, "· 残保金" in shown.text) == (True, False)
    await phone.press_data(tried.buttons[label], message_id=999)
    assert "这个按钮已经失效" in phone.heard()[-1].text


ACTS = ("view", "draft", "answer", "phrase", "submit", "withdraw", "discard", "approve", "refuse", "verify")


async def test_whoever_has_no_role_is_refused_in_words_and_forged_buttons_open_nothing(house: HouseUnderTest) -> None:
    editor, _ = await people(house)
    await edited(editor)
    entry = await entry_of(house)
    await employ(house, "clerk", "马·样例", ["finance"])
    clerk = await on_telegram(house, "clerk", 803)
    forged: Sequence[str] = [
        *(Keep(entry_id=number, head=entry.head, act=act).pack() for act in ACTS for number in (entry.id, 9999)),
        *(Teach(entry_id=entry.id, act=act).pack() for act in ("phrase", "override")),
        Undo(override_id=1).pack(),
    ]
    for data in forged:
        await clerk.press_data(data)
        assert clerk.heard()[-1].text == DENIED, data
    for line in ("/faq", "/faq 增值税", "/faqtest 契税多少"):
        await clerk.say(line)
        assert clerk.heard()[-1].text == DENIED
    await clerk.say(NEW_ANSWER)
    assert "请先打开一个办件" in clerk.heard()[-1].text
    assert await entry_of(house) == entry


NEVER_MADE = ("k:1:1:publish", "k:1:1", "k:x:1:view", "k:-1:1:view", "t:1:remove", "u:x")


async def test_buttons_that_were_never_made_are_stale_and_for_a_taxpayer_all_are(house: HouseUnderTest) -> None:
    await people(house)
    phone, stranger, entry = await on_telegram(house, "editor", 804), house.telegram_person(805), await entry_of(house)
    for data in NEVER_MADE:
        await phone.press_data(data)
        assert "这个按钮已经失效" in phone.heard()[-1].text
    await stranger.press_data(Keep(entry_id=entry.id, head=entry.head, act="view").pack())
    assert "这个按钮已经失效" in stranger.heard()[-1].text
    await stranger.say("/faqtest 契税多少")
    assert count_of(stranger.heard(), "试问") == 0


async def test_a_wrong_text_may_be_sent_again_until_the_wait_is_cancelled_or_the_editor_leaves(
    house: HouseUnderTest,
) -> None:
    editor, _ = await people(house)
    wrong = await edited(editor, "请打13800138000")
    assert wrong.text == "· 答复里有手机号，请去掉\n请改正后再发一次。"
    assert "答复有 3001 个字，应为 10 至 3000 个字" in (await editor.say("长" * 3001)).text
    await editor.press("取消")
    assert "请先打开一个办件" in (await editor.say(NEW_ANSWER)).text
    await editor.press("修改答复")
    await dismiss(house, "editor")
    await editor.say(NEW_ANSWER)
    assert (await entry_of(house)).in_hand is None


async def test_whose_entry_it_is_finds_reads_and_verifies_it_without_a_role(house: HouseUnderTest) -> None:
    officer = await employ(house, "tax", "周·样例", ["goods_services"])
    home = await officer.say("/faq")
    assert home.text.startswith("由您或者您的部门负责的条目：")
    assert "/faqtest" not in home.text
    shown = await officer.press(f"{KNOWN} · 已发布", on=await officer.say("/faq 个体户 10万元"))
    assert list(shown.buttons) == ["核实无误"]
    verified = await officer.press("核实无误", on=shown)
    assert "已记下：今天核实无误。" in verified.text
    assert "最近核实：2025年11月3日（周·样例）" in verified.text
    for others in ("deed-shop", "头一套房子契税多少"):
        assert (await officer.say(f"/faq {others}")).text.startswith("没有找到条目。")
    assert (await officer.say("/faqtest 契税多少")).text == DENIED


async def test_a_text_for_a_later_day_says_so_to_both_and_those_that_ask_the_same_are_named(
    house: HouseUnderTest,
) -> None:
    editor, approver = await people(house)
    number = await officer_number(house, "editor")
    async with house.database.unit() as unit:
        author = await find_officer(unit, number)
        entry = await find_by_code(unit, CODE)
        assert author is not None
        assert entry is not None
        twin = replace(entry.latest.content, valid_from=date(2026, 1, 1))
        saved = await draft_entry(unit, author, twin, code="twin")
        assert isinstance(saved, Saved)
        await submit(unit, house.deps.rules, author, saved.entry_id, head=1)
    await approver.say("/faq")
    offered = await approver.press(f"{KNOWN} · 待审批")
    assert f"已有条目问的几乎一样，请核对要不要合并：\n· {KNOWN}" in offered.text
    assert (await approver.press("批准并发布")).text.startswith("已批准，从 2026年1月1日起这样答复。")
    assert (await editor.heard())[-1].text.endswith("已经发布。\n从 2026年1月1日起答复")


async def test_a_reply_to_a_card_answers_its_case_also_while_an_answer_of_the_faq_is_awaited(
    house: HouseUnderTest,
) -> None:
    editor, _ = await people(house)
    taxpayer = await house.visitor()
    await taxpayer.say(COMPLAINT)
    card = (await editor.heard())[-1]
    await editor.say(f"/faq {CODE}")
    await editor.press("修改答复")
    assert "已答复" in (await editor.say("已经整改，向您致歉。", reply_to=card)).text
    assert "已经整改" in (await taxpayer.heard())[-1].text
    assert (await entry_of(house)).in_hand is None
    prompt = await editor.press("修改答复")
    assert (await editor.say(NEW_ANSWER, reply_to=prompt)).text.startswith("草稿已保存")


async def test_a_reply_that_comes_an_hour_later_is_not_taken_for_what_was_asked(house: HouseUnderTest) -> None:
    editor, _ = await people(house)
    await editor.say(f"/faq {CODE}")
    await editor.press("增加问法")
    house.clock.advance(minutes=59)
    assert (await editor.say(WORDING)).text.startswith("问法已增加")
    await editor.press("修改答复")
    house.clock.advance(minutes=61)
    before = await entry_of(house)
    assert "已超过 60 分钟，刚才这条没有办理" in (await editor.say(NEW_ANSWER)).text
    assert "请先打开一个办件" in (await editor.say(NEW_ANSWER)).text
    assert await entry_of(house) == before


async def test_whoever_turns_to_something_else_is_no_longer_waited_for(house: HouseUnderTest) -> None:
    editor, _ = await people(house)
    for line in ("/faq", "/faq 契税", "/faqtest 契税多少", "/start", "/cancel", "问答条目"):
        await editor.press("增加问法", on=await editor.say(f"/faq {CODE}"))
        await editor.say(line)
        assert "请先打开一个办件" in (await editor.say(WORDING)).text, line
    assert WORDING not in (await entry_of(house)).latest.content.phrasings


async def test_a_shortcut_is_not_taken_for_the_reason_that_another_dialogue_asked_for(house: HouseUnderTest) -> None:
    editor, _ = await people(house)
    await (await house.visitor()).say(COMPLAINT)
    await editor.press("申请延期", on=(await editor.heard())[-1])
    assert "还没有提交的草稿" in (await editor.say("问答条目")).text
    prompt = await editor.press("增加问法", on=await editor.say(f"/faq {CODE}"))
    await editor.press("申请延期")
    await editor.press("取消", on=prompt)
    assert "已提交" in (await editor.say("须现场核查")).text, "only what the entry asked for is cancelled"


async def test_nobody_writes_in_vain_what_could_not_be_saved(house: HouseUnderTest) -> None:
    editor, approver = await people(house)
    phone = await on_telegram(house, "editor", 809)
    shown = await editor.say(f"/faq {CODE}")
    await edited(editor)
    assert "您的操作没有办理" in (await editor.press("修改答复", on=shown)).text
    await editor.press("提交审批")
    entry = await entry_of(house)
    await phone.press_data(Keep(entry_id=entry.id, head=entry.head, act="answer").pack())
    assert phone.heard()[-1].text == "这一稿正在等待审批。要修改，请先撤回。"
    await phone.say(NEW_ANSWER)
    assert "请先打开一个办件" in phone.heard()[-1].text
    waiting = await approver.press(f"{KNOWN} · 待审批", on=await approver.say("/faq"))
    await editor.press("撤回")
    assert (await approver.press("退回", on=waiting)).text.startswith("这一稿已不在等待审批")
    discarded = await editor.press("放弃草稿")
    assert discarded.text.startswith("草稿已放弃。")
    assert (NEW_ANSWER in discarded.text, (await entry_of(house)).in_hand) == (False, None)


async def test_the_longest_answer_arrives_whole_with_its_buttons_under_the_last_part(house: HouseUnderTest) -> None:
    await people(house)
    phone = await on_telegram(house, "editor", 807)
    await phone.say(f"/faq {CODE}")
    await phone.press("增加问法")
    await phone.say("\n".join("怎" * 190 + f"{number}交税" for number in range(10)))
    await phone.press("修改答复")
    await phone.say("<b>{officer}</b> %s *_`" + "长" * 2970)
    first, last = phone.heard()[-2:]
    assert max(len(first.text), len(last.text)) <= LONGEST_MESSAGE
    assert (list(first.buttons), "提交审批" in last.buttons) == ([], True)
    assert "<b>{officer}</b> %s *_`" + "长" * 2970 in first.text + last.text
    assert "第 3 稿（草稿）" in first.text


async def test_in_a_group_nothing_of_an_entry_is_shown_or_done(house: HouseUnderTest) -> None:
    await people(house)
    await on_telegram(house, "editor", 808)
    group, entry = await group_of(house, "editor", "service", 808, -808), await entry_of(house)
    for line in ("/faq", f"/faq {CODE}", "/faqtest 契税多少"):
        await group.say(line)
        assert group.heard()[-1].text.startswith("群里不编辑问答条目。")
    for data in (*(Keep(entry_id=entry.id, head=1, act=act).pack() for act in ACTS), Undo(override_id=1).pack()):
        await group.press_data(data)
        assert group.heard()[-1].text.startswith("群里不编辑问答条目。"), data
    assert await entry_of(house) == entry


async def test_what_cannot_be_searched_for_is_left_out_of_the_words(house: HouseUnderTest) -> None:
    editor, _ = await people(house)
    assert (await editor.say("/faq 契\x00税")).text.startswith("找到 ")
    assert "结论：" in (await editor.say("/faqtest 契\x00税\n多少")).text


async def test_who_keeps_entries_is_offered_them_and_nobody_else_is(house: HouseUnderTest) -> None:
    editor, _ = await people(house)
    clerk = await employ(house, "clerk", "马·样例", ["finance"])
    assert list((await editor.say("/start")).buttons) == ["待办办件", "问答条目", "管理后台"]
    assert "找条目：/faq" in (await editor.press("问答条目")).text
    assert list((await clerk.say("/start")).buttons) == ["待办办件"]
    assert (await clerk.say("问答条目")).text == DENIED
