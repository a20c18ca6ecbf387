"""A disk with no room left: what is to be written is refused, what is there can be read, and room is all it takes."""

import asyncio
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from points_bank.settings import Settings
from tests.bank import TLS
from tests.faults.disks import bounded_files, full, may_mount, small_disk
from tests.faults.figures import tally
from tests.faults.load import Load, all_kept, can_be_read, prepare
from tests.faults.served import Served, free_port, served

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
    settings, port = on_small_disk, free_port()
    load = await prepare(settings, f"http://127.0.0.1:{port}")
    kept_free = {"POINTS_BANK_DISK_FREE_LIMIT_BYTES": str(KEPT_FREE_BYTES)}
    with (
        tally("disk full", settings, load) as counted,
        served(settings, port, tmp_path / "server.log", **kept_free) as server,
    ):
        await server.until_healthy()
        async with load.running():
            for _ in range(TIMES):
                await load.until_acknowledged(50)
                with counted.attempt():
                    with no_room(settings, server):
                        await load.until_refused(50)
                        await until_not_ready(load)
                        if settings.database_path.parent.is_mount():
                            assert (await readiness(load))["disk"] == "0 MB free"
                        await can_be_read(load)
                    counted.recovered(await load.recovery(time.monotonic()))
                    assert set((await readiness(load)).values()) == {"ok"}
        counted.found = await all_kept(settings, load)
    assert load.refusals == {SAID}
    # What SQLite frees in its log can be filled again, so that some of it comes in between.
    assert server.said.count("nothing can be written") >= TIMES
    assert server.said.count("OperationalError: database or disk is full") >= TIMES
    assert server.said.count("writing works again") >= TIMES


async def test_files_that_may_not_grow(settings: Settings, tmp_path: Path) -> None:
    """A quota: wherever the limit falls, in a page or between two, half a commit counts for nothing."""
    port = free_port()
    load = await prepare(settings, f"http://127.0.0.1:{port}")
    log_file = settings.database_path.with_name(f"{settings.database_path.name}-wal")
    with (
        tally("files may not grow", settings, load) as counted,
        served(settings, port, tmp_path / "server.log") as server,
    ):
        await server.until_healthy()
        async with load.running():
            for more_bytes in range(0, 100_000, 9_973):
                await load.until_acknowledged(20)
                with counted.attempt():
                    with bounded_files(server.process.pid, log_file.stat().st_size + more_bytes):
                        await load.until_refused(20)
                    counted.recovered(await load.recovery(time.monotonic()))
        counted.found = await all_kept(settings, load)


async def until_not_ready(load: Load) -> None:
    async with asyncio.timeout(60):
        while (await readiness(load))["writing"] != "cannot be written: CannotWrite":
            pass


async def readiness(load: Load) -> dict[str, str]:
    async with httpx.AsyncClient(timeout=30, verify=TLS) as client:
        answer = await client.get(f"{load.url}/ready")
    checks: dict[str, str] = answer.json()["checks"]
    assert (answer.status_code == 200) == (set(checks.values()) == {"ok"})
    return checks
