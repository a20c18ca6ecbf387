"""A bank whose files turn read-only: while it serves, and when it starts."""

import time
from pathlib import Path

import pytest

from points_bank.settings import Settings
from tests.faults.disks import MINDS_PERMISSIONS, read_only, takes_nothing
from tests.faults.figures import tally
from tests.faults.load import all_kept, prepare
from tests.faults.served import free_port, served
from tests.faults.work import at_work

pytestmark = [
    pytest.mark.thorough, pytest.mark.faults, pytest.mark.only("sqlite", "a server looks after its own files"),
]  # fmt: skip

TIMES = 5


async def test_files_that_take_nothing_more_under_a_server(settings: Settings, tmp_path: Path) -> None:
    async with at_work("file turned read-only while it is served", settings, tmp_path / "server.log") as work:
        for _ in range(TIMES):
            await work.load.until_acknowledged(50)
            with work.counted.attempt():
                with takes_nothing(files_of(settings), work.server.process.pid):
                    await work.load.until_refused(50)
                work.counted.recovered(await work.load.recovery(time.monotonic()))
    assert work.load.refusals == {
        "The bank cannot write anything down just now. Nothing was changed. Please tell who looks after it."
    }
    assert work.server.said.count("nothing can be written") >= TIMES
    assert work.server.said.count("writing works again") >= TIMES


async def test_permissions_that_are_taken_away(tmp_path: Path, settings: Settings) -> None:
    """A server that has the files open goes on with them. One that starts ends at once and says why: SQLite would have
    opened them to be read, and never looked again whether they can be written."""
    port, log = free_port(), tmp_path.parent / f"{tmp_path.name}.log"
    load = await prepare(settings, f"http://127.0.0.1:{port}")
    with tally("no permission to write when it starts", settings, load) as counted:
        with served(settings, port, log, by=MINDS_PERMISSIONS) as server:
            async with load.running():
                await load.until_acknowledged(50)
                with counted.attempt(), read_only(tmp_path):
                    await load.until_acknowledged(50)
        with counted.attempt():
            with read_only(tmp_path), served(settings, port, log, by=MINDS_PERMISSIONS) as server:
                assert server.process.wait(60) != 0
            assert "may not be written" in server.said
            with served(settings, port, log, by=MINDS_PERMISSIONS):
                writable_at = time.monotonic()
                async with load.running():
                    counted.recovered(await load.recovery(writable_at))
        counted.found = await all_kept(settings, load)


def files_of(settings: Settings) -> list[Path]:
    path = settings.database_path
    return [path, path.with_name(f"{path.name}-wal")]
