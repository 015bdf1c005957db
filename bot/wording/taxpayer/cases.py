"""What a taxpayer is told about a case: the receipt, how its due date is counted, where it stands, the answer."""

from collections.abc import Sequence
from datetime import date

from bot.wording.buttons import Menu, OwnCase, OwnCases, Rate, Sort, Withheld
from bot.wording.speech import Button, Speech, Telling, Wording, Words
from bot.wording.talk import first_words, last_line
from escalation.cases import notices
from escalation.cases.lifecycle import CaseState
from escalation.cases.notices import Answered, PassedOn, Receipt, Request, Rerouted, Resumed, Signed
from escalation.cases.queries import (
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
)
from escalation.rules.kinds import CaseKind
from escalation.rules.rulebook import Rulebook
from language import MessageId


def kind_name(_: Words, rules: Rulebook, code: str) -> str:
    return _(rules.kind(code).name)


def state_name(_: Words, case: Case) -> str:
    return {
        CaseState.OPEN: _("待签收"),
        CaseState.SIGNED: _("办理中"),
        CaseState.WAITING: _("等待补充"),
        CaseState.ANSWERED: _("已答复"),
    }[case.state]


def deadline(_: Words, due_on: date) -> str:
    return _("{day}24:00前（北京时间）", day=_.dated(due_on))


async def receipt(telling: Telling) -> Speech:
    _, facts = telling.words, telling.facts(Receipt)
    kind = telling.rules.kind(facts.kind)
    case = await find_case(telling.reader, facts.case_id)
    reckoning = None if case is None else await reckoning_of(telling.reader, telling.rules, case)
    number = _("办件编号：{number}", number=facts.number)
    code = _("查询码：{code}（凭编号和查询码可在任何浏览器中查询，请妥善保管）", code=facts.code)
    if kind.sealed:
        # 第十八条: whoever looks over the writer's shoulder learns nothing; and nothing is promised.
        lines = [_("您的留言已收到。"), "", number, code]
    else:
        lines = [
            _("您的留言（{kind}）已收到，现转有关部门办理。", kind=_(kind.name)),
            "",
            number,
            _("承办部门：{department}", department=facts.department),
            *_due_lines(_, kind, facts.due_on, reckoning),
            code,
        ]
    if kind.receipt_note:
        lines += ["", _(kind.receipt_note)]
    how = Button(_("如何计算"), OwnCase(case_id=facts.case_id, act="how").pack())
    view = Button(_("查看办件"), OwnCase(case_id=facts.case_id, act="view").pack())
    return Speech("\n".join(lines), ((how, view),) if facts.due_on and not kind.sealed else ((view,),))


def _due_lines(_: Words, kind: CaseKind, due_on: date | None, reckoning: Reckoning | None) -> Sequence[str]:
    if due_on is None:
        if kind.starts == "confirmation":
            return [_("答复期限：自申请确认之日起计算，确认后会告知您")]
        return [_("答复期限：按有关规定办理")]
    label = _("答复期限（本局承诺）") if kind.is_own_promise else _("答复期限")
    lines = [_("{label}：{deadline}", label=label, deadline=deadline(_, due_on))]
    if reckoning is not None and reckoning.provisional:
        lines.append(_("（期间的放假安排尚未全部公布，此日期为暂定，如有变动会告知您）"))
    return lines


async def how(telling: Telling) -> Speech | None:
    """「如何计算」: day by day what was counted and what was skipped."""
    _ = telling.words
    case = await find_case(telling.reader, telling.payload["case_id"])
    if case is None:
        return None
    reckoning = None if case.sealed else await reckoning_of(telling.reader, telling.rules, case)
    if reckoning is None or reckoning.due_on is None:
        return Speech(_("办件 {number} 目前没有正在计算的期限。", number=case.number))
    lines = [
        _("办件 {number} 的期限是这样计算的（北京时间）：", number=case.number),
        "",
        _("{moment} 收到，当日不计", moment=_.moment(reckoning.received_at)),
        *_day_lines(_, reckoning),
        "",
        deadline(_, reckoning.due_on),
    ]
    if all(day.provisional for day in reckoning.days):
        lines.append(_("这段时间的放假安排尚未全部公布，此日期为暂定，如有变动会告知您。"))
    elif reckoning.provisional:
        lines.append(_("标“暂定”的日子，放假安排尚未全部公布；如有变动会告知您。"))
    return Speech("\n".join(lines))


