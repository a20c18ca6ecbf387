"""`points-bank init`, `migrate`, `verify`, and how every command tells what went wrong."""

import json
import os
import stat
import subprocess
import sys

import pytest

from points_bank.settings import Settings
from tests.cli.conftest import Command
from tests.tampering import look_into, tamper


def test_a_bank_is_opened_once(command: Command) -> None:
    told = command.told("init", "--code", "LX", "--name", "龙圩区")
    key = command.settings.key_path
    assert told == f"龙圩区 is open. Keep {key} together with the database, and keep it secret."
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    with look_into(command.settings) as books:
        assert books.execute("SELECT code, name, kind FROM branch").fetchall() == [("LX", "龙圩区", "district")]
        assert books.execute("SELECT code, valid_from_on FROM rule_set").fetchall() == [("R1", None)]
        years = [year for (year,) in books.execute("SELECT year FROM calendar_year ORDER BY year").fetchall()]
        assert years[:3] == [2024, 2025, 2026]
    again = ("init", "--code", "YX", "--name", "银溪区")
    assert command.refused(*again).endswith("code: This bank has its district already.")
    assert command.refused(*again, LANG="zh_CN.UTF-8") == "请检查填写的内容。 code: 本系统已设有区。"


def test_a_district_that_makes_no_sense_makes_no_file(command: Command) -> None:
    said = command.refused("init", "--code", "龙", "--name", "龙圩区")
    assert said == "Please check what was entered. code: Not in the form that is expected here."
    assert list(command.folder.iterdir()) == []


def test_a_mistyped_database_is_not_made_by_looking_at_it(command: Command) -> None:
    place = command.settings.place
    assert command.refused("verify") == f"There is no bank at {place}; points-bank init makes one."
    assert list(command.folder.iterdir()) == []


def test_migrating_makes_the_tables_and_can_be_repeated(command: Command) -> None:
    for _ in "12":
        assert command.told("migrate").startswith("The tables are at revision ")


@pytest.mark.only("sqlite", "a server has no file that could be something else")
def test_what_is_no_bank_is_left_alone(command: Command) -> None:
    path = command.folder / "bank.db"
    path.write_text("This is a letter, and a long one at that. " * 100)
    before = path.read_bytes()
    assert command.refused("migrate") == f"{path} is not a database of this bank."
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_used_is_named(command: Command) -> None:
    (command.folder / "file").write_text("")
    said = command.refused("migrate", POINTS_BANK_DATABASE_URL=f"sqlite:///{command.folder}/file/bank.db")
    assert said.startswith("The database could not be used: ")
    assert str(command.folder / "file") in said


def test_a_wrong_setting_is_named(command: Command) -> None:
    for name, value in (
        ("POINTS_BANK_TIME_ZONE", "Asia/Nowhere"),
        ("POINTS_BANK_CLOCK", "2026-11-19T00:00:00+08:00"),
    ):
        said = command.refused("verify", **{name: value})
        assert said.startswith("Please check the settings: ")
        assert name in said


def test_the_books_are_verified(opened: Command) -> None:
    assert opened.told("verify").endswith("The books are in order.")
    opened.told("verify", "--figures", "verified.prom")
    written = (opened.folder / "verified.prom").read_text(encoding="utf-8")
    assert 'points_bank_verify_differences{check="lifetime totals"} 0.0' in written
    found = json.loads(opened.told("verify", "--json"))
    assert found["ok"] is True
    assert {"check": "there is one district", "differences": []} in found["checks"]


def test_a_difference_is_named_and_ends_with_1(opened: Command, settings: Settings) -> None:
    tamper(settings, "UPDATE branch SET path = '/7/' WHERE id = 1")
    ended = opened("verify")
    assert (ended.returncode, ended.stderr) == (1, "")
    assert "\nWRONG a branch's path leads through its parents\n      branch 1: path /7/" in ended.stdout
    assert ended.stdout.endswith("Differences: 1.\n")
    ended = opened("verify", "--json")
    assert (ended.returncode, json.loads(ended.stdout)["ok"]) == (1, False)


def test_a_wrong_way_of_calling_ends_with_2(command: Command) -> None:
    for arguments in (["init", "--code", "LX"], ["token", "revoke"]):
        ended = command(*arguments)
        assert (ended.returncode, ended.stdout) == (2, "")
        assert "Usage: " in ended.stderr


def test_help_names_every_command(command: Command) -> None:
    said = command.told("--help")
    for name in ("calendar", "demo", "init", "jobs", "migrate", "rules", "serve", "staff", "token", "verify"):
        assert f" {name} " in said
    assert "points-bank, version 0.1.0" in command.told("--version")


def test_something_unexpected_is_one_line_unless_its_place_is_asked_for(opened: Command, settings: Settings) -> None:
    settings.key_path.write_bytes(b"\xff" * 64)
    said = opened.refused("verify")
    assert said.startswith("Something unexpected went wrong (UnicodeDecodeError: ")
    shown = opened.anew("--traceback", "verify")
    assert shown.returncode == 1
    assert shown.stderr.startswith("Traceback")


def test_keys_that_cannot_be_read_are_told_as_that(opened: Command, settings: Settings) -> None:
    settings.key_path.write_text("too short")
    said = opened.refused("verify")
    assert said == "the bank's secret has at least 32 characters; a longer one is needed."


BACKUP = pytest.param(("backup", "nowhere/copy.db"), marks=pytest.mark.only("sqlite", "backups are copies of a file"))


@pytest.mark.parametrize("call", [BACKUP, ("export", "--all", "nowhere/all.zip")])
def test_a_folder_that_is_not_there_is_told_as_that(opened: Command, call: tuple[str, ...]) -> None:
    assert opened.refused(*call).startswith("There is no file or folder for nowhere/")


@pytest.mark.only("postgresql", "a bank in a file has its own backups")
@pytest.mark.parametrize("call", ["backup", "restore"])
def test_a_bank_on_a_server_is_backed_up_by_the_server(opened: Command, call: str) -> None:
    assert opened.refused(call, "copy.db") == (
        "A bank on PostgreSQL is backed up and restored with the server's own pg_dump and pg_restore; "
        "docs/postgresql.md shows how."
    )
    assert not (opened.folder / "copy.db").exists()


def test_a_server_that_is_not_there_is_told_in_one_line(command: Command) -> None:
    said = command.refused("verify", POINTS_BANK_DATABASE_URL="postgresql://bank@127.0.0.1:1/nowhere")
    assert said.startswith("The database could not be used: ")


def test_a_reader_who_has_seen_enough_is_no_failure_of_the_database(opened: Command) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [sys.executable, "-m", "points_bank", "rules", "show"], cwd=opened.folder, env=opened.env, stdout=writing,
        stderr=subprocess.PIPE, text=True, timeout=60, check=False,
    )  # fmt: skip
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (1, "")
