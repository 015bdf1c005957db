"""A process with a door for Telegram, to be loaded from outside: the house, or aiogram's own handler with an echo.

Prints its address and its secret once it listens, and ends on SIGTERM.
"""

import asyncio
import gc
import signal
import sys
from pathlib import Path

from aiohttp import web

from bot.runtime import startup

HOUSE, UNFROZEN, ECHO = "house", "unfrozen", "echo"
ECHO_SECRET = "echo"  # noqa: S105  of a bot that has none


def main(who: str, folder: str) -> None:
    if who == UNFROZEN:
        startup.opened = gc.enable
    startup.begin()
    asyncio.run(_echo() if who == ECHO else _house(Path(folder)))


async def _house(folder: Path) -> None:
    from bench.contestants import settings_of, the_house
    from bench.knowledge import knowledge
    from bench.telegram import TOKEN, AtOnce
    from bot.channels.telegram import HOOK_PATH, webhook_of
    from bot.web import make_web_app

    settings = settings_of(
        f"sqlite:///{folder}/house.db",
        folder,
        telegram_token=TOKEN,
        telegram_webhook=True,
        public_url="https://bench.example",
    )
    async with the_house(settings, AtOnce(), knowledge().interpreter) as house:
        webhook = webhook_of(settings, house.deps.database.hasher)
        assert webhook is not None  # noqa: S101  asked for above
        await _listen(make_web_app(house.deps), HOOK_PATH + webhook.url.partition(HOOK_PATH)[2], webhook.secret)


async def _echo() -> None:
    from aiogram.webhook.aiohttp_server import SimpleRequestHandler

    from bench.contestants import make_echo
    from bench.telegram import AtOnce

    dispatcher, bot = make_echo(AtOnce())
    app = web.Application()
    SimpleRequestHandler(dispatcher, bot, secret_token=ECHO_SECRET).register(app, path="/telegram")
    gc.enable()
    await _listen(app, "/telegram", ECHO_SECRET)


async def _listen(app: web.Application, path: str, secret: str) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}{path}", secret, flush=True)  # noqa: T201  whoever started this reads it
    await stop.wait()
    await runner.cleanup()


if __name__ == "__main__":
    main(*sys.argv[1:])
