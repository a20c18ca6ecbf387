"""Acts without HTTP: awards by so many callers at once, and an activity of 20 from its sheet to its settlement."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta

from points_bank.activities.approval import approve_activity
from points_bank.activities.logbook import log_activity
from points_bank.activities.settlement import settle_due
from points_bank.activities.sheet import Sheet, SheetLine
from points_bank.clock import Clock
from points_bank.database import Database
from points_bank.ledger.posting import Award, award
from points_bank.rules.rule_set import ServiceRole
from points_bank.transaction import Transaction
from scripts.benchmarks.bank import Bank
from scripts.benchmarks.client import Load

PEOPLE, ACTIVITIES = 20, 40
"""On one sheet, and sheets in one round."""

AWARDS = PEOPLE * ACTIVITIES

OCCURRED_ON, LAPSES_ON = date(2026, 10, 12), date(2099, 12, 31)


class Acts:
    """An open bank on a file of its own. `async with Acts(bank) as acts`."""

    def __init__(self, bank: Bank) -> None:
        self._bank = bank
        self._clock = Clock(datetime.now(UTC))
        self._database = Database(bank.settings, self._clock)
        self._numbers = itertools.count(time.time_ns())

    async def __aenter__(self) -> "Acts":
        await self._database.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._database.close()

    async def awards(self, *, clients: int, seconds: float) -> Load:
        """Awards to one member each, every one on disk before its caller sends the next."""
        return await _repeatedly(self._award_next, clients=clients, seconds=seconds)

    async def activities(self) -> float:
        """Awards a second, from logging sheets of 20 through approval to settlement; each sheet is three acts."""
        self._clock.set(self._clock.now() + timedelta(days=14))
        sheets = [self._sheet(number) for number in range(ACTIVITIES)]
        started = time.perf_counter()
        logged = await asyncio.gather(
            *(self._database.write(log_activity, sheet, by=self._bank.recorder) for sheet in sheets)
        )
        ids = [activity.id for activity in logged if activity.id is not None]
        await asyncio.gather(*(self._database.write(approve_activity, each, by=self._bank.approver) for each in ids))
        self._clock.set(self._clock.now() + timedelta(days=12))
        while await self._database.write(settle_due, due_at=self._clock.now()):
            pass
        return AWARDS / (time.perf_counter() - started)

    async def _award_next(self) -> None:
        number = next(self._numbers)
        await self._database.write(_award, self._bank, number)

    def _sheet(self, number: int) -> Sheet:
        members = self._bank.member_ids
        people = [members[(number * PEOPLE + place) % len(members)] for place in range(PEOPLE)]
        # Where there are fewer members than places, they serve again, before.
        hours_ago = 1 + 3 * (number * PEOPLE // len(members))
        ended_at = self._clock.now() - timedelta(hours=hours_ago)
        return Sheet(
            branch_id=self._bank.branch_id,
            role=ServiceRole.SERVICE,
            title=f"清扫 {next(self._numbers)}",
            started_at=ended_at - timedelta(minutes=140),
            ended_at=ended_at,
            lines=[SheetLine(member_id=member_id) for member_id in people],
        )


def _award(tx: Transaction, bank: Bank, number: int) -> None:
    one = Award(
        member_id=bank.member_ids[number % len(bank.member_ids)],
        branch_id=bank.branch_id,
        points=20,
        minutes=140,
        occurred_on=OCCURRED_ON,
        lapses_on=LAPSES_ON,
        reference=f"award:{number}",
    )
    award(tx, [one], grace_days=30)


async def _repeatedly(do: Callable[[], Awaitable[None]], *, clients: int, seconds: float) -> Load:
    """So many callers that each do it again as soon as it is done."""
    load, started = Load(seconds), time.perf_counter()

    async def caller() -> None:
        while (began := time.perf_counter()) < started + seconds:
            await do()
            load.latencies.append(time.perf_counter() - began)

    await asyncio.gather(*(caller() for _ in range(clients)))
    load.seconds = time.perf_counter() - started
    return load
