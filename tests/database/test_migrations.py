"""The schema: brought up to date at start by whoever is first, equal to the models, and guarded by triggers."""

import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.exc import IntegrityError

from points_bank.columns import EnumText, UTCDateTime
from points_bank.database import Database
from points_bank.migrations import HEAD, upgrade
from points_bank.migrations.mismatch import SchemaMismatch
from points_bank.migrations.upgrading import configuration, newest_revision
from points_bank.settings import Settings
from points_bank.tables import metadata
from tests.bank import Bank

KEPT_FOR_EVER = (
    *("transfer", "lot_use", "audit", "donation", "extended_lot", "stock_movement"),
    *("idempotency_key", "sponsored_receipt", "job_run", "rule_set", "seal"),
    *("month_close", "report_figure", "report_signature", "report_tally"),
)


def at(path: Path) -> Settings:
    return Settings(database_url=f"sqlite:///{path}")


def schema(path: Path) -> dict[str, str]:
    """The SQL of each table and index, without what only differs in spelling."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL"
        ).fetchall()
    return {name: _plain(sql) for name, sql in rows if name != "alembic_version"}


def _plain(sql: str) -> str:
    """Constraints may stand in any order; what they say must be the same."""
    words = re.sub(r"\s+", " ", sql.replace('"', "")).strip()
    return " ".join(sorted(words.replace(", ", " , ").replace("(", " ( ").replace(")", " ) ").split(" ")))


def test_the_migrations_lead_to_what_the_models_say(tmp_path: Path) -> None:
    upgrade(at(tmp_path / "migrated.db"))
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'modelled.db'}")
    with engine.begin() as connection:
        metadata.create_all(connection)
    engine.dispose()
    migrated, modelled = schema(tmp_path / "migrated.db"), schema(tmp_path / "modelled.db")
    assert migrated.keys() == modelled.keys()
    assert {name: sql for name, sql in migrated.items() if modelled[name] != sql} == {}


def _same_type(_context: Any, _inspected: Any, _column: Any, _found: Any, modelled: Any) -> bool | None:
    """Types of the bank stand as plain SQL types in a database."""
    return False if isinstance(modelled, UTCDateTime | EnumText) else None


def test_the_newest_revision_is_the_one_the_bank_starts_with() -> None:
    assert newest_revision() == HEAD


def test_alembic_finds_nothing_to_do(tmp_path: Path) -> None:
    upgrade(at(tmp_path / "bank.db"))
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'bank.db'}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": _same_type})
        differences = compare_metadata(context, metadata)
    engine.dispose()
    assert differences == []


def test_several_starters_migrate_once(tmp_path: Path) -> None:
    code = (
        "import sys; from points_bank.migrations import upgrade; from points_bank.settings import Settings; "
        "upgrade(Settings(database_url='sqlite:///' + sys.argv[1]))"
    )
    path = tmp_path / "bank.db"
    starters = [
        subprocess.Popen([sys.executable, "-c", code, str(path)], stderr=subprocess.PIPE, text=True) for _ in range(4)
    ]
    assert [starter.communicate(timeout=60)[1] for starter in starters] == [""] * 4
    assert [starter.returncode for starter in starters] == [0] * 4
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(HEAD,)]


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path, migrated_file: Path) -> None:
    path = tmp_path / "bank.db"
    shutil.copy(migrated_file, path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = schema(path)
    with pytest.raises(SchemaMismatch, match="another version"):
        upgrade(at(path))
    assert schema(path) == before


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear bank, " * 100)
    with pytest.raises(SchemaMismatch, match="not a database"):
        upgrade(at(path))
    assert path.read_text().startswith("Dear bank, ")


def test_a_second_start_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "bank.db"
    upgrade(at(path))
    before = path.read_bytes()
    upgrade(at(path))
    assert path.read_bytes() == before


@pytest.mark.parametrize("table", KEPT_FOR_EVER)
def test_what_is_kept_for_ever_has_triggers_against_change(table: str, migrated_file: Path) -> None:
    with closing(sqlite3.connect(migrated_file)) as connection:
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", (table,))
        assert {name for (name,) in rows} == {f"{table}_no_update", f"{table}_no_delete"}


@pytest.mark.parametrize("deed", ["UPDATE rule_set SET version = version + 1", "DELETE FROM audit"])
async def test_the_triggers_refuse(bank: Bank, deed: str) -> None:
    with pytest.raises(IntegrityError, match="never changed or deleted"):
        await bank.database.write(lambda tx: tx.run(sa.text(deed)))


async def test_opening_makes_the_folder_and_a_key_for_its_owner_only(tmp_path: Path) -> None:
    settings = at(tmp_path / "new" / "bank.db")
    async with Database(settings):
        pass
    assert settings.key_path.stat().st_mode & 0o777 == 0o600
    secret = settings.key_path.read_text()
    async with Database(settings):
        pass
    assert settings.key_path.read_text() == secret


async def test_an_opened_bank_needs_its_own_key(settings: Settings) -> None:
    settings.key_path.unlink()
    with pytest.raises(FileNotFoundError, match="is missing"):
        await Database(settings).open()
    assert not settings.key_path.exists()


def test_a_bank_of_the_first_revision_keeps_what_it_has(tmp_path: Path) -> None:
    """The tables that the second revision makes anew have their rows, and refuse again what they refused before."""
    path = tmp_path / "bank.db"
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        command.upgrade(configuration(connection), "0001")
        for account_id, kind, balance in ((1, "issue", None), (2, "member", 25)):
            connection.execute(
                sa.text("INSERT INTO account VALUES (:id, :kind, 1, :balance, 0, 25, 150, 1)"),
                {"id": account_id, "kind": kind, "balance": balance},
            )
        connection.execute(
            sa.text(
                "INSERT INTO transfer VALUES"
                " (7, 'award', 1, 2, 25, NULL, 25, '2026-10-17', '2026-10-20 16:00:00', 'participation:1', NULL)"
            )
        )
        connection.commit()
    before = rows_of(engine, "transfer")
    upgrade(at(path))
    assert rows_of(engine, "transfer") == before
    with engine.connect() as connection:
        assert connection.execute(sa.text("PRAGMA foreign_key_check")).all() == []
        with pytest.raises(IntegrityError, match="never changed or deleted"):
            connection.execute(sa.text("DELETE FROM transfer"))
    engine.dispose()


def rows_of(engine: sa.Engine, table: str) -> list[Any]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(f"SELECT * FROM {table} ORDER BY id"))]
