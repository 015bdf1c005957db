"""The product as `python -m bot run` starts it, by a clock that is wrong by as many seconds as a file says."""

import sys
from datetime import datetime, timedelta
from pathlib import Path

from bot.cli.main import keep_house
from bot.runtime.clock import Clock, system_clock
from bot.settings import read_settings


def wrong_clock(file: Path) -> Clock:
    """Reads the file anew each time: somebody may set the clock while the house runs."""

    def clock() -> datetime:
        return system_clock() + timedelta(seconds=float(file.read_text(encoding="ascii")))

    return clock


if __name__ == "__main__":
    keep_house(read_settings(), wrong_clock(Path(sys.argv[1])))
