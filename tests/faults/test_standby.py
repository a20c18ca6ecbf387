"""A bank whose commits wait for a standby: it is promoted under load, and it is away, also when all else is lost."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from points_bank.clock import Clock
from points_bank.database import Database
from points_bank.engine import NotKnownYet
from points_bank.errors import Busy
from points_bank.ledger.seal import broken_seals, list_seals
from points_bank.scheduler import run_due
from points_bank.settings import Settings
from tests.bank import at
from tests.faults.clusters import DATABASE, Server, standby_of, until_in_step
from tests.faults.load import can_be_read, readiness
from tests.faults.served import free_port
from tests.faults.work import assert_outages_told, at_work
from tests.ledger.books import Books
from tests.ledger.test_position import hold

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.faults,
    pytest.mark.only("postgresql", "a bank in a file has no standby"),
]

FAILOVERS, TIMES_AWAY = 4, 2
EXCHANGES_BEFORE_EACH = 60
IMPATIENT = {
    "POINTS_BANK_ACT_LIMIT_SECONDS": "2",
    "POINTS_BANK_COMMIT_LIMIT_SECONDS": "1",
    "POINTS_BANK_QUEUE_WAIT_SECONDS": "1",
    "POINTS_BANK_LOCK_WAIT_SECONDS": "1",
}
"""So that the tests need not wait as long as a bank in service does; longer than an act takes on a busy machine."""


@pytest.fixture
def pair(durable: Settings, primary: Server) -> Iterator[tuple[Settings, Server]]:
    """A bank on two servers, by a URL that names both, and the standby."""
    port = free_port()
    hosts = f"127.0.0.1:{primary.port},127.0.0.1:{port}"
    with standby_of(primary, port) as standby:
        yield durable.model_copy(update={"database_url": f"postgresql://bank@{hosts}/{DATABASE}"}), standby


async def test_a_primary_is_killed_and_its_standby_promoted(
    pair: tuple[Settings, Server], primary: Server, tmp_path: Path
) -> None:
    """Over and over: each time the place of the dead one is taken by a new standby of the one that took over. So the
    first host of the URL is a standby at times, on which nobody of the bank may sit."""
    settings, standby = pair
    serving = primary
    with ExitStack() as standbys:
        async with at_work("primary killed, standby promoted", settings, tmp_path / "bank.log") as work:
            for number in range(FAILOVERS):
                await work.load.until_acknowledged(EXCHANGES_BEFORE_EACH)
                with work.counted.attempt():
                    await asyncio.to_thread(serving.kill)
                    serving, killed = standby, serving
                    await asyncio.to_thread(serving.promote)
                    work.counted.recovered(await work.load.recovery(time.monotonic()))
                if number + 1 < FAILOVERS:
                    standby = await asyncio.to_thread(another_standby, standbys, serving, killed.port)
                    await asyncio.to_thread(serving.cut_all)
    assert work.load.cut_off == 0
    assert "cannot execute" not in work.server.said, "a standby was asked to write"
    assert_outages_told(work)


async def test_nothing_is_said_to_be_kept_while_the_standby_is_away(
    pair: tuple[Settings, Server], primary: Server, tmp_path: Path
) -> None:
    """Whoever asks is told that the bank is busy, and passbooks can be read; then what waited is kept, once."""
    settings, standby = pair
    async with at_work("synchronous standby away", settings, tmp_path / "bank.log", **IMPATIENT) as work:
        for _ in range(TIMES_AWAY):
            await work.load.until_acknowledged(EXCHANGES_BEFORE_EACH)
            with work.counted.attempt():
                await asyncio.to_thread(standby.stop)
                await work.load.until_nobody_is_served()
                await can_be_read(work.load)
                assert (await readiness(work.load))["writing"].startswith("cannot be written: ")
                assert connections(primary) < 16, "each commit that waits keeps its connection, and makes no other"
                await asyncio.to_thread(standby.start)
                work.counted.recovered(await work.load.recovery(time.monotonic()))
    assert work.load.cut_off == 0
    assert "whether it is kept will be known later" in work.server.said
    assert NotKnownYet.sentence in work.load.refusals
    assert_outages_told(work)


async def test_a_commit_that_only_the_primary_has_is_not_told_of(
    pair: tuple[Settings, Server], primary: Server, tmp_path: Path
) -> None:
    """The standby is away, then the connections are cut, so that the primary keeps what the standby never hears of;
    the same keys come again; and then the primary is lost for good. What was acknowledged is on the standby."""
    settings, standby = pair
    async with at_work(
        "standby away, connections cut, primary lost", settings, tmp_path / "bank.log", **IMPATIENT
    ) as work:
        await work.load.until_acknowledged(EXCHANGES_BEFORE_EACH)
        with work.counted.attempt():
            await asyncio.to_thread(standby.stop)
            await work.load.until_nobody_is_served()
            for _ in range(3):
                await asyncio.to_thread(primary.cut_all)
                await asyncio.to_thread(primary.cancel_all)
                await work.load.until_nobody_is_served()
            only_here = await asyncio.to_thread(primary.run, COUNT, database=DATABASE)
            await asyncio.to_thread(primary.kill)
            await asyncio.to_thread(standby.start)
            assert await asyncio.to_thread(standby.run, COUNT, database=DATABASE) < only_here
            await asyncio.to_thread(standby.promote)
            work.counted.recovered(await work.load.recovery(time.monotonic()))


async def test_a_seal_waits_for_a_commit_that_waits_for_the_standby(durable: Settings, primary: Server) -> None:
    """It took its number before one that is long there, on the day before, and comes in when nobody expects it."""
    clock = Clock(at("2026-10-12 09:00"))
    limits = {"act_limit_seconds": 3.0, "commit_limit_seconds": 0.5}
    async with Database(durable.model_copy(update=limits), clock) as database:
        books = Books(database, clock)
        numbers = [await books.account(this_year=5), await books.account()]
        with standby_of(primary, free_port()) as standby:
            books.it_is("2026-10-12 23:59:57")
            held, task = await hold(books, numbers[0])
            last = await books.award(numbers[1], 5)
            await asyncio.to_thread(standby.stop)
            held.may_end.set()
            with pytest.raises(Busy):
                await task
            midnight = at("2026-10-13 00:00:00")
            await clock_at(clock, midnight + database.settings.position_delay + timedelta(seconds=2))
            with suppress(Busy):
                assert [done.job for done in await run_due(database)] == []
            await asyncio.to_thread(standby.start)
            await asyncio.to_thread(until_in_step, primary)
            books.it_is("2026-10-13 00:01:00")
            assert "seal" in [done.job for done in await run_due(database)]
        (seal,) = await database.read(list_seals, limit=10)
        assert (seal.last_transfer_id, seal.transfers) == (last, 3)
        assert await database.read(lambda tx: list(broken_seals(tx))) == []


async def clock_at(clock: Clock, instant: datetime) -> None:
    await asyncio.sleep((instant - clock.now()).total_seconds())


COUNT = "SELECT count(*) FROM redemption"


def another_standby(standbys: ExitStack, serving: Server, port: int) -> Server:
    return standbys.enter_context(standby_of(serving, port))


def connections(server: Server) -> int:
    return int(server.run(f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{DATABASE}'")[0][0])
