"""Everything, as one zip file: a file of JSON lines for each table, and a manifest that says what must be in it.

docs/exporting.md describes the format for whoever has to read it without this program. It is no backup: secrets are
left out, so that no bank can be opened from it.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import msgspec
import sqlalchemy as sa

from points_bank.actor import Actor, Task
from points_bank.branches.tree import district
from points_bank.columns import table_of
from points_bank.errors import NotFound
from points_bank.exports.tables import SECRET_COLUMNS, SECRET_TABLES, exported_tables, pages_of
from points_bank.ledger.models import Transfer
from points_bank.migrations import HEAD
from points_bank.transaction import Transaction

FORMAT, VERSION = "points-bank-export", 1
"""The version is raised when a reader of the old one would go wrong."""
MANIFEST = "manifest.json"

TRANSFER = table_of(Transfer)
_JSON = msgspec.json.Encoder()
LEDGER_POSITION = sa.select(sa.func.coalesce(sa.func.max(TRANSFER.c.id), 0))


class ExportedTable(msgspec.Struct, frozen=True):
    """A file of the export; `sha256` is of the file as it is unpacked."""

    name: str
    file: str
    rows: int
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What an export holds. All of it is of one instant: the books as they stood at `ledger_position`."""

    format: str
    version: int
    schema_revision: str
    district_code: str
    time_zone: str
    exported_at: datetime
    ledger_position: int
    left_out: list[str]
    tables: list[ExportedTable]


def export_everything(
    tx: Transaction, file: BinaryIO, *, told: Callable[[str, int], object] = lambda _name, _rows: None, by: Actor
) -> Manifest:
    """Write all tables but secrets into a zip file. `told` hears of each page: the table, and how many rows so far."""
    root = district(tx)
    if root is None:
        raise NotFound
    by.require(Task.ADMINISTER, root.path)
    with ZipFile(file, "w", ZIP_DEFLATED, compresslevel=1) as archive:
        manifest = Manifest(
            format=FORMAT,
            version=VERSION,
            schema_revision=HEAD,
            district_code=root.code,
            time_zone=tx.settings.time_zone,
            exported_at=tx.now,
            ledger_position=tx.scalar(LEDGER_POSITION),
            left_out=sorted(SECRET_TABLES | SECRET_COLUMNS),
            tables=[
                write_table(archive, str(table.name), pages_of(tx, table), told=told) for table in exported_tables()
            ],
        )
        write_manifest(archive, manifest)
    return manifest


def write_table(
    archive: ZipFile, name: str, pages: Iterable[Sequence[Any]], *, told: Callable[[str, int], object]
) -> ExportedTable:
    """Write a table's file, page by page; `told` hears how many rows there are so far."""
    with archive.open(_entry(path_of(name)), "w", force_zip64=True) as entry:
        return write_lines(entry.write, name, pages, told=told)


def write_lines(
    write: Callable[[bytes], object],
    name: str,
    pages: Iterable[Sequence[Any]],
    *,
    told: Callable[[str, int], object],
) -> ExportedTable:
    """Write rows as lines to wherever it is, and say what they are known by."""
    digest, rows, size = hashlib.sha256(), 0, 0
    for page in pages:
        lines = _JSON.encode_lines(page)
        write(lines)
        digest.update(lines)
        rows, size = rows + len(page), size + len(lines)
        told(name, rows)
    return ExportedTable(name, path_of(name), rows, size, digest.hexdigest())


def path_of(name: str) -> str:
    """Where a table's file is in the zip."""
    return f"tables/{name}.jsonl"


def write_manifest(archive: ZipFile, manifest: msgspec.Struct) -> None:
    with archive.open(_entry(MANIFEST), "w") as entry:
        entry.write(msgspec.json.format(msgspec.json.encode(manifest), indent=2))


def _entry(name: str) -> ZipInfo:
    """With a fixed date, so that the same books give the same bytes."""
    entry = ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    entry.compress_type, entry.external_attr = ZIP_DEFLATED, 0o600 << 16
    return entry
