"""The schema: brought up to date at start by whoever is first, equal to the models, and guarded by triggers."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
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
from points_bank.migrations import HEAD, is_there, revision_of, upgrade
from points_bank.migrations.mismatch import SchemaMismatch
from points_bank.migrations.upgrading import configuration, newest_revision
from points_bank.settings import Settings
from points_bank.tables import metadata
from tests.bank import Bank
from tests.banks import Banks

KEPT_FOR_EVER = (
    *("transfer", "lot_use", "audit", "donation", "extended_lot", "stock_movement"),
    *("idempotency_key", "sponsored_receipt", "job_run", "rule_set", "seal"),
    *("month_close", "report_figure", "report_signature", "report_tally"),
)


@pytest.fixture
def fresh(banks: Banks, tmp_path: Path) -> Iterator[Settings]:
    """A database of the newest schema in which nothing stands yet."""
    with banks.new(tmp_path) as settings:
        upgrade(settings)
        yield settings


@pytest.fixture
def engine(fresh: Settings) -> Iterator[sa.Engine]:
    with engine_on(fresh) as engine:
        yield engine


@contextmanager
def engine_on(settings: Settings) -> Iterator[sa.Engine]:
    engine = sa.create_engine(
        settings.database_url.replace("postgresql:", "postgresql+psycopg:"), poolclass=sa.NullPool
    )
    yield engine
    engine.dispose()


def schema(engine: sa.Engine) -> dict[str, str]:
    """What stands about each table, column, constraint and index, without what only differs in spelling."""
    with engine.connect() as connection:
        rows = connection.execute(sa.text(SCHEMA[engine.dialect.name])).all()
    return {name: _plain(text) for name, text in rows if "alembic_version" not in name}


SCHEMA = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL",
    "postgresql": """
        SELECT table_name || '.' || column_name, concat_ws(
            ' ', data_type, character_maximum_length, is_nullable, column_default
        ) FROM information_schema.columns WHERE table_schema = 'public'
        UNION ALL
        SELECT conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT tablename || '.' || indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
    """,
}


def _plain(sql: str) -> str:
    """Constraints may stand in any order; what they say must be the same."""
    words = re.sub(r"\s+", " ", sql.replace('"', "")).strip()
    return " ".join(sorted(words.replace(", ", " , ").replace("(", " ( ").replace(")", " ) ").split(" ")))


def test_the_migrations_lead_to_what_the_models_say(engine: sa.Engine, banks: Banks, tmp_path: Path) -> None:
    (tmp_path / "modelled").mkdir()
    with banks.new(tmp_path / "modelled") as other, engine_on(other) as modelled:
        with modelled.begin() as connection:
            metadata.create_all(connection)
        said, found = schema(modelled), schema(engine)
    assert found.keys() == said.keys()
    assert {name: sql for name, sql in found.items() if said[name] != sql} == {}


def _same_type(_context: Any, _inspected: Any, _column: Any, _found: Any, modelled: Any) -> bool | None:
    """Types of the bank stand as plain SQL types in a database."""
    return False if isinstance(modelled, UTCDateTime | EnumText) else None


def test_the_newest_revision_is_the_one_the_bank_starts_with() -> None:
    assert newest_revision() == HEAD


def test_alembic_finds_nothing_to_do(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": _same_type})
        differences = compare_metadata(context, metadata)
    assert differences == []


def test_several_starters_migrate_once(banks: Banks, tmp_path: Path) -> None:
    code = (
        "import sys; from points_bank.migrations import upgrade; from points_bank.settings import Settings; "
        "upgrade(Settings(database_url=sys.argv[1]))"
    )
    with banks.new(tmp_path) as settings:
        starters = [
            subprocess.Popen([sys.executable, "-c", code, settings.database_url], stderr=subprocess.PIPE, text=True)
            for _ in range(4)
        ]
        assert [starter.communicate(timeout=60)[1] for starter in starters] == [""] * 4
        assert [starter.returncode for starter in starters] == [0] * 4
        assert revision_of(settings) == HEAD


def test_a_database_of_a_newer_version_is_left_alone(fresh: Settings, engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    before = schema(engine)
    with pytest.raises(SchemaMismatch, match="another version"):
        upgrade(fresh)
    assert schema(engine) == before


@pytest.mark.only("sqlite", "a server has no file that could be something else")
def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear bank, " * 100)
    with pytest.raises(SchemaMismatch, match="not a database"):
        upgrade(Settings(database_url=f"sqlite:///{path}"))
    assert path.read_text().startswith("Dear bank, ")


@pytest.mark.only("sqlite", "a file can be compared byte by byte")
def test_a_second_start_changes_nothing(fresh: Settings) -> None:
    before = fresh.database_path.read_bytes()
    upgrade(fresh)
    assert fresh.database_path.read_bytes() == before


@pytest.mark.only("postgresql", "a file always sorts text by its bytes")
def test_a_database_that_sorts_text_by_a_language_is_left_alone(tmp_path: Path, banks: Banks) -> None:
    with banks.new(tmp_path, locale="ICU_LOCALE 'und' LOCALE_PROVIDER icu") as settings:
        with pytest.raises(SchemaMismatch, match="LOCALE 'C'"):
            upgrade(settings)
        assert not is_there(settings)


TRIGGERS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgrelid = CAST(:table AS regclass)",
}
DEEDS = {"sqlite": ("update", "delete"), "postgresql": ("update", "delete", "truncate")}


@pytest.mark.parametrize("table", KEPT_FOR_EVER)
def test_what_is_kept_for_ever_has_triggers_against_change(table: str, newly_opened: Settings) -> None:
    with engine_on(newly_opened) as engine, engine.connect() as connection:
        found = set(connection.scalars(sa.text(TRIGGERS[engine.dialect.name]), {"table": table}))
    assert found == {f"{table}_no_{deed}" for deed in DEEDS[engine.dialect.name]}


@pytest.mark.only("postgresql", "SQLite knows no TRUNCATE")
def test_nothing_kept_for_ever_is_emptied_at_once(engine: sa.Engine) -> None:
    with engine.connect() as connection, pytest.raises(IntegrityError, match="never changed or deleted"):
        connection.execute(sa.text("TRUNCATE audit"))


@pytest.mark.parametrize("deed", ["UPDATE rule_set SET version = version + 1", "DELETE FROM audit"])
async def test_the_triggers_refuse(bank: Bank, deed: str) -> None:
    with pytest.raises(IntegrityError, match="never changed or deleted"):
        await bank.database.write(lambda tx: tx.run(sa.text(deed)))


@pytest.mark.only("sqlite", "a server makes no folders")
async def test_opening_makes_the_folder(tmp_path: Path) -> None:
    async with Database(Settings(database_url=f"sqlite:///{tmp_path / 'new' / 'bank.db'}")):
        assert (tmp_path / "new" / "bank.db").exists()


async def test_opening_makes_a_key_for_its_owner_only(fresh: Settings) -> None:
    settings = fresh
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


def test_a_bank_of_the_first_revision_keeps_what_it_has(banks: Banks, tmp_path: Path) -> None:
    """The tables that the second revision changes have their rows, and refuse again what they refused before."""
    with banks.new(tmp_path) as settings, engine_on(settings) as engine:
        with engine.begin() as connection:
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
        before = rows_of(engine, "transfer")
        upgrade(settings)
        assert rows_of(engine, "transfer") == before
        with engine.connect() as connection, pytest.raises(IntegrityError, match="never changed or deleted"):
            connection.execute(sa.text("DELETE FROM transfer"))


def rows_of(engine: sa.Engine, table: str) -> list[Any]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(f"SELECT * FROM {table} ORDER BY id"))]
