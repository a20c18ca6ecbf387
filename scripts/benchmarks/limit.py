"""The limit: a plain loop over `sqlite3` that writes the rows of an award, as durably and as many to a commit.

It checks nothing, asks nobody's leave and answers nobody. It reads the account and the lot that it changes, since an
award without a balance cannot be written.
"""

import itertools
import sqlite3
import time
from contextlib import closing

from scripts.benchmarks.bank import Bank

_ACCOUNT = "SELECT id, balance_points FROM account WHERE kind = 'member' AND owner_id = ?"
_ISSUE = "SELECT id FROM account WHERE kind = 'issue' AND owner_id = ?"
_LOT = "SELECT id FROM lot WHERE account_id = ? AND lapses_on = '2099-12-31' AND extension_order = ''"
_TRANSFER = (
    "INSERT INTO transfer (kind, debit_account_id, credit_account_id, amount_points, credit_balance_points,"
    " occurred_on, posted_at, reference) VALUES ('award', ?, ?, 20, ?, '2026-10-12', '2026-11-14 00:30:00.000000', ?)"
)
_FILL = "UPDATE lot SET remaining_points = remaining_points + 20 WHERE id = ?"
_USE = "INSERT INTO lot_use (transfer_id, lot_id, points) VALUES (?, ?, 20)"
_CHANGE = (
    "UPDATE account SET balance_points = balance_points + 20, honour_points = honour_points + 20,"
    " service_minutes = service_minutes + 140, activities = activities + 1, version = version + 1 WHERE id = ?"
)


class Limit:
    """A connection to a file of its own."""

    def __init__(self, bank: Bank) -> None:
        self._bank = bank
        self._numbers = itertools.count(1)
        self._connection = sqlite3.connect(
            bank.path, isolation_level=None, cached_statements=512, check_same_thread=False
        )
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-65536"):
            self._connection.execute(f"PRAGMA {pragma}")
        (self._issue,) = self._connection.execute(_ISSUE, (bank.branch_id,)).fetchone()

    def close(self) -> None:
        with closing(self._connection):
            pass

    def awards(self, *, batch: int, seconds: float) -> tuple[float, float]:
        """Awards a second, so many to a commit, and the processor seconds of one."""
        count, started, used = 0, time.perf_counter(), time.thread_time()
        while time.perf_counter() < started + seconds:
            self._connection.execute("BEGIN IMMEDIATE")
            for _ in range(batch):
                self._award(next(self._numbers))
            self._connection.execute("COMMIT")
            count += batch
        return count / (time.perf_counter() - started), (time.thread_time() - used) / count

    def _award(self, number: int) -> None:
        execute, member_ids = self._connection.execute, self._bank.member_ids
        account_id, balance = execute(_ACCOUNT, (member_ids[number % len(member_ids)],)).fetchone()
        values = (self._issue, account_id, balance + 20, f"participation:{number}")
        # Quicker by a seventh than to ask for it with RETURNING.
        transfer_id = execute(_TRANSFER, values).lastrowid
        ((lot_id,),) = execute(_LOT, (account_id,)).fetchall()
        execute(_FILL, (lot_id,))
        execute(_USE, (transfer_id, lot_id))
        execute(_CHANGE, (account_id,))
