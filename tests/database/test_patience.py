"""Parts of an import let desks go first, and yet are carried out while desks never rest."""

import asyncio

import pytest

from points_bank.clock import Clock
from points_bank.database import Database
from points_bank.settings import Settings
from points_bank.transaction import Transaction
from tests.database.test_group_commit import add, hold, make_table, names


async def queued(database: Database, *, wait_seconds: float = 0.0) -> None:
    """While one act runs, two patient ones begin to wait, and then, after some time, two of a desk."""
    await database.write(make_table)
    held, task = await hold(database)
    patient = [asyncio.create_task(database.write_patiently(add, f"patient {number}")) for number in (1, 2)]
    await asyncio.sleep(wait_seconds)
    desk = [asyncio.create_task(database.write(add, f"desk {number}")) for number in (1, 2)]
    await asyncio.sleep(0)
    held.may_end.set()
    await asyncio.gather(task, *patient, *desk)


@pytest.mark.only("sqlite", "on PostgreSQL patient acts stand in nobody's way")
async def test_acts_of_a_desk_overtake_patient_ones(settings: Settings, clock: Clock) -> None:
    async with Database(settings, clock) as database:
        await queued(database)
        assert await database.read(names) == ["desk 1", "desk 2", "patient 1", "patient 2"]


@pytest.mark.only("sqlite", "on PostgreSQL patient acts stand in nobody's way")
async def test_who_was_patient_long_enough_goes_next(settings: Settings, clock: Clock) -> None:
    async with Database(settings.model_copy(update={"patience_seconds": 0.01}), clock) as database:
        await queued(database, wait_seconds=0.05)
        assert await database.read(names) == ["patient 1", "patient 2", "desk 1", "desk 2"]


async def test_patient_acts_are_not_refused_for_having_waited(settings: Settings, clock: Clock) -> None:
    bounds = {"queue_wait_seconds": 0.5, "patience_seconds": 60.0}
    async with Database(settings.model_copy(update=bounds), clock) as database:
        await database.write(make_table)
        held, task = await hold(database)
        late = asyncio.create_task(database.write_patiently(add, "late"))
        await asyncio.sleep(0.8)
        held.may_end.set()
        await asyncio.gather(task, late)
        assert await database.read(names) == ["late"]


async def test_a_patient_act_that_fails_leaves_nothing(settings: Settings, clock: Clock) -> None:
    def fails(tx: Transaction) -> None:
        add(tx, "half done")
        raise ValueError("in the middle of it")

    async with Database(settings, clock) as database:
        await database.write(make_table)
        (outcome,) = await asyncio.gather(database.write_patiently(fails), return_exceptions=True)
        assert isinstance(outcome, ValueError)
        assert await database.read(names) == []


@pytest.mark.only("sqlite", "only a file tells who else has written")
async def test_who_writes_is_noticed_also_in_another_process(settings: Settings, clock: Clock) -> None:
    """A second open bank is to the first what another process is: SQLite counts what other connections commit."""
    async with Database(settings, clock) as database, Database(settings, clock) as elsewhere:
        await database.write_patiently(make_table)
        await database.write_patiently(add, "patient 1")
        assert database.is_quiet
        await elsewhere.write(add, "desk")
        await database.write_patiently(add, "patient 2")
        assert database.quiet_seconds < 60
