"""More time for a case: what the asking officer, the deciding leader and the taxpayer read."""

from bot.wording.buttons import Extend, Handle
from bot.wording.speech import Button, Speech, Telling, Wording
from bot.wording.taxpayer.cases import deadline
from escalation.cases.extensions import Verdict, find_extension
from escalation.cases.lifecycle import CaseState
from escalation.cases.notices import Extended, ExtensionCard, ExtensionGranted, ExtensionRefused
from escalation.cases.queries import find_case, reckoning_of
from escalation.cases.results import Why


async def ask_reason(telling: Telling) -> Speech:
    _, facts = telling.words, telling.payload
    cancel = Button(_("取消"), Handle(case_id=facts["case_id"], act="cancel").pack())
    text = _("请输入延长办件 {number} 答复期限的理由。领导批准后，理由和新的期限会告知留言人。", number=facts["number"])
    return Speech(text, ((cancel,),))


async def requested(telling: Telling) -> Speech:
    return Speech(telling.words("已提交办件 {number} 的延期申请，等待领导批准。", number=telling.payload["number"]))


async def impossible(telling: Telling) -> Speech:
    _, number = telling.words, telling.payload["number"]
    said = {
        Why.NO_LIMIT: _("办件 {number} 不能延期：这类办件没有延期的规定，或没有正在计算的期限。", number=number),
        Why.EXPIRED: _("办件 {number} 不能延期：答复期限已过。请尽快答复。", number=number),
        Why.ONCE: _("办件 {number} 不能再申请延期：只能延期一次。", number=number),
        Why.OWN: _("办件 {number} 的延期是您申请的，须由其他领导批准。", number=number),
        Why.DECIDED: _("办件 {number} 的延期申请已经有人处理。", number=number),
    }
    return Speech(said[Why(telling.payload["why"])])


async def card(telling: Telling) -> Speech | None:
    """The leader's card; nothing is left to say once it has been decided, or the case sealed."""
    _ = telling.words
    extension = await find_extension(telling.reader, telling.facts(ExtensionCard).extension_id)
    case = None if extension is None else await find_case(telling.reader, extension.case_id)
    if extension is None or case is None or case.sealed or extension.verdict != Verdict.PENDING:
        return None
    reckoning = await reckoning_of(telling.reader, telling.rules, case)
    lines = [
        _("延期申请 · 办件 {number}", number=case.number),
        _("承办部门：{department}", department=case.department_name),
        _("理由：{reason}", reason=extension.reason),
    ]
    if reckoning is not None and reckoning.due_on is not None:
        lines.append(_("现在的答复期限：{day}24:00 前", day=_.day(reckoning.due_on)))
    buttons = (
        Button(_("同意延期"), Extend(extension_id=extension.id, act="grant").pack()),
        Button(_("不同意"), Extend(extension_id=extension.id, act="refuse").pack()),
        Button(_("查看办件"), Handle(case_id=case.id, act="card").pack()),
    )
    return Speech("\n".join(lines), (buttons,))


async def decided(telling: Telling) -> Speech:
    _, facts = telling.words, telling.payload
    if facts["granted"]:
        return Speech(_("已同意办件 {number} 延期，并已告知留言人。", number=facts["number"]))
    return Speech(_("已告知申请人：不同意办件 {number} 延期。", number=facts["number"]))


async def granted(telling: Telling) -> Speech:
    _, facts = telling.words, telling.facts(ExtensionGranted)
    return Speech(_("{officer}已同意办件 {number} 延期。", officer=facts.officer, number=facts.number))


async def refused(telling: Telling) -> Speech:
    _, facts = telling.words, telling.facts(ExtensionRefused)
    officer, number = facts.officer, facts.number
    return Speech(_("{officer}没有同意办件 {number} 延期，请按原期限答复。", officer=officer, number=number))


async def extended(telling: Telling) -> Speech | None:
    """To the taxpayer: why, and until when."""
    _, facts = telling.words, telling.facts(Extended)
    case = await find_case(telling.reader, facts.case_id)
    if case is None or case.state is CaseState.ANSWERED:
        return None
    lines = [
        _("您的办件 {number} 需要更多时间，答复期限已延长。", number=case.number),
        _("原因：{reason}", reason=facts.reason),
        deadline(_, facts.due_on),
    ]
    return Speech("\n".join(lines))


WORDINGS: dict[str, Wording] = {
    "extension.ask_reason": ask_reason,
    "extension.requested": requested,
    "extension.impossible": impossible,
    ExtensionCard.KIND: card,
    "extension.decided": decided,
    ExtensionGranted.KIND: granted,
    ExtensionRefused.KIND: refused,
    Extended.KIND: extended,
}
