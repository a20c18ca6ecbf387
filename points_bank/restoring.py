"""Restoring a bank from a backup: only where there is none, only a whole backup, and only when its books hold."""

import hashlib
import sqlite3
import struct
from contextlib import closing
from pathlib import Path

import msgspec

from points_bank.actor import SYSTEM
from points_bank.backup import (
    CHUNK_BYTES,
    IS_THERE,
    Manifest,
    NotKept,
    Told,
    key_path,
    manifest_path,
    quick_check,
    remove_with_journals,
    require_file,
    sync,
)
from points_bank.checks import Told as CheckTold
from points_bank.database import Database
from points_bank.encryption import needed_keys, put_key_in_use
from points_bank.errors import message
from points_bank.key_files import add_keys, newest_key, retired_keys
from points_bank.keys import KeysUnreadable, KeyText, keys_at, read_key_text, replace_secret, retired_path, write_secret
from points_bank.migrations import upgrade
from points_bank.rekeying import encrypt_with
from points_bank.settings import Settings
from points_bank.staff.tokens import end_every_token
from points_bank.verify import differences

VERIFY_LIMIT_SECONDS = 3_600.0
DIFFERENCES_TOLD = 5

NO_BACKUP = message("There is no backup at {path}.")
NOT_A_BACKUP = message("{path} is not a backup of a bank.")
NOT_WHOLE = message("{path} is not a whole backup: it has {size_bytes} bytes instead of {expected_bytes}.")
OTHER_CONTENT = message("{path} is not what its manifest says: it was damaged or changed after it was made.")
NO_MANIFEST = message("The manifest {path} cannot be read.")
NO_KEY = message("The bank's key is missing: put it at {path}, or beside the backup at {beside}.")
OTHER_KEY = message("There is another key at {path}; this backup has its own at {beside}.")
BOOKS_DIFFER = message("The books of this backup do not hold, so it was not restored: {differences}.")

_HEADER = struct.Struct(">16sH6xII60xI")
"""Of an SQLite file: magic, bytes a page, change counter, pages, and the change counter those are valid for."""


class Restored(msgspec.Struct, frozen=True):
    """`manifest` is null where there was none beside the backup; so many tokens and sessions were ended."""

    path: Path
    manifest: Manifest | None
    was_migrated: bool
    ended_tokens: int


async def restore(
    settings: Settings, backup: Path, *, copied: Told = lambda *_: None, verified: CheckTold | None = None
) -> Restored:
    """Make the bank that the settings name out of a backup. It takes its name only once its books were verified.

    Brings an older backup up to date, and ends all tokens and sessions. Raises `NotKept`, `SchemaMismatch`, `OSError`
    and `sqlite3.Error`, with nothing there that was not there before.
    """
    require_file(settings)
    path = settings.database_path
    for each in (path, path.with_name(f"{path.name}-wal")):
        if each.exists():
            raise NotKept(IS_THERE, path=each)
    manifest, key = _manifest_of(backup), keys_for(settings, backup)
    draft = path.with_name(f".{path.name}.restoring")
    draft_key = draft.with_name(f"{draft.name}.key")
    try:
        _copy(backup, draft, manifest, copied)
        with closing(sqlite3.connect(draft)) as raw:
            quick_check(raw, backup)
            before = _revision(raw, backup)
        draft_key.unlink(missing_ok=True)
        if settings.key_text is None:
            write_secret(draft_key, key)
        in_draft = settings.model_copy(
            update={
                "database_url": f"sqlite:///{draft}",
                "key_file": draft_key,
                "act_limit_seconds": VERIFY_LIMIT_SECONDS,
            }
        )
        needed, ended = await _make_good(settings, in_draft, told=verified or _nobody)
        with closing(sqlite3.connect(draft)) as raw:
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            after = _revision(raw, backup)
        sync(draft)
        if settings.key_text is None:
            add_keys(settings.key_path, read_key_text(key), needed=needed)
        draft.rename(path)
        sync(path.parent)
    finally:
        remove_with_journals(draft)
        draft_key.unlink(missing_ok=True)
    return Restored(path, manifest, before != after, ended)


