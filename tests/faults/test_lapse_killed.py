"""S5 under kill -9: the job that books lapses dies half way, is run again, and leaves the same books."""

import asyncio
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from points_bank.clock import Clock
from points_bank.database import Database
from points_bank.ledger.posting import award, open_account
from points_bank.settings import Settings
from points_bank.transaction import Transaction
from tests.bank import at
from tests.ledger.books import GRACE_DAYS, NEXT_YEAR, THIS_YEAR, Books
from tests.ledger.conftest import differences

pytestmark = [
    pytest.mark.thorough, pytest.mark.faults, pytest.mark.only("sqlite", "looks into the file while the job runs"),
]  # fmt: skip

MEMBERS = 2_000
NEW_YEAR = "2027-01-01T00:00:05+08:00"


async def fill(settings: Settings) -> None:
    """Accounts that hold 120 points of 2025 and 200 of 2026, without the people whose they are."""
    async with Database(settings, Clock(at("2026-12-15 09:00"))) as database:
        books = Books(database, database.clock)

        def award_all(tx: Transaction) -> None:
            owners = range(1, MEMBERS + 1)
            for owner in owners:
                open_account(tx, owner)
            for points, lapses_on in ((120, THIS_YEAR), (200, NEXT_YEAR)):
                awards = [books.an_award(owner, points, lapses_on, minutes=0, activities=0) for owner in owners]
                award(tx, awards, grace_days=GRACE_DAYS)

        await database.write(award_all)


def run_jobs(settings: Settings) -> subprocess.Popen[bytes]:
    environment = os.environ | {
        "POINTS_BANK_DATABASE_URL": settings.database_url,
        "POINTS_BANK_ENVIRONMENT": "test",
        "POINTS_BANK_CLOCK": NEW_YEAR,
    }
    command = [sys.executable, "-m", "points_bank", "jobs", "run"]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def kill_once_something_lapsed(settings: Settings, path: Path) -> int:
    """Start the job and kill it as soon as something has lapsed; how many lots."""
    job = run_jobs(settings)
    until = time.monotonic() + 60
    while not lapsed(path) and job.poll() is None and time.monotonic() < until:
        time.sleep(0.001)
    job.send_signal(signal.SIGKILL)
    job.wait(30)
    return lapsed(path)


def lapsed(path: Path) -> int:
    with closing(sqlite3.connect(path, timeout=10)) as connection:
        count: int = connection.execute("SELECT COUNT(*) FROM transfer WHERE kind = 'lapse'").fetchone()[0]
    return count


def books_of(path: Path) -> list[list[tuple[object, ...]]]:
    """Lots, balances, and each lapse with the balance after it."""
    with closing(sqlite3.connect(path)) as connection:
        return [
            connection.execute(query).fetchall()
            for query in (
                "SELECT id, account_id, lapses_on, remaining_points FROM lot ORDER BY id",
                "SELECT owner_id, balance_points FROM account WHERE kind = 'member' ORDER BY id",
                "SELECT reference, debit_balance_points FROM transfer WHERE kind = 'lapse' ORDER BY reference",
            )
        ]


async def test_a_job_killed_half_way_and_run_again_leaves_the_same_books(settings: Settings, tmp_path: Path) -> None:
    await fill(settings)
    path, undisturbed = tmp_path / "bank.db", tmp_path / "undisturbed.db"
    shutil.copy(path, undisturbed)
    shutil.copy(f"{path}.key", f"{undisturbed}.key")

    assert 0 < await asyncio.to_thread(kill_once_something_lapsed, settings, path) < MEMBERS, "killed half way"
    copy = settings.model_copy(update={"database_url": f"sqlite:///{undisturbed}"})
    for each in (settings, copy):
        assert await asyncio.to_thread(run_jobs(each).wait, 120) == 0
    assert books_of(path) == books_of(undisturbed)
    assert books_of(path)[1] == [(owner, 200) for owner in range(1, MEMBERS + 1)]
    async with Database(settings, Clock(at("2027-01-01 00:01"))) as database:
        assert await database.read(differences) == []
