"""The PostgreSQL server is there, and somebody else has what the bank needs: rows, tables, connections."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest

from points_bank.engine import CannotWrite
from points_bank.settings import Settings
from tests.faults.clusters import DATABASE, Server, durable_server
from tests.faults.conftest import opened, prepared
from tests.faults.disks import full, may_mount
from tests.faults.figures import tally
from tests.faults.load import all_kept
from tests.faults.served import served

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
    load, port = await prepared(durable)
    limits = {
        "POINTS_BANK_LOCK_WAIT_SECONDS": lock_seconds,
        "POINTS_BANK_ACT_LIMIT_SECONDS": act_seconds,
        "POINTS_BANK_QUEUE_WAIT_SECONDS": "1",
    }
    with tally(fault, durable, load) as counted, served(durable, port, tmp_path / "bank.log", **limits) as bank:
        await bank.until_healthy()
        async with load.running():
            for lock in LOCKS:
                await load.until_acknowledged(EXCHANGES_BEFORE_EACH)
                with counted.attempt():
                    with holding(primary, lock):
                        await load.until_nobody_is_served()
                    counted.recovered(await load.recovery(time.monotonic()))
        counted.found = await all_kept(durable, load)
    assert load.cut_off == 0
    assert said in bank.said


async def test_the_server_has_no_connection_left(tmp_path: Path) -> None:
    """Somebody else has all of them but a few: who finds none is refused, and is served as soon as there is one."""
    with durable_server(max_connections=20) as server:
        settings = await opened(server, tmp_path)
        load, port = await prepared(settings)
        with ExitStack() as others, tally("server full", settings, load) as counted:
            take(server, others, but=3)
            with served(settings, port, tmp_path / "bank.log") as bank:
                await bank.until_healthy()
                async with load.running():
                    with counted.attempt():
                        await load.until_refused(EXCHANGES_BEFORE_EACH)
                        others.close()
                        counted.recovered(await load.recovery(time.monotonic()))
                    await load.until_acknowledged(EXCHANGES_BEFORE_EACH)
                counted.found = await all_kept(settings, load)
    assert load.cut_off == 0
    assert "connection slots" in bank.said or "too many clients" in bank.said


if may_mount():

    async def test_the_servers_disk_is_full(tmp_path: Path) -> None:
        """What needs more room is refused; when there is room again, all goes on. A server whose log has no room ends,
        and is started again."""
        with durable_server(megabytes=DISK_MEGABYTES, max_wal_size="48MB", min_wal_size="32MB") as server:
            settings = await opened(server, tmp_path)
            load, port = await prepared(settings)
            with (
                tally("server's disk full", settings, load) as counted,
                served(settings, port, tmp_path / "bank.log") as bank,
            ):
                await bank.until_healthy()
                async with load.running():
                    for _ in range(TIMES_FULL):
                        await load.until_acknowledged(EXCHANGES_BEFORE_EACH)
                        with counted.attempt():
                            with full(server.folder):
                                await load.until_refused(EXCHANGES_BEFORE_EACH)
                            if not server.is_up:
                                await asyncio.to_thread(server.start)
                            counted.recovered(await load.recovery(time.monotonic()))
                counted.found = await all_kept(settings, load)
        assert load.cut_off == 0
        assert CannotWrite.sentence in load.refusals
        assert "No space left on device" in bank.said


@contextmanager
def holding(server: Server, lock: str) -> Iterator[None]:
    """Somebody's transaction that has taken a lock and does not end."""
    with psycopg.connect(server.url(DATABASE)) as other:
        other.execute(lock.encode())
        yield
        other.rollback()


def take(server: Server, others: ExitStack, *, but: int) -> None:
    """Connect until only so many more can."""
    ((most, taken),) = server.run(
        "SELECT current_setting('max_connections')::int, count(*) FROM pg_stat_activity"
        " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    for _ in range(most - taken - but):
        others.enter_context(psycopg.connect(server.url()))
