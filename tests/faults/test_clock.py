"""A clock that is put back by an hour, forward by a month and back again while clerks and the timetable are at work.

What holds then: numbers of rows, not instants, say what came after what. An act is dated by the clock as it is, so that
`posted_at` may be earlier than that of the transfer before it. Whatever happens once a period happens once for each
period that the clock has ever passed: what was done too early stays done, and is not done again when its time comes.
"""

import asyncio
import time
from datetime import time as time_of_day
from datetime import timedelta

import pytest
import sqlalchemy as sa
from litestar import Litestar

from points_bank.actor import SYSTEM
from points_bank.clock import Clock, PeriodKind
from points_bank.database import Database
from points_bank.leaderboards.boards import create_board
from points_bank.leaderboards.models import Measure
from points_bank.redemptions.reservation import reserve
from points_bank.rewards.stock import Goods
from points_bank.scheduler import Scheduler, lags
from points_bank.settings import Settings
from points_bank.staff.tokens import staff_actor
from points_bank.transaction import Transaction
from tests.bank import Bank, at
from tests.faults.figures import tally
from tests.faults.load import Load, all_kept, can_be_read, newest_staff, prepare
from tests.serving import serving

pytestmark = [pytest.mark.thorough, pytest.mark.faults]

START, HOUR_BACK, MONTH_LATER = "2026-11-16 09:00", "2026-11-16 08:00", "2026-12-17 09:00"
ROUND = (HOUR_BACK, MONTH_LATER, START, MONTH_LATER, HOUR_BACK, MONTH_LATER)

_RUNS = sa.text("SELECT job, period FROM job_run ORDER BY job, period")
_POSTED = sa.text("SELECT posted_at FROM transfer ORDER BY id")
_RELEASED = sa.text("SELECT COUNT(*) FROM transfer WHERE kind = 'release'")
_EDITIONS = sa.text("SELECT COUNT(*) FROM edition")


async def test_jumps_under_load(application: Litestar, settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock(at(START))
    load = await prepare(settings, "")
    database = Database(settings.model_copy(update={"timetable_seconds": 1}), clock)
    with tally("clock put back and forward", settings, load) as counted:
        async with serving(application, database) as load.url:
            await expect_something(database, load)
            async with load.running():
                for number, instant in enumerate(ROUND, 1):
                    await load.until_acknowledged(50)
                    with counted.attempt():
                        clock.set(at(instant))
                        counted.recovered(await load.recovery(time.monotonic()))
                        await until_told(caplog, number)
                        await until_nothing_is_due(database)
                        await can_be_read(load)
            assert await database.read(once_each) == (1, 1)
            assert await database.read(went_back)
        counted.found = await all_kept(settings, load)
    assert caplog.text.count("the clock was put back") == caplog.text.count("the clock was put forward") == 3
    assert "could not be" not in caplog.text


async def test_the_next_look_does_not_wait_for_the_clock_to_catch_up(bank: Bank, settings: Settings) -> None:
    """APScheduler keeps to the machine's clock: put back by an hour, its next look was an hour away."""
    database = Database(settings.model_copy(update={"timetable_seconds": 1}), bank.clock)
    async with database, Scheduler(database) as scheduler:
        scheduler.timer.modify(next_run_time=scheduler.timer.next_run_time + timedelta(hours=1))
        bank.clock.set(bank.clock.now() - timedelta(hours=1))
        late = scheduler.timer.next_run_time - timedelta(minutes=30)
        async with asyncio.timeout(30):
            while scheduler.timer.next_run_time > late:  # noqa: ASYNC110  # APScheduler tells nobody
                await asyncio.sleep(0.01)


async def expect_something(database: Database, load: Load) -> None:
    """A reservation that will run out, and a board that will be published, within the month."""
    clerk = await database.read(staff_actor, await database.read(newest_staff), None)
    order = {"desk_id": load.desk_id, "member_id": load.member_ids[0], "items": [Goods(load.reward_id, 1)]}
    await database.write(reserve, by=clerk, **order)  # type: ignore[arg-type]  # as named above
    bank = await Bank.on(database)
    await database.write(
        create_board, branch_id=bank.district.id, name="月榜", period=PeriodKind.MONTH, measure=Measure.POINTS, top=10,
        publish_day=5, publish_time=time_of_day(9), objection_working_days=3, by=SYSTEM,
    )  # fmt: skip


async def until_told(caplog: pytest.LogCaptureFixture, times: int) -> None:
    async with asyncio.timeout(60):
        while caplog.text.count("the clock was put ") < times:  # noqa: ASYNC110  # a log tells nobody
            await asyncio.sleep(0.1)


async def until_nothing_is_due(database: Database) -> None:
    async with asyncio.timeout(60):
        while max((await database.read(lags)).values()) > 0:
            pass


def once_each(tx: Transaction) -> tuple[int, int]:
    """How many reservations were released and editions published. A period is claimed by a primary key."""
    assert {row.job for row in tx.all(_RUNS)} >= {"seal"}
    return tx.scalar(_RELEASED), tx.scalar(_EDITIONS)


def went_back(tx: Transaction) -> bool:
    """Whether transfers are dated by the clock as it was, so that later ones have earlier dates."""
    posted = [row.posted_at for row in tx.all(_POSTED)]
    return posted != sorted(posted)