# A term of sixty or ninety days is retold in its first and last days; the count in between is said in one line.
LONGEST_RETOLD = 31


def _day_lines(_: Words, reckoning: Reckoning) -> Sequence[str]:
    lines, counted = [], 0
    mixed = not all(day.provisional for day in reckoning.days)
    for day in reckoning.days:
        mark = _("（暂定）") if day.provisional and mixed else ""
        if day.counts:
            counted += 1
            lines.append(_("第{n}天　{day}　{why}{mark}", n=counted, day=_.day(day.on), why=_(day.why), mark=mark))
        else:
            lines.append(_("不计　　{day}　{why}{mark}", day=_.day(day.on), why=_(day.why), mark=mark))
    if len(lines) <= LONGEST_RETOLD:
        return lines
    left_out = len(lines) - 20
    return [*lines[:10], _("……（中间 {n} 天依此类推）", n=left_out), *lines[-10:]]


async def signed(telling: Telling) -> Speech | None:
    _ = telling.words
    case = await find_case(telling.reader, telling.facts(Signed).case_id)
    if case is None or case.state is CaseState.ANSWERED:
        return None
    if case.sealed:
        return Speech(_("您的办件 {number} 已签收，正在办理。", number=case.number))
    lines = [
        _("您的办件 {number} 已由{department}签收，正在办理。", number=case.number, department=case.department_name)
    ]
    reckoning = await reckoning_of(telling.reader, telling.rules, case)
    if reckoning is not None and reckoning.due_on is not None:
        lines.append(_("答复期限：{deadline}。", deadline=deadline(_, reckoning.due_on)))
    return Speech("\n".join(lines))


async def passed_on(telling: Telling) -> Speech | None:
    _, facts = telling.words, telling.facts(PassedOn)
    case = await find_case(telling.reader, facts.case_id)
    if case is None or case.state is CaseState.ANSWERED:
        return None
    text = _(
        "您的办件 {number} 已转由{department}办理，答复期限不变。",
        number=case.number,
        department=facts.department,
    )
    return Speech(text)


async def rerouted(telling: Telling) -> Speech | None:
    _, facts = telling.words, telling.facts(Rerouted)
    case = await find_case(telling.reader, facts.case_id)
    if case is None or case.sealed or case.state is CaseState.ANSWERED:
        return None
    lines = [_("您的办件 {number} 现由{department}办理。", number=case.number, department=facts.department)]
    if facts.due_on is not None:
        lines.append(_("答复期限：{deadline}。", deadline=deadline(_, facts.due_on)))
    return Speech("\n".join(lines))


async def request(telling: Telling) -> Speech:
    """The department needs something more; the clock stands still until it comes."""
    _, facts = telling.words, telling.facts(Request)
    case = await find_case(telling.reader, facts.case_id)
    number = "" if case is None else case.number
    lines = [
        _("为办理您的办件 {number}，请您补充：", number=number),
        "",
        facts.text,
        "",
        _("请直接把补充内容发来。收到之前，答复期限暂停计算。"),
    ]
    return Speech("\n".join(lines))


async def resumed(telling: Telling) -> Speech | None:
    _, facts = telling.words, telling.facts(Resumed)
    case = await find_case(telling.reader, facts.case_id)
    if case is None or case.sealed or case.state is CaseState.ANSWERED:
        return None
    until = deadline(_, facts.due_on)
    return Speech(_("办件 {number} 恢复计时，答复期限：{deadline}。", number=case.number, deadline=until))


async def redated(telling: Telling) -> Speech | None:
    """The calendar was corrected, and with it the promise."""
    _, facts = telling.words, telling.payload
    case = await find_case(telling.reader, facts["case_id"])
    if case is None or case.sealed or case.state is CaseState.ANSWERED:
        return None
    text = _(
        "因放假安排调整，您的办件 {number} 的答复期限改为：{deadline}。",
        number=case.number,
        deadline=deadline(_, date.fromisoformat(facts["due_on"])),
    )
    return Speech(text, ((Button(_("如何计算"), OwnCase(case_id=case.id, act="how").pack()),),))


