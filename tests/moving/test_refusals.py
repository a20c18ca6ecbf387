"""What cannot be moved: each with its reason, and with nothing there afterwards that could be opened."""

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest
from msgspec.structs import asdict
from pydantic import SecretStr

from points_bank.actor import SYSTEM
from points_bank.backup import NotKept, key_path
from points_bank.database import Database
from points_bank.exports.everything import ExportedTable, export_everything
from points_bank.migrations import upgrade
from points_bank.migrations.mismatch import HalfMoved, SchemaMismatch
from points_bank.moving.house import content_hash, opened
from points_bank.moving.progress import TAKEN_OVER, Progress, begin_move, take_rows
from points_bank.rekeying import change_key
from points_bank.settings import Settings
from points_bank.tables import metadata
from points_bank.verify import differences
from tests.bank import Bank
from tests.moving.conftest import is_half_moved, is_untouched, move, pack, quiet, rewritten, with_manifest
from tests.tampering import tamper


async def refused(settings: Settings, path: Path) -> str:
    """Why a file does not move in, in English."""
    with pytest.raises(NotKept) as refusal:
        await move(settings, path)
    return str(refusal.value)


def cut(house: Path, share: float) -> Path:
    house.write_bytes(house.read_bytes()[: int(house.stat().st_size * share)])
    return house


def one_byte(house: Path) -> Path:
    """Another byte among the rows of a table."""
    with ZipFile(house) as archive:
        rows = archive.getinfo("tables/member.jsonl")
    content = bytearray(house.read_bytes())
    content[rows.header_offset + len(rows.filename) + rows.compress_size // 2 + 40] ^= 0xFF
    house.write_bytes(content)
    return house


def without(part: str) -> Callable[[Path], Path]:
    return lambda house: rewritten(house, lambda name, content: None if name == part else content)


def fewer_rows(house: Path) -> Path:
    """The last member is gone, which the manifest does not know."""
    return rewritten(
        house,
        lambda name, content: content[: content[:-1].rindex(b"\n") + 1] if name == "tables/member.jsonl" else content,
    )


def consistently(house: Path, table: str, change: Callable[[bytes], bytes]) -> Path:
    """A copy in which a table has other rows and the manifest agrees."""
    with opened(house) as there:
        tables = list(there.manifest.tables)

    def other(name: str, content: bytes) -> bytes:
        if name == f"tables/{table}.jsonl":
            changed = change(content)
            place = next(place for place, each in enumerate(tables) if each.name == table)
            digest = hashlib.sha256(changed).hexdigest()
            tables[place] = ExportedTable(table, name, changed.count(b"\n"), len(changed), digest)
            return changed
        if name == "manifest.json":
            fitting = {"tables": [asdict(each) for each in tables], "content_hash": content_hash(tables)}
            return json.dumps(json.loads(content) | fitting).encode()
        return content

    return rewritten(house, other)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        pytest.param(lambda house: cut(house, 0), "is damaged", id="empty"),
        pytest.param(lambda house: cut(house, 0.6), "is damaged", id="truncated"),
        pytest.param(one_byte, "is damaged", id="one byte"),
        pytest.param(without("manifest.json"), "is no file of a whole bank", id="no manifest"),
        pytest.param(without("tables/lot.jsonl"), "lot.jsonl is missing", id="no table"),
        pytest.param(fewer_rows, "member.jsonl is not what the manifest says", id="rows missing"),
        pytest.param(lambda house: with_manifest(house, schema_revision="0001"), "revision 0001", id="older"),
        pytest.param(lambda house: with_manifest(house, version=9), "same version", id="other version"),
        pytest.param(lambda house: with_manifest(house, time_zone="Asia/Tokyo"), "Asia/Tokyo", id="other days"),
        pytest.param(lambda house: with_manifest(house, tables=[]), "other tables", id="no tables"),
        pytest.param(lambda house: with_manifest(house, format="zip"), "is no file of a whole bank", id="other format"),
        pytest.param(lambda house: with_manifest(house, rows="many", keys=7), "is damaged", id="no such manifest"),
        pytest.param(
            lambda house: consistently(house, "home", lambda rows: rows.replace(b'"member_id":', b'"member":')),
            "home.jsonl: Object",
            id="other columns",
        ),
    ],
)
async def test_a_file_that_is_not_whole_does_not_move_in(
    house: Path, empty: Settings, spoil: Callable[[Path], Path], reason: str
) -> None:
    assert reason in await refused(empty, spoil(house))
    assert is_untouched(empty)


async def test_what_was_exported_for_readers_does_not_move_in(bank: Bank, house: Path, empty: Settings) -> None:
    with house.open("w+b") as file:
        await bank.database.read(export_everything, file, by=SYSTEM)
    assert "was exported without secrets" in await refused(empty, house)
    assert is_untouched(empty)


