"""A bank with something of it to move, the file that it leaves in, and an empty database to arrive in."""

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from points_bank.backup import key_path
from points_bank.database import Database
from points_bank.migrations import MOVING_IN, is_there, revision_of
from points_bank.moving.arriving import Moved, move_in
from points_bank.moving.house import HouseManifest
from points_bank.moving.leaving import pack_house
from points_bank.scheduler import run_due
from points_bank.settings import Settings
from tests.bank import Bank
from tests.banks import Banks
from tests.cli.conftest import command, opened
from tests.exports.conftest import lived_in

__all__ = ["command", "opened"]


def quiet(_what: str, _done: int, _about: int) -> None:
    """Whom it is told to where nobody looks."""


async def pack(database: Database, path: Path) -> HouseManifest:
    """The bank's file, and its key beside it."""
    with path.open("w+b") as file:
        manifest = await database.read(pack_house, file, told=quiet)
    shutil.copy(database.settings.key_path, key_path(path))
    return manifest


async def move(settings: Settings, path: Path) -> Moved:
    return await move_in(settings, path, told=quiet)


@pytest.fixture
async def house(bank: Bank, tmp_path: Path) -> Path:
    """Three transfers, sealed, in a file."""
    await lived_in(bank)
    bank.clock.set(bank.clock.now() + timedelta(days=2))
    await run_due(bank.database)
    path = tmp_path / "house.zip"
    await pack(bank.database, path)
    return path


@pytest.fixture
def empty(banks: Banks, tmp_path: Path) -> Iterator[Settings]:
    """A database in which there is nothing, not even tables."""
    folder = tmp_path / "new"
    folder.mkdir()
    with banks.new(folder) as settings:
        yield settings


def is_untouched(settings: Settings) -> bool:
    """Whether there is nothing of a bank: no file, no tables, no key."""
    return not is_there(settings) and not settings.key_path.exists()


def is_half_moved(settings: Settings) -> bool:
    return revision_of(settings) == MOVING_IN


def rewritten(path: Path, change: Callable[[str, bytes], bytes | None]) -> Path:
    """A copy of a file with its key, in which each entry is what `change` makes of it; None leaves it out."""
    copy = path.with_name(f"rewritten-{path.name}")
    with ZipFile(path) as old, ZipFile(copy, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    shutil.copy(key_path(path), key_path(copy))
    return copy


def with_manifest(path: Path, **other: Any) -> Path:
    """A copy whose manifest says something else."""

    def change(name: str, content: bytes) -> bytes:
        return json.dumps(json.loads(content) | other).encode() if name == "manifest.json" else content

    return rewritten(path, change)
