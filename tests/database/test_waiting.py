"""Callers who give up, queues that are full, acts that take too long, and closing while acts wait."""

import asyncio
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from points_bank.clock import Clock
from points_bank.database import Database
from points_bank.errors import Busy
from points_bank.settings import Settings
from points_bank.transaction import Transaction
from tests.database.test_group_commit import add, hold, make_table, names


@dataclass
class Small:
    """A database with small bounds."""

    settings: Settings
    clock: Clock

    def open(self, **bounds: float) -> Database:
        return Database(self.settings.model_copy(update=bounds), self.clock)


@pytest.fixture
async def small(settings: Settings, clock: Clock) -> Small:
    async with Database(settings, clock) as database:
        await database.write(make_table)
    return Small(settings, clock)


async def test_a_caller_cancelled_before_their_act_began_leaves_nothing(small: Small) -> None:
    async with small.open() as database:
        held, task = await hold(database)
        given_up = asyncio.create_task(database.write(add, "given up"))
        kept = asyncio.create_task(database.write(add, "kept"))
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.sleep(0)
        held.may_end.set()
        await asyncio.gather(task, kept)
        assert given_up.cancelled()
        assert await database.read(names) == ["kept"]


async def test_a_caller_cancelled_while_their_act_runs_finds_it_carried_out(small: Small) -> None:
    async with small.open() as database:
        held, task = await hold(database)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        held.may_end.set()
        assert await database.write(add, "next") == 1


async def test_a_full_queue_refuses_at_once(small: Small) -> None:
    async with small.open(queue_limit_acts=3) as database:
        held, task = await hold(database)
        waiting = [asyncio.create_task(database.write(add, f"shelf {number}")) for number in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(Busy) as refusal:
            await database.write(add, "one too many")
        assert refusal.value.fields == {"retry_after_seconds": 1}
        held.may_end.set()
        await asyncio.gather(task, *waiting)
        assert len(await database.read(names)) == 3


async def test_who_waits_too_long_is_refused_and_nothing_of_theirs_written(small: Small) -> None:
    async with small.open(queue_wait_seconds=0.05) as database:
        held, task = await hold(database)
        late = asyncio.create_task(database.write(add, "late"))
        await asyncio.sleep(0.1)
        held.may_end.set()
        with pytest.raises(Busy):
            await late
        await task
        assert await database.read(names) == []


SLOW = sa.text(
    "WITH RECURSIVE counting(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counting WHERE n < :most) "
    "SELECT count(*) FROM counting"
)


async def test_a_slow_act_is_ended_and_the_next_goes_on(small: Small) -> None:
    def slow(tx: Transaction) -> object:
        add(tx, "slow")
        return tx.scalar(SLOW, most=1_000_000_000)

    async with small.open(act_limit_seconds=0.1) as database:
        with pytest.raises(Busy):
            await database.write(slow)
        with pytest.raises(Busy):
            await database.read(lambda tx: tx.scalar(SLOW, most=1_000_000_000))
        await database.write(add, "next")
        assert await database.read(names) == ["next"]


async def test_when_all_readers_are_taken_one_more_is_refused(small: Small) -> None:
    async with small.open(readers=1, queue_wait_seconds=0.05, act_limit_seconds=0.5) as database:
        reading = asyncio.create_task(database.read(lambda tx: tx.scalar(SLOW, most=1_000_000_000)))
        await asyncio.sleep(0.01)
        with pytest.raises(Busy):
            await database.read(names)
        with pytest.raises(Busy):
            await reading


async def test_closing_finishes_what_waits_and_refuses_what_comes(small: Small) -> None:
    database = small.open()
    await database.open()
    held, task = await hold(database)
    waiting = [asyncio.create_task(database.write(add, f"shelf {number}")) for number in range(5)]
    await asyncio.sleep(0)
    closing = asyncio.create_task(database.close())
    await asyncio.sleep(0.01)
    with pytest.raises(Busy):
        await database.write(add, "too late")
    held.may_end.set()
    await asyncio.gather(task, closing)
    assert sorted(await asyncio.gather(*waiting)) == [1, 2, 3, 4, 5]
    async with small.open() as again:
        assert len(await again.read(names)) == 5


@pytest.mark.only("sqlite", "PostgreSQL has no lock on everything")
async def test_another_process_holding_the_lock_makes_it_busy(small: Small) -> None:
    async with small.open(lock_wait_seconds=0.05) as database, small.open() as other:
        held, task = await hold(other)
        with pytest.raises(Busy):
            await database.write(add, "while locked")
        held.may_end.set()
        await task
        assert await database.write(add, "afterwards") == 1


async def test_what_can_never_be_done_is_no_matter_of_waiting(small: Small) -> None:
    """A statement on a table that is not there is our mistake: called busy, it would be tried for ever."""

    def ask_for_nothing(tx: Transaction) -> None:
        tx.run(sa.text("UPDATE nowhere SET name = 'x'"))

    def read_nothing(tx: Transaction) -> list[object]:
        return tx.all(sa.text("SELECT name FROM nowhere"))

    async with small.open() as database:
        with pytest.raises(DBAPIError, match=r"no such table|does not exist"):
            await database.write(ask_for_nothing)
        with pytest.raises(DBAPIError, match=r"no such table|does not exist"):
            await database.read(read_nothing)
        assert await database.write(add, "after it") == 1
