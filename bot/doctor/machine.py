"""What the machine offers: room on the disk, a Chinese font, the port, and the address by which people come."""

import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from bot.doctor.data import Data
from bot.doctor.findings import Finding, complaint, remark, unchecked, well, wrong
from bot.runtime.port import PortTakenError, take_port
from bot.settings import Settings
from storage.disk import existing_folder, free_bytes

COMFORTABLE = 5  # times what a house needs to take anything in
ANSWER_SECONDS = 3.0
LARGEST_ANSWER = 10_000  # bytes
FONT_FOLDERS = tuple(
    Path(folder).expanduser()
    for folder in (
        "/usr/share/fonts",
        "/usr/local/share/fonts",
        "~/.local/share/fonts",
        "~/.fonts",
        "/System/Library/Fonts",
        "/Library/Fonts",
        "~/Library/Fonts",
    )
)
# How the files of usual Chinese fonts are called.
FONT_FILES = ("wqy", "cjk", "sourcehan", "simhei", "simsun", "msyh", "fangsong", "kaiti", "pingfang", "uming", "ukai")


def check_disk(data: Data | None, least_free_bytes: int) -> Iterator[Finding]:
    """Whether the disk has room enough, by the measure of /readyz."""
    if data is None:
        yield unchecked("disk", "数据库")
        return
    if data.file is None:
        yield well("disk", "数据在 PostgreSQL 服务器上，请在那里看着磁盘")
        return
    try:
        free = free_bytes(data.file)
    except OSError as error:
        yield wrong("disk", f"看不到 {existing_folder(data.file)} 的剩余空间（{error.strerror}）", "检查磁盘和权限")
        return
    found = f"{existing_folder(data.file)} 所在的磁盘还剩 {_size(free)}"
    if free < least_free_bytes:
        advice = f"腾出空间；少于 {_size(least_free_bytes)} 时 /readyz 不再为 200，再少就收不下来信"
        yield wrong("disk", found, advice)
    elif free < COMFORTABLE * least_free_bytes:
        yield remark("disk", found, f"及早腾出空间，留 {_size(COMFORTABLE * least_free_bytes)} 以上")
    else:
        yield well("disk", found)


def _size(number: int) -> str:
    return f"{number / 1024**3:.1f} GB" if number >= 1024**3 else f"{number / 1024**2:.0f} MB"


def check_fonts(folders: Sequence[Path] = FONT_FOLDERS) -> Iterator[Finding]:
    """Whether pictures with Chinese words can be drawn."""
    if font := _font_known_to_fontconfig() or _font_in(folders):
        yield well("fonts", f"有中文字体（{font}）")
    else:
        advice = "画图表之前装一种，例如 apt install fonts-wqy-microhei；没有它，汉字会画成方框"
        yield remark("fonts", "没有找到中文字体", advice)


def _font_known_to_fontconfig() -> str:
    if (program := shutil.which("fc-list")) is None:
        return ""
    try:
        done = subprocess.run([program, ":lang=zh", "family"], capture_output=True, timeout=10, check=True)  # noqa: S603  the system's own program
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode(errors="replace").partition("\n")[0].partition(",")[0]


def _font_in(folders: Sequence[Path]) -> str:
    files = (file for folder in folders if folder.is_dir() for file in folder.rglob("*"))
    return next((file.name for file in files if any(name in file.name.lower() for name in FONT_FILES)), "")


async def look_at_port(settings: Settings) -> Sequence[Finding]:
    """Whether the port of the pages is free, or who is behind it. It is held for an instant and never listened at."""
    where = f"{settings.host}:{settings.port}"
    try:
        take_port(settings).close()
    except PortTakenError as error:
        readiness = await _readiness(settings)
        if readiness is None:
            return [complaint("port", str(error))]
        if readiness:
            found = f"{where} 上的税桥在运行，但现在收不下来信（{'、'.join(readiness)}）"
            return [wrong("port", found, "见 docs/operations.md 的“健康检查”")]
        return [remark("port", f"{where} 由正在运行的税桥使用", "不必处理；要另起一个进程，换一个 PORT")]
    return [well("port", "由系统挑一个" if settings.port == 0 else f"{where} 空着")]


async def _readiness(settings: Settings) -> Sequence[str] | None:
    """What /readyz complains of; None where whoever listens there is no house like ours."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104  compared, not bound
    url = f"http://{f'[{host}]' if ':' in host else host}:{settings.port}/readyz"
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS)) as session,
            session.get(url, allow_redirects=False) as response,
        ):
            return _findings_of(await response.content.read(LARGEST_ANSWER))
    except (aiohttp.ClientError, TimeoutError):
        return None


def _findings_of(answer: bytes) -> Sequence[str] | None:
    try:
        said = json.loads(answer)
    except ValueError:
        return None
    match said:
        case {"status": "ready" | "unready", "findings": list(findings)}:
            return [str(finding) for finding in findings]
        case _:
            return None


def check_address(settings: Settings) -> Iterator[Finding]:
    """Whether what people write travels encrypted."""
    advice = "对外服务时，在前面放做 TLS 的反向代理，设 SHUIQIAO_PUBLIC_URL=https://…"
    if settings.public_url is None:
        if _is_loopback(settings.host):
            yield well("address", f"没有设置，只有本机能打开 {settings.page_url}")
        else:
            yield remark("address", "没有设置对外网址，网页走未加密的 http", advice)
    elif settings.public_url.startswith("https://") or _is_loopback(urlsplit(settings.public_url).hostname or ""):
        yield well("address", settings.public_url)
    else:
        yield remark("address", f"{settings.public_url} 没有加密，谁都能在路上看到来信", advice)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
