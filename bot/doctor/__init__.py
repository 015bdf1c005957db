"""Examines an installation: of each thing whether it is well and, where not, what to do. Everything is looked at, and
nothing is changed, made or migrated; the house may be running meanwhile, or not be there yet.
"""

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.doctor.data import Clock
from bot.doctor.findings import Finding, State, well, wrong
from storage.disk import LEAST_FREE

ZONE = "Asia/Shanghai"


async def examine(
    environment: Mapping[str, str], clock: Clock, *, least_free_bytes: int = LEAST_FREE
) -> Sequence[Finding]:
    """All findings about the installation that `environment` describes, in the order of the checks."""
    zone = _check_zone()
    if zone.state is State.WRONG:
        return [zone]  # without it nothing that knows local time can even be imported
    from bot.doctor.examination import examine_all

    return await examine_all(environment, clock, zone, least_free_bytes)


def _check_zone() -> Finding:
    try:
        ZoneInfo(ZONE)
    except ZoneInfoNotFoundError:
        advice = "安装时区数据（例如 apt install tzdata），再体检一次；没有它，税桥不能启动，其余各项也没有检查"
        return wrong("zone", f"系统里没有 {ZONE}（北京时间）的时区数据", advice)
    return well("zone", f"有 {ZONE}（北京时间）")
