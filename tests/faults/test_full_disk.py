"""A disk with no room left: what is to be written is refused, what is there can be read, and room is all it takes."""

import asyncio
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from points_bank.settings import Settings
from tests.faults.disks import bounded_files, full, may_mount, small_disk
from tests.faults.load import Load, can_be_read, readiness
from tests.faults.served import Served
from tests.faults.work import at_work

pytestmark = [
    pytest.mark.thorough, pytest.mark.faults, pytest.mark.only("sqlite", "a server looks after its own disk"),
]  # fmt: skip

TIMES = 5
SMALL_MEGABYTES, KEPT_FREE_BYTES = 64, 1_000_000
SAID = "The bank cannot write anything down just now. Nothing was changed. Please tell who looks after it."


@pytest.fixture
def on_small_disk(settings: Settings, tmp_path: Path) -> Iterator[Settings]:
    """The same bank on a disk of its own where we may have one; otherwise where it is."""
    if not may_mount():
        yield settings
        return
    with small_disk(tmp_path / "disk", SMALL_MEGABYTES) as folder:
        moved = settings.model_copy(update={"database_url": f"sqlite:///{folder / 'bank.db'}"})
        shutil.copy(settings.database_path, moved.database_path)
        shutil.copy(settings.key_path, moved.key_path)
        yield moved


@contextmanager
def no_room(settings: Settings, server: Served) -> Iterator[None]:
    """The disk is full; where it is everybody's, the server's files may not grow."""
    folder = settings.database_path.parent
    with full(folder) if folder.is_mount() else bounded_files(server.process.pid, 4096):
        yield


async def test_a_full_disk(on_small_disk: Settings, tmp_path: Path) -> None:
    settings, folder = on_small_disk, on_small_disk.database_path.parent
    kept_free = {"POINTS_BANK_DISK_FREE_LIMIT_BYTES": str(KEPT_FREE_BYTES)}
    async with at_work("disk full", settings, tmp_path / "server.log", **kept_free) as work:
        for _ in range(TIMES):
            await work.load.until_acknowledged(50)
            with work.counted.attempt():
                with no_room(settings, work.server):
                    await work.load.until_refused(50)
                    await until_not_ready(work.load)
                    assert (await readiness(work.load))["disk"] == "0 MB free" or not folder.is_mount()
                    await can_be_read(work.load)
                work.counted.recovered(await work.load.recovery(time.monotonic()))
                assert set((await readiness(work.load)).values()) == {"ok"}
    assert work.load.refusals == {SAID}
    # What SQLite frees in its log can be filled again, so that some of it comes in between.
    for told in ("nothing can be written", "OperationalError: database or disk is full", "writing works again"):
        assert work.server.said.count(told) >= TIMES


async def test_files_that_may_not_grow(settings: Settings, tmp_path: Path) -> None:
    """A quota: wherever the limit falls, in a page or between two, half a commit counts for nothing."""
    log_file = settings.database_path.with_name(f"{settings.database_path.name}-wal")
    async with at_work("files may not grow", settings, tmp_path / "server.log") as work:
        for more_bytes in range(0, 100_000, 9_973):
            await work.load.until_acknowledged(20)
            with work.counted.attempt():
                with bounded_files(work.server.process.pid, log_file.stat().st_size + more_bytes):
                    await work.load.until_refused(20)
                work.counted.recovered(await work.load.recovery(time.monotonic()))


async def until_not_ready(load: Load) -> None:
    async with asyncio.timeout(60):
        while (await readiness(load))["writing"] != "cannot be written: CannotWrite":
            pass
