"""Keeps what people confide: encrypts texts and contact data, and hashes what must be found again.

Encryption is Fernet (AES-128-CBC with HMAC-SHA256) from `cryptography`; several keys may be given, the first one
encrypts and all of them decrypt, so that keys rotate. 第十八条: no taxpayer's data is disclosed.
"""

import hashlib
import hmac
import json
import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class VaultError(Exception):
    """The key is missing, malformed or not the one the data was encrypted with; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Vault:
    """Seals and opens texts with the keys of this installation."""

    fernet: MultiFernet

    def seal(self, text: str) -> str:
        return self.fernet.encrypt(text.encode()).decode("ascii")

    def open(self, sealed: str) -> str:
        """Raises VaultError where none of the keys fits."""
        try:
            return self.fernet.decrypt(sealed.encode("ascii")).decode()
        except (InvalidToken, UnicodeEncodeError) as error:
            raise VaultError(
                "密钥与数据不符：现有数据是用另一把密钥加密的。请在 SHUIQIAO_KEY 或密钥文件中放回原来的密钥。"
            ) from error

    def seal_json(self, value: Any) -> str:
        return self.seal(json.dumps(value, ensure_ascii=False, separators=(",", ":")))

    def open_json(self, sealed: str) -> Any:
        return json.loads(self.open(sealed))


@dataclass(frozen=True, slots=True)
class Hasher:
    """Finds encrypted things: HMAC-SHA256 under a pepper that lives, sealed, in the database."""

    pepper: bytes

    def __call__(self, *parts: str | int) -> str:
        """64 hexadecimal characters for the parts; the same parts give the same hash, and nothing can be read back."""
        message = "\x1f".join(str(part) for part in parts).encode()
        return hmac.new(self.pepper, message, hashlib.sha256).hexdigest()


def parse_keys(text: str) -> tuple[str, ...]:
    """The Fernet keys in a setting or a key file, separated by commas or white space."""
    return tuple(text.replace(",", " ").split())


def make_vault(keys: tuple[str, ...]) -> Vault:
    """A vault for one or more Fernet keys (32 bytes, URL-safe base64); raises VaultError for a malformed one."""
    if not keys:
        raise VaultError("没有加密密钥。请设置 SHUIQIAO_KEY，或删除空的密钥文件后重新启动。")
    try:
        return Vault(MultiFernet([Fernet(key) for key in keys]))
    except ValueError as error:
        raise VaultError(
            "加密密钥格式不对：应为 32 字节的 URL 安全 base64 文本（44 个字符），可用 "
            "`python -m bot key` 生成一把新的。"
        ) from error


def write_new_key(path: Path) -> None:
    """Make a key file that only its owner may read (mode 0600); raises FileExistsError where there is one.

    It appears whole, for whoever starts at the same moment, and is on the disk before anything is sealed with it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, being_written = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(new_key() + "\n")
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(being_written)
    finally:
        Path(being_written).unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def new_key() -> str:
    return Fernet.generate_key().decode("ascii")


def new_pepper() -> str:
    return secrets.token_hex(32)
