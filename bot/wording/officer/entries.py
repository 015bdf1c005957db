"""What those who keep the FAQ read in a chat: an entry as it stands, what waits for them, what became of an act."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from bot.wording.buttons import Keep, Undo
from bot.wording.speech import Button, Speech, Telling, Wording, Words
from bot.wording.taxpayer.answers import answer_lines, text_facts
from escalation.deadlines.workdays import local_date
from escalation.rules.permissions import Action, EntrySubject, may
from faq.asked import Feedback, feedback_counts
from faq.entries.content import NAMES, Finding, Flaw
from faq.entries.diff import differing
from faq.entries.queries import (
    Kept,
    Line,
    Revision,
    Standing,
    Wanted,
    awaiting_approval,
    find_entry,
    search,
    subject_of,
)
from faq.entries.results import OUTDATED, PUT_RIGHT, SENTENCES, Why
from faq.lifecycle import APPROVED, EntryState, RevisionState
from storage.people import Officer, find_officer

SHOWN = 8  # entries in one list; a chat is no table
PHRASINGS_SHOWN = 10
FINDINGS_SHOWN = 10


async def home(telling: Telling) -> Speech:
    """What waits for this officer, and what can be done."""
    _, reader = telling.words, telling.reader
    officer = await find_officer(reader, telling.payload["officer_id"])
    if officer is None:
        return Speech(_(SENTENCES[Why.NOT_ALLOWED]))
    subject, rows, lines = await subject_of(reader), [], []
    if may(officer, Action.APPROVE_ENTRY, subject):
        waiting = [line for line in await awaiting_approval(reader) if not line.newest.is_own(officer.id)]
        lines.append(_("等待您审批的：{count} 条", count=len(waiting)))
        rows += [_entry_row(_, line, "draft") for line in waiting[:SHOWN]]
    if may(officer, Action.EDIT_ENTRY, subject):
        drafts = await search(reader, Wanted(standing=Standing.DRAFT))
        lines.append(_("还没有提交的草稿：{count} 条", count=drafts.total))
        rows += [_entry_row(_, line, "draft") for line in drafts.lines[:SHOWN]]
    hints = ["", _("找条目：/faq 后面写几个字")]
    if may(officer, Action.READ_ENTRY, subject):
        hints.append(_("试一个问题：/faqtest 后面写问题"))
    else:
        theirs = await search(reader, Wanted(concerning=officer))
        lines.append(_("由您或者您的部门负责的条目：{count} 条", count=theirs.total))
        rows += [_entry_row(_, line, "view") for line in theirs.lines[:SHOWN]]
    return Speech("\n".join([*lines, *hints]), tuple(rows))


def _entry_row(_: Words, line: Line, act: str) -> tuple[Button, ...]:
    label = f"{line.newest.content.question} · {_line_state(_, line)}"
    return (Button(label, Keep(entry_id=line.entry_id, head=line.head, act=act).pack()),)


def _line_state(_: Words, line: Line) -> str:
    """That of the text which somebody has in hand, else that of the entry."""
    newest = line.newest.state
    return _entry_state(_, line.state) if newest is RevisionState.PUBLISHED else text_state(_, newest)


def _entry_state(_: Words, state: EntryState) -> str:
    return {
        EntryState.NEW: _("未发布"),
        EntryState.PUBLISHED: _("已发布"),
        EntryState.RETIRED: _("已停用"),
    }[state]


def text_state(_: Words, state: RevisionState) -> str:
    """What has become of one text."""
    return {
        RevisionState.DRAFT: _("草稿"),
        RevisionState.EDITED: _("改过的草稿"),
        RevisionState.DISCARDED: _("已放弃"),
        RevisionState.SUBMITTED: _("待审批"),
        RevisionState.REFUSED: _("已退回"),
        RevisionState.PUBLISHED: _("已发布"),
        RevisionState.SUPERSEDED: _("已由新稿接替"),
    }[state]


async def found(telling: Telling) -> Speech:
    """The entries that were looked for; where no text has the words, those whose meaning is near."""
    _, facts = telling.words, telling.payload
    rows = []
    for entry_id in facts["entry_ids"]:
        entry = await find_entry(telling.reader, entry_id)
        if entry is not None:
            rows.append(_entry_row(_, Line(entry.id, entry.code, entry.state, entry.head, entry.latest), "view"))
    if not rows:
        return Speech(_("没有找到条目。请换几个字再找，例如只写税种。"))
    if facts["near"]:
        return Speech(_("没有条目写着这几个字。意思相近的有："), tuple(rows))
    more = facts["total"] - len(rows)
    head = _("找到 {count} 条：", count=facts["total"])
    tail = _("还有 {count} 条没有列出，请多写几个字。", count=more)
    return Speech(f"{head}\n{tail}" if more > 0 else head, tuple(rows))


async def show(telling: Telling) -> Speech | None:
    """An entry as it stands at the moment of sending, after what was just done; `draft` shows what is in hand."""
    _, facts, reader = telling.words, telling.payload, telling.reader
    officer = await find_officer(reader, facts["officer_id"])
    entry = await find_entry(reader, facts["entry_id"])
    if officer is None or entry is None:
        return None
    text = (entry.in_hand if facts["draft"] else entry.published) or entry.latest
    counts = await feedback_counts(reader, entry_id=entry.id)
    lines = [
        *_done(_, facts["done"], entry.coming),
        *_standing(_, entry, text, counts.get(entry.id, Feedback())),
        *_changed(_, entry, text),
        *_near(_, facts["near"]),
        *_phrasings(_, text.content.phrasings),
        "",
        _("纳税人看到的是："),
        "",
        *answer_lines(_, _as_said(text, reader.now)),
    ]
    return Speech("\n".join(lines), _buttons(_, officer, await subject_of(reader, entry), entry, text))


def _as_said(text: Revision, now: datetime) -> Mapping[str, object]:
    """The facts of an answer. What was never published is verified by whoever approves it, on that day."""
    verified_on = text.verified_on if text.state in APPROVED else local_date(now)
    return text_facts(text.content, now, verified_on=verified_on)


def _done(_: Words, done: str | None, coming: Revision | None) -> Sequence[str]:
    begins = None if coming is None else coming.content.valid_from
    approved = _("已批准，几秒内开始这样答复。")
    if begins is not None:
        approved = _("已批准，从 {day}起这样答复。", day=_.full_day(begins))
    said = {
        "saved": _("草稿已保存。看过下面的样子，再提交审批。"),
        "phrased": _("问法已增加，几秒内生效。"),
        "submitted": _("已提交，等待另一位审批人审批。"),
        "withdrawn": _("已撤回，又是草稿了。"),
        "discarded": _("草稿已放弃。写过的仍留在经过里。"),
        "approved": approved,
        "refused": _("已退回给编辑。"),
        "verified": _("已记下：今天核实无误。"),
    }
    return [] if done is None else [said[done], ""]


def _standing(_: Words, entry: Kept, text: Revision, counts: Feedback) -> Sequence[str]:
    lines = [
        _(
            "条目 {code} · {state} · 第 {number} 稿（{text_state}）",
            code=entry.code,
            state=_entry_state(_, entry.state),
            number=text.number,
            text_state=text_state(_, text.state),
        )
    ]
    if text.verified_on is not None:
        lines.append(_("最近核实：{day}（{officer}）", day=_.full_day(text.verified_on), officer=text.verifier))
    elif text.sample:
        lines.append(_("样例，还没有人核实过"))
    if text.state is RevisionState.SUBMITTED:
        lines.append(_("提交人（初审）：{officer}", officer=text.first_reviewer))
    if text.state is RevisionState.REFUSED:
        lines.append(_("退回理由：{reason}（{officer}）", reason=text.reason, officer=text.final_reviewer))
    if text.content.valid_from is not None:
        lines.append(_("从 {day}起答复", day=_.full_day(text.content.valid_from)))
    if entry.coming is not None and entry.coming.content.valid_from is not None and entry.coming.id != text.id:
        lines.append(_("另有已批准的一稿，从 {day}起答复", day=_.full_day(entry.coming.content.valid_from)))
    lines.append(_("解决了 {solved} 次，没解决 {unsolved} 次", solved=counts.solved, unsolved=counts.unsolved))
    return lines


def _changed(_: Words, entry: Kept, text: Revision) -> Sequence[str]:
    """What an approver must look at: the fields in which the text differs from what answers now."""
    if entry.published is None or text.id == entry.published.id:
        return []
    names = [_(name) for name in differing(entry.published.content, text.content)]
    return [_("与在用的答复相比，改了：{fields}", fields=" · ".join(names))] if names else []


def _near(_: Words, questions: Sequence[str]) -> Sequence[str]:
    if not questions:
        return []
    return [_("已有条目问的几乎一样，请核对要不要合并："), *(f"· {question}" for question in questions)]


def _phrasings(_: Words, phrasings: Sequence[str]) -> Sequence[str]:
    if not phrasings:
        return [_("还没有别的问法。加上几个，答得上来的提问会多很多。")]
    lines = [_("别的问法（{count} 个）：", count=len(phrasings))]
    lines += [f"· {phrasing}" for phrasing in phrasings[:PHRASINGS_SHOWN]]
    return [*lines, "…"] if len(phrasings) > PHRASINGS_SHOWN else lines


def _buttons(
    _: Words, officer: Officer, subject: EntrySubject, entry: Kept, text: Revision
) -> tuple[tuple[Button, ...], ...]:
    """What this officer may do with what is shown; looked up anew when it is pressed."""
    allowed = {action for action in Action if may(officer, action, subject)}
    in_hand = entry.in_hand
    waiting = in_hand is not None and in_hand.state is RevisionState.SUBMITTED

    def button(label: str, act: str) -> Button:
        return Button(label, Keep(entry_id=entry.id, head=entry.head, act=act).pack())

    rows = []
    if waiting and in_hand is text and Action.APPROVE_ENTRY in allowed and not text.is_own(officer.id):
        rows.append([button(_("批准并发布"), "approve"), button(_("退回"), "refuse")])
    if Action.EDIT_ENTRY in allowed:
        edit = [] if waiting else [button(_("修改答复"), "answer")]
        rows.append([*edit, button(_("增加问法"), "phrase")])
        if in_hand is not None:
            drafted = [button(_("提交审批"), "submit"), button(_("放弃草稿"), "discard")]
            rows.append([button(_("撤回"), "withdraw")] if waiting else drafted)
    shown = entry.published is not None and text.id == entry.published.id
    if shown and entry.state is EntryState.PUBLISHED and Action.VERIFY_ENTRY in allowed:
        rows.append([button(_("核实无误"), "verify")])
    if shown and in_hand is not None:
        rows.append([button(_("看待审批的一稿") if waiting else _("看草稿"), "draft")])
    elif entry.published is not None and not shown:
        rows.append([button(_("看在用的答复"), "view")])
    return tuple(tuple(row) for row in rows)


async def ask(telling: Telling) -> Speech:
    """What is to be written next."""
    _, facts = telling.words, telling.payload
    said = {
        "answer": _("请发来“{question}”的新答复全文。发来就存成草稿，不影响在用的答复。", question=facts["question"]),
        "phrase": _("请发来“{question}”的别的问法，一行一个。发来几秒内就生效。", question=facts["question"]),
        "refuse": _("请写明退回“{question}”的理由，提交人会看到。", question=facts["question"]),
    }
    return Speech(said[facts["what"]], ((_cancel(_, facts["entry_id"]),),))


def _cancel(_: Words, entry_id: int) -> Button:
    return Button(_("取消"), Keep(entry_id=entry_id, head=0, act="cancel").pack())


async def denied(telling: Telling) -> Speech:
    return Speech(telling.words(SENTENCES[Why(telling.payload["why"])]))


async def outdated(telling: Telling) -> Speech:
    """Somebody was first; what was written stands above, in the chat."""
    _, facts = telling.words, telling.payload
    lines = [_(OUTDATED, officer=facts["officer"]), _("请先看现在的样子，再办。")]
    if facts["typed"]:
        lines.append(_("您写的文字还在上面，可以复制。"))
    look = Button(_("看现在的条目"), Keep(entry_id=facts["entry_id"], head=0, act="draft").pack())
    return Speech("\n".join(lines), ((look,),))


async def waited(telling: Telling) -> Speech:
    """What came too late to be surely meant."""
    _, facts = telling.words, telling.payload
    text = _("距离请您输入已超过 {minutes} 分钟，刚才这条没有办理。还要办的，请重新按按钮。", minutes=facts["minutes"])
    return Speech(text, ((_look(_, facts["entry_id"], "draft"),),))


async def wrong(telling: Telling) -> Speech:
    """What is to be put right; what was typed may be sent again, for which `entry_id` is waited."""
    _, facts = telling.words, telling.payload
    found = facts["findings"]
    lines = [f"· {_finding(_, one)}" for one in found[:FINDINGS_SHOWN]]
    if len(found) > FINDINGS_SHOWN:
        lines.append(_("另有 {count} 处", count=len(found) - FINDINGS_SHOWN))
    typed = facts["entry_id"] is not None
    text = "\n".join([*lines, _("请改正后再发一次。") if typed else _(PUT_RIGHT)])
    return Speech(text, ((_cancel(_, facts["entry_id"]),),) if typed else ())


def findings_facts(findings: Sequence[Finding]) -> Sequence[Mapping[str, object]]:
    """What a notice keeps of what is wrong."""
    return [
        {"field": one.field, "flaw": one.flaw.name, "facts": dict(one.facts), "about": one.about} for one in findings
    ]


def _finding(_: Words, one: Mapping[str, Any]) -> str:
    name, flaw = NAMES[one["field"]], Flaw[one["flaw"]]
    named = _("{name}“{about}”", name=_(name), about=one["about"]) if one["about"] else _(name)
    return _(flaw, name=named, **one["facts"])


async def approved(telling: Telling) -> Speech:
    """To whoever submitted."""
    _, facts = telling.words, telling.payload
    lines = [_("{officer}批准了您提交的“{question}”，已经发布。", officer=facts["officer"], question=facts["question"])]
    if facts["begins_on"]:
        lines.append(_("从 {day}起答复", day=_.full_day(date.fromisoformat(facts["begins_on"]))))
    return Speech("\n".join(lines), ((_look(_, facts["entry_id"], "view"),),))


async def refused(telling: Telling) -> Speech:
    _, facts = telling.words, telling.payload
    text = _(
        "{officer}退回了您提交的“{question}”。理由：{reason}",
        officer=facts["officer"],
        question=facts["question"],
        reason=facts["reason"],
    )
    return Speech("\n".join([text, _("请修改后重新提交。")]), ((_look(_, facts["entry_id"], "draft"),),))


def _look(_: Words, entry_id: int, act: str) -> Button:
    return Button(_("查看条目"), Keep(entry_id=entry_id, head=0, act=act).pack())


async def overridden(telling: Telling) -> Speech:
    _, facts = telling.words, telling.payload
    wording, question = facts["wording"], facts["question"]
    text = _("已指定：“{wording}”总是用“{question}”来答，几秒内生效。", wording=wording, question=question)
    return Speech(text, ((Button(_("取消指定"), Undo(override_id=facts["override_id"]).pack()),),))


async def override_cleared(telling: Telling) -> Speech:
    return Speech(telling.words("指定已取消，仍由系统判断。"))


async def in_private(telling: Telling) -> Speech:
    return Speech(telling.words("群里不编辑问答条目。请在与税桥的私聊或者网页工作台里办理。"))


WORDINGS: dict[str, Wording] = {
    "entry.home": home,
    "entry.found": found,
    "entry.show": show,
    "entry.ask": ask,
    "entry.denied": denied,
    "entry.outdated": outdated,
    "entry.wrong": wrong,
    "entry.waited": waited,
    "entry.approved": approved,
    "entry.refused": refused,
    "entry.overridden": overridden,
    "entry.override_cleared": override_cleared,
    "entry.in_private": in_private,
}
