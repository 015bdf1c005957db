"""Runs the house until it is told to stop: web server, workers, and the links for who stands at the terminal."""

import asyncio
import signal
import socket

from aiohttp import web
from rich.console import Console

from bot.app import House, bind_tokens, console_tokens, desk_tokens, open_house, run_house
from bot.channels import Temporary
from bot.channels.telegram import TELEGRAM, Webhook, introduce, introduce_patiently, webhook_of
from bot.runtime.clock import Clock, system_clock
from bot.runtime.port import take_port
from bot.settings import Settings
from bot.web import make_web_app

GRACE_SECONDS = 3.0  # for answers that are under way


async def serve(settings: Settings, console: Console, clock: Clock = system_clock) -> None:
    """Open, serve, and on SIGTERM or Ctrl-C finish what is in hand and close."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    def say(sentence: str) -> None:
        console.print(sentence, soft_wrap=True, markup=False)

    with take_port(settings) as door:
        port = door.getsockname()[1]
        async with open_house(settings, clock=clock, say=say) as house:
            await _serve(house, door, console, stop, settings.public_url or f"http://{settings.host}:{port}")
    console.print("已停止。")


async def _serve(house: House, door: socket.socket, console: Console, stop: asyncio.Event, url: str) -> None:
    runner = web.AppRunner(make_web_app(house.deps), access_log=None, shutdown_timeout=GRACE_SECONDS)
    await runner.setup()
    try:
        await web.SockSite(runner, door).start()
        telegram = await _meet_telegram(house)
        async with run_house(house):
            await _welcome(house, console, url, telegram)
            await stop.wait()
            house.deps.nursery.stopping.set()
            await runner.cleanup()
    finally:
        await runner.cleanup()


async def _meet_telegram(house: House) -> str | None:
    """The bot's user name; None without a token, or while Telegram cannot be reached.

    Raises Refused where Telegram refuses the token.
    """
    telegram = house.deps.bots.get(TELEGRAM)
    try:
        return None if telegram is None else await introduce(telegram, _webhook(house))
    except Temporary:
        return None


async def _welcome(house: House, console: Console, url: str, telegram: str | None) -> None:
    """Where to go: the taxpayers' page, and fresh one-time links to each officer's desk and to the console."""
    lines = [
        "税桥已启动。",
        "",
        f"纳税人对话页：{url}/chat",
        "",
        "工作台（每个链接只能用一次，12 小时内有效；重新启动会给出新的）：",
        *(f"  {name}：{url}/enter/{token}" for name, token in await desk_tokens(house.deps)),
        "",
        "管理后台（问答条目的编辑和审批；链接同样只能用一次，12 小时内有效）：",
        *(f"  {name}：{url}/console/enter/{token}" for name, token in await console_tokens(house.deps)),
    ]
    if telegram is not None:
        lines += ["", *await _telegram_lines(house, telegram)]
    elif TELEGRAM in house.deps.bots:
        lines += ["", "暂时连不上 Telegram：网页照常服务，连上后会自动开始收发。请检查网络和 SHUIQIAO_TELEGRAM_API。"]
        house.deps.nursery.send("introduction", lambda: _welcome_later(house, console))
    _print(console, *lines, "", "按 Ctrl-C 停止。")


def _webhook(house: House) -> Webhook | None:
    return webhook_of(house.deps.settings, house.deps.database.hasher)


async def _telegram_lines(house: House, user_name: str) -> list[str]:
    """How Telegram is reached, and a one-time link that binds each officer's chat."""
    address = f"https://t.me/{user_name}"
    binding = [f"  {name}：{address}?start={token}" for name, token in await bind_tokens(house.deps)]
    return [f"Telegram：{address}", "工作人员绑定 Telegram（每个链接只能用一次）：", *binding]


async def _welcome_later(house: House, console: Console) -> None:
    """Say how Telegram is reached as soon as it can be."""
    telegram = await house.deps.nursery.unless_stopping(introduce_patiently(house.deps.bots[TELEGRAM], _webhook(house)))
    if telegram is not None:
        _print(console, *await _telegram_lines(house, telegram))


def _print(console: Console, *lines: str) -> None:
    console.print("\n".join(lines), soft_wrap=True, markup=False)
