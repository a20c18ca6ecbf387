"""`points-bank backup` and `restore` on real files: whole or not at all, and never over anything."""

import json
import resource
import shutil
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.command import upgrade as upgrade_to

from points_bank.actor import SYSTEM
from points_bank.database import Database
from points_bank.keys import write_secret
from points_bank.members.register import register_member
from points_bank.migrations import HEAD
from points_bank.migrations.upgrading import configuration
from points_bank.settings import Settings
from points_bank.transaction import Transaction
from tests.cli.conftest import Command

pytestmark = [pytest.mark.thorough, pytest.mark.only("sqlite", "backups are copies of a file")]

MEMBERS = 300


@pytest.fixture
async def kept(opened: Command, settings: Settings) -> Command:
    """A bank with some people in it."""

    def register(tx: Transaction) -> None:
        for number in range(MEMBERS):
            register_member(tx, name=f"住户{number}", branch_id=1, by=SYSTEM)

    async with Database(settings) as database:
        await database.write(register)
    return opened


def names_in(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()}


def move_away(command: Command) -> None:
    """The bank is lost, with its key."""
    for each in command.folder.glob("bank.db*"):
        each.unlink()


def test_a_backup_is_restored(kept: Command) -> None:
    made = json.loads(kept.told("backup", "copy.db", "--with-key", "--json"))
    move_away(kept)

    said = kept.told("restore", "copy.db")

    assert "bank.db is restored from copy.db, and its books are in order." in said
    assert made["size_bytes"] == (kept.folder / "copy.db").stat().st_size
    assert kept.told("verify").endswith("The books are in order.")
    assert names_in(kept.folder) == {"bank.db", "bank.db.key", "copy.db", "copy.db.json", "copy.db.key"}
    with closing(sqlite3.connect(kept.folder / "bank.db")) as raw:
        assert raw.execute("SELECT COUNT(*) FROM member").fetchone() == (MEMBERS,)


def test_a_backup_says_that_the_key_is_not_in_it(kept: Command) -> None:
    said = kept.told("backup", "copy.db")
    assert "bank.db.key is not in it" in said
    move_away(kept)

    assert "key is missing" in kept.refused("restore", "copy.db")
    assert names_in(kept.folder) == {"copy.db", "copy.db.json"}


def test_nothing_is_overwritten(kept: Command) -> None:
    kept.told("backup", "copy.db", "--with-key")
    before = (kept.folder / "copy.db").read_bytes()

    assert "copy.db is there already" in kept.refused("backup", "copy.db")
    assert "bank.db is there already" in kept.refused("restore", "copy.db")
    assert (kept.folder / "copy.db").read_bytes() == before


