"""`points-bank export --all --with-secrets` and `import --all`: a whole bank out of one database, and into another."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec
import rich_click as click

from points_bank.actor import SYSTEM
from points_bank.backup import NotKept, all_keys, key_path, sync
from points_bank.cli.keeping import told_on_terminal
from points_bank.cli.terminal import in_bank, print_json, say, sentence
from points_bank.database import Database
from points_bank.errors import message
from points_bank.exports.trail import note_export
from points_bank.keys import write_secret
from points_bank.moving.arriving import LIMIT_SECONDS, move_in
from points_bank.moving.house import HouseManifest
from points_bank.moving.leaving import pack_house
from points_bank.settings import Settings

IS_THERE = message("{path} is there already; it is not overwritten.")


def write_house(file: Path, *, with_key: bool, is_json: bool) -> None:
    settings = Settings()
    patient = settings.model_copy(update={"act_limit_seconds": LIMIT_SECONDS})

    async def write(bank: Database) -> HouseManifest:
        await bank.write(note_export, "everything", "secrets", by=SYSTEM)
        with told_on_terminal() as told, whole(file) as out:
            return await bank.read(pack_house, out, told=told)

    for each in (file, key_path(file)) if with_key else (file,):
        if each.exists():
            raise NotKept(IS_THERE, path=each)
    manifest = in_bank(write, settings=patient)
    if with_key:
        write_secret(key_path(file), all_keys(settings))
    if is_json:
        print_json(shown(manifest))
        return
    _say_what(manifest)
    say(message("{path} holds the whole bank at ledger position {position}: keep it where nobody else comes."),
        path=file, position=manifest.ledger_position)  # fmt: skip
    say_key = message("The key is beside it ({path}): keep both where nobody else comes.")
    say_no_key = message("The key {path} is not in it, and is needed where it arrives.")
    say(say_key if with_key else say_no_key, path=key_path(file) if with_key else settings.key_path)


def move_house(file: Path, *, is_json: bool) -> None:
    with told_on_terminal() as told:
        moved = asyncio.run(move_in(Settings(), file, told=told))
    if is_json:
        print_json({"place": moved.place, "went_on": moved.went_on, "seconds": moved.seconds} | shown(moved.manifest))
        return
    _say_what(moved.manifest)
    say(
        message("{place} holds the bank of {file} at ledger position {position}, and its books are in order."),
        place=moved.place, position=moved.manifest.ledger_position, file=file,
    )  # fmt: skip
    click.echo(f"{moved.manifest.rows:,} {sentence(message('rows'))}, {moved.seconds:,.1f} s")
    say(message("Put the old one away now: only one of them may be served."))


def shown(manifest: HouseManifest) -> dict[str, object]:
    """A manifest as JSON, without the proofs of its keys."""
    content = msgspec.to_builtins(manifest)
    del content["keys"]
    return {"rows": manifest.rows, **content}


@contextmanager
def whole(file: Path) -> Iterator[BinaryIO]:
    """A file that only its owner reads, under another name until it is whole; what was left there is thrown away."""
    part = file.with_name(f"{file.name}.part")
    part.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        part.rename(file)
        sync(file.parent)
    finally:
        part.unlink(missing_ok=True)


def _say_what(manifest: HouseManifest) -> None:
    for table in manifest.tables:
        click.echo(f"{table.rows:>12,}  {table.name}")
    say(message("Content: {content_hash}"), content_hash=manifest.content_hash)
    if manifest.seal is not None:
        say(message("Sealed up to {day}: {head}"), day=manifest.seal.day, head=manifest.seal.head)
