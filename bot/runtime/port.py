"""The port of the pages: taken, or why not, in words."""

import errno
import socket

from bot.settings import Settings


class PortTakenError(Exception):
    """The port of the pages is in use, or may not be used."""


def take_port(settings: Settings) -> socket.socket:
    """Bind the port of the pages before anything else is opened or written; it listens once the house is open."""
    where = f"{settings.host}:{settings.port}"
    try:
        family, _, _, _, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
        door = socket.socket(family)
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            advice = "已被占用。请停掉占用它的程序，或换一个端口，例如 PORT=8090 make run。"
        elif error.errno == errno.EACCES:
            advice = "不允许使用。请换一个 1024 以上的端口，例如 PORT=8090 make run。"
        else:
            advice = "不是本机的地址。请核对 SHUIQIAO_HOST，例如 127.0.0.1 或 0.0.0.0。"
        raise PortTakenError(f"{where} {advice}") from error
    return door