@pytest.mark.parametrize("has_manifest", [True, False])
def test_half_a_backup_is_refused(kept: Command, has_manifest: bool) -> None:
    kept.told("backup", "copy.db", "--with-key")
    move_away(kept)
    whole = (kept.folder / "copy.db").read_bytes()
    (kept.folder / "copy.db").write_bytes(whole[: len(whole) // 2])
    if not has_manifest:
        (kept.folder / "copy.db.json").unlink()

    said = kept.refused("restore", "copy.db")

    assert f"it has {len(whole) // 2} bytes instead of {len(whole)}" in said
    assert not names_in(kept.folder) & {"bank.db", "bank.db.key"}


def test_a_backup_with_a_hole_is_refused(kept: Command) -> None:
    """As after a copy that was filled up with zeros: the length is right, and the pages are not."""
    kept.told("backup", "copy.db", "--with-key")
    move_away(kept)
    whole = (kept.folder / "copy.db").read_bytes()
    half = len(whole) // 2
    (kept.folder / "copy.db").write_bytes(whole[:half] + bytes(len(whole) - half))

    assert "is not what its manifest says" in kept.refused("restore", "copy.db")
    (kept.folder / "copy.db.json").unlink()
    assert "is damaged" in kept.refused("restore", "copy.db")
    assert not names_in(kept.folder) & {"bank.db", "bank.db.key"}


def test_a_file_that_is_no_bank_is_refused(kept: Command) -> None:
    kept.told("backup", "copy.db", "--with-key")
    move_away(kept)
    (kept.folder / "letter.db").write_text("敬启者", encoding="utf-8")
    with closing(sqlite3.connect(kept.folder / "other.db")) as raw:
        raw.execute("CREATE TABLE shopping (item TEXT)")
    for name in ("letter.db", "other.db"):
        shutil.copy(kept.folder / "copy.db.key", kept.folder / f"{name}.key")

    assert "letter.db is not a backup of a bank" in kept.refused("restore", "letter.db")
    assert "other.db is not a backup of a bank" in kept.refused("restore", "other.db")
    assert "There is no backup at none.db" in kept.refused("restore", "none.db")


def test_a_backup_of_a_newer_version_is_refused(kept: Command) -> None:
    kept.told("backup", "copy.db", "--with-key")
    move_away(kept)
    with closing(sqlite3.connect(kept.folder / "copy.db", isolation_level=None)) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    (kept.folder / "copy.db.json").unlink()

    assert "another version of the bank" in kept.refused("restore", "copy.db")
    assert not names_in(kept.folder) & {"bank.db", "bank.db.key"}


def test_books_that_do_not_hold_are_not_restored(kept: Command) -> None:
    kept.told("backup", "copy.db", "--with-key")
    move_away(kept)
    with closing(sqlite3.connect(kept.folder / "copy.db", isolation_level=None)) as raw:
        raw.execute("UPDATE account SET balance_points = 7 WHERE owner_id = 1 AND kind = 'member'")
    (kept.folder / "copy.db.json").unlink()

    assert "member 1 has 7, transfers say 0" in kept.refused("restore", "copy.db")
    assert not names_in(kept.folder) & {"bank.db", "bank.db.key"}


def test_another_key_is_not_overwritten(kept: Command) -> None:
    kept.told("backup", "copy.db", "--with-key")
    move_away(kept)
    (kept.folder / "bank.db.key").write_text("f" * 64 + "\n", encoding="ascii")

    assert "There is another key" in kept.refused("restore", "copy.db")
    assert (kept.folder / "bank.db.key").read_text(encoding="ascii") == "f" * 64 + "\n"


def test_without_a_bank_there_is_no_backup(command: Command) -> None:
    assert "There is no bank" in command.refused("backup", "copy.db")
    assert names_in(command.folder) == set()


def test_a_full_disk_leaves_no_backup(kept: Command) -> None:
    """A limit on the length of files stands for the disk that is full."""
    limit = (kept.folder / "bank.db").stat().st_size // 2
    ended = subprocess.run(
        kept._call(("backup", "copy.db")), cwd=kept.folder, env=kept.env, capture_output=True, text=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )  # fmt: skip

    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1, ended.stderr
    assert names_in(kept.folder) == {"bank.db", "bank.db.key"}


@pytest.mark.parametrize("deed", ["backup", "restore"])
def test_killed_in_the_middle_nothing_has_its_name(kept: Command, deed: str) -> None:
    kept.told("backup", "copy.db", "--with-key")
    result = "second.db" if deed == "backup" else "bank.db"
    if deed == "restore":
        move_away(kept)
    file = "second.db" if deed == "backup" else "copy.db"
    before = names_in(kept.folder)
    with subprocess.Popen(kept._call((deed, file)), cwd=kept.folder, env=kept.env) as process:
        while names_in(kept.folder) <= before:
            time.sleep(0.001)
            assert process.poll() is None, "it was too fast to be killed"
        process.send_signal(signal.SIGKILL)

    if result not in names_in(kept.folder):
        kept.told(deed, file)
    with closing(sqlite3.connect(kept.folder / result)) as raw:
        assert raw.execute("SELECT COUNT(*) FROM member").fetchone() == (MEMBERS,)


def test_an_older_backup_is_brought_up_to_date(command: Command) -> None:
    old = command.folder / "old.db"
    with sa.create_engine(f"sqlite:///{old}").begin() as connection:
        upgrade_to(configuration(connection), "0001")
    write_secret(command.folder / "old.db.key", "0123456789abcdef" * 4)

    assert "It was of an older version and was brought up to date." in command.told("restore", "old.db")
    with closing(sqlite3.connect(command.folder / "bank.db")) as raw:
        assert raw.execute("SELECT version_num FROM alembic_version").fetchone() == (HEAD,)
