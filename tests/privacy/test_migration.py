"""A bank from before there was any encryption: what stood in plain is encrypted, and stays nowhere behind."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command

from points_bank.actor import SYSTEM
from points_bank.columns import table_of
from points_bank.database import Database
from points_bank.imports.models import ImportRefusal
from points_bank.imports.report import report_of
from points_bank.members.record import member_record
from points_bank.migrations import upgrade
from points_bank.migrations.upgrading import configuration
from points_bank.settings import Settings
from tests.conftest import SECRET
from tests.privacy.phones import phones_in_files

pytestmark = pytest.mark.only("sqlite", "no bank on a server is as old as that")

PHONES = {1: "13812341234", 2: None, 3: "13912345678"}
REFUSAL = table_of(ImportRefusal)


@pytest.fixture
def earlier(tmp_path: Path) -> Settings:
    """A bank of the revision before, with members and a refused row."""
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'bank.db'}")
    settings.key_path.write_text(SECRET + "\n")
    engine = sa.create_engine(f"sqlite:///{settings.database_path}")
    with engine.connect() as connection:
        connection.execute(sa.text("PRAGMA journal_mode=WAL"))
        command.upgrade(configuration(connection), "0006")
        connection.execute(sa.text(
            "INSERT INTO branch (id, code, name, kind, path, created_at)"
                " VALUES (1, 'LX', '龙圩区', 'district', '/1/', '2026-10-12 01:00:00.000000')"
        ))  # fmt: skip
        for member_id, phone in PHONES.items():
            tail = phone and phone[-4:]
            connection.execute(
                sa.text(
                    "INSERT INTO member (id, name, name_initials, branch_id, phone, phone_tail, phone_hash,"
                    " is_party_member, pin_serial, registered_at)"
                    " VALUES (:id, '张伟', 'zw', 1, :phone, :tail, NULL, 0, 0, '2026-10-12 01:00:00.000000')"
                ),
                {"id": member_id, "phone": phone, "tail": tail},
            )
        connection.execute(
            sa.text(
                "INSERT INTO import_file (id, kind, content_hash, name, branch_id, choice, state, headings, places,"
                " notes, rows_done, new_rows, known_rows, refused_rows, sent_by, started_at)"
                " VALUES (1, 'members', x'00', 'a.csv', 1, 'good_rows', 'running', '[]', '{}', '[]', 1, 0, 0, 1,"
                " 'system', '2026-10-12 01:00:00.000000')"
            )
        )
        connection.execute(
            sa.text("INSERT INTO import_refusal VALUES (1, 7, :cells, :faults)"),
            {"cells": json.dumps(["张伟", "13812341234"]), "faults": json.dumps([["phone", "No.", {}]])},
        )
        connection.commit()
    engine.dispose()
    return settings


async def test_what_stood_in_plain_is_encrypted_and_left_nowhere(earlier: Settings) -> None:
    assert phones_in_files(earlier.database_path) == ["13812341234", "13912345678"]
    upgrade(earlier)
    assert phones_in_files(earlier.database_path) == []
    async with Database(earlier) as database:
        shown = [(await database.read(member_record, each, by=SYSTEM)).phone for each in PHONES]
        report = await database.read(report_of, 1, most=10, by=SYSTEM)
    assert shown == ["138****1234", None, "139****5678"]
    assert [(row.number, row.cells, row.faults[0].column) for row in report.rows] == [
        (7, ["张伟", "13812341234"], "phone")
    ]


def test_without_its_key_it_is_left_as_it_is(earlier: Settings, tmp_path: Path) -> None:
    earlier.key_path.unlink()
    with closing(sqlite3.connect(earlier.database_path)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(earlier.database_path, tmp_path / "before.db")
    with pytest.raises(FileNotFoundError, match="is missing"):
        upgrade(earlier)
    assert dump(earlier.database_path) == dump(tmp_path / "before.db")
    assert not earlier.key_path.exists()


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as raw:
        return list(raw.iterdump())
