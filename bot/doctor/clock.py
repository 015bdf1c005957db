"""The clock that deadlines go by, against the database's and Telegram's."""

from collections.abc import Iterator
from datetime import timedelta

from bot.doctor.data import Data
from bot.doctor.findings import Finding, remark, well, wrong
from bot.doctor.telegram import Telegram

NAME = "clock"
REMARKABLE, INTOLERABLE = timedelta(seconds=2), timedelta(seconds=30)
NTP = "让所有机器自动校时（NTP）：期限按时钟计算"


def check_clock(data: Data | None, telegram: Telegram | None) -> Iterator[Finding]:
    """Whether our clock agrees with those that can be asked."""
    if data is not None and data.ahead is not None:
        yield _agreement("数据库服务器", data.ahead)
    if telegram is not None and telegram.ahead is not None:
        yield _agreement(" Telegram ", telegram.ahead)
    if (data is None or data.ahead is None) and (telegram is None or telegram.ahead is None):
        if data is not None and data.file is not None:
            yield well(NAME, "数据库用的就是本机的时钟，没有别的可比；请确认系统自动校时（NTP）")
        else:
            yield remark(NAME, "没有别的时钟可比", "确认系统自动校时（NTP）")


def _agreement(whose: str, ahead: timedelta) -> Finding:
    off = abs(ahead)
    found = f"本机比{whose}{'快' if ahead > timedelta(0) else '慢'} {off.total_seconds():.1f} 秒"
    if off > INTOLERABLE:
        return wrong(NAME, found, NTP)
    if off > REMARKABLE:
        return remark(NAME, found, NTP)
    return well(NAME, f"与{whose}的时钟一致")
