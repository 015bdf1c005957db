"""The nginx of docs/nginx.conf, started before a served house: only names, ports and the certificate are exchanged."""

import os
import shutil
import socket
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from testbed.postgres import free_port
from testbed.processes import comes_true

CONFIGURATION = Path(__file__).parents[2] / "docs" / "nginx.conf"
NAME = "shuiqiao.example.gov.cn"
MISSING = "NO NGINX: the documented configuration was not tried. Install it: make test"


@dataclass(frozen=True, slots=True)
class Nginx:
    """A running proxy: its encrypted and its plain address, and whom to trust."""

    url: str
    plain_url: str
    trust: ssl.SSLContext


@asynccontextmanager
async def nginx_before(upstream: str, folder: Path) -> AsyncIterator[Nginx]:
    """nginx with the documented configuration before `upstream` (host:port); it ends with the block."""
    program = require_nginx()
    secure, plain = free_port(), free_port()
    certificate, key = make_certificate(folder)
    site = CONFIGURATION.read_text(encoding="utf-8")
    for written, meant in (
        ("127.0.0.1:8080", upstream),
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen 443 ", f"listen 127.0.0.1:{secure} "),
        (NAME, "127.0.0.1"),
        ("/etc/nginx/tls/shuiqiao.pem", str(certificate)),
        ("/etc/nginx/tls/shuiqiao.key", str(key)),
    ):
        assert written in site, written
        site = site.replace(written, meant)
    (folder / "site.conf").write_text(site, encoding="utf-8")
    (folder / "nginx.conf").write_text(around(folder), encoding="utf-8")
    process = start(program, folder)
    try:
        await comes_true("nginx answers", lambda: process.poll() is not None or answers(secure), within=30)
        assert process.poll() is None, (folder / "nginx.log").read_text()
        yield Nginx(
            f"https://127.0.0.1:{secure}", f"http://127.0.0.1:{plain}", ssl.create_default_context(cafile=certificate)
        )
    finally:
        process.terminate()
        process.wait()


def start(program: str, folder: Path) -> subprocess.Popen[bytes]:
    command = [program, "-p", str(folder), "-c", str(folder / "nginx.conf")]
    if setpriv := shutil.which("setpriv"):  # a test run that is killed takes it along
        command = [setpriv, "--pdeathsig", "TERM", *command]
    with (folder / "nginx.log").open("wb") as log:
        return subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603 — Debian's own program


def require_nginx() -> str:
    """The program's path. Without one the test is skipped, loudly; under `CI=true` it fails."""
    places = (f"{sys.prefix}/nginx/usr/sbin", os.environ.get("PATH", ""), "/usr/sbin")
    program = shutil.which("nginx", path=":".join(places))
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    return program


def around(folder: Path) -> str:
    """What Debian's /etc/nginx/nginx.conf is to the site, for one foreground process that writes only into `folder`."""
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;" if os.geteuid() == 0 else ""  # its workers must reach the test's private folder
    return f"""
        {user} daemon off; pid {folder}/nginx.pid; error_log stderr warn; worker_processes 1;
        events {{ worker_connections 64; }}
        http {{ access_log off; {temporary} include {folder}/site.conf; }}
    """


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate that nobody but the test trusts, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)  # noqa: TID251 — the TLS library goes by the real clock
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = folder / "tls.pem", folder / "tls.key"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files


def answers(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
