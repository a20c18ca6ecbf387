"""`points-bank export --all`: the whole bank in one file that another program can read and check."""

import asyncio
import hashlib
import json
import stat
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from sqlmodel import SQLModel

from points_bank.actor import SYSTEM
from points_bank.exports import tables
from points_bank.exports.everything import export_everything
from points_bank.exports.tables import SECRET_TABLES, exported_columns, exported_tables
from points_bank.members.register import register_member
from tests.bank import Bank
from tests.cli.conftest import Command
from tests.exports.conftest import lived_in

pytestmark = pytest.mark.thorough


def contents(file: Path) -> tuple[dict[str, Any], dict[str, list[dict[str, Any]]]]:
    """The manifest, and the rows of each table, after what the manifest says of them was found to be so."""
    with ZipFile(file) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        rows = {}
        for table in manifest["tables"]:
            content = archive.read(table["file"])
            assert (len(content), hashlib.sha256(content).hexdigest()) == (table["bytes"], table["sha256"])
            rows[table["name"]] = [json.loads(line) for line in content.splitlines()]
            assert len(rows[table["name"]]) == table["rows"]
        assert len(archive.namelist()) == len(manifest["tables"]) + 1
    return manifest, rows


async def test_everything_goes_out_and_can_be_checked(bank: Bank, opened: Command) -> None:
    members = await lived_in(bank)
    file = opened.folder / "all.zip"
    said = opened.told("export", "--all", str(file))
    assert said.endswith(f"{file} holds the books at ledger position 3.")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not list(opened.folder.glob("*.part"))
    manifest, rows = contents(file)
    assert (manifest["format"], manifest["version"], manifest["ledger_position"]) == ("points-bank-export", 1, 3)
    assert {table["name"] for table in manifest["tables"]} == {each.name for each in exported_tables()}
    assert [row["id"] for row in rows["member"]] == members
    assert sum(row["points"] for row in rows["lot_use"]) == sum(row["remaining_points"] for row in rows["lot"])
    moved = sum(row["amount_points"] * (1 if row["kind"] == "award" else -1) for row in rows["transfer"])
    assert moved == sum(row["balance_points"] or 0 for row in rows["account"])
    assert rows["transfer"][0]["posted_at"].endswith("Z")
    assert rows["audit"][-1]["act"] == "note_export"
    assert rows["audit"][-1]["subject"] == "everything"


async def test_no_secret_goes_out(bank: Bank, opened: Command) -> None:
    await lived_in(bank)
    opened.told("export", "--all", str(opened.folder / "all.zip"))
    _, rows = contents(opened.folder / "all.zip")
    assert not SECRET_TABLES & rows.keys()
    assert "password_hash" not in rows["staff"][0]
    assert not {"pin_hash", "phone_hash"} & rows["member"][0].keys()


HARMLESS = {"content_hash", "password_set_by", "wrong_codes"}
"""Columns that sound like secrets and are none."""


def test_a_column_that_sounds_like_a_secret_is_looked_at() -> None:
    sounding = {
        f"{table.name}.{column.name}"
        for table in exported_tables()
        for column in exported_columns(table)
        if any(word in column.name.split("_") for word in ("hash", "secret", "token", "password", "pin", "codes"))
        and column.name not in HARMLESS
    }
    assert sounding == set()
    assert {table.name for table in exported_tables()} | SECRET_TABLES == set(SQLModel.metadata.tables)


async def test_pages_of_any_size_hold_the_same(bank: Bank, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await lived_in(bank)
    files = []
    for size in (1, 2, 5_000):
        monkeypatch.setattr(tables, "ROWS_A_PAGE", size)
        path = tmp_path / f"{size}.zip"
        with path.open("w+b") as file:
            await bank.database.read(export_everything, file, by=SYSTEM)
        files.append(contents(path)[1])
    assert files[0] == files[1] == files[2]


async def test_what_is_written_meanwhile_is_not_in_it(bank: Bank, tmp_path: Path) -> None:
    """One snapshot: a table read late is as old as one read first."""
    await lived_in(bank)
    loop = asyncio.get_running_loop()
    seen: list[str] = []

    def register_another(name: str, _rows: int) -> None:
        if not seen:
            act = bank.database.write(register_member, name="王芳", branch_id=bank.district.id, by=SYSTEM)
            asyncio.run_coroutine_threadsafe(act, loop).result()
        seen.append(name)

    path = tmp_path / "all.zip"
    with path.open("w+b") as file:
        await bank.database.read(export_everything, file, told=register_another, by=SYSTEM)
    _, rows = contents(path)
    assert (len(rows["member"]), len(rows["account"]), len(rows["home"])) == (2, 3, 2)
    assert {row["subject"] for row in rows["audit"]}.isdisjoint({"member:3"})
    assert len(seen) > 5


def test_a_file_that_is_there_is_not_overwritten(opened: Command) -> None:
    file = opened.folder / "all.zip"
    file.write_text("mine", encoding="utf-8")
    assert opened.refused("export", "--all", str(file)) == f"{file} is there already; it is not overwritten."
    assert file.read_text(encoding="utf-8") == "mine"


def test_where_it_cannot_be_written_nothing_is_left(opened: Command) -> None:
    assert "no file or folder" in opened.refused("export", "--all", str(opened.folder / "nowhere" / "all.zip"))
