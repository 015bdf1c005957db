"""What an officer reads about a case: the card, the prompts, what was done."""

from collections.abc import Sequence

from bot.wording.buttons import Handle, PassOn, Rekind, Send
from bot.wording.speech import Button, Speech, Telling, Wording, Words
from bot.wording.talk import first_words
from bot.wording.taxpayer.cases import state_name
from escalation.cases.lifecycle import UNFINISHED, CaseState, Move, can
from escalation.cases.notices import Card, Finished, Nobody, Taken, Unsorted
from escalation.cases.queries import (
    Author,
    Case,
    Event,
    Happening,
    Message,
    MessageKind,
    Reckoning,
    events_of,
    find_case,
    messages_of,
    reckoning_of,
    signing_of,
)
from escalation.rules.kinds import CaseKind
from escalation.rules.permissions import Action, may
from intents import mask
from storage.people import departments_of, party_at


def _buttons(_: Words, case: Case, kind: CaseKind) -> tuple[tuple[Button, ...], ...]:
    """What can be done with the case now, as far as its kind and its state go."""
    acts = (
        (
            (_("签收"), "sign", can(Move.SIGN, case.state)),
            (_("答复"), "answer", can(Move.ANSWER, case.state)),
            (_("转办"), "pass_on", can(Move.PASS_ON, case.state) and not case.sealed),
        ),
        (
            (_("请留言人补充"), "ask", can(Move.ASK_FOR_MORE, case.state)),
            (_("申请延期"), "extend", can(Move.REQUEST_EXTENSION, case.state) and kind.extension_limit is not None),
            (_("标为重大"), "major", can(Move.MARK_MAJOR, case.state) and not (case.major or case.sealed)),
            (_("更正类别"), "kind", case.state in UNFINISHED),
        ),
    )
    rows = [[Button(name, Handle(case_id=case.id, act=act).pack()) for name, act, may in row if may] for row in acts]
    return tuple(tuple(row) for row in rows if row)


async def card(telling: Telling) -> Speech | None:
    """The case as its department sees it, true at the moment of sending; personal data are masked."""
    _ = telling.words
    case = await find_case(telling.reader, telling.facts(Card).case_id)
    if case is None or not await _is_for_whoever_is_told(telling, case):
        return None
    kind = telling.rules.kind(case.kind)
    state = state_name(_, case)
    if case.signed_by_name is not None:
        state = _("{state}（{officer}）", state=state, officer=case.signed_by_name)
    lines = [
        _("办件 {number} · {kind}", number=case.number, kind=_(kind.name)) + (_(" · 重大") if case.major else ""),
        _("状态：{state}", state=state),
        _("承办部门：{department}", department=case.department_name),
        _("收到时间：{moment}（北京时间）", moment=_.moment(case.received_at)),
        *_limits(
            _,
            case,
            await signing_of(telling.reader, telling.rules, case),
            await reckoning_of(telling.reader, telling.rules, case),
        ),
        _("分派理由：{reasons}", reasons="；".join(case.reasons)),
        *_passings(_, await events_of(telling.reader, case.id)),
        *_letters(_, await messages_of(telling.reader, case.id), masked=kind.masked),
    ]
    if case.state in UNFINISHED:
        lines += ["", _("直接回复本条消息，即答复留言人。")]
    return Speech("\n".join(lines), _buttons(_, case, kind))


async def _is_for_whoever_is_told(telling: Telling, case: Case) -> bool:
    """Whether a card still is for whom it was written: its case may have been sealed since (第十八条)."""
    if not case.sealed or telling.address_id is None:
        return True
    party = await party_at(telling.reader, telling.address_id)
    return party is not None and party.officer is not None and may(party.officer, Action.SEE, case.subject)


def _limits(_: Words, case: Case, signing: Reckoning | None, answering: Reckoning | None) -> Sequence[str]:
    lines = []
    if case.state is CaseState.OPEN and signing is not None and signing.due_on is not None:
        lines.append(_("签收期限：{day}24:00 前", day=_.day(signing.due_on)))
    if case.state in UNFINISHED and answering is not None and answering.due_on is not None:
        lines.append(_("答复期限：{day}24:00 前", day=_.day(answering.due_on)))
    return lines


def _passings(_: Words, events: Sequence[Event]) -> Sequence[str]:
    """Who passed the case on, and why."""
    return [
        _("转办理由：{reason}（{officer}）", reason=event.details, officer=event.officer_name)
        for event in events
        if event.what in (Happening.PASSED_ON, Happening.DECIDED) and event.details
    ]


