"""The first page: how the FAQ stands, and what waits for whom."""

from aiohttp import web

from bot.web.console.access import Caller, shown
from bot.web.console.page import DONE, go, show
from escalation.permissions import Action
from faq.keeping import Standing, Wanted, search

STANDINGS = {
    Standing.PUBLISHED: ("已发布", "正在答复纳税人的条目"),
    Standing.SUBMITTED: ("待审批", "已经提交，等另一位审批"),
    Standing.DRAFT: ("草稿", "写着，还没有提交"),
    Standing.REFUSED: ("已退回", "审批人写了理由，请修改"),
    Standing.SAMPLE: ("从未核实", "随产品来的样例，请对照现行规定"),
    Standing.EXPIRING: ("30 天内到期", "到期后不再答复，请更新或停用"),
    Standing.DOUBTED: ("常没解决", "90 天里常被评为没解决，请核实"),
    Standing.RETIRED: ("已停用", "不再答复，随时可以恢复"),
}


async def show_home(caller: Caller) -> web.Response:
    """How the whole FAQ stands; whoever has only entries of their own goes on to these."""
    if not caller.may(Action.READ_ENTRY):
        done = caller.request.query.get("done", "")
        return go("/entries", done if done in DONE else "")
    async with caller.deps.database.reader() as reader:
        counts = {one: (await search(reader, Wanted(standing=one))).total for one in STANDINGS}
    return show(caller, "home.html", title="概览", counts=counts, standings=STANDINGS)


ROUTES = [shown("/console", None, show_home)]
