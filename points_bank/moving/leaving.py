"""Out of the house: everything, secrets too, into one file. Whoever works goes on meanwhile, on an older snapshot."""

from collections.abc import Callable, Iterator
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile

import msgspec
import sqlalchemy as sa

from points_bank.backup import NotKept
from points_bank.branches.tree import BranchLine, district
from points_bank.checks import Told
from points_bank.columns import table_of
from points_bank.encryption import EncryptionKey
from points_bank.errors import NotFound, message
from points_bank.exports.everything import LEDGER_POSITION, ExportedTable, write_lines, write_manifest, write_table
from points_bank.exports.tables import pages_in
from points_bank.keys import FIRST_KEY
from points_bank.ledger.seal import latest_seal
from points_bank.migrations import HEAD
from points_bank.moving.house import FORMAT, PROOF, VERSION, HouseManifest, KeyProof, SealHead, content_hash, shape_of
from points_bank.tables import metadata
from points_bank.transaction import Transaction
from points_bank.verify import verify

WRITING, COMPARING = message("writing the file"), message("comparing")
BOOKS_DIFFER = message("The books of this bank do not hold, so it is not moved: {differences}.")
DIFFERENCES_TOLD = 5

KEY = table_of(EncryptionKey)
_KEYS = sa.select(KEY.c.number).where(KEY.c.retired_at.is_(None)).order_by(KEY.c.number)


def pack_house(tx: Transaction, file: BinaryIO, *, told: Told) -> HouseManifest:
    """Write everything into a zip file, after the books of this same snapshot were verified.

    Raises `NotKept` where they do not hold.
    """
    root = district(tx)
    if root is None:
        raise NotFound
    found = [f"{each.check}: {line}" for each in verify(tx, told=told) for line in each.differences]
    if found:
        raise NotKept(BOOKS_DIFFER, differences="; ".join(found[:DIFFERENCES_TOLD]))
    progress = _progress(tx, WRITING, told)
    with ZipFile(file, "w", ZIP_DEFLATED, compresslevel=1) as archive:
        tables = [
            write_table(archive, str(table.name), _pages(tx, table), told=progress) for table in metadata.sorted_tables
        ]
        manifest = _manifest(tx, root, tables)
        write_manifest(archive, manifest)
    return manifest


def measure_house(tx: Transaction, *, told: Told) -> list[ExportedTable]:
    """What each table would be known by if the bank left its house now."""
    return list(_measured(tx, told))


def is_house(tx: Transaction, manifest: HouseManifest, *, told: Told) -> bool:
    """Whether a bank is to the last bit what a file says. Where it is not, that is soon found."""
    there = set(manifest.tables)
    return all(table in there for table in _measured(tx, told))


def newest_seal(tx: Transaction) -> SealHead | None:
    seal = latest_seal(tx)
    return None if seal is None else SealHead(seal.day, seal.head)


def _measured(tx: Transaction, told: Told) -> Iterator[ExportedTable]:
    progress = _progress(tx, COMPARING, told)
    for table in metadata.sorted_tables:
        yield write_lines(len, str(table.name), _pages(tx, table), told=progress)


def _pages(tx: Transaction, table: sa.Table) -> Iterator[list[msgspec.Struct]]:
    shape = shape_of(table.name)
    for page in pages_in(tx, table, list(table.columns)):
        yield [shape(*row) for row in page]


def _progress(tx: Transaction, what: str, told: Told) -> Callable[[str, int], None]:
    """Tells of all tables together what each one tells of itself."""
    about = sum(tx.scalar(sa.select(sa.func.count()).select_from(table)) for table in metadata.sorted_tables)
    done: dict[str, int] = {}

    def tell(name: str, rows: int) -> None:
        done[name] = rows
        told(what, sum(done.values()), about)

    return tell


def _manifest(tx: Transaction, root: BranchLine, tables: list[ExportedTable]) -> HouseManifest:
    # The first key is derived from the bank's secret, which is proved by it even where nothing is encrypted with it.
    numbers = sorted({FIRST_KEY, *(row.number for row in tx.all(_KEYS))})
    return HouseManifest(
        format=FORMAT,
        version=VERSION,
        schema_revision=HEAD,
        district_code=root.code,
        time_zone=tx.settings.time_zone,
        exported_at=tx.now,
        ledger_position=tx.scalar(LEDGER_POSITION),
        seal=newest_seal(tx),
        keys=[KeyProof(number, tx.keys.encrypt(root.code, place=PROOF, number=number)) for number in numbers],
        content_hash=content_hash(tables),
        tables=tables,
    )