async def _make_good(settings: Settings, in_draft: Settings, *, told: CheckTold) -> tuple[list[int], int]:
    """Bring what came out of a backup up to date, and verify it; the numbers of the keys that it needs, and how many
    tokens were ended."""
    upgrade(in_draft)
    async with Database(in_draft) as bank:
        if settings.key_text is None:
            await _encrypt_as_at(settings.key_path, bank, told=told)
        # Some were revoked after the backup was made, which nobody knows here.
        ended = await bank.write(end_every_token, by=SYSTEM)
        found = await differences(bank, told=told)
        if found:
            raise NotKept(BOOKS_DIFFER, differences="; ".join(found[:DIFFERENCES_TOLD]))
        return await bank.read(needed_keys), ended


async def _encrypt_as_at(path: Path, bank: Database, *, told: CheckTold) -> None:
    """Where the key file is there and has put keys away that the backup needs, they do not come back: encrypt what came
    out of the backup with the newest one there."""
    there = keys_at(path)
    if there is None:
        return
    needed, newest = await bank.read(needed_keys), newest_key(there)
    if retired_keys(there, needed) and max(needed) < newest:
        in_draft = bank.settings.key_path
        known = read_key_text(in_draft.read_text(encoding="ascii"))
        replace_secret(in_draft, str(KeyText(known.secret, {**known.encrypting, **there.encrypting})))
        await bank.write(put_key_in_use, newest)
        await encrypt_with(bank, newest, told=told)


def _nobody(_what: str, _done: int, _about: int) -> None:
    """Whom it is told to where nobody listens."""


def _manifest_of(backup: Path) -> Manifest | None:
    """The manifest beside a backup, if there is one and it fits the file's length."""
    if not backup.is_file():
        raise NotKept(NO_BACKUP, path=backup)
    size, expected = backup.stat().st_size, _expected_bytes(backup)
    path, manifest = manifest_path(backup), None
    if path.exists():
        try:
            manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
        except msgspec.DecodeError as error:
            raise NotKept(NO_MANIFEST, path=path) from error
        expected = manifest.size_bytes
    if size != expected:
        raise NotKept(NOT_WHOLE, path=backup, size_bytes=size, expected_bytes=expected)
    return manifest


def _expected_bytes(backup: Path) -> int:
    """How long SQLite says that its file is."""
    with backup.open("rb") as file:
        head = file.read(_HEADER.size)
    if len(head) < _HEADER.size or not head.startswith(b"SQLite format 3\0"):
        raise NotKept(NOT_A_BACKUP, path=backup)
    _, page_bytes, changes, pages, changes_then = _HEADER.unpack(head)
    if changes != changes_then:
        return backup.stat().st_size
    length: int = pages * (65_536 if page_bytes == 1 else page_bytes)
    return length


def keys_for(settings: Settings, backup: Path) -> str:
    """The keys that the restored bank gets: from beside the backup, and from where the bank looks for them."""
    beside, own = key_path(backup), settings.key_path
    if settings.key_text is not None:
        return settings.key_text
    try:
        # Keys were added or put away since the backup was made; together they open it, and whatever comes after it.
        found = keys_at(beside, own, retired_path(own))
    except KeysUnreadable as error:
        raise NotKept(OTHER_KEY, path=own, beside=beside) from error
    if found is None:
        raise NotKept(NO_KEY, path=own, beside=beside)
    return str(found)


def _copy(backup: Path, draft: Path, manifest: Manifest | None, copied: Told) -> None:
    """Copy a backup and see that it is the one its manifest was made of."""
    remove_with_journals(draft)
    draft.parent.mkdir(parents=True, exist_ok=True)
    draft.touch(mode=0o600)
    digest, done, total = hashlib.sha256(), 0, backup.stat().st_size
    with backup.open("rb") as source, draft.open("wb") as target:
        while chunk := source.read(CHUNK_BYTES):
            target.write(chunk)
            digest.update(chunk)
            done += len(chunk)
            copied(done, total)
    if manifest is not None and digest.hexdigest() != manifest.sha256:
        raise NotKept(OTHER_CONTENT, path=backup)


def _revision(raw: sqlite3.Connection, backup: Path) -> str:
    try:
        (revision,) = raw.execute("SELECT version_num FROM alembic_version").fetchone()
    except (sqlite3.DatabaseError, TypeError) as error:
        raise NotKept(NOT_A_BACKUP, path=backup) from error
    return str(revision)
