"""Servers of PostgreSQL as they are in service: durable, with a standby, and ended in every way that a server can end.

Each has a folder of its own and a port of loopback, and is there again at the same port when it is started again.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tests.faults.disks import small_disk
from tests.faults.served import free_port
from tests.postgres import END_SECONDS, START_SECONDS, initialise, programs, unprivileged

STANDBY = "standby"
DATABASE = "bank"
_AT_WORK = f"FROM pg_stat_activity WHERE datname = '{DATABASE}'"
_ENDS_WITH_PARENT = ["setpriv", "--pdeathsig", "QUIT", "--"]
_OPTIONS = {"shared_buffers": "64MB", "fsync": "on", "synchronous_commit": "on", "hot_standby": "on"}


@dataclass
class Server:
    """A server that can be started, and ended: as an operator ends it, by a crash, or with its whole machine."""

    folder: Path
    name: str
    port: int = field(default_factory=free_port)
    _process: "subprocess.Popen[bytes] | None" = None

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://bank@{self.host}/{database}"

    def start(self, **options: Any) -> None:
        """Start it, and wait until it takes connections. `options` hold until it ends."""
        given = [f"--{name}={value}" for name, value in (_OPTIONS | {"cluster_name": self.name} | options).items()]
        places = [f"--port={self.port}", "--listen_addresses=127.0.0.1", f"--unix_socket_directories={self.folder}"]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*_ENDS_WITH_PARENT, programs() / "postgres", "-D", self.data, *places, *given],
                user=unprivileged(), cwd=self.folder, stdout=log, stderr=log,
            )  # fmt: skip
        self._until_up()

    def stop(self) -> None:
        """Fast: everybody is cut off, and what is open is rolled back."""
        self._end(signal.SIGINT)

    def crash(self) -> None:
        """Immediate: it is gone without a word, and recovers from its log when it starts again."""
        self._end(signal.SIGQUIT)

    def kill(self) -> None:
        """SIGKILL for all of its processes, as when the machine under it is gone."""
        assert self._process is not None, "only one that runs is killed"
        self._process.send_signal(signal.SIGSTOP)  # so that it starts no more children meanwhile
        for child in _children(self._process.pid):
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        self._end(signal.SIGKILL)

    def promote(self) -> None:
        """Have a standby take over; when this returns, it takes writes."""
        assert self.run("SELECT pg_promote()") == [(True,)]

    def run(self, *statements: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run statements, each by itself; the rows of the last one."""
        rows: list[tuple[Any, ...]] = []
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            for statement in statements:
                cursor = connection.execute(statement.encode())
                rows = cursor.fetchall() if cursor.description else []
        return rows

    def cut_all(self) -> int:
        """Cut off everybody who is connected to the bank, whatever they are at; how many there were."""
        return len(self.run(f"SELECT pg_terminate_backend(pid) {_AT_WORK}"))

    def cancel_all(self) -> int:
        """Cancel whatever anybody in the bank is at, waiting for a standby included; how many there were."""
        return len(self.run(f"SELECT pg_cancel_backend(pid) {_AT_WORK}"))

    @property
    def is_up(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def said(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(END_SECONDS)
            self._process = None

    def _until_up(self) -> None:
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                self.run("SELECT 1")
            except psycopg.OperationalError:
                assert self._process is not None
                assert self._process.poll() is None, self.said
                assert time.monotonic() < until, self.said
                time.sleep(0.05)
            else:
                return


@contextmanager
def durable_server(*, megabytes: int | None = None, **options: Any) -> Iterator[Server]:
    """A server that is running, with an empty database for a bank; gone with all that it held when the block ends.

    With `megabytes` it has a disk of its own, which only root can give it.
    """
    with _folder("primary", megabytes) as folder:
        initialise(folder, unprivileged())
        server = Server(folder, "primary")
        server.start(**options)
        try:
            server.run(f"CREATE DATABASE {DATABASE} TEMPLATE template0 LOCALE 'C' ENCODING 'UTF8'")
            yield server
        finally:
            server.crash()


@contextmanager
def standby_of(primary: Server, port: int) -> Iterator[Server]:
    """A standby that streams, and for which the primary's commits wait from now on."""
    with _folder(STANDBY) as folder:
        subprocess.run(
            [programs() / "pg_basebackup", "-D", folder / "data", "-d", primary.url(), "-R", "-c", "fast"],
            user=unprivileged(), cwd=folder, check=True, timeout=START_SECONDS, capture_output=True,
        )  # fmt: skip
        standby = Server(folder, STANDBY, port)
        standby.start()
        primary.run(
            f"ALTER SYSTEM SET synchronous_standby_names = '{STANDBY}'",
            "SELECT pg_reload_conf()",
        )
        until_in_step(primary)
        try:
            yield standby
        finally:
            standby.crash()


def until_in_step(primary: Server) -> None:
    """Wait until commits wait for the standby and the standby keeps up."""
    in_step = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND sync_state = 'sync'"
    until = time.monotonic() + START_SECONDS
    while primary.run(in_step) != [(1,)]:
        assert time.monotonic() < until, primary.said
        time.sleep(0.05)


@contextmanager
def _folder(name: str, megabytes: int | None = None) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=f"bank-{name}-"))
    folder.chmod(0o755)  # root's tests come in as well
    try:
        with small_disk(folder / "disk", megabytes) if megabytes else nullcontext(folder) as place:
            if (user := unprivileged()) is not None:
                shutil.chown(place, user)
            yield place
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
