"""The real command, in processes of its own, on real files."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from points_bank.settings import Settings
from tests.banks import Banks
from tests.cli.prepared import run_command

ROOT = Path(__file__).parents[2]
START_WITHIN_SECONDS = 120
OWN = ("LC_", "POINTS_BANK_", "PYTHONDONTWRITEBYTECODE")
"""What the environment of the tests says of these is not handed on."""


@dataclass
class Command:
    """`points-bank` with an environment of its own. `env` may be changed between calls."""

    folder: Path
    env: dict[str, str]
    settings: Settings
    _serving: list[subprocess.Popen[str]] = field(default_factory=list)

    def __call__(self, *arguments: str, stdin: str = "", **env: str) -> subprocess.CompletedProcess[str]:
        return run_command(
            arguments, folder=self.folder, env=self.env | env, stdin=stdin, timeout_seconds=START_WITHIN_SECONDS
        )

    def anew(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """The same in a new interpreter, which takes a second: for what is about how the command starts."""
        return subprocess.run(
            self._call(arguments), cwd=self.folder, env=self.env | env, capture_output=True, text=True,
            timeout=START_WITHIN_SECONDS, check=False,
        )  # fmt: skip

    def refused(self, *arguments: str, stdin: str = "", **env: str) -> str:
        """What it says when it ends with 1: one line on standard error, and nothing else."""
        ended = self(*arguments, stdin=stdin, **env)
        assert (ended.returncode, ended.stdout) == (1, ""), ended
        assert ended.stderr.count("\n") == 1, ended.stderr
        return ended.stderr.strip()

    def told(self, *arguments: str, stdin: str = "", **env: str) -> str:
        """What it prints when it ends with 0."""
        ended = self(*arguments, stdin=stdin, **env)
        assert ended.returncode == 0, ended
        return ended.stdout.strip()

    def serve(self, *arguments: str, **env: str) -> tuple[subprocess.Popen[str], str]:
        """Serve on a free port of loopback until the test ends; the process, and its address once it is healthy."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        call = self._call(("serve", "--port", str(port), *arguments))
        process = subprocess.Popen(
            call, cwd=self.folder, env=self.env | env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True
        )
        self._serving.append(process)
        url = f"http://127.0.0.1:{port}"
        _wait_until_healthy(url, process)
        return process, url

    def end(self) -> None:
        for process in self._serving:
            process.terminate()
            process.wait(START_WITHIN_SECONDS)

    def _call(self, arguments: tuple[str, ...]) -> list[str]:
        return [sys.executable, "-m", "points_bank", *arguments]


@pytest.fixture
def command(tmp_path: Path, banks: Banks) -> Iterator[Command]:
    """The command where there is no bank yet; the one it makes is bank.db in `folder`."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(OWN)} | {
        "PYTHONPATH": str(ROOT),
        "LANG": "en_US.UTF-8",
        "NO_COLOR": "1",
    }
    with banks.new(tmp_path) as settings:
        running = Command(tmp_path, env | in_environment(settings), settings)
        yield running
        running.end()


@pytest.fixture
def opened(command: Command, settings: Settings) -> Command:
    """The command on the bank of the `settings`, which is open as district LX."""
    command.env |= in_environment(settings) | {"POINTS_BANK_ENVIRONMENT": "test"}
    return command


def in_environment(settings: Settings) -> dict[str, str]:
    """Where a bank is, for another process."""
    where = {"POINTS_BANK_DATABASE_URL": settings.database_url}
    return where if settings.key_file is None else where | {"POINTS_BANK_KEY_FILE": str(settings.key_file)}


def _wait_until_healthy(url: str, process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + START_WITHIN_SECONDS
    while time.monotonic() < until:
        assert process.poll() is None, f"ended with {process.returncode}"
        try:
            if httpx.get(f"{url}/health").json() == {"status": "ok"}:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError("not healthy in time")