async def answer(telling: Telling) -> Speech:
    _, facts = telling.words, telling.facts(Answered)
    case = await find_case(telling.reader, facts.case_id)
    number, department = ("", "") if case is None else (case.number, case.department_name)
    head = _("办件 {number} 已有答复（{department}）：", number=number, department=department)
    if case is not None and case.sealed:
        head = _("办件 {number} 已有答复：", number=number)
    lines = [head, "", facts.text, "", _("您对这次办理满意吗？")]
    rates = [Button(_(name), Rate(case_id=facts.case_id, stars=stars).pack()) for stars, name in SATISFACTION.items()]
    return Speech("\n".join(lines), (tuple(rates[:3]), tuple(rates[3:])))


SATISFACTION = {
    5: MessageId("非常满意"),
    4: MessageId("满意"),
    3: MessageId("基本满意"),
    2: MessageId("不满意"),
    1: MessageId("非常不满意"),
}
"""The five words of 好差评, by the number that is kept."""


async def rated(telling: Telling) -> Speech:
    _, stars = telling.words, telling.payload["stars"]
    return Speech(_("感谢您的评价：{rate}。我们会据此改进工作。", rate=_(SATISFACTION[stars])))


async def already_rated(telling: Telling) -> Speech:
    return Speech(telling.words("这个办件您已经评价过了，谢谢。"))


async def sort(telling: Telling) -> Speech:
    """A second line while a case is open."""
    _, facts = telling.words, telling.payload
    text = _(
        "您的办件 {number} 正在办理。您刚才写的“{words}”，是补充这件，还是另一件事？",
        number=facts["number"],
        words=first_words(facts["text"]),
    )
    line = {"case_id": facts["case_id"], "line_id": facts.get("line_id", 0)}
    supplement = Button(_("补充到该办件"), Sort(**line, act="supplement").pack())
    new = Button(_("新问题"), Sort(**line, act="new").pack())
    return Speech(text, ((supplement, new),))


SORTED = ("supplement", "apart")


async def withheld(telling: Telling) -> Speech | None:
    """A line that may be a tip-off, or about an officer: 第十八条, nobody sees it before its writer says who may."""
    _, facts = telling.words, telling.facts(notices.Withheld)
    case = await find_case(telling.reader, facts.case_id)
    if case is None:
        return None
    question = _(
        "您的办件 {number} 正在办理。您刚才写的“{words}”，是补充这件，还是另一件事？\n\n"
        "选定之前，这条留言不给任何人看。选“补充这件”的，会给{department}看到；"
        "{minutes} 分钟内没有选的，单独立件，只由专门部门办理。",
        number=case.number,
        words=last_line(facts.text),
        department=_("办理这件的部门") if case.sealed else case.department_name,
        minutes=facts.minutes,
    )
    pressed = {act: Withheld(asked_id=facts.asked_id, case_id=case.id, act=act).pack() for act in SORTED}
    return Speech(question, ((Button(_("补充这件"), pressed["supplement"]), Button(_("另一件事"), pressed["apart"])),))


async def supplemented(telling: Telling) -> Speech:
    return Speech(
        telling.words("已补充到办件 {number}，并告知承办部门。", number=telling.facts(notices.Supplemented).number),
    )


async def answered_meanwhile(telling: Telling) -> Speech:
    text = telling.words("办件 {number} 刚刚已经答复，您的这条消息作为新问题办理。", number=telling.payload["number"])
    return Speech(text)


async def listing(telling: Telling) -> Speech:
    """「我的办件」."""
    _, rows = telling.words, []
    for case_id in telling.payload["case_ids"]:
        case = await find_case(telling.reader, case_id)
        if case is not None:
            kind = _("留言") if case.sealed else kind_name(_, telling.rules, case.kind)
            label = f"{case.number} {kind} · {state_name(_, case)}"
            rows.append((Button(label, OwnCase(case_id=case_id, act="view").pack()),))
    lookup = (Button(_("凭查询码查询"), Menu(act="lookup").pack()),)
    if not rows:
        return Speech(_("您还没有办件。直接写下您的问题即可；以前在别处留过言的，可凭编号和查询码查询。"), (lookup,))
    if telling.payload.get("more"):
        rows.append((Button(_("更早的办件"), OwnCases(before=telling.payload["case_ids"][-1]).pack()),))
    return Speech(_("您的办件（点开查看经过和答复）："), (*rows, lookup))


