"""The file in which a bank travels: all rows of all tables as they are stored, and a manifest that they are known by.

A zip of JSON lines as `exports/everything.py` writes it for readers, but with the secrets, and with phones as they are
encrypted. docs/moving-house.md describes it.
"""

import hashlib
import zlib
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any
from zipfile import BadZipFile, ZipFile

import msgspec
import sqlalchemy as sa
from msgspec.structs import astuple

from points_bank.backup import NotKept
from points_bank.checks import Told
from points_bank.columns import EnumText, UTCDateTime
from points_bank.errors import message
from points_bank.exports.everything import FORMAT as READERS_FORMAT
from points_bank.exports.everything import MANIFEST, ExportedTable, path_of
from points_bank.keys import KeyMissing, Keys, KeyText, NotDecrypted
from points_bank.migrations import HEAD
from points_bank.tables import metadata

FORMAT, VERSION = "points-bank-house", 1
CHUNK_BYTES = 1 << 18
"""Rows are read from the file, and written, by so many bytes and one row more."""
PROOF = "house"
"""For what place the proofs of keys are encrypted."""
CHECKING = message("checking the file")

NO_HOUSE = message("{path} is no file of a whole bank: points-bank export --all FILE --with-secrets makes one.")
WITHOUT_SECRETS = message(
    "{path} was exported without secrets, for readers: points-bank export --all FILE --with-secrets makes one to move."
)
DAMAGED_HOUSE = message("{path} is damaged or was changed after it was made: {reason}.")
OTHER_REVISION = message(
    "{path} is of revision {revision} of the tables, and this version of the bank has {head}: move with one and the "
    "same version at both ends."
)
OTHER_SECRET = message("The key at {path} is not the one of the bank in {file}.")
LACKING_KEY = message("The keys at {path} lack number {number}, which the bank in {file} needs.")
NOT_FOR_SERVERS = message(
    "{path}: PostgreSQL does not keep what is in {table} ({reason}): correct it and export again."
)


class KeyProof(msgspec.Struct, frozen=True):
    """The district's code, encrypted: who decrypts it has that key."""

    number: int
    proof: bytes


class SealHead(msgspec.Struct, frozen=True):
    """The newest day in the chain of seals."""

    day: date
    head: str


class HouseManifest(msgspec.Struct, frozen=True):
    """What is in a file, all of one instant. `content_hash` is over the names and hashes of all tables."""

    format: str
    version: int
    schema_revision: str
    district_code: str
    time_zone: str
    exported_at: datetime
    ledger_position: int
    seal: SealHead | None
    keys: list[KeyProof]
    content_hash: str
    tables: list[ExportedTable]

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables)

    @property
    def size_bytes(self) -> int:
        """Of all tables' files, unpacked."""
        return sum(table.bytes for table in self.tables)


