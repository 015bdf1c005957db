"""The encryption key: there, readable by nobody else, and the one that the data were sealed with. It is never shown."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from bot.doctor.data import Data
from bot.doctor.findings import Finding, complaint, remark, unchecked, well, wrong
from bot.settings import Settings
from storage.disk import existing_folder
from storage.opening import Keys, prove_key
from storage.vault import VaultError

NAME = "key"


def check_key(settings: Settings, data: Data | None) -> Iterator[Finding]:
    """Whether the house would start with this key, and whether it is kept as a key should be."""
    sealed = None if data is None else data.sealed_pepper
    setting = settings.key.get_secret_value() if settings.key else None
    where = f"密钥文件 {settings.key_file}" if setting is None else "SHUIQIAO_KEY"
    try:
        vault = prove_key(Keys(setting, settings.key_file), sealed)
    except VaultError as error:
        yield complaint(NAME, str(error))
    else:
        if vault is None:
            yield _to_be_made(settings.key_file, data)
        elif sealed is not None:
            yield well(NAME, f"{where} 与数据相符；请确认另存了一份")
        elif data is not None and data.is_new:
            yield well(NAME, f"{where} 格式正确，首次启动就用它")
        else:
            yield remark(NAME, f"{where} 格式正确，是否与数据相符还不知道", "先处理数据库，再体检一次")
    if setting is None:
        yield from _trouble_with_mode(settings.key_file)


def _to_be_made(file: Path, data: Data | None) -> Finding:
    """No key is there, and nothing is known to have been sealed with one."""
    if data is None or not data.is_new:
        return unchecked(NAME, "数据库")
    folder = existing_folder(file)
    if not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
        return wrong(NAME, f"还没有密钥，而文件夹 {folder} 不可写", "检查权限和所有者，或者改 SHUIQIAO_KEY_FILE")
    return well(NAME, f"还没有密钥，也还没有数据；首次启动会生成 {file}")


def _trouble_with_mode(file: Path) -> Iterator[Finding]:
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
    except OSError:
        return  # there is none, or it was complained of already
    if mode & stat.S_IRWXO:
        yield wrong(NAME, f"密钥文件 {file} 谁都能读或改（权限 {mode:o}）", f"chmod 600 {file}")
    elif mode & stat.S_IRWXG:
        yield remark(NAME, f"密钥文件 {file} 同组的人也能读或改（权限 {mode:o}）", f"不需要时 chmod 600 {file}")
