"""Runs the house until it is told to stop: web server, workers, and the links for who stands at the terminal."""

import asyncio
import errno
import signal
from contextlib import suppress

from aiogram.exceptions import TelegramNetworkError
from aiohttp import web
from rich.console import Console

from bot.app import House, bind_tokens, desk_tokens, open_house, run_house
from bot.channels.telegram import TELEGRAM, introduce
from bot.settings import Settings
from bot.web import make_web_app

GRACE_SECONDS = 5.0


class PortTakenError(Exception):
    """The port of the pages is in use, or may not be used."""


async def serve(settings: Settings, console: Console) -> None:
    """Open, serve, and on SIGTERM or Ctrl-C finish what is in hand and close."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with open_house(
        settings, say=lambda sentence: console.print(sentence, soft_wrap=True, markup=False)
    ) as house:
        runner = web.AppRunner(make_web_app(house.deps), access_log=None, shutdown_timeout=GRACE_SECONDS)
        await runner.setup()
        try:
            port = await _listen(runner, settings)
            async with run_house(house):
                await _welcome(house, console, settings.public_url or f"http://{settings.host}:{port}")
                await stop.wait()
                house.deps.nursery.stopping.set()
                with suppress(asyncio.CancelledError):
                    await runner.cleanup()
        finally:
            await runner.cleanup()
    console.print("已停止。")


async def _listen(runner: web.AppRunner, settings: Settings) -> int:
    """Start listening; gives back the port, which the system may have chosen."""
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
    except OSError as error:
        reason = "已被占用" if error.errno == errno.EADDRINUSE else f"不能使用（{error.strerror}）"
        raise PortTakenError(
            f"{settings.host}:{settings.port} {reason}。请停掉占用它的程序，或换一个端口，例如 PORT=8090 make run。"
        ) from error
    port: int = runner.addresses[0][1]
    return port


async def _welcome(house: House, console: Console, url: str) -> None:
    """Where to go: the taxpayers' page, and a fresh one-time link to each officer's desk."""
    lines = [
        "税桥已启动。",
        "",
        f"纳税人对话页：{url}/chat",
        "",
        "工作台（每个链接只能用一次，12 小时内有效；重新启动会给出新的）：",
        *(f"  {name}：{url}/enter/{token}" for name, token in await desk_tokens(house.deps)),
        *await _telegram_lines(house),
        "",
        "按 Ctrl-C 停止。",
    ]
    console.print("\n".join(lines), soft_wrap=True, markup=False)


async def _telegram_lines(house: House) -> list[str]:
    """How Telegram is reached, and a one-time link that binds each officer's chat."""
    telegram = house.deps.bots.get(TELEGRAM)
    if telegram is None:
        return []
    try:
        address = f"https://t.me/{await introduce(telegram)}"
    except TelegramNetworkError:
        return ["", "暂时连不上 Telegram：网页照常服务，连上后会自动开始收发。请检查网络和 SHUIQIAO_TELEGRAM_API。"]
    binding = [f"  {name}：{address}?start={token}" for name, token in await bind_tokens(house.deps)]
    return ["", f"Telegram：{address}", "工作人员绑定 Telegram（每个链接只能用一次）：", *binding]
