"""A demo bank of one's own for a while, served by the real command, for scripts that look at its pages."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec

from points_bank.demo.filling import DemoDistrict

NOW = "2026-11-16T09:00:00+08:00"
PATIENCE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class ServedDemo:
    address: str
    demo: DemoDistrict


@contextmanager
def served_demo(size: str = "small") -> Iterator[ServedDemo]:
    """The demo in that size on its known day, in a folder that goes away with it."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "POINTS_BANK_ENVIRONMENT": "demo", "POINTS_BANK_CLOCK": NOW,
            "POINTS_BANK_DATABASE_URL": f"sqlite:///{folder}/bank.db",
        }  # fmt: skip
        run = [sys.executable, "-m", "points_bank"]
        made = subprocess.run(
            [*run, "demo", "--size", size, "--json"], env=environment, check=True, stdout=subprocess.PIPE
        )
        demo = msgspec.convert(msgspec.json.decode(made.stdout), DemoDistrict)
        port = _free_port()
        server = subprocess.Popen([*run, "serve", "--port", str(port)], env=environment, stderr=subprocess.DEVNULL)
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(f"{address}/health")
            yield ServedDemo(address, demo)
        finally:
            server.terminate()
            server.wait(timeout=PATIENCE_SECONDS)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def _wait_for(address: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.05)
    raise SystemExit("the demo does not answer")
