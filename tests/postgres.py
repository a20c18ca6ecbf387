"""A PostgreSQL server for one run of tests: in a temporary folder, reached by a socket in it, gone when the run ends.

The server is Debian's. It refuses to run as root, so that root starts it as somebody who may do nothing else.
"""

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

UNPRIVILEGED = ("postgres", "nobody")
START_SECONDS, END_SECONDS = 60, 30

# Nothing of it outlives the run, so that it need not survive a power cut; everything else is as it comes.
_OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "400",
    "shared_buffers": "64MB",
    "max_wal_size": "4GB",
}
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Cluster:
    """A running server, known by the folder of its socket."""

    folder: str

    def url(self, name: str) -> str:
        return f"postgresql://bank@/{quote(name)}?host={quote(self.folder, safe='')}"

    def run(self, *statements: str) -> None:
        """Run statements about whole databases, each by itself."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def make(self, name: str, *, template: str = "template0", locale: str = "") -> None:
        """A new database that holds what another one does, to which nobody may be connected."""
        self.run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY {STRATEGY} {locale}")

    def cut(self, name: str) -> None:
        """Cut off everybody who is connected to a database, and wait until they are gone."""
        others = f"FROM pg_stat_activity WHERE datname = '{name}'"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            while connection.execute(f"SELECT pg_terminate_backend(pid) {others}".encode()).fetchall():
                time.sleep(0.01)

    def drop(self, name: str) -> None:
        """Whoever is still connected is cut off."""
        self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


STRATEGY = "FILE_COPY"
"""How a database is copied. With `fsync` off a copy of files takes half as long as one through the log."""


@contextmanager
def running_server() -> Iterator[Cluster]:
    """Start a server and end it with all that it held. It also ends when this process is killed."""
    user = unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="bank-pg-"))
    try:
        if user is not None:
            shutil.chown(folder, user)
        folder.chmod(0o755)  # root's tests come in as well
        initialise(folder, user)
        server = _start(folder, user)
        try:
            _wait_for(server, Cluster(str(folder)), folder)
            yield Cluster(str(folder))
        finally:
            server.send_signal(signal.SIGQUIT)  # at once: what it holds is thrown away
            server.wait(END_SECONDS)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def initialise(folder: Path, user: str | None) -> None:
    """A cluster whose text is sorted by its bytes, as SQLite sorts it."""
    manners = ["--locale=C", "--encoding=UTF8", "--username=bank", "--auth=trust", "--no-sync", "--no-instructions"]
    subprocess.run(
        [programs() / "initdb", "-D", folder / "data", *manners],
        user=user, cwd=folder, check=True, timeout=START_SECONDS, capture_output=True,
    )  # fmt: skip


def _start(folder: Path, user: str | None) -> "subprocess.Popen[bytes]":
    options: list[Any] = [f"--{name}={value}" for name, value in _OPTIONS.items()]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [programs() / "postgres", "-D", folder / "data", f"--unix_socket_directories={folder}", *options],
            user=user, cwd=folder, stdout=log, stderr=log,
            preexec_fn=_end_with_parent,  # noqa: PLW1509  # no thread runs yet when the tests begin
        )  # fmt: skip


def _end_with_parent() -> None:
    """In the new process: have the kernel end it when the run is killed and cannot do so itself."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)


def _wait_for(server: "subprocess.Popen[bytes]", cluster: Cluster, folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            cluster.run("SELECT 1")
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((folder / "log").read_text()) from None
            time.sleep(0.05)
        else:
            return


def programs() -> Path:
    """The folder of `initdb` and `postgres`: the one on PATH, or the newest of Debian's."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise RuntimeError("PostgreSQL is not there: scripts/postgres installs it")
    return found[-1].parent


def unprivileged() -> str | None:
    """Who is to run the server when we are root; None when we are not."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in UNPRIVILEGED if name in known)