def _letters(_: Words, messages: Sequence[Message], *, masked: bool) -> Sequence[str]:
    titles = {
        MessageKind.LETTER: _("留言"),
        MessageKind.SUPPLEMENT: _("补充"),
        MessageKind.UNSORTED: _("另有留言，是否属于本件待留言人确认"),
        MessageKind.REQUEST: _("请留言人补充"),
        MessageKind.ANSWER: _("答复"),
    }
    lines = []
    for message in messages:
        text = mask(message.text) if masked and message.author is Author.TAXPAYER else message.text
        lines += ["", f"【{titles[message.what]}】{_.moment(message.at)}", text]
    return lines


async def signed(telling: Telling) -> Speech:
    _, facts = telling.words, telling.payload
    case = await find_case(telling.reader, facts["case_id"])
    buttons = () if case is None else _buttons(_, case, telling.rules.kind(case.kind))
    return Speech(_("您已签收办件 {number}，已告知留言人。", number=facts["number"]), buttons)


async def _named(telling: Telling, case_id: int) -> dict[str, str]:
    """A case as prompts name it: by its number and its first words, so that nobody answers another one."""
    case = await find_case(telling.reader, case_id)
    if case is None:
        return {"number": "", "words": ""}
    letter = next((one.text for one in await messages_of(telling.reader, case_id)), "")
    return {"number": case.number, "words": first_words(mask(letter))}


async def ask_answer(telling: Telling) -> Speech:
    _, case_id = telling.words, telling.payload["case_id"]
    cancel = Button(_("取消"), Handle(case_id=case_id, act="cancel").pack())
    named = await _named(telling, case_id)
    return Speech(_("请输入对办件 {number}（“{words}”）的答复，发送后立即送达留言人。", **named), ((cancel,),))


async def confirm(telling: Telling) -> Speech:
    """What was typed long after the prompt, or after another message, may have been meant for somebody else."""
    _, facts = telling.words, telling.payload
    named = await _named(telling, facts["case_id"])
    text = _(
        "还没有发出。以下内容将发给办件 {number}（“{words}”）的留言人：\n\n{text}\n\n确认的，请按“发出”。",
        **named,
        text=facts["text"],
    )
    send = Button(_("发出"), Send(case_id=facts["case_id"], typed_id=facts["typed_id"]).pack())
    cancel = Button(_("取消"), Handle(case_id=facts["case_id"], act="cancel").pack())
    return Speech(text, ((send, cancel),))


async def only_text(telling: Telling) -> Speech:
    return Speech(telling.words("这条没有发给留言人：目前只能发文字。请把答复写成文字，回复办件卡片。"))


async def edited(telling: Telling) -> Speech:
    return Speech(telling.words("修改消息不会改变已经发给留言人的内容。如需更正，请重新答复。"))


async def answered(telling: Telling) -> Speech:
    return Speech(telling.words("办件 {number} 已答复，答复正在送达留言人。", number=telling.payload["number"]))


async def ask_department(telling: Telling) -> Speech | None:
    """Where to pass a case on: the bureau's departments that take cases from outside."""
    _ = telling.words
    case = await find_case(telling.reader, telling.payload["case_id"])
    if case is None:
        return None
    offered = [
        Button(department.name, PassOn(case_id=case.id, department_id=department.id).pack())
        for department in await departments_of(telling.reader, case.bureau_id)
        if not (department.internal or department.sealed or department.id == case.department_id)
    ]
    rows = [tuple(offered[start : start + 2]) for start in range(0, len(offered), 2)]
    rows.append((Button(_("取消"), Handle(case_id=case.id, act="cancel").pack()),))
    return Speech(_("把办件 {number} 转给哪个部门？", number=case.number), tuple(rows))


async def ask_kind(telling: Telling) -> Speech | None:
    """What a case is, where it was taken for something else; its own readers say so."""
    _ = telling.words
    case = await find_case(telling.reader, telling.payload["case_id"])
    if case is None:
        return None
    offered = [
        Button(_(kind.name), Rekind(case_id=case.id, kind=kind.code).pack())
        for kind in telling.rules.kinds.values()
        if kind.code != case.kind and kind.may_be_said(in_group=telling.payload["in_group"])
    ]
    rows = [tuple(offered[start : start + 3]) for start in range(0, len(offered), 3)]
    rows.append((Button(_("取消"), Handle(case_id=case.id, act="cancel").pack()),))
    named = await _named(telling, case.id)
    text = _("办件 {number}（“{words}”）应是哪一类？改后按该类的部门、期限和保密办理，期限仍从收到时算起。", **named)
    return Speech(text, tuple(rows))


