"""What officers are told at the desk and in their chats, about themselves and not about one case."""

from datetime import datetime

from bot.wording.buttons import Danger, Handle, Menu, Todo
from bot.wording.speech import Button, Speech, Telling, Wording
from bot.wording.taxpayer.cases import kind_name, state_name
from escalation.cases.queries import (
    find_case,
)


async def welcome(telling: Telling) -> Speech:
    _ = telling.words
    buttons = [Button(_("待办办件"), Menu(act="todo").pack())]
    if telling.payload.get("keeps_entries"):
        buttons += [Button(_("问答条目"), Menu(act="faq").pack()), Button(_("管理后台"), Menu(act="console").pack())]
    text = _("{name}，您好。新的办件会送到这里；请签收、答复或转办。", name=telling.payload["name"])
    return Speech(text, (tuple(buttons),))


async def todo(telling: Telling) -> Speech:
    _, rows = telling.words, []
    for case_id in telling.payload["case_ids"]:
        case = await find_case(telling.reader, case_id)
        if case is not None:
            label = f"{case.number} {kind_name(_, telling.rules, case.kind)} · {state_name(_, case)}"
            rows.append((Button(label, Handle(case_id=case.id, act="card").pack()),))
    if not rows:
        return Speech(_("目前没有待办的办件。"))
    if telling.payload.get("more"):
        rows.append((Button(_("后面的办件"), Todo(after=telling.payload["case_ids"][-1]).pack()),))
    return Speech(_("待办办件（先到的在前，也可以直接输入编号打开）："), tuple(rows))


async def danger(telling: Telling) -> Speech:
    """Somebody's life may be in danger: what was written, and who sees to it."""
    _, facts = telling.words, telling.payload
    quoted = facts["text"] or _("（原文可能涉及举报，依法保密，已另行立件。）")
    text = _(
        "【紧急】有人写下可能危及生命的话（{moment}，北京时间）：\n“{text}”\n\n"
        "已告知对方心理援助热线 12356、急救 120、报警 110。请立即核实，必要时报 110、120；由您处理的，请按下面的按钮。",
        moment=_.moment(datetime.fromisoformat(facts["at"])),
        text=quoted,
    )
    return Speech(text, ((Button(_("我来处理"), Danger(address_id=facts["address_id"]).pack()),),))


async def danger_seen_to(telling: Telling) -> Speech:
    _ = telling.words
    if telling.payload["first"]:
        return Speech(_("已记下由您处理，不再提醒。请尽快与公安、社区联系。"))
    return Speech(_("已由他人处理。"))


async def console(telling: Telling) -> Speech:
    """The link stands in the text: Telegram takes no button with the address of an inner network."""
    _ = telling.words
    text = _("管理后台的链接，只能用一次，12 小时内有效，请勿转发：\n{url}", url=telling.payload["url"])
    return Speech(text)


async def no_console(telling: Telling) -> Speech:
    _ = telling.words
    if telling.payload["in_group"]:
        return Speech(_("管理后台的链接只发给本人。请与税桥私聊，或在工作台里按“管理后台”。"))
    return Speech(_("管理后台里没有您能办理的事。需要编辑或审批问答条目的，请联系管理员。"))


async def cancelled(telling: Telling) -> Speech:
    return Speech(telling.words("已取消，没有发送任何内容。"))


async def what_to_do(telling: Telling) -> Speech:
    _ = telling.words
    todo_button = Button(_("待办办件"), Menu(act="todo").pack())
    return Speech(_("请先打开一个办件：在办件卡片上按“签收”“答复”，或者直接回复卡片。"), ((todo_button,),))


async def bound(telling: Telling) -> Speech:
    return Speech(
        telling.words("{name}，您好。这个会话已与您绑定，办件和提醒会送到这里。", name=telling.payload["name"])
    )


async def group_bound(telling: Telling) -> Speech:
    return Speech(
        telling.words("本群已绑定{department}，该部门的办件会送到这里。", department=telling.payload["department"])
    )


async def sealed_department(telling: Telling) -> Speech:
    return Speech(
        telling.words("{department}的办件不在群里显示，不能绑定到群。", department=telling.payload["department"])
    )


async def not_here(telling: Telling) -> Speech:
    return Speech(telling.words("请在 Telegram 中打开这个邀请链接；网页工作台请用一次性链接进入。"))


async def invitation_spent(telling: Telling) -> Speech:
    return Speech(telling.words("这个邀请链接已经用过或已过期，请联系管理员重新发放。"))


async def anonymous(telling: Telling) -> Speech:
    return Speech(telling.words("请以本人身份操作：匿名管理员无法办理办件。"))


async def stranger(telling: Telling) -> Speech:
    return Speech(telling.words("您没有办理这个办件的权限。工作人员请先与税桥私聊，用本人的邀请链接绑定后再操作。"))


async def nobody_here(telling: Telling) -> Speech:
    return Speech(telling.words("这个会话没有绑定任何工作人员，消息没有送达。有税费问题，请打开纳税人页面留言。"))


WORDINGS: dict[str, Wording] = {
    "desk.welcome": welcome,
    "desk.todo": todo,
    "desk.danger": danger,
    "desk.danger_seen_to": danger_seen_to,
    "desk.console": console,
    "desk.no_console": no_console,
    "desk.cancelled": cancelled,
    "desk.what_to_do": what_to_do,
    "desk.bound": bound,
    "desk.group_bound": group_bound,
    "desk.invitation_spent": invitation_spent,
    "desk.anonymous": anonymous,
    "desk.stranger": stranger,
    "desk.nobody_here": nobody_here,
    "desk.sealed_department": sealed_department,
    "desk.not_here": not_here,
}
