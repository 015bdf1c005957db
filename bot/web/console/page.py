"""What every page of the console has around it: navigation, who is in, what was just done."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web

from bot.web.console.access import CONSOLE, Caller
from bot.web.keys import TEMPLATES
from bot.web.pages import render
from bot.web.security import csrf_for
from escalation.permissions import Action, EntrySubject, Role
from escalation.workdays import BEIJING

ROLE_NAMES = {Role.ADMINISTRATOR: "管理员", Role.FAQ_APPROVER: "问答审批", Role.FAQ_EDITOR: "问答编辑"}


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the console, shown in the navigation to those who may do what it `needs` (None: to everybody)."""

    path: str
    title: str
    needs: Action | None


SECTIONS = (
    Section("/console", "概览", Action.READ_ENTRY),
    Section("/console/entries", "问答条目", None),
    Section("/console/approvals", "审批", Action.APPROVE_ENTRY),
    Section("/console/try", "试问", Action.READ_ENTRY),
    Section("/console/gaps", "缺口", Action.EDIT_ENTRY),
    Section("/console/files", "导入导出", Action.READ_ENTRY),
    Section("/console/sessions", "登录会话", None),
)

# What was done, by the word that a redirection carries; nothing that comes with an address is ever shown.
DONE = {
    "entered": "您已进入管理后台。",
    "ended": "那个会话已经结束。",
    "drafted": "已存成草稿。提交审批之前，不会用来答复。",
    "submitted": "已提交审批，须由另一位审批人批准。",
    "withdrawn": "已撤回，现在又是草稿，可以修改。",
    "discarded": "草稿已放弃。写过的仍留在经过里。",
    "approved": "已批准发布，几秒内各处改用新的。",
    "refused": "已退回，理由已留给编辑。",
    "retired": "已停用，不再答复。",
    "restored": "已恢复，重新用来答复。",
    "verified": "已核实，答复里显示今天的日期。",
    "phrased": "问法已增加，马上生效。",
    "overridden": "已指定：这句话今后用这个条目答复。",
    "cleared": "指定已取消，由系统判断。",
    "owned": "负责人已改。",
    "gap_phrased": "已加为问法，马上生效；这组提问处理完了。",
    "gap_dismissed": "这组提问已放下，理由已留下。",
    "imported": "已导入成草稿。提交审批之前，不会用来答复。",
    "imported_submitted": "已导入并提交审批，须由另一位审批人批准。",
}


def set_up(app: web.Application) -> None:
    for environment in app[TEMPLATES].values():
        environment.filters["moment"] = moment


def moment(at: datetime) -> str:
    """「2026-11-25 15:20」 in 北京时间."""
    return f"{at.astimezone(BEIJING):%Y-%m-%d %H:%M}"


def show(
    caller: Caller,
    template: str,
    *,
    title: str,
    status: int = 200,
    subject: EntrySubject | None = None,
    **context: Any,
) -> web.Response:
    """A page of the console for whoever asks for it; one about an entry says whose it is."""
    path = caller.request.path
    sections = [one for one in SECTIONS if one.needs is None or caller.may(one.needs)]
    here = max((one.path for one in sections if path == one.path or path.startswith(f"{one.path}/")), default="")
    return render(
        caller.request,
        f"console/{template}",
        status=status,
        language="zh",
        title=title,
        sections=sections,
        here=here,
        officer=caller.officer,
        roles="、".join(name for role, name in ROLE_NAMES.items() if role in caller.officer.roles),
        waiting=caller.waiting,
        csrf=csrf_for(caller.request, caller.token),
        done=DONE.get(caller.request.query.get("done", "")),
        may={action.value: caller.may(action, subject) for action in Action},
        **context,
    )


def go(path: str, done: str = "") -> web.Response:
    """After a form: the page to look at next, which says what was done."""
    address = f"{CONSOLE.base}{path}"
    return web.Response(status=303, headers={"Location": f"{address}?done={done}" if done else address})
