"""The PostgreSQL server is there, and somebody else has what the bank needs: rows, tables, connections."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from points_bank.engine import CannotWrite
from points_bank.settings import Settings
from tests.faults.clusters import DATABASE, Server, durable_server
from tests.faults.conftest import opened
from tests.faults.disks import full, may_mount
from tests.faults.work import assert_outages_told, at_work

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.faults,
    pytest.mark.only("postgresql", "a bank in a file has no server that serves others as well"),
]

EXCHANGES_BEFORE_EACH, TIMES_FULL, DISK_MEGABYTES = 50, 2, 250
LOCKS = (
    "LOCK TABLE transfer IN ACCESS EXCLUSIVE MODE",
    "SELECT id FROM account ORDER BY id FOR UPDATE",
    "LOCK TABLE idempotency_key IN SHARE MODE",
    "LOCK TABLE audit, redemption, lot IN EXCLUSIVE MODE",
)


@pytest.mark.parametrize(
    ("fault", "lock_seconds", "act_seconds", "said"),
    [
        ("locked by somebody else (lock time-out)", "1", "4", "due to lock timeout"),
        ("locked by somebody else (statement time-out)", "20", "1", "due to statement timeout"),
    ],
)
async def test_somebody_else_holds_rows_and_tables(
    durable: Settings, primary: Server, tmp_path: Path, fault: str, lock_seconds: str, act_seconds: str, said: str
) -> None:
    """Acts wait, are refused as busy within their limit, and go on by themselves once the other one has ended."""
    limits = {
        "POINTS_BANK_LOCK_WAIT_SECONDS": lock_seconds,
        "POINTS_BANK_ACT_LIMIT_SECONDS": act_seconds,
        "POINTS_BANK_QUEUE_WAIT_SECONDS": "1",
    }
    async with at_work(fault, durable, tmp_path / "bank.log", **limits) as work:
        for lock in LOCKS:
            await work.load.until_acknowledged(EXCHANGES_BEFORE_EACH)
            with work.counted.attempt():
                with holding(primary, lock):
                    await work.load.until_nobody_is_served()
                work.counted.recovered(await work.load.recovery(time.monotonic()))
    assert said in work.server.said
    assert_outages_told(work)


async def test_the_server_has_no_connection_left(tmp_path: Path) -> None:
    """Somebody else has all of them but a few: who finds none is refused, and is served as soon as there is one."""
    with durable_server(max_connections=20) as server, ExitStack() as others:
        settings = await opened(server, tmp_path)
        async with at_work("server full", settings, tmp_path / "bank.log") as work:
            await work.load.until_acknowledged(EXCHANGES_BEFORE_EACH)
            with work.counted.attempt():
                take_all(server, others)
                await work.load.until_refused(EXCHANGES_BEFORE_EACH)
                others.close()
                work.counted.recovered(await work.load.recovery(time.monotonic()))
            await work.load.until_acknowledged(EXCHANGES_BEFORE_EACH)
    assert "connection slots" in work.server.said or "too many clients" in work.server.said
    assert_outages_told(work)


if may_mount():

    async def test_the_servers_disk_is_full(tmp_path: Path) -> None:
        """What needs more room is refused; when there is room again, all goes on. A server whose log has no room ends,
        and is started again."""
        with durable_server(megabytes=DISK_MEGABYTES, max_wal_size="48MB", min_wal_size="32MB") as server:
            settings = await opened(server, tmp_path)
            async with at_work("server's disk full", settings, tmp_path / "bank.log") as work:
                for _ in range(TIMES_FULL):
                    await work.load.until_acknowledged(EXCHANGES_BEFORE_EACH)
                    with work.counted.attempt():
                        with full(server.folder):
                            await work.load.until_refused(EXCHANGES_BEFORE_EACH)
                        if not server.is_up:
                            await asyncio.to_thread(server.start)
                        work.counted.recovered(await work.load.recovery(time.monotonic()))
        assert CannotWrite.sentence in work.load.refusals
        assert "No space left on device" in work.server.said
        assert_outages_told(work)


@contextmanager
def holding(server: Server, lock: str) -> Iterator[None]:
    """Somebody's transaction that has taken a lock and does not end.

    Where it and an act wait for each other, the act gives way: the server ends whoever looks for the circle first."""
    with psycopg.connect(server.url(DATABASE), options="-c deadlock_timeout=10min") as other:
        other.execute(lock.encode())
        yield
        other.rollback()


def take_all(server: Server, others: ExitStack) -> None:
    """Connect until nobody can any more: what the bank has is cut, and whoever comes first has it."""
    server.cut_all()
    with suppress(psycopg.OperationalError):
        while True:
            others.enter_context(psycopg.connect(server.url()))