class House:
    """An open file. `digest`, the hash of its manifest, tells it from every other one."""

    def __init__(self, path: Path, archive: ZipFile) -> None:
        self.path, self._archive = path, archive
        try:
            content = archive.read(MANIFEST)
        except KeyError as error:
            raise NotKept(NO_HOUSE, path=path) from error
        self.manifest, self.digest = self._read_manifest(content), hashlib.sha256(content).hexdigest()

    def blocks(self, table: ExportedTable, *, after: int = 0) -> Generator[bytes]:
        """Whole lines of a table's file, some at a time, from the byte `after` which those before ended; to be closed
        by who does not want all."""
        with self._archive.open(table.file) as entry:
            entry.seek(after)
            rest = b""
            while chunk := entry.read(CHUNK_BYTES):
                whole, end, rest = (rest + chunk).rpartition(b"\n")
                if end:
                    yield whole + end
            if rest:
                raise self.damaged(f"{table.file} ends within a row")

    def check(self, *, is_for_server: bool, told: Told) -> None:
        """Read all of it once, before anything is written: rows that are missing, changed, or not of this schema."""
        manifest, done = self.manifest, 0
        if {table.name for table in manifest.tables} != set(metadata.tables):
            raise self.damaged("other tables")
        for table in manifest.tables:
            if table.file not in self._archive.namelist():
                raise self.damaged(f"{table.file} is missing")
            digest, rows, size = hashlib.sha256(), 0, 0
            with closing(self.blocks(table)) as blocks:
                for block in blocks:
                    digest.update(block)
                    rows += len(self.rows_in(block, table, is_for_server=is_for_server))
                    size += len(block)
                    told(CHECKING, done + size, manifest.size_bytes)
            if ExportedTable(table.name, path_of(table.name), rows, size, digest.hexdigest()) != table:
                raise self.damaged(f"{table.file} is not what the manifest says")
            done += size
        if content_hash(manifest.tables) != manifest.content_hash:
            raise self.damaged("the hash of its content does not fit")

    def rows_in(self, block: bytes, table: ExportedTable, *, is_for_server: bool) -> list[Any]:
        """The rows of a block. A server refuses what is too long for its column, and a character that is nothing."""
        try:
            rows = _decoder(table.name).decode_lines(block)
        except msgspec.DecodeError as error:
            raise self.damaged(f"{table.file}: {error}") from error
        if is_for_server and (reason := _refused_by_servers(table.name, block, rows)):
            raise NotKept(NOT_FOR_SERVERS, path=self.path, table=table.name, reason=reason)
        return rows

    def require_keys(self, text: KeyText, *, place: object) -> None:
        """Raises `NotKept` for the keys of another bank, and where one is missing."""
        keys, code = Keys(text.secret.encode(), text.encrypting), self.manifest.district_code
        for each in self.manifest.keys:
            try:
                is_right = keys.decrypt(each.proof, place=PROOF) == code
            except KeyMissing as error:
                raise NotKept(LACKING_KEY, path=place, number=each.number, file=self.path) from error
            except NotDecrypted:
                is_right = False
            if not is_right:
                raise NotKept(OTHER_SECRET, path=place, file=self.path)

    def damaged(self, reason: object) -> NotKept:
        return NotKept(DAMAGED_HOUSE, path=self.path, reason=reason)

    def _read_manifest(self, content: bytes) -> HouseManifest:
        try:
            kind = msgspec.json.decode(content, type=dict[str, Any]).get("format")
            if kind != FORMAT:
                raise NotKept(WITHOUT_SECRETS if kind == READERS_FORMAT else NO_HOUSE, path=self.path)
            manifest = msgspec.json.decode(content, type=HouseManifest)
        except msgspec.DecodeError as error:
            raise self.damaged(f"{MANIFEST}: {error}") from error
        if (manifest.version, manifest.schema_revision) != (VERSION, HEAD):
            raise NotKept(OTHER_REVISION, path=self.path, revision=manifest.schema_revision, head=HEAD)
        return manifest


@contextmanager
def opened(path: Path) -> Iterator[House]:
    """Raises `NotKept` for what is no file of a bank, is of another revision, or is found damaged while it is read."""
    try:
        with ZipFile(path) as archive:
            yield House(path, archive)
    except (BadZipFile, zlib.error, EOFError) as error:
        raise NotKept(DAMAGED_HOUSE, path=path, reason=str(error) or "it ends too early") from error


def content_hash(tables: Iterable[ExportedTable]) -> str:
    """One hash over what all tables hold, the same wherever the bank is."""
    lines = (f"{table.name} {table.rows} {table.sha256}\n" for table in tables)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _refused_by_servers(name: str, block: bytes, rows: Iterable[Any]) -> str | None:
    """Why PostgreSQL would not take some of these rows, which SQLite has kept."""
    try:
        _decoder(name, is_bounded=True).decode_lines(block)
    except msgspec.DecodeError as error:
        return str(error)
    if b"\\u0000" in block:
        for row in rows:
            if any("\0" in text for text in astuple(row) if isinstance(text, str)):
                return f"NUL: {'/'.join(str(getattr(row, key.name)) for key in metadata.tables[name].primary_key)}"
    return None


@cache
def shape_of(name: str, *, is_bounded: bool = False) -> type[msgspec.Struct]:
    """The rows of a table as a struct of its columns, in their order; where bounded, no longer than these say."""
    columns = [(column.name, _type_of(column, is_bounded)) for column in metadata.tables[name].columns]
    return msgspec.defstruct(name, columns, frozen=True, forbid_unknown_fields=True)


def _type_of(column: sa.Column[Any], is_bounded: bool) -> Any:
    kind: Any = column.type
    if isinstance(kind, sa.JSON):
        return Any
    if isinstance(kind, sa.TypeDecorator) and not isinstance(kind, EnumText | UTCDateTime):
        kind = kind.impl_instance
    if isinstance(kind, EnumText):
        found: Any = kind.kind
    elif isinstance(kind, UTCDateTime):
        found = Annotated[datetime, msgspec.Meta(tz=True)]
    elif isinstance(kind, sa.String):
        found = Annotated[str, msgspec.Meta(max_length=kind.length)] if is_bounded and kind.length else str
    elif isinstance(kind, sa.Integer):
        most = 2**31 if is_bounded and not isinstance(kind, sa.BigInteger) else 2**63
        found = Annotated[int, msgspec.Meta(ge=-most, le=most - 1)]
    else:
        found = kind.python_type
    return found | None if column.nullable else found


@cache
def _decoder(name: str, *, is_bounded: bool = False) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(shape_of(name, is_bounded=is_bounded))
