"""The bank's PostgreSQL server is restarted, crashes, and cuts its connections, all under load."""

import asyncio
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from points_bank.settings import Settings
from tests.faults.clusters import Server
from tests.faults.conftest import prepared
from tests.faults.figures import tally
from tests.faults.load import all_kept
from tests.faults.served import served

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
        ("server killed (SIGKILL)", Server.kill),
    ],
)
async def test_a_server_that_goes_away_and_comes_back(
    durable: Settings, primary: Server, tmp_path: Path, fault: str, end: Callable[[Server], None]
) -> None:
    load, port = await prepared(durable)
    with tally(fault, durable, load) as counted, served(durable, port, tmp_path / "bank.log") as bank:
        await bank.until_healthy()
        async with load.running():
            for _ in range(RESTARTS):
                await load.until_acknowledged(EXCHANGES_BEFORE_EACH)
                with counted.attempt():
                    await asyncio.to_thread(end, primary)
                    await asyncio.to_thread(primary.start)
                    counted.recovered(await load.recovery(time.monotonic()))
        counted.found = await all_kept(durable, load)
    assert (load.cut_off, load.refused > 0) == (0, True), "the bank itself went on and said that it was busy"
    assert "was not carried out" in bank.said


async def test_connections_that_are_cut_in_the_middle_of_acts_and_commits(
    durable: Settings, primary: Server, tmp_path: Path
) -> None:
    load, port = await prepared(durable)
    cut, instants = 0, random.Random(5)
    with tally("connections cut", durable, load) as counted, served(durable, port, tmp_path / "bank.log") as bank:
        await bank.until_healthy()
        async with load.running():
            for _ in range(CUTS):
                await load.until_acknowledged(10)
                await asyncio.sleep(instants.uniform(0, 0.05))
                with counted.attempt():
                    cut += await asyncio.to_thread(primary.cut_all)
                    counted.recovered(await load.recovery(time.monotonic()))
        counted.found = await all_kept(durable, load)
    assert cut > CUTS
    assert (load.cut_off, load.refused > 0) == (0, True), "the bank itself went on and said that it was busy"
    assert "terminating connection due to administrator command" in bank.said
