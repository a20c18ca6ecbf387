"""The books: every check of every folder, on one snapshot; large books by two processes at once."""

import asyncio
from collections.abc import Sequence
from multiprocessing.connection import Connection
from threading import Barrier

import msgspec
import sqlalchemy as sa

from points_bank.activities import checks as activities
from points_bank.beside import Beside
from points_bank.branches import checks as branches
from points_bank.certificates import checks as certificates
from points_bank.checks import Check, Told, telling
from points_bank.database import Database
from points_bank.extensions import checks as extensions
from points_bank.gifts import checks as gifts
from points_bank.imports import checks as imports
from points_bank.leaderboards import checks as leaderboards
from points_bank.ledger import checks as ledger
from points_bank.looks import checks as looks
from points_bank.members import checks as members
from points_bank.redemptions import checks as redemptions
from points_bank.reports import checks as reports
from points_bank.reviews import checks as reviews
from points_bank.rewards import checks as rewards
from points_bank.rules import checks as rules
from points_bank.settings import Settings
from points_bank.suspensions import checks as suspensions
from points_bank.transaction import Transaction

CHECKS: tuple[Check, ...] = (
    *activities.CHECKS,
    *branches.CHECKS,
    *certificates.CHECKS,
    *extensions.CHECKS,
    *gifts.CHECKS,
    *imports.CHECKS,
    *leaderboards.CHECKS,
    *ledger.CHECKS,
    *looks.CHECKS,
    *members.CHECKS,
    *redemptions.CHECKS,
    *reports.CHECKS,
    *reviews.CHECKS,
    *rewards.CHECKS,
    *rules.CHECKS,
    *suspensions.CHECKS,
)


BESIDE = frozenset({*activities.CHECKS, ledger.SEALS})
"""What the second process checks: with the logbook and the seals as much as reading the ledger takes. None of these
asks what time it is."""
SHARED_FROM_TRANSFERS = 500_000
"""Smaller books are read before a second process has started."""
MEETING_SECONDS = 60.0
"""How long one waits for the other to begin: whoever writes at the time has to end first."""

_LAST = sa.text("SELECT COALESCE(MAX(id), 0) FROM transfer")


class Finding(msgspec.Struct, frozen=True):
    check: str
    differences: list[str]


def verify(tx: Transaction, *, told: Told | None = None, checks: Sequence[Check] = CHECKS) -> list[Finding]:
    """What checks found, all of them by default, in order; a check that holds has no differences.

    It is one snapshot, held as long as it takes. `told` hears how far it is.
    """
    with telling(told):
        return [Finding(check.name, list(check.differences(tx))) for check in checks]


async def check_books(
    database: Database, *, told: Told | None = None, shared_from: int = SHARED_FROM_TRANSFERS
) -> list[Finding]:
    """What every check found, in order, on one snapshot, which is held as long as it takes: about half a minute for ten
    million transfers. Where acts write side by side nobody could make both begin at one instant, and one reads all.

    Raises `ChildProcessError` where the second process was ended."""
    if not database.writes_alone or await database.read(last_transfer_id) < shared_from:
        return await database.read(verify, told=told)
    other = await asyncio.to_thread(Beside, _check_beside, database.settings)
    try:
        found = await _check_together(database, other, told)
    finally:
        await asyncio.to_thread(other.close)
    return [found[check.name] for check in CHECKS]


async def differences(database: Database, *, told: Told | None = None) -> list[str]:
    """Every difference in the books, named; empty when all is well."""
    findings = await check_books(database, told=told)
    return [f"{finding.check}: {difference}" for finding in findings for difference in finding.differences]


def last_transfer_id(tx: Transaction) -> int:
    found: int = tx.scalar(_LAST)
    return found


async def _check_together(database: Database, other: Beside, told: Told | None) -> dict[str, Finding]:
    """Both begin to read while an act holds the right to write: so they see the same, whoever is being served."""
    await asyncio.to_thread(other.receive)
    meeting = Barrier(2, timeout=MEETING_SECONDS)

    def check_here(tx: Transaction) -> list[Finding]:
        meeting.wait()
        last_transfer_id(tx)
        meeting.wait()
        return verify(tx, told=told, checks=[check for check in CHECKS if check not in BESIDE])

    def begin_together(tx: Transaction) -> None:
        other.send("begin")
        meeting.wait()
        meeting.wait()
        other.receive()

    def hear_from_beside() -> list[Finding]:
        while isinstance(heard := other.receive(), tuple):
            if told is not None:
                told(*heard)
        return list(heard)

    reading = asyncio.create_task(database.read(check_here))
    try:
        await database.write(begin_together)
        found = [*await asyncio.to_thread(hear_from_beside), *await reading]
    finally:
        meeting.abort()
        await asyncio.gather(reading, return_exceptions=True)
    return {finding.check: finding for finding in found}


def _check_beside(pipe: Connection, settings: Settings) -> None:
    """In the second process: open the bank, begin to read when told to, say how far it is, and then what was found."""

    def check(tx: Transaction) -> list[Finding]:
        pipe.recv()
        last_transfer_id(tx)
        pipe.send("begun")
        return verify(
            tx, told=lambda *how_far: pipe.send(how_far), checks=[check for check in CHECKS if check in BESIDE]
        )

    async def check_in_bank() -> list[Finding]:
        async with Database(settings) as bank:
            pipe.send("opened")
            return await bank.read(check)

    pipe.send(asyncio.run(check_in_bank()))
