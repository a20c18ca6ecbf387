"""Into the new house: a file's rows into a database in which there is nothing, page by page, and open only when whole.

Ended anywhere, the same call goes on where it was. The file is read through before anything is written, and at the end
everything is read back: what is there must be what the file says, and its books must hold.
"""

import asyncio
import secrets
import sys
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from pydantic import SecretStr
from sqlalchemy.exc import DataError, IntegrityError

from points_bank.alone import alone_in
from points_bank.backup import NotKept
from points_bank.checks import Told
from points_bank.database import Database
from points_bank.errors import message
from points_bank.exports.everything import ExportedTable
from points_bank.key_files import add_keys, lacking_keys
from points_bank.keys import KeyText, read_key_text
from points_bank.migrations import HEAD, MOVING_IN, is_there, revision_of, upgrade
from points_bank.moving.house import House, HouseManifest, opened
from points_bank.moving.leaving import DIFFERENCES_TOLD, is_house, measure_house, newest_seal
from points_bank.moving.progress import NOT_EMPTY, Progress, begin_move, end_move, settle_in, take_rows
from points_bank.restoring import keys_for
from points_bank.settings import DatabaseKind, Settings
from points_bank.tables import metadata
from points_bank.verify import check_books

LIMIT_SECONDS = 24 * 3_600.0
"""For reading everything back: nobody else waits for it."""
_MOVING_LOCK = 7_370_626_175
"""Any number that nobody else on the server locks by."""

MOVING = message("moving in")
UNDER_WAY = message("Another process is moving a bank into {path}.")
OTHER_CONTENT = message(
    "What arrived in {path} is not what left: {tables}. It is not opened; begin with a new database."
)
OTHER_ZONE = message(
    "The days of the bank in {file} are those of {zone}: set POINTS_BANK_TIME_ZONE, which is {own_zone} here."
)
BOOKS_DIFFER = message("The books that arrived in {path} do not hold, so it is not opened: {differences}.")


class Moved(msgspec.Struct, frozen=True):
    """A bank at its new place. `went_on` says whether some of it was there before this call, which took `seconds`."""

    place: str
    manifest: HouseManifest
    went_on: bool
    seconds: float


async def move_in(settings: Settings, path: Path, *, told: Told) -> Moved:
    """Move a whole bank out of a file into the empty database that the settings name, or go on with that.

    Called again for a bank that has arrived and is as it was then, it finds all there. Raises `NotKept` for what
    cannot be moved, with nothing written, and where something is found wrong at the end, with nothing that could be
    opened. Raises `SchemaMismatch` for a database of something else.
    """
    began = time.monotonic()
    with opened(path) as house, _alone(settings):
        await asyncio.to_thread(_require_room, settings)
        _require_same_days(settings, house)
        keys = keys_for(settings, path)
        known, needed = read_key_text(keys), [each.number for each in house.manifest.keys]
        house.require_keys(known, place=_place_of_keys(settings))
        if settings.key_text is None:
            lacking_keys(settings.key_path, known, needed=needed)
        house.check(is_for_server=_is_server(settings), told=told)
        mover = settings.model_copy(update={"keys": SecretStr(keys), "act_limit_seconds": LIMIT_SECONDS})
        async with Database(mover, prepare=_prepare) as bank:
            keep_keys = partial(_keep_keys, settings, known, needed=needed)
            went_on = await Move(bank, house, told=told, keep_keys=keep_keys).carry_out()
    return Moved(settings.place, house.manifest, went_on, round(time.monotonic() - began, 3))


