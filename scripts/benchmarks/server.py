"""The system's own PostgreSQL as it comes, started for the while in a folder of its own by an unprivileged user."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

UNPRIVILEGED = ("postgres", "nobody")
"""Users to start the server as when we are root, which it refuses to be."""

USER = "bank"


class NoServer(Exception):
    """What is lacking to run one."""


@dataclass(frozen=True, slots=True)
class Server:
    """It listens on a socket in a new folder, and nowhere else."""

    folder: Path
    programs: Path
    user: str | None

    def url(self, name: str) -> str:
        return f"postgresql://{USER}@/{name}?host={quote(str(self.folder), safe='')}"

    def make(self, name: str) -> None:
        """A new database whose text is sorted by its bytes."""
        locale = ("--template", "template0", "--locale", "C", "--encoding", "UTF8")
        self.run("createdb", "-h", self.folder, "-U", USER, *locale, name)

    def run(self, program: str, *arguments: str | Path) -> None:
        # Into a file, not a pipe: the server inherits it, and a pipe would never end.
        with (self.folder / "output").open("ab") as output:
            subprocess.run(
                (self.programs / program, *arguments),
                user=self.user, cwd=self.folder, check=True, stdout=output, stderr=output, timeout=60,
            )  # fmt: skip


@contextlib.contextmanager
def running_server() -> Iterator[Server]:
    """Raises `NoServer` with the reason where none can run."""
    programs, user = _programs(), _user()
    folder = Path(tempfile.mkdtemp(prefix="bank-pg-"))
    server, data = Server(folder, programs, user), folder / "data"
    try:
        if user is not None:
            shutil.chown(folder, user)
        server.run("initdb", "-D", data, "-U", USER, "-A", "trust", "--no-sync")
        options = f"-c listen_addresses='' -c unix_socket_directories={folder}"
        server.run("pg_ctl", "-D", data, "-l", folder / "log", "-o", options, "-w", "start")
    except (OSError, subprocess.SubprocessError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise NoServer(f"PostgreSQL could not be started: {error}") from error
    try:
        yield server
    finally:
        server.run("pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    """Where the server's programs are: on PATH, or where Debian keeps them."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not versions:
        raise NoServer("PostgreSQL is not installed")
    return versions[-1].parent


def _user() -> str | None:
    """Whom to start it as; None for ourselves."""
    if os.geteuid() != 0:
        return None
    for name in UNPRIVILEGED:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise NoServer("PostgreSQL does not run as root, and there is no other user")
