"""nginx in front of the bank, with the file that we ship: what those outside do not see. Where nginx is installed."""

import asyncio
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import which

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.bank import Server
from tests.faults.served import free_port

NGINX = which("nginx") or which("nginx", path="/usr/sbin:/usr/local/sbin")
SHIPPED = Path(__file__).parents[2] / "docs" / "operating" / "nginx.conf"
WHOLE = """
daemon off; pid {folder}/pid; error_log {folder}/log; worker_processes 1;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    include {folder}/points-bank.conf;
}}
"""
ASIDE = ["", "/", "//", "%2f", "/.", "/%2e", "/x/..", "?x", "/?x", "%3fx", "%20", ";x", "#x", "/x", "%00", "%5c"]
ROUND_ABOUT = [
    "//{}",
    "/./{}",
    "/x/../{}",
    "/boards/1/../../{}",
    "/%2f{}",
    "/x%2f..%2f{}",
    "/boards/1/events/../../../{}",
]


if NGINX is not None:

    @pytest.mark.parametrize("name", ["ready", "metrics"])
    async def test_who_is_outside_sees_neither_readiness_nor_figures(server: Server, tmp_path: Path, name: str) -> None:
        targets = [f"/{name}{aside}" for aside in ASIDE] + [each.format(name) for each in ROUND_ABOUT]
        targets += [f"/%{ord(name[0]):x}{name[1:]}", f"https://bank.example.org/{name}/"]
        with proxied(server.url, tmp_path) as port:
            assert await status(port, "/health") == 200
            assert await status(port, "/boards") == 200
            answers = {target: await status(port, target) for target in targets}
        assert set(answers.values()) <= {400, 404}, answers


@contextmanager
def proxied(url: str, folder: Path) -> Iterator[int]:
    """The port at which nginx stands in front of the bank."""
    port = free_port()
    certify(folder)
    text = SHIPPED.read_text(encoding="utf-8")
    for ours, here in (
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("/etc/points-bank/", f"{folder}/"),
        ("http://127.0.0.1:8000", url),
    ):
        assert ours in text
        text = text.replace(ours, here)
    (folder / "points-bank.conf").write_text(text, encoding="utf-8")
    (folder / "nginx.conf").write_text(WHOLE.format(folder=folder), encoding="utf-8")
    folder.chmod(0o755)
    assert NGINX is not None
    process = subprocess.Popen([NGINX, "-p", folder, "-e", folder / "log", "-c", folder / "nginx.conf"])
    try:
        yield port
    finally:
        process.terminate()
        process.wait(30)


async def status(port: int, target: str) -> int:
    """Of an answer to a request that names its target exactly so; a client would tidy it up first."""
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    async with asyncio.timeout(30):
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting)
                break
            except ConnectionRefusedError:
                await asyncio.sleep(0.05)
        writer.write(f"GET {target} HTTP/1.1\r\nHost: bank.example.org\r\nConnection: close\r\n\r\n".encode())
        line = await reader.readline()
    writer.close()
    return int(line.split()[1])


def certify(folder: Path) -> None:
    """A certificate that nobody trusts, under the names that the shipped file has for it."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bank")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "tls.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "tls.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )  # fmt: skip