async def test_it_does_not_move_without_its_key(house: Path, empty: Settings) -> None:
    key_path(house).unlink()
    assert "key is missing" in await refused(empty, house)
    key_path(house).write_text("f" * 64)
    assert "is not the one of the bank" in await refused(empty, house)
    assert "is not the one of the bank" in await refused(empty.model_copy(update={"keys": SecretStr("f" * 64)}), house)
    assert is_untouched(empty)


async def test_it_does_not_move_without_a_key_that_was_added(bank: Bank, empty: Settings, tmp_path: Path) -> None:
    before = bank.database.settings.key_path.read_text()
    await change_key(bank.database)
    await pack(bank.database, tmp_path / "house.zip")
    key_path(tmp_path / "house.zip").write_text(before)
    assert "lack number 2" in await refused(empty, tmp_path / "house.zip")


async def test_where_a_bank_is_open_no_other_moves_in(bank: Bank, house: Path) -> None:
    settings = bank.database.settings
    await bank.branch()
    assert "There is a bank at" in await refused(settings, house)
    async with Database(settings, bank.clock) as same:
        assert await differences(same) == []


async def test_a_bank_of_an_older_version_is_not_brought_up_to_date_by_mistake(house: Path, empty: Settings) -> None:
    upgrade(empty)
    tamper(empty, "UPDATE alembic_version SET version_num = '0008'")
    assert "There is a bank at" in await refused(empty, house)


async def test_books_that_do_not_hold_do_not_leave(bank: Bank, house: Path, tmp_path: Path) -> None:
    tamper(bank.database.settings, "UPDATE account SET balance_points = balance_points + 1 WHERE balance_points = 40")
    with pytest.raises(NotKept, match="books of this bank do not hold"):
        await pack(bank.database, tmp_path / "wrong.zip")
    tamper(bank.database.settings, "UPDATE account SET balance_points = balance_points - 1 WHERE balance_points = 41")


async def test_books_that_do_not_hold_are_not_opened(house: Path, empty: Settings) -> None:
    """Somebody gave a member points on the way, and made the manifest fit."""
    forged = consistently(
        house, "account", lambda rows: re.sub(rb'"balance_points":40', b'"balance_points":9040', rows, count=1)
    )
    assert "do not hold" in await refused(empty, forged)
    assert is_half_moved(empty)
    with pytest.raises(HalfMoved):
        await Database(empty).open()
    assert "do not hold" in await refused(empty, forged)
    assert "Another file is half moved" in await refused(empty, house)


async def test_rows_that_refer_to_nothing_do_not_move_in(house: Path, empty: Settings) -> None:
    orphaned = consistently(house, "member", lambda rows: b"")
    assert re.search("(?i)jsonl: .*foreign key", await refused(empty, orphaned))
    assert is_half_moved(empty)


@pytest.mark.parametrize(
    ("table", "old", "new", "reason"),
    [
        ("member", b'"name":"', b'"name":"\\u0000', "NUL: 1"),
        ("branch", b'"code":"LX', b'"code":"' + b"LX" * 50, "Expected `str` of length"),
        ("account", b'"activities":', b'"activities":999999999', "Expected `int` <= 2147483647"),
    ],
)
async def test_what_a_server_would_not_keep_is_found_before(
    house: Path, table: str, old: bytes, new: bytes, reason: str
) -> None:
    odd = consistently(house, table, lambda rows: rows.replace(old, new, 1))
    with opened(odd) as there:
        there.check(is_for_server=False, told=quiet)
        with pytest.raises(NotKept, match=f"PostgreSQL does not keep what is in {table}") as refusal:
            there.check(is_for_server=True, told=quiet)
    assert reason in str(refusal.value)


async def test_one_goes_on_and_the_other_stops(house: Path, empty: Settings) -> None:
    """Two processes that did not hear of each other: the later one has it, and no row is written twice."""
    with opened(house) as there:
        digest, account = there.digest, there.manifest.tables[0]
        [block] = there.blocks(account)
        rows = there.rows_in(block, account, is_for_server=False)
    table = metadata.tables[account.name]
    shutil.copy(key_path(house), empty.key_path)
    database = Database(empty)
    await database.open()
    try:
        assert await database.write(begin_move, house=digest, holder="first") == Progress()
        then = Progress(0, len(block))
        await database.write(take_rows, table, rows, at=Progress(), then=then, holder="first")
        assert await database.write(begin_move, house=digest, holder="second") == then
        with pytest.raises(NotKept) as refusal:
            await database.write(take_rows, table, rows, at=then, then=Progress(1), holder="first")
        assert refusal.value.told == TAKEN_OVER
        with pytest.raises(NotKept):
            await database.write(take_rows, table, rows, at=Progress(), then=then, holder="second")
    finally:
        await database.close()
    with pytest.raises(SchemaMismatch):
        await Database(empty).open()
    assert (await move(empty, house)).went_on
