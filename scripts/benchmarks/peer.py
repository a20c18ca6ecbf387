"""A peer: django-hordak, double-entry accounting on PostgreSQL, moving points one by one for 16 callers at once.

PostgreSQL is the system's own, started for the while in a folder of its own by an unprivileged user. Where it, Django
or hordak is not there, `moves_of_hordak` says so instead of measuring.
"""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

CALLERS = 16
UNPRIVILEGED = ("postgres", "nobody")
"""Users to start the server as when we are root, which it refuses to be."""


class NoPeer(Exception):
    """What is lacking to measure the peer."""


def moves_of_hordak(seconds: float) -> float:
    """Transfers a second between accounts of django-hordak. Raises `NoPeer` with the reason where it cannot run."""
    with _postgresql() as folder:
        _set_up_django(folder)
        return _moves(seconds)


@contextlib.contextmanager
def _postgresql() -> Iterator[Path]:
    """A server that listens on a socket in a new folder, and nowhere else."""
    programs = _programs()
    user = _user()
    folder = Path(tempfile.mkdtemp(prefix="hordak-"))
    try:
        if user is not None:
            shutil.chown(folder, user)
        data = folder / "data"
        _run(folder, user, programs / "initdb", "-D", data, "-U", "peer", "-A", "trust", "--no-sync")
        options = f"-c listen_addresses='' -c unix_socket_directories={folder}"
        _run(folder, user, programs / "pg_ctl", "-D", data, "-l", folder / "log", "-o", options, "-w", "start")
        try:
            yield folder
        finally:
            _run(folder, user, programs / "pg_ctl", "-D", data, "-m", "immediate", "stop")
    except (OSError, subprocess.SubprocessError) as error:
        raise NoPeer(f"PostgreSQL could not be started: {error}") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(folder: Path, user: str | None, *command: str | Path) -> None:
    # Into a file, not a pipe: the server inherits it, and a pipe would never end.
    with (folder / "output").open("ab") as output:
        subprocess.run(command, user=user, cwd=folder, check=True, stdout=output, stderr=output, timeout=60)


def _programs() -> Path:
    """Where the server's programs are: on PATH, or where Debian keeps them."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not versions:
        raise NoPeer("PostgreSQL is not installed")
    return versions[-1].parent


def _user() -> str | None:
    """Whom to start it as; None for ourselves."""
    if os.geteuid() != 0:
        return None
    for name in UNPRIVILEGED:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise NoPeer("PostgreSQL does not run as root, and there is no other user")


def _set_up_django(folder: Path) -> None:
    try:
        import django
        from django.conf import settings
        from django.core.management import call_command

        database = {"ENGINE": "django.db.backends.postgresql", "NAME": "postgres", "USER": "peer", "HOST": str(folder)}
        settings.configure(
            DATABASES={"default": database},
            INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "mptt", "hordak"],
            DEFAULT_AUTO_FIELD="django.db.models.AutoField",
            SECRET_KEY="benchmark",
            USE_TZ=True,
        )
        django.setup()
    except ImportError as error:
        raise NoPeer(f"django-hordak is not installed: {error}") from error
    call_command("migrate", verbosity=0)


def _moves(seconds: float) -> float:
    from django.db import connection
    from hordak.models import Account, AccountType
    from moneyed import Money

    bank = Account.objects.create(name="bank", type=AccountType.income, code="1", currencies=["EUR"])
    members = [
        Account.objects.create(name=f"member {number}", type=AccountType.income, code=str(number), currencies=["EUR"])
        for number in range(2, 2 + CALLERS)
    ]
    counts = [0] * CALLERS
    ends_at = time.perf_counter() + seconds

    def move(place: int) -> None:
        while time.perf_counter() < ends_at:
            bank.transfer_to(members[place], Money(20, "EUR"))
            counts[place] += 1
        connection.close()

    threads = [threading.Thread(target=move, args=(place,)) for place in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    connection.close()
    return sum(counts) / seconds
