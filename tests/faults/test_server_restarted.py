"""The bank's PostgreSQL server is restarted, crashes, and cuts its connections, all under load."""

import asyncio
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from points_bank.settings import Settings
from tests.faults.clusters import Server
from tests.faults.work import assert_outages_told, at_work

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.faults,
    pytest.mark.only("postgresql", "a bank in a file has no server that could go away"),
]

RESTARTS, CUTS = 5, 40
EXCHANGES_BEFORE_EACH = 50


@pytest.mark.parametrize(
    ("fault", "end"),
    [
        ("server restarted (fast)", Server.stop),
        ("server crashed (immediate)", Server.crash),
        ("database server killed", Server.kill),
    ],
)
async def test_a_server_that_goes_away_and_comes_back(
    durable: Settings, primary: Server, tmp_path: Path, fault: str, end: Callable[[Server], None]
) -> None:
    async with at_work(fault, durable, tmp_path / "bank.log") as work:
        for _ in range(RESTARTS):
            await work.load.until_acknowledged(EXCHANGES_BEFORE_EACH)
            with work.counted.attempt():
                await asyncio.to_thread(end, primary)
                await asyncio.to_thread(primary.start)
                work.counted.recovered(await work.load.recovery(time.monotonic()))
    assert (work.load.cut_off, work.load.refused > 0) == (0, True), "the bank goes on and says that it is busy"
    assert "was not carried out" in work.server.said
    assert_outages_told(work)


async def test_connections_that_are_cut_in_the_middle_of_acts_and_commits(
    durable: Settings, primary: Server, tmp_path: Path
) -> None:
    cut, instants = 0, random.Random(5)
    async with at_work("connections cut", durable, tmp_path / "bank.log") as work:
        for _ in range(CUTS):
            await work.load.until_acknowledged(10)
            await asyncio.sleep(instants.uniform(0, 0.05))
            with work.counted.attempt():
                cut += await asyncio.to_thread(primary.cut_all)
                work.counted.recovered(await work.load.recovery(time.monotonic()))
    assert (work.load.cut_off, work.load.refused > 0) == (0, True), "the bank goes on and says that it is busy"
    assert cut > CUTS
    assert "terminating connection due to administrator command" in work.server.said
    assert_outages_told(work)
