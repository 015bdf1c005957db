"""Says in words why a database cannot be used, and what to do about it."""

import errno
import socket
from pathlib import Path

import asyncpg
from sqlalchemy import URL
from sqlalchemy.exc import SQLAlchemyError

# What reaching or opening a database raises: SQLAlchemy wraps what statements raise, but not a refused connection.
TROUBLE = (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError)

REASONS: tuple[tuple[type[BaseException], str, str], ...] = (
    (asyncpg.InvalidPasswordError, "用户名或密码不对", "请核对地址里的用户名和密码"),
    (asyncpg.InvalidCatalogNameError, "服务器上没有这个数据库", "请先建库（createdb），或核对库名"),
    (asyncpg.InvalidAuthorizationSpecificationError, "服务器不让这个用户登录", "请核对用户名和服务器的 pg_hba.conf"),
    (asyncpg.TooManyConnectionsError, "服务器的连接数已满", "请关掉多余的连接，或调高 max_connections"),
    (asyncpg.CannotConnectNowError, "服务器正在启动或停止", "请稍后再试"),
    (asyncpg.InsufficientPrivilegeError, "这个用户权限不够", "请让它能建表和读写，例如成为该库的所有者"),
    (asyncpg.DiskFullError, "磁盘已满", "请腾出磁盘空间后重新启动"),
    (ConnectionRefusedError, "连不上服务器", "请检查数据库是否启动、主机和端口是否正确"),
    (socket.gaierror, "找不到这台主机", "请核对主机名"),
    (TimeoutError, "服务器没有应答", "请检查主机、端口和防火墙"),
    (ConnectionError, "服务器断开了连接", "请检查数据库是否启动、是否要求加密连接"),
)
SQLITE_REASONS = (
    ("file is not a database", "这个文件不是 SQLite 数据库", "请核对路径，或换一个还不存在的文件"),
    ("malformed", "数据库文件已损坏", "请从备份中恢复"),
    ("full", "磁盘已满", "请腾出磁盘空间后重新启动"),
    ("disk I/O error", "读写磁盘出错，磁盘可能已满", "请检查磁盘空间和磁盘"),
    ("readonly", "数据库文件或所在的文件夹不可写", "请检查权限和所有者"),
    ("unable to open database file", "打不开数据库文件", "请检查路径是否指向文件、所在文件夹的权限"),
    ("locked", "数据库正被别的程序占用", "请关掉打开它的程序"),
)


def unusable(url: URL, error: BaseException) -> str:
    """One sentence: which database (without its password), why it cannot be used, what to do."""
    if url.get_backend_name() == "sqlite" and Path(str(url.database)).is_dir():
        cause, advice = "这是一个文件夹", "请写到文件名，例如 sqlite:///var/shuiqiao.db"
    else:
        cause, advice = _reason(error)
    return f"无法使用数据库 {shown(url)}：{cause}。{advice}（SHUIQIAO_DATABASE_URL）。"


def shown(url: URL) -> str:
    """The address as an operator wrote it, without the password."""
    return url.set(drivername=url.get_backend_name()).render_as_string(hide_password=True)


def _reason(error: BaseException) -> tuple[str, str]:
    for link in _chain(error):
        for kind, cause, advice in REASONS:
            if isinstance(link, kind):
                return cause, advice
        for words, cause, advice in SQLITE_REASONS:
            if words in str(link):
                return cause, advice
        if isinstance(link, OSError) and link.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            return "磁盘已满", "请腾出磁盘空间后重新启动"
    first_line = (str(getattr(error, "orig", None) or error) or type(error).__name__).splitlines()[0]
    return first_line, "请检查数据库地址、数据库是否启动、磁盘是否有空间"


def _chain(error: BaseException) -> list[BaseException]:
    """The error and what led to it, the outermost first."""
    links: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in links:
        links.append(link)
        link = getattr(link, "orig", None) or link.__cause__
    return links
