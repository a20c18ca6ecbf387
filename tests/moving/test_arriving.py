"""A whole bank in another database: the same to the last bit, and lived in as before."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from msgspec.structs import fields
from sqlalchemy import JSON

from points_bank.actor import Role
from points_bank.backup import NotKept
from points_bank.columns import table_of
from points_bank.database import Database
from points_bank.keys import KeyText, read_key_text, write_secret
from points_bank.migrations import is_there
from points_bank.moving import house as houses
from points_bank.moving.arriving import move_in
from points_bank.moving.house import opened as house_at
from points_bank.moving.house import shape_of
from points_bank.moving.leaving import measure_house, newest_seal
from points_bank.rekeying import change_key
from points_bank.settings import DatabaseKind, Settings
from points_bank.staff.accounts import change_password
from points_bank.staff.models import Staff
from points_bank.tables import metadata
from points_bank.verify import differences
from tests.bank import Bank
from tests.moving.conftest import is_half_moved, move, pack, quiet
from tests.tampering import look_into


async def test_a_bank_arrives_as_it_left(bank: Bank, house: Path, empty: Settings) -> None:
    moved = await move(empty, house)
    assert not moved.went_on
    assert moved.manifest.rows == sum(table.rows for table in moved.manifest.tables) > 100
    async with Database(empty, bank.clock) as arrived:
        assert await arrived.read(measure_house, told=quiet) == moved.manifest.tables
        assert await arrived.read(newest_seal) == moved.manifest.seal == await bank.database.read(newest_seal)
        assert moved.manifest.seal is not None
        assert await differences(arrived) == []
    assert read_key_text(empty.key_path.read_text()) == read_key_text(bank.database.settings.key_path.read_text())


async def test_who_set_a_password_moves_also_where_they_came_later(bank: Bank, empty: Settings, tmp_path: Path) -> None:
    clerk, root = await bank.staff(Role.CLERK), await bank.staff(Role.ADMINISTRATOR)
    await bank.database.write(change_password, clerk.id, password_hash="-", by=root)
    await pack(bank.database, tmp_path / "house.zip")
    await move(empty, tmp_path / "house.zip")
    staff = table_of(Staff)
    setters = sa.select(staff.c.password_set_by).order_by(staff.c.id)
    async with Database(empty, bank.clock) as arrived:
        found = await arrived.read(lambda tx: [row.password_set_by for row in tx.all(setters)])
    assert found == [root.name, "system"]


async def test_a_bank_that_has_arrived_stays_as_it_is(house: Path, empty: Settings) -> None:
    """Ended after the last commit and before it said so, the command is repeated as well."""
    first = await move(empty, house)
    again = await move(empty, house)
    assert (again.went_on, again.manifest) == (True, first.manifest)


async def test_the_file_is_the_same_but_for_what_is_drawn_anew(bank: Bank, house: Path, tmp_path: Path) -> None:
    again = await pack(bank.database, tmp_path / "again.zip")
    with house_at(house) as first:
        assert again.tables == first.manifest.tables
        assert again.content_hash == first.manifest.content_hash


async def test_no_table_and_no_column_stays_behind(bank: Bank, house: Path) -> None:
    """As the database itself tells, not the models."""
    query = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
    if bank.database.settings.database_kind is DatabaseKind.SQLITE:
        query = "SELECT m.name, p.name FROM sqlite_schema AS m, pragma_table_info(m.name) AS p WHERE m.type = 'table'"
    with look_into(bank.database.settings) as hand:
        there = {(table, column) for table, column in hand.execute(query).fetchall() if table != "alembic_version"}
    with house_at(house) as file:
        names = [each.name for each in file.manifest.tables]
    assert {(name, column) for name in names for column in shape_of(name).__struct_fields__} == there


def test_it_is_known_of_every_column_what_may_stand_in_it() -> None:
    """But for JSON, whose columns hold anything that JSON can say."""
    for table in metadata.sorted_tables:
        for field in fields(shape_of(table.name, is_bounded=True)):
            is_open = field.type in {Any, object}
            assert is_open == isinstance(table.columns[field.name].type, JSON), f"{table.name}.{field.name}"


async def test_keys_that_were_changed_travel_too(bank: Bank, house: Path, empty: Settings, tmp_path: Path) -> None:
    await change_key(bank.database)
    path = tmp_path / "rekeyed.zip"
    manifest = await pack(bank.database, path)
    assert [each.number for each in manifest.keys] == [1, 2]
    await move(empty, path)
    assert read_key_text(empty.key_path.read_text()).encrypting.keys() == {2}
    async with Database(empty, bank.clock) as arrived:
        assert await differences(arrived) == []


async def test_keys_that_are_there_stay(bank: Bank, house: Path, empty: Settings) -> None:
    """The new place has been told a key that waits to be put in use, and a file for the bank's service to read."""
    secret = read_key_text(bank.database.settings.key_path.read_text()).secret
    write_secret(empty.key_path, str(KeyText(secret, {2: b"2" * 32})))
    empty.key_path.chmod(0o640)
    await move(empty, house)
    assert read_key_text(empty.key_path.read_text()).encrypting == {2: b"2" * 32}
    assert empty.key_path.stat().st_mode & 0o777 == 0o640


async def test_a_key_that_was_put_away_does_not_come_back(bank: Bank, empty: Settings, tmp_path: Path) -> None:
    await change_key(bank.database)
    manifest = await pack(bank.database, tmp_path / "rekeyed.zip")
    secret = read_key_text(bank.database.settings.key_path.read_text()).secret
    write_secret(empty.key_path, str(KeyText(secret, {3: b"3" * 32})))
    with pytest.raises(NotKept, match="needs older ones \\(2\\)"):
        await move(empty, tmp_path / "rekeyed.zip")
    assert not is_there(empty)
    assert read_key_text(empty.key_path.read_text()).encrypting == {3: b"3" * 32}
    assert [each.number for each in manifest.keys] == [1, 2]


@pytest.mark.parametrize("after", [1, 4, 12])
async def test_ended_after_any_page_it_goes_on_there(
    house: Path, empty: Settings, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(houses, "CHUNK_BYTES", 3_000)
    reached: list[int] = []

    def end_soon(what: str, done: int, _about: int) -> None:
        if what == "moving in":
            reached.append(done)
            if len(reached) == after:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await move_in(empty, house, told=end_soon)
    assert is_half_moved(empty)
    went_on: list[int] = []
    moved = await move_in(
        empty, house, told=lambda what, done, _about: went_on.append(done) if what == "moving in" else None
    )
    assert moved.went_on
    assert went_on[0] > reached[-1]
    assert went_on[-1] == moved.manifest.size_bytes
    async with Database(empty) as arrived:
        assert await arrived.read(measure_house, told=quiet) == moved.manifest.tables