async def kind_changed(telling: Telling) -> Speech:
    _, facts = telling.words, telling.payload
    kind = _(telling.rules.kind(facts["now"]).name)
    number, department = facts["number"], facts["department"]
    return Speech(
        _("办件 {number} 已改为{kind}，由{department}办理。", number=number, kind=kind, department=department)
    )


async def ask_pass_reason(telling: Telling) -> Speech:
    _, facts = telling.words, telling.payload
    cancel = Button(_("取消"), Handle(case_id=facts["case_id"], act="cancel").pack())
    named = await _named(telling, facts["case_id"])
    text = _("请输入把办件 {number}（“{words}”）转给{department}的理由。", **named, department=facts["department"])
    return Speech(text, ((cancel,),))


async def final(telling: Telling) -> Speech:
    number = telling.payload["number"]
    return Speech(telling.words("办件 {number} 的承办部门由办公室确定，不能再转办。请与办公室联系。", number=number))


async def ask_request(telling: Telling) -> Speech:
    _, case_id = telling.words, telling.payload["case_id"]
    cancel = Button(_("取消"), Handle(case_id=case_id, act="cancel").pack())
    named = await _named(telling, case_id)
    text = _("请写明办件 {number}（“{words}”）需要留言人补充什么。发送后立即送达留言人，答复期限暂停计算。", **named)
    return Speech(text, ((cancel,),))


async def requested(telling: Telling) -> Speech:
    return Speech(telling.words("已请办件 {number} 的留言人补充，答复期限已暂停。", number=telling.payload["number"]))


async def marked(telling: Telling) -> Speech:
    return Speech(telling.words("办件 {number} 已标为重大，并送局领导阅。", number=telling.payload["number"]))


async def passed_on(telling: Telling) -> Speech:
    _, facts = telling.words, telling.payload
    return Speech(_("办件 {number} 已转{department}。", number=facts["number"], department=facts["department"]))


async def too_late(telling: Telling) -> Speech:
    _, facts = telling.words, telling.payload
    if facts["state"] == CaseState.ANSWERED:
        return Speech(_("办件 {number} 已经答复，您的操作没有执行。", number=facts["number"]))
    return Speech(
        _("办件 {number} 已由{officer}签收，您的操作没有执行。", number=facts["number"], officer=facts["officer"])
    )


async def not_allowed(telling: Telling) -> Speech:
    return Speech(telling.words("您没有办理这个办件的权限，或办件不存在。"))


async def taken(telling: Telling) -> Speech:
    _, facts = telling.words, telling.facts(Taken)
    return Speech(_("{officer}已签收办件 {number}。", officer=facts.officer, number=facts.number))


async def done(telling: Telling) -> Speech:
    _, facts = telling.words, telling.facts(Finished)
    return Speech(_("{officer}已答复办件 {number}。", officer=facts.officer, number=facts.number))


async def unsorted(telling: Telling) -> Speech | None:
    """The taxpayer wrote again, and has not said yet whether it belongs to the case."""
    _ = telling.words
    case = await find_case(telling.reader, telling.facts(Unsorted).case_id)
    if case is None:
        return None
    text = _("办件 {number} 的留言人又写来一条消息，是否属于本件待留言人确认。", number=case.number)
    return Speech(text, ((Button(_("查看办件"), Handle(case_id=case.id, act="card").pack()),),))


async def nobody(telling: Telling) -> Speech:
    _, facts = telling.words, telling.facts(Nobody)
    text = _(
        "{department}没有能收到通知的工作人员，办件 {number} 无人承接，请尽快安排。",
        department=facts.department,
        number=facts.number,
    )
    return Speech(text)


WORDINGS: dict[str, Wording] = {
    Card.KIND: card,
    Taken.KIND: taken,
    Finished.KIND: done,
    Nobody.KIND: nobody,
    Unsorted.KIND: unsorted,
    "desk.signed": signed,
    "desk.ask_answer": ask_answer,
    "desk.ask_kind": ask_kind,
    "desk.kind_changed": kind_changed,
    "desk.confirm": confirm,
    "desk.only_text": only_text,
    "desk.edited": edited,
    "desk.answered": answered,
    "desk.ask_department": ask_department,
    "desk.ask_pass_reason": ask_pass_reason,
    "desk.final": final,
    "desk.ask_request": ask_request,
    "desk.requested": requested,
    "desk.marked": marked,
    "desk.passed_on": passed_on,
    "desk.too_late": too_late,
    "desk.not_allowed": not_allowed,
}