async def view(telling: Telling) -> Speech | None:
    """One case as its taxpayer sees it: where it stands, what was said, what happened."""
    _ = telling.words
    case = await find_case(telling.reader, telling.payload["case_id"])
    if case is None:
        return None
    reckoning = await reckoning_of(telling.reader, telling.rules, case)
    lines = [
        _("办件 {number}（{kind}）", number=case.number, kind=kind_name(_, telling.rules, case.kind)),
        _("状态：{state}", state=state_name(_, case)),
        _("承办部门：{department}", department=case.department_name),
        _("收到时间：{moment}（北京时间）", moment=_.moment(case.received_at)),
    ]
    if case.sealed:
        reckoning = None
        lines = [_("办件 {number}", number=case.number), lines[1], lines[3]]
    if case.state is not CaseState.ANSWERED and reckoning is not None and reckoning.due_on is not None:
        lines.append(_("{label}：{deadline}", label=_("答复期限"), deadline=deadline(_, reckoning.due_on)))
    lines += _said(_, await messages_of(telling.reader, case.id))
    lines += _happened(_, await events_of(telling.reader, case.id))
    buttons = [Button(_("如何计算"), OwnCase(case_id=case.id, act="how").pack())] if reckoning is not None else []
    return Speech("\n".join(lines), (tuple(buttons),) if buttons else ())


def _said(_: Words, messages: Sequence[Message]) -> Sequence[str]:
    titles = {
        MessageKind.LETTER: _("您的留言"),
        MessageKind.SUPPLEMENT: _("您的补充"),
        MessageKind.UNSORTED: _("您的留言（尚未归类）"),
        MessageKind.REQUEST: _("请您补充"),
        MessageKind.ANSWER: _("答复"),
    }
    lines = []
    for message in messages:
        lines += ["", f"【{titles[message.what]}】{_.moment(message.at)}", message.text]
    return lines


def _happened(_: Words, events: Sequence[Event]) -> Sequence[str]:
    names = {
        Happening.OPENED: _("收到"),
        Happening.SIGNED: _("已签收"),
        Happening.PASSED_ON: _("已转办"),
        Happening.DECIDED: _("已转办"),
        Happening.ASKED: _("请您补充，暂停计时"),
        Happening.EXTENDED: _("延长答复期限"),
        Happening.MAJOR: _("标为重大"),
        Happening.KIND_CHANGED: _("已转有关部门"),
        Happening.SUPPLEMENTED: _("已补充"),
        Happening.ASKED_AFTER: _("您询问进展"),
        Happening.ANSWERED: _("已答复"),
        Happening.RATED: _("已评价"),
    }
    return ["", _("经过："), *(f"· {_.moment(event.at)} {names[event.what]}" for event in events)]


async def lookup_ask(telling: Telling) -> Speech:
    return Speech(telling.words("请输入办件编号和查询码，中间用空格隔开，例如：2026-000001 K7QM-3XTP"))


async def lookup_failed(telling: Telling) -> Speech:
    """Reads the same for every failure, so that nobody learns which case numbers exist."""
    return Speech(telling.words("没有找到相符的办件。请核对编号和查询码后再试；多次不符，需过一段时间再查。"))


WORDINGS: dict[str, Wording] = {
    Receipt.KIND: receipt,
    "case.how": how,
    Signed.KIND: signed,
    PassedOn.KIND: passed_on,
    Rerouted.KIND: rerouted,
    Request.KIND: request,
    Resumed.KIND: resumed,
    "case.redated": redated,
    Answered.KIND: answer,
    "case.rated": rated,
    "case.already_rated": already_rated,
    "case.sort": sort,
    notices.Withheld.KIND: withheld,
    notices.Supplemented.KIND: supplemented,
    "case.answered_meanwhile": answered_meanwhile,
    "case.list": listing,
    "case.view": view,
    "case.lookup_ask": lookup_ask,
    "case.lookup_failed": lookup_failed,
}
