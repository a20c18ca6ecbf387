"""A peer: django-hordak, double-entry accounting on PostgreSQL, moving points one by one for 16 callers at once."""

import threading
import time

from scripts.benchmarks.server import USER, Server

CALLERS = 16


class NoPeer(Exception):
    """What is lacking to measure the peer."""


class Hordak:
    """The peer on a database of its own, with an account for each caller. One a process, as Django is."""

    def __init__(self, server: Server, name: str) -> None:
        """Raises `NoPeer` with the reason where Django or hordak is not there."""
        server.make(name)
        _set_up_django(server, name)
        from hordak.models import Account, AccountType

        kind = AccountType.income
        self._bank, *self._members = (
            Account.objects.create(name=f"account {number}", type=kind, code=str(number), currencies=["EUR"])
            for number in range(1, 2 + CALLERS)
        )

    def moves(self, seconds: float) -> float:
        """Transfers a second."""
        from django.db import connection
        from moneyed import Money

        counts = [0] * CALLERS
        ends_at = time.perf_counter() + seconds

        def move(place: int) -> None:
            while time.perf_counter() < ends_at:
                self._bank.transfer_to(self._members[place], Money(20, "EUR"))
                counts[place] += 1
            connection.close()

        threads = [threading.Thread(target=move, args=(place,)) for place in range(CALLERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        connection.close()
        return sum(counts) / seconds


def _set_up_django(server: Server, name: str) -> None:
    try:
        import django
        from django.conf import settings
        from django.core.management import call_command

        database = {
            "ENGINE": "django.db.backends.postgresql", "NAME": name, "USER": USER, "HOST": str(server.folder),
        }  # fmt: skip
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
