"""The real server as a process of its own, with what it says in its log."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from points_bank.settings import Settings
from tests.bank import TLS

CLOCK = "2026-11-16T09:00:00+08:00"
STARTED_WITHIN_SECONDS = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Served:
    process: subprocess.Popen[bytes]
    url: str
    log: Path

    @property
    def said(self) -> str:
        """Everything that the servers of this log have said so far."""
        return self.log.read_text(errors="replace")

    def kill(self) -> None:
        """SIGKILL: nothing of it runs any more when this returns."""
        self.process.kill()
        self.process.wait(30)

    async def until_healthy(self) -> None:
        async with httpx.AsyncClient(verify=TLS) as client:
            until = time.monotonic() + STARTED_WITHIN_SECONDS
            while time.monotonic() < until:
                assert self.process.poll() is None, self.said
                try:
                    if (await client.get(f"{self.url}/health")).status_code == 200:
                        return
                except httpx.TransportError:
                    await asyncio.sleep(0.05)
        raise AssertionError(f"the server did not start\n{self.said}")


def started(
    settings: Settings, log: Path, *arguments: str, by: Sequence[str | Path] = (), **environment: str
) -> subprocess.Popen[bytes]:
    """A command of the bank's as a process of its own."""
    more = {
        "POINTS_BANK_DATABASE_URL": settings.database_url,
        "POINTS_BANK_KEY_FILE": str(settings.key_path),
        "POINTS_BANK_ENVIRONMENT": "test",
        "POINTS_BANK_CLOCK": CLOCK,
    }
    command = [*by, sys.executable, "-m", "points_bank", *arguments]
    with log.open("ab") as out:
        return subprocess.Popen(command, env=os.environ | more | environment, stdout=out, stderr=out)


@contextmanager
def served(
    settings: Settings, port: int, log: Path, *, by: Sequence[str] = (), workers: str = "1", **environment: str
) -> Iterator[Served]:
    """Serve a bank; the server is killed at the latest when the block ends. The log of an earlier one is added to.

    `by` is a command that is told to start it.
    """
    arguments = ("serve", "--port", str(port), "--workers", workers)
    process = started(settings, log, *arguments, by=by, **environment)
    server = Served(process, f"http://127.0.0.1:{port}", log)
    try:
        yield server
    finally:
        server.kill()