class Move:
    """One process moving one file into an open database."""

    def __init__(self, bank: Database, house: House, *, told: Told, keep_keys: Callable[[], None]) -> None:
        self._bank, self._house, self._told, self._keep_keys = bank, house, told, keep_keys
        self._holder = secrets.token_hex(16)

    async def carry_out(self) -> bool:
        """Whether some of it was there before."""
        manifest, settings = self._house.manifest, self._bank.settings
        at = await self._bank.write(begin_move, house=self._house.digest, holder=self._holder)
        if at is None:
            if not await self._bank.read(is_house, manifest, told=self._told):
                raise NotKept(NOT_EMPTY, path=settings.place)
            return True
        self._keep_keys()
        await self._take_all(at)
        await self._bank.write(settle_in)
        await self._look_through()
        await self._bank.write(end_move)
        return at != Progress()

    async def _take_all(self, begun: Progress) -> None:
        """Every row that is not there yet, parents first."""
        at, before = begun, 0
        for place, table in enumerate(self._house.manifest.tables):
            if place >= begun.place:
                at = await self._take_table(place, table, at, before=before)
            before += table.bytes

    async def _take_table(self, place: int, table: ExportedTable, at: Progress, *, before: int) -> Progress:
        """The rows of one table, each page in a commit of its own; `before` it there were so many bytes."""
        done = at.done_bytes if place == at.place else 0
        with closing(self._house.blocks(table, after=done)) as blocks:
            for block in blocks:
                rows = self._house.rows_in(block, table, is_for_server=_is_server(self._bank.settings))
                done += len(block)
                then = Progress(place, done)
                await self._take(table, rows, at=at, then=then)
                at = then
                self._told(MOVING, before + done, self._house.manifest.size_bytes)
        return at

    async def _take(self, table: ExportedTable, rows: list[Any], *, at: Progress, then: Progress) -> None:
        try:
            await self._bank.write(take_rows, metadata.tables[table.name], rows, at=at, then=then, holder=self._holder)
        except (IntegrityError, DataError) as error:
            raise self._house.damaged(f"{table.file}: {' '.join(str(error.orig).split())}") from error

    async def _look_through(self) -> None:
        """Raises `NotKept` where what is there now is not what the file says, or its books do not hold."""
        manifest, place = self._house.manifest, self._bank.settings.place
        arrived = set(await self._bank.read(measure_house, told=self._told))
        others = [table.name for table in manifest.tables if table not in arrived]
        if others or await self._bank.read(newest_seal) != manifest.seal:
            raise NotKept(OTHER_CONTENT, path=place, tables=", ".join(others) or "seal")
        # The bank is not open yet, so that no second process could read it too.
        findings = await check_books(self._bank, told=self._told, shared_from=sys.maxsize)
        found = [f"{each.check}: {line}" for each in findings for line in each.differences]
        if found:
            raise NotKept(BOOKS_DIFFER, path=place, differences="; ".join(found[:DIFFERENCES_TOLD]))


def _prepare(settings: Settings) -> None:
    """Make the tables, unless a move has begun to fill them."""
    if revision_of(settings) != MOVING_IN:
        upgrade(settings)


def _require_room(settings: Settings) -> None:
    """Raises `NotKept` for a database of another version: nobody's bank is brought up to date by mistake."""
    if is_there(settings) and revision_of(settings) not in {None, HEAD, MOVING_IN}:
        raise NotKept(NOT_EMPTY, path=settings.place)


def _require_same_days(settings: Settings, house: House) -> None:
    zone = house.manifest.time_zone
    if zone != settings.time_zone:
        raise NotKept(OTHER_ZONE, file=house.path, zone=zone, own_zone=settings.time_zone)


def _place_of_keys(settings: Settings) -> str:
    return "POINTS_BANK_KEYS" if settings.key_text is not None else str(settings.key_path)


def _keep_keys(settings: Settings, keys: KeyText, *, needed: Collection[int]) -> None:
    """Where the bank will look for them."""
    if settings.key_text is None:
        add_keys(settings.key_path, keys, needed=needed)


def _is_server(settings: Settings) -> bool:
    return settings.database_kind is DatabaseKind.POSTGRESQL


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Spares a second process its way. Which one may write is decided by the row that says how far a move is."""
    refusal = NotKept(UNDER_WAY, path=settings.place)
    if not _is_server(settings):
        settings.database_path.parent.mkdir(parents=True, exist_ok=True)
        with alone_in(settings.database_path.parent, otherwise=refusal):
            yield
        return
    # The driver is an extra, which a bank in a file does without.
    from points_bank.postgres import connect

    with closing(connect(settings)) as raw:
        row = raw.execute(f"SELECT pg_try_advisory_lock({_MOVING_LOCK})".encode()).fetchone()
        if not (row and row[0]):
            raise refusal
        yield
