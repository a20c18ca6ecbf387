"""A server killed under load, over and over: every acknowledged write is there once, and the bank goes on."""

import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from points_bank.settings import Settings
from tests.faults.figures import tally
from tests.faults.load import all_kept, prepare
from tests.faults.served import free_port, served

pytestmark = [pytest.mark.thorough, pytest.mark.faults]

KILLS = 25
EXCHANGES_BEFORE_EACH = 100


async def test_every_acknowledged_write_is_there_once(settings: Settings, tmp_path: Path) -> None:
    """Each kill comes in the middle of whatever 16 clerks are at, who go on asking until the next server answers."""
    port, log = free_port(), tmp_path / "server.log"
    load = await prepare(settings, f"http://127.0.0.1:{port}")

    with tally("server killed (SIGKILL)", settings, load) as counted, ExitStack() as serving:
        server = serving.enter_context(served(settings, port, log))
        async with load.running():
            for _ in range(KILLS):
                await load.until_acknowledged(EXCHANGES_BEFORE_EACH)
                with counted.attempt():
                    server.kill()
                    server = serving.enter_context(served(settings, port, log))
                    counted.recovered(await load.recovery(time.monotonic()))
        counted.found = await all_kept(settings, load)
    assert load.cut_off >= KILLS, "the kills came under load"
    assert server.said.count("Application startup complete") == KILLS + 1
