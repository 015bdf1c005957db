"""The sections of those who keep the FAQ: their titles, what each needs, and their pages."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from bot.web.console.faq import actions, approvals, editing, entries, files, gaps, trial
from bot.web.console.faq.labels import STANDINGS
from bot.web.console.faq.rights import right
from bot.web.console.sections import Overview, Section, Tile, Waiting
from bot.wording.speech import marked_in
from escalation.rules.permissions import Action, Role
from faq.entries.queries import Standing, Wanted, concerns, count_awaiting_approval, search
from language import MessageId
from storage.unit import Reader

URGENT = (Standing.DOUBTED, Standing.EXPIRING, Standing.REFUSED)
ROLES: Mapping[Role, str] = MappingProxyType(
    {Role.FAQ_APPROVER: marked_in("role", "问答审批"), Role.FAQ_EDITOR: marked_in("role", "问答编辑")}
)
DONE: Mapping[str, str] = MappingProxyType(
    {
        "drafted": MessageId("已存成草稿。提交审批之前，不会用来答复。"),
        "submitted": MessageId("已提交审批，须由另一位审批人批准。"),
        "withdrawn": MessageId("已撤回，现在又是草稿，可以修改。"),
        "discarded": MessageId("草稿已放弃。写过的仍留在经过里。"),
        "approved": MessageId("已批准发布，几秒内各处改用新的。"),
        "refused": MessageId("已退回，理由已留给编辑。"),
        "retired": MessageId("已停用，不再答复。"),
        "restored": MessageId("已恢复，重新用来答复。"),
        "verified": MessageId("已核实，答复里显示今天的日期。"),
        "phrased": MessageId("问法已增加，马上生效。"),
        "overridden": MessageId("已指定：这句话今后用这个条目答复。"),
        "cleared": MessageId("指定已取消，由系统判断。"),
        "owned": MessageId("负责人已改。"),
        "gap_phrased": MessageId("已加为问法，马上生效；这组提问处理完了。"),
        "gap_dismissed": MessageId("这组提问已放下，理由已留下。"),
        "imported": MessageId("已导入成草稿。提交审批之前，不会用来答复。"),
        "imported_submitted": MessageId("已导入并提交审批，须由另一位审批人批准。"),
    }
)


async def _tiles(reader: Reader) -> Sequence[Tile]:
    """How the whole FAQ stands."""
    found = {standing: (await search(reader, Wanted(standing=standing))).total for standing in STANDINGS}
    return [
        Tile(
            f"/console/entries?standing={standing.value}",
            found[standing],
            name,
            hint,
            urgent=bool(found[standing]) and standing in URGENT,
        )
        for standing, (name, hint) in STANDINGS.items()
    ]


SECTIONS = (
    Section(
        "/console/entries",
        MessageId("问答条目"),
        None,
        [*entries.ROUTES, *editing.ROUTES, *actions.ROUTES],
        lets_in=concerns,
        done=DONE,
        roles=ROLES,
        overview=Overview(right(Action.READ_ENTRY), _tiles, "console/faq/advice.html"),
    ),
    Section(
        "/console/approvals",
        MessageId("审批"),
        right(Action.APPROVE_ENTRY),
        approvals.ROUTES,
        waiting=Waiting(count_awaiting_approval, MessageId("{count} 条待审批")),
    ),
    Section("/console/try", MessageId("试问"), right(Action.READ_ENTRY), trial.ROUTES),
    Section("/console/gaps", MessageId("缺口"), right(Action.EDIT_ENTRY), gaps.ROUTES),
    Section("/console/files", MessageId("导入导出"), right(Action.READ_ENTRY), files.ROUTES),
)
