"""Power lost in the middle of writing: wherever SQLite's write-ahead log ends, the bank is what some commit left.

A commit is in the log and synchronised before anybody is told of it (`synchronous=FULL`), so that a power cut leaves a
beginning of the log that has at least what was acknowledged; what comes after it may be torn or never written. The log
is a header of 32 bytes and frames of 24 bytes and a page each. Frames are read as long as their checksums are right,
which run over all frames before as well, and only up to the last one that ends a commit.
"""

import shutil
import sqlite3
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from points_bank.actor import Actor
from points_bank.clock import Clock
from points_bank.database import Database
from points_bank.redemptions.desk import redeem
from points_bank.rewards.stock import Goods
from points_bank.settings import Settings
from points_bank.staff.tokens import staff_actor
from points_bank.verify import differences
from tests.faults.figures import Tally, tally
from tests.faults.load import Load, newest_staff, prepare, redeemed

pytestmark = [
    pytest.mark.thorough, pytest.mark.faults, pytest.mark.only("sqlite", "a server has a log of its own"),
]  # fmt: skip

HEADER_BYTES, FRAME_HEADER_BYTES = 32, 24
EXCHANGES = 25
CLOCK = Clock(datetime(2026, 11, 16, 1, tzinfo=UTC))


@dataclass(frozen=True)
class Written:
    """A bank whose power is lost: the file as it was before, the log, and what was acknowledged at which length."""

    load: Load
    clerk: Actor
    settings: Settings
    base: bytes
    log: bytes
    page_bytes: int
    lengths: list[int] = field(default_factory=list)
    """How long the log was when each exchange was acknowledged."""
    ids: list[int] = field(default_factory=list)

    @property
    def frame_bytes(self) -> int:
        return FRAME_HEADER_BYTES + self.page_bytes

    @property
    def boundaries(self) -> range:
        """Where a frame ends, beginning with the log that has only its header."""
        return range(HEADER_BYTES, len(self.log) + 1, self.frame_bytes)

    def kept_within(self, length: int) -> list[int]:
        """The exchanges whose commits are whole in so many bytes of the log."""
        return self.ids[: bisect_right(self.lengths, length)]


@pytest.fixture
async def written(settings: Settings) -> Written:
    """25 exchanges, each on disk before the next begins; all of them are in the log, none is copied to the file."""
    load = await prepare(settings, "")
    with closing(sqlite3.connect(settings.database_path)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
        (page_bytes,) = raw.execute("PRAGMA page_size").fetchone()
    base, log = settings.database_path.read_bytes(), log_of(settings)
    lengths, ids = list[int](), list[int]()
    async with Database(settings, CLOCK) as database:
        clerk = await database.read(staff_actor, await database.read(newest_staff), None)
        for number in range(EXCHANGES):
            ids.append(await exchange(database, load, clerk, number))
            lengths.append(log.stat().st_size)
        assert settings.database_path.read_bytes() == base, "nothing was copied"
        return Written(load, clerk, settings, base, log.read_bytes(), page_bytes, lengths, ids)


async def test_at_every_frame_of_the_log(written: Written, tmp_path: Path) -> None:
    """At each, everything that was acknowledged by then is there, and nothing of what came after."""
    assert len(written.boundaries) > 400
    assert written.kept_within(len(written.log)) == written.ids, "at its full length all that was acknowledged"
    with tally("power lost: log ends at a frame", written.settings) as counted:
        for length in written.boundaries:
            await survive(written, tmp_path, counted, written.log[:length], written.kept_within(length))


async def test_in_the_middle_of_every_frame(written: Written, tmp_path: Path) -> None:
    """Also in the header of the log, and in that of a frame."""
    inside = (0, 1, HEADER_BYTES - 1, *(end + offset for end, offset in within_frames(written)))
    with tally("power lost: log ends in a frame", written.settings) as counted:
        for length in inside:
            await survive(written, tmp_path, counted, written.log[:length], written.kept_within(length))


async def test_a_byte_that_is_wrong_in_every_frame(written: Written, tmp_path: Path) -> None:
    """The log counts up to the commit before that frame, though all of it is there."""
    with tally("power lost: a byte of a frame is wrong", written.settings) as counted:
        for start, offset in within_frames(written):
            log = bytearray(written.log)
            log[start + offset] ^= 0x40
            await survive(written, tmp_path, counted, bytes(log), written.kept_within(start))


async def test_while_the_log_is_copied_into_the_file(written: Written, tmp_path: Path) -> None:
    """Pages of the file are half written; the log is whole, and has them all."""
    frames = [written.log[end : end + written.frame_bytes] for end in written.boundaries[:-1]]
    with tally("power lost: log half copied to the file", written.settings) as counted:
        for copied in range(0, len(frames), 10):
            base = bytearray(written.base)
            for number, frame in enumerate(frames[: copied + 1]):
                at = (int.from_bytes(frame[:4]) - 1) * written.page_bytes
                page = frame[FRAME_HEADER_BYTES:]
                part = page if number < copied else page[: written.page_bytes // 2]
                base[at : at + len(part)] = part
            await survive(written, tmp_path, counted, written.log, written.ids, base=bytes(base))


async def survive(
    written: Written, folder: Path, counted: Tally, log: bytes, ids: list[int], *, base: bytes | None = None
) -> None:
    """Open what the power cut left: it has these exchanges, its books are in order, and it goes on."""
    settings = written.settings.model_copy(update={"database_url": f"sqlite:///{folder / 'left' / 'bank.db'}"})
    settings.database_path.parent.mkdir()
    settings.database_path.write_bytes(base or written.base)
    log_of(settings).write_bytes(log)
    shutil.copy(written.settings.key_path, settings.key_path)

    counted.acknowledged += len(ids)
    with counted.attempt():
        async with Database(settings, CLOCK) as database:
            found = await database.read(redeemed)
            counted.found += len(found)
            assert found == ids
            await exchange(database, written.load, written.clerk, len(ids))
            assert await differences(database) == []
    shutil.rmtree(settings.database_path.parent)


async def exchange(database: Database, load: Load, clerk: Actor, number: int) -> int:
    member_id = load.member_ids[number % len(load.member_ids)]
    order = {"desk_id": load.desk_id, "member_id": member_id, "items": [Goods(load.reward_id, 1)]}
    return (await database.write(redeem, by=clerk, **order)).id  # type: ignore[arg-type]  # as named above


def within_frames(written: Written) -> Iterator[tuple[int, int]]:
    """Where each frame starts, and how far into it to look: every frame elsewhere, in its header and in its page."""
    for number, start in enumerate(written.boundaries[:-1]):
        yield start, (number * 977 + 3) % written.frame_bytes


def log_of(settings: Settings) -> Path:
    return settings.database_path.with_name(f"{settings.database_path.name}-wal")
