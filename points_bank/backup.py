"""Backups of a bank that is being served: one file that has everything up to an instant, and what to know it by.

SQLite's online backup copies a snapshot: writers go on and are not copied, and what was acknowledged before it began
is in it. A backup appears under its name only when it is whole and was looked through; beside it stands a manifest with
its length and SHA-256, by which half a copy of it is known. The bank's key is a secret of its own, copied on demand.
"""

import errno
import hashlib
import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiosqlite
import msgspec

from points_bank import __version__
from points_bank.errors import message
from points_bank.keys import keys_at, retired_path
from points_bank.migrations import MOVING_IN, revision_of
from points_bank.migrations.mismatch import HalfMoved
from points_bank.settings import DatabaseKind, Settings

PAGES_AT_A_TIME = 2_000
PAUSE_SECONDS = 0.002
"""Between parts, so that those who read and write at the same time come through."""
CHUNK_BYTES = 1 << 20

Told = Callable[[int, int], None]
"""Hears how much is done, and of how much."""


class NotKept(Exception):
    """Why there is no backup, or nothing was restored. `told` is a sentence for people with its `values`."""

    def __init__(self, told: str, **values: Any) -> None:
        super().__init__(told.format(**values))
        self.told, self.values = told, values


IS_THERE = message("{path} is there already; nothing is overwritten.")
NO_BANK = message("There is no bank at {path}; points-bank init makes one.")
ON_SERVER = message(
    "A bank on PostgreSQL is backed up and restored with the server's own pg_dump and pg_restore; docs/postgresql.md "
    "shows how."
)
DAMAGED = message("{path} is damaged: {reason}.")


class Manifest(msgspec.Struct, frozen=True):
    """What a backup is known by. `sealed_on` and `seal` are the newest day in the chain of seals, and its head."""

    size_bytes: int
    sha256: str
    revision: str
    made_at: datetime
    made_by: str
    transfers: int
    last_transfer_id: int
    sealed_on: str | None
    seal: str | None


async def back_up(settings: Settings, path: Path, *, with_key: bool, told: Told = lambda *_: None) -> Manifest:
    """Copy the bank to `path`, which must not be there; its manifest, and with `with_key` its key, beside it.

    Holds one snapshot of the bank meanwhile. Raises `NotKept`, `OSError` and `sqlite3.Error` with nothing left behind.
    """
    require_file(settings)
    if not settings.database_path.exists():
        raise NotKept(NO_BANK, path=settings.database_path)
    if revision_of(settings) == MOVING_IN:
        raise HalfMoved(f"a bank is being moved into {settings.place}")
    targets = [path, manifest_path(path), *([key_path(path)] if with_key else [])]
    for each in targets:
        if each.exists():
            raise NotKept(IS_THERE, path=each)
    drafts = [each.with_name(f".{each.name}.{os.getpid()}.part") for each in targets]
    try:
        _make_private(drafts)
        await _copy(settings.database_path, drafts[0], told)
        manifest = _look_through(drafts[0])
        drafts[1].write_bytes(msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")
        if with_key:
            drafts[2].write_text(all_keys(settings) + "\n", encoding="ascii")
        # The backup itself comes last: where it has its name, everything has.
        for draft, target in reversed(list(zip(drafts, targets, strict=True))):
            sync(draft)
            os.rename(draft, target)
        sync(path.parent)
    finally:
        for draft in drafts:
            remove_with_journals(draft)
    return manifest


def all_keys(settings: Settings) -> str:
    """Those that are put away too: the keys may have been changed while the bank was copied."""
    if settings.key_text is not None:
        return settings.key_text
    found = keys_at(settings.key_path, retired_path(settings.key_path))
    if found is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(settings.key_path))
    return str(found)


def require_file(settings: Settings) -> None:
    """Raises `NotKept` for a bank on a server, which has its own means."""
    if settings.database_kind is not DatabaseKind.SQLITE:
        raise NotKept(ON_SERVER)


def _make_private(drafts: list[Path]) -> None:
    """Empty files that only their owner reads: there are people's names and phones in a backup."""
    for each in drafts:
        each.touch(mode=0o600)


def manifest_path(backup: Path) -> Path:
    return backup.with_name(f"{backup.name}.json")


def key_path(backup: Path) -> Path:
    """Where a backup's key lies if it was asked for."""
    return backup.with_name(f"{backup.name}.key")


def quick_check(raw: sqlite3.Connection, path: Path) -> None:
    """Look at every page. Raises `NotKept` for a file that is damaged."""
    try:
        (found,) = raw.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        raise NotKept(DAMAGED, path=path, reason=error) from error
    if found != "ok":
        raise NotKept(DAMAGED, path=path, reason=" ".join(found.split()))


def sync(path: Path) -> None:
    """Have a file, or a folder's names, on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_with_journals(path: Path) -> None:
    for suffix in ("", "-journal", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


async def _copy(source: Path, target: Path, told: Told) -> None:
    def progress(_: int, remaining: int, total: int) -> None:
        told(total - remaining, total)
        time.sleep(PAUSE_SECONDS)

    async with aiosqlite.connect(source, isolation_level=None) as bank, aiosqlite.connect(target) as copy:
        # Inside a read transaction the copy goes on where it is when others write, instead of beginning anew.
        await bank.execute_fetchall("BEGIN")
        await bank.execute_fetchall("SELECT COUNT(*) FROM alembic_version")
        await bank.backup(copy, pages=PAGES_AT_A_TIME, progress=progress)
        await bank.execute_fetchall("ROLLBACK")
        await copy.execute_fetchall("PRAGMA journal_mode=DELETE")


def _look_through(path: Path) -> Manifest:
    with closing(sqlite3.connect(path)) as raw:
        quick_check(raw, path)
        (revision,) = raw.execute("SELECT version_num FROM alembic_version").fetchone()
        transfers, last_id = raw.execute("SELECT COUNT(*), COALESCE(MAX(id), 0) FROM transfer").fetchone()
        sealed = raw.execute("SELECT day, head FROM seal ORDER BY day DESC LIMIT 1").fetchone()
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Manifest(
        size_bytes=path.stat().st_size,
        sha256=digest,
        revision=revision,
        made_at=datetime.fromtimestamp(path.stat().st_mtime, UTC),
        made_by=f"points-bank {__version__}",
        transfers=transfers,
        last_transfer_id=last_id,
        sealed_on=sealed and sealed[0],
        seal=sealed and sealed[1],
    )
